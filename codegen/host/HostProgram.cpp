// Emits the host program. Two builders: `entry` for everything that is computed once, `body` for the program's steps.
#include "codegen/host/HostProgram.h"
#include "PackedRows.h"
#include "codegen/host/Abi.h"
#include "codegen/host/ArenaLayout.h"
#include "llvm/IR/Intrinsics.h"

using namespace weft;
using llvm::BasicBlock;
using llvm::Error;
using llvm::Function;
using llvm::FunctionCallee;
using llvm::IRBuilder;
using llvm::Value;

namespace {

class HostEmitter {
public:
  HostEmitter(const HostProgram &program, Function *function)
      : program(program), info(program.info), function(function), context(function->getContext()), abi(context),
        entry(BasicBlock::Create(context, "entry", function)), body(BasicBlock::Create(context, "begin", function)),
        exit(BasicBlock::Create(context, "exit", function)), frame(function->getArg(0)), thread(function->getArg(1)),
        exprs(entry, loadDims(info, loadField(FrameField::Dims, abi.pointer), entry)) {}

  Error run() {
    BasicBlock *begin = body.GetInsertBlock();
    prepare();
    GraphOp graph = info.graph;
    if (Error error = emitBlock(graph.getBody().front(), nullptr))
      return error;
    entry.CreateBr(begin);
    body.CreateBr(exit);
    IRBuilder<>(exit).CreateRetVoid();
    exit->moveAfter(body.GetInsertBlock());
    return Error::success();
  }

private:
  Value *loadField(FrameField field, llvm::Type *type) {
    return entry.CreateLoad(type, entry.CreateStructGEP(abi.frame, frame, unsigned(field)));
  }
  Value *loadPointer(Value *table, size_t index) {
    return entry.CreateLoad(abi.pointer, entry.CreateConstInBoundsGEP1_64(abi.pointer, table, index));
  }
  Value *offset(IRBuilder<> &builder, Value *base, Value *bytes) { return builder.CreateInBoundsGEP(abi.i8, base, bytes); }

  void prepare() {
    Value *inputTable = loadField(FrameField::Inputs, abi.pointer), *outputTable = loadField(FrameField::Outputs, abi.pointer);
    for (size_t i = 0; i < info.inputs.size(); ++i)
      inputs.push_back(loadPointer(inputTable, i));
    for (size_t i = 0; i < info.outputs.size(); ++i)
      outputs.push_back(loadPointer(outputTable, i));
    Value *arena = loadField(FrameField::Arena, abi.pointer);
    weights = loadField(FrameField::Weights, abi.pointer);
    wanted = loadField(FrameField::Wanted, abi.i64);
    threads64 = entry.CreateSExt(loadField(FrameField::Threads, abi.i32), abi.i64);
    thread64 = entry.CreateSExt(thread, abi.i64);
    ArenaLayout layout = layOutArena(program, exprs, entry);
    for (Value *slot : layout.slots)
      slots.push_back(offset(entry, arena, slot));
    Value *own = entry.CreateNSWAdd(layout.scratch, entry.CreateNSWMul(thread64, layout.scratchBytes));
    scratch = offset(entry, arena, own);
  }

  Error emitBlock(mlir::Block &block, Value *layer) {
    for (mlir::Operation &op : block) {
      Error error = Error::success();
      if (auto launch = llvm::dyn_cast<LaunchOp>(op))
        error = emitLaunch(launch, layer);
      else if (auto check = llvm::dyn_cast<CheckOp>(op))
        error = emitCheck(check);
      else if (llvm::isa<EncoderOp>(op))
        error = emitStack(llvm::cast<EncoderOp>(op));
      else if (llvm::isa<DecoderOp>(op))
        error = emitStack(llvm::cast<DecoderOp>(op));
      else if (auto output = llvm::dyn_cast<OutputOp>(op))
        error = checkOutputs(output);
      else if (auto write = llvm::dyn_cast<CacheWriteOp>(op))
        error = emitCacheWrite(write, layer);
      else if (auto move = llvm::dyn_cast<MoveRowsOp>(op))
        error = emitMoveRows(move, layer);
      else if (!llvm::isa<WeightRefOp, LayerNumberOp, StateRefOp, YieldOp>(op))
        error = fail(&op, "has no place in a planned graph");
      if (error)
        return error;
    }
    return Error::success();
  }

  Error fail(mlir::Operation *op, const llvm::Twine &what) {
    SourcePlace place = sourcePlace(op->getLoc());
    return llvm::createStringError(place.file + ":" + llvm::Twine(place.line) + ":" + llvm::Twine(place.column) +
                                   ": '" + op->getName().getStringRef() + "' " + what);
  }

  /// Every output must have been written in its place.
  Error checkOutputs(OutputOp output) {
    for (auto [index, value] : llvm::enumerate(output.getValues())) {
      llvm::Expected<int64_t> slot = slotOf(value, output);
      if (!slot)
        return slot.takeError();
      if (*slot != -1 - int64_t(index))
        return fail(output, "takes output " + llvm::Twine(index) + " from elsewhere than its place");
    }
    return Error::success();
  }

  /// The slot of a launch's or stack's result or of a carried value.
  llvm::Expected<int64_t> slotOf(mlir::Value value, mlir::Operation *user) {
    mlir::Operation *owner = value.getDefiningOp();
    size_t index = 0;
    if (auto argument = llvm::dyn_cast<mlir::BlockArgument>(value)) {
      owner = argument.getOwner()->getParentOp();
      index = argument.getArgNumber() - 1; // the layer number comes first
    } else {
      index = llvm::cast<mlir::OpResult>(value).getResultNumber();
    }
    std::optional<llvm::ArrayRef<int64_t>> ownerSlots;
    if (auto launch = llvm::dyn_cast<LaunchOp>(owner))
      ownerSlots = launch.getSlots();
    else if (auto move = llvm::dyn_cast<MoveRowsOp>(owner))
      ownerSlots = move.getSlots();
    else if (auto encoder = llvm::dyn_cast<EncoderOp>(owner))
      ownerSlots = encoder.getSlots();
    else if (auto decoder = llvm::dyn_cast<DecoderOp>(owner))
      ownerSlots = decoder.getSlots();
    if (!ownerSlots || index >= ownerSlots->size())
      return fail(user, "uses a value that has no slot in memory");
    return (*ownerSlots)[index];
  }

  llvm::Expected<Value *> pointerOf(mlir::Value value, mlir::Operation *user, LayoutAttr layout, Value *layer) {
    if (auto ref = value.getDefiningOp<WeightRefOp>())
      return weightPointer(ref, layout, layer);
    if (auto argument = llvm::dyn_cast<mlir::BlockArgument>(value))
      if (llvm::isa<GraphOp>(argument.getOwner()->getParentOp()))
        return inputs[argument.getArgNumber()];
    if (llvm::isa_and_nonnull<StateRefOp, CacheWriteOp>(value.getDefiningOp()))
      return statePointer(value, layer);
    llvm::Expected<int64_t> slot = slotOf(value, user);
    if (!slot)
      return slot.takeError();
    if (*slot >= 0 ? size_t(*slot) >= slots.size() : size_t(-1 - *slot) >= outputs.size())
      return fail(user, "uses slot " + llvm::Twine(*slot) + ", which the plan does not have");
    return *slot >= 0 ? slots[*slot] : outputs[-1 - *slot];
  }

  /// A field of a state's place in the cache, in the entry block.
  Value *stateField(int state, unsigned field, llvm::Type *type) {
    Value *&known = stateFields[{state, field}];
    if (!known) {
      if (!states)
        states = loadField(FrameField::States, abi.pointer);
      Value *place = entry.CreateConstInBoundsGEP1_64(abi.statePlace, states, uint64_t(state));
      known = entry.CreateLoad(type, entry.CreateStructGEP(abi.statePlace, place, field));
    }
    return known;
  }

  Value *statePointer(mlir::Value value, Value *layer) {
    int state = program.generate->stateIndex(value);
    StateRefOp ref = GenerateInfo::referenceOf(value);
    Value *data = stateField(state, 0, abi.pointer);
    if (!StateOp(program.generate->states[size_t(state)].op).getLayers())
      return data;
    return offset(body, data, body.CreateNSWMul(layerOf(ref.getLayer(), layer), stateField(state, 1, abi.i64)));
  }

  /// The number behind a layer's index, where the stack around counts `layer`.
  Value *layerOf(mlir::Value index, Value *layer) {
    auto number = index.getDefiningOp<LayerNumberOp>();
    return number ? body.getInt64(number.getNumber()) : layer;
  }

  Value *weightPointer(WeightRefOp ref, LayoutAttr layout, Value *layer) {
    const PackedWeight &packed = program.weights.at(ref, layout);
    Value *bytes = body.getInt64(packed.offset);
    if (ref.getLayer() && packed.layers > 1)
      bytes = body.CreateNSWAdd(bytes, body.CreateNSWMul(layerOf(ref.getLayer(), layer), body.getInt64(packed.stride)));
    return offset(body, weights, bytes);
  }

  /// Runs `emit` only when one of the outputs in `serves` is wanted.
  template <typename Fn> Error whenWanted(uint64_t serves, Fn emit) {
    uint64_t all = info.outputs.size() == 64 ? ~UINT64_C(0) : (UINT64_C(1) << info.outputs.size()) - 1;
    if (serves == all)
      return emit();
    auto *run = BasicBlock::Create(context, "wanted", function), *next = BasicBlock::Create(context, "next", function);
    Value *serving = body.CreateAnd(wanted, body.getInt64(serves));
    body.CreateCondBr(body.CreateICmpNE(serving, body.getInt64(0)), run, next);
    body.SetInsertPoint(run);
    if (Error error = emit())
      return error;
    body.CreateBr(next);
    body.SetInsertPoint(next);
    return Error::success();
  }

  FunctionCallee runtimeFunction(llvm::StringRef name, llvm::Type *result, llvm::ArrayRef<llvm::Type *> parameters) {
    return function->getParent()->getOrInsertFunction(name, llvm::FunctionType::get(result, parameters, false));
  }

  /// All threads meet; a failed run ends here.
  void emitBarrier() {
    FunctionCallee barrier = runtimeFunction("weft_rt_barrier", abi.i32, {abi.pointer, abi.i32});
    Value *failed = body.CreateICmpNE(body.CreateCall(barrier, {frame, thread}), body.getInt32(0));
    auto *next = BasicBlock::Create(context, "together", function);
    body.CreateCondBr(failed, exit, next);
    body.SetInsertPoint(next);
    isWorkPending = isWritePending = false;
  }

  Error emitCheck(CheckOp op) {
    auto found = llvm::find_if(info.checks, [&](const CheckInfo &check) { return check.op == op; });
    auto index = uint32_t(found - info.checks.begin());
    llvm::Expected<Value *> data = pointerOf(op.getX(), op, {}, nullptr);
    if (!data)
      return data.takeError();
    Value *count = exprs.lower(llvm::cast<NamedTensorType>(op.getX().getType()).getNumElements());
    Value *lower = exprs.lower(op.getLower().getExpr()), *upper = exprs.lower(op.getUpper().getExpr());
    FunctionCallee check = runtimeFunction("weft_rt_check_range", llvm::Type::getVoidTy(context),
                                           {abi.pointer, abi.pointer, abi.i64, abi.i64, abi.i64, abi.i32});
    if (isWorkPending && found->input < 0)
      emitBarrier(); // the values were computed by other threads too
    Error error = whenWanted(found->serves, [&] {
      auto *run = BasicBlock::Create(context, "check", function), *next = BasicBlock::Create(context, "checked", function);
      body.CreateCondBr(body.CreateICmpEQ(thread, body.getInt32(0)), run, next);
      body.SetInsertPoint(run);
      body.CreateCall(check, {frame, *data, count, lower, upper, body.getInt32(uint32_t(info.firstCheck) + index)});
      body.CreateBr(next);
      body.SetInsertPoint(next);
      return Error::success();
    });
    isWorkPending = true;
    return error;
  }

  /// Elements from one row of a value to the next, as the launch that wrote it laid it out.
  int64_t rowStrideOf(mlir::Value value) {
    mlir::Operation *owner = value.getDefiningOp();
    if (auto launch = llvm::dyn_cast_or_null<LaunchOp>(owner)) {
      auto kernel = mlir::SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch, launch.getKernelAttr());
      if (std::optional<mlir::ArrayAttr> layouts = kernel.getResultLayouts())
        if (auto layout = llvm::dyn_cast<LayoutAttr>((*layouts)[llvm::cast<mlir::OpResult>(value).getResultNumber()]))
          return layout.getRowStride();
    }
    if (auto move = llvm::dyn_cast_or_null<MoveRowsOp>(owner); move && move.getLayout())
      return move.getLayout()->getRowStride();
    auto argument = llvm::dyn_cast<mlir::BlockArgument>(value);
    bool isInput = argument && llvm::isa<GraphOp>(argument.getOwner()->getParentOp());
    std::optional<int64_t> width = llvm::cast<NamedTensorType>(value.getType()).getRank() ? llvm::cast<NamedTensorType>(value.getType()).getDim(-1).getStatic() : 1;
    // A carried value lies where its start does: in the arena's rows.
    return !width ? 0 : isInput ? *width : arenaStrideOf(value);
  }

  int64_t arenaStrideOf(mlir::Value value) {
    if (auto argument = llvm::dyn_cast<mlir::BlockArgument>(value))
      return rowStrideOf(argument.getOwner()->getParentOp()->getOperand(argument.getArgNumber() - 1));
    if (auto result = llvm::dyn_cast<mlir::OpResult>(value); result && llvm::isa<EncoderOp, DecoderOp>(result.getOwner()))
      return rowStrideOf(result.getOwner()->getOperand(result.getResultNumber()));
    return 0;
  }

  /// Tells the runtime to write a value into a state, each thread its part.
  Error emitCacheWrite(CacheWriteOp op, Value *layer) {
    if (isWorkPending)
      emitBarrier();
    auto type = llvm::cast<NamedTensorType>(op.getX().getType());
    bool isJoined = type.getRank() != llvm::cast<NamedTensorType>(op.getState().getType()).getRank();
    llvm::Expected<Value *> x = pointerOf(op.getX(), op, {}, layer);
    if (!x)
      return x.takeError();
    llvm::SmallVector<Value *> fields{*x};
    Value *null = llvm::ConstantPointerNull::get(abi.pointer);
    for (mlir::Value table : {mlir::Value(op.getRows()), mlir::Value(op.getOffset()), mlir::Value(op.getLengths())}) {
      llvm::Expected<Value *> pointer = table ? pointerOf(table, op, {}, layer) : null;
      if (!pointer)
        return pointer.takeError();
      fields.push_back(*pointer);
    }
    int state = program.generate->stateIndex(op.getState());
    const StateInfo &info = program.generate->states[size_t(state)];
    // Without rows all of x is one batch row.
    DimExpr batch = op.getRows() ? type.getExpr(0) : DimExpr(1), inner(1), width = type.getRank() > (op.getRows() ? 1 : 0) ? type.getExpr(-1) : DimExpr(1);
    for (int64_t dim = op.getRows() ? 1 : 0; dim + 1 < type.getRank(); ++dim)
      inner = inner * type.getExpr(dim);
    int64_t stride = rowStrideOf(op.getX());
    Value *xStride = type.getRank() < 2 ? exprs.lower(width) : stride ? static_cast<Value *>(body.getInt64(uint64_t(stride))) : exprs.lower(width);
    Value *stateStride = info.rowStride ? static_cast<Value *>(body.getInt64(uint64_t(info.rowStride))) : exprs.lower(width);
    Value *rowsStride = body.getInt64(1);
    if (op.getRows() && llvm::cast<NamedTensorType>(op.getRows().getType()).getRank() == 2)
      rowsStride = exprs.lower(llvm::cast<NamedTensorType>(op.getRows().getType()).getExpr(1));
    StateRefOp ref = GenerateInfo::referenceOf(op.getState());
    Value *number = ref.getLayer() ? layerOf(ref.getLayer(), layer) : body.getInt64(0);
    fields.append({body.getInt64(uint64_t(state)), number, exprs.lower(batch), exprs.lower(inner), xStride,
                   body.getInt64(isJoined ? op.getFirst() : 0), exprs.lower(width), stateStride, rowsStride, body.getInt64(bool(packedBy(op.getX())))});
    callWithStruct("weft_rt_cache_write", abi.cacheWrite, fields);
    isWritePending = true;
    return Error::success();
  }

  /// Tells the runtime to move rows, each thread its part.
  Error emitMoveRows(MoveRowsOp op, Value *layer) {
    if (isWorkPending || isWritePending)
      emitBarrier();
    llvm::SmallVector<Value *> fields;
    for (mlir::Value value : {mlir::Value(op.getX()), mlir::Value(op.getResult()), mlir::Value(op.getLengths())}) {
      llvm::Expected<Value *> pointer = pointerOf(value, op, {}, layer);
      if (!pointer)
        return pointer.takeError();
      fields.push_back(*pointer);
    }
    NamedTensorType type = op.getType();
    constexpr uint64_t bytes = sizeof(float);
    auto number = [&](int64_t elements) { return body.getInt64(uint64_t(elements) * bytes); };
    fields.append({exprs.lower(type.getExpr(0)), exprs.lower(type.getExpr(1)), number(rowStrideOf(op.getX())), number(rowStrideOf(op.getResult())),
                   number(*type.getDim(2).getStatic()), body.getInt64(op.getMove() == RowMove::Unpack)});
    callWithStruct("weft_rt_move_rows", abi.rowMove, fields);
    isWorkPending = true;
    return Error::success();
  }

  /// callee(frame, thread, &fields)
  void callWithStruct(llvm::StringRef callee, llvm::StructType *type, llvm::ArrayRef<Value *> fields) {
    Value *place = entry.CreateAlloca(type);
    for (auto [index, field] : llvm::enumerate(fields))
      body.CreateStore(field, body.CreateStructGEP(type, place, unsigned(index)));
    body.CreateCall(runtimeFunction(callee, llvm::Type::getVoidTy(context), {abi.pointer, abi.i32, abi.pointer}), {frame, thread, place});
  }

  /// A kernel's size at its launch: that of packed rows is a number of this run.
  DimExpr sizeAt(const DimExpr &expr, LaunchOp op) {
    mlir::Value lengths = packedBy(op);
    return lengths ? atLaunch(expr, op, rowsLeft(op, llvm::cast<mlir::BlockArgument>(lengths).getArgNumber())) : atLaunch(expr, op);
  }

  /// The symbol of how many rows the lengths in an input leave, counted in the entry block.
  DimExpr rowsLeft(LaunchOp op, unsigned input) {
    std::string symbol = "rows of input " + std::to_string(input);
    auto type = llvm::cast<NamedTensorType>(op.getResult(0).getType());
    if (!exprs.sizeOf(symbol)) {
      FunctionCallee count = runtimeFunction("weft_rt_count_rows", abi.i64, {abi.pointer, abi.i64, abi.i64});
      exprs.define(symbol, entry.CreateCall(count, {inputs[input], exprs.lower(type.getExpr(0)), exprs.lower(type.getExpr(1))}));
    }
    return DimExpr::symbol(symbol);
  }

  /// This thread's part of a launch's units, in the entry block.
  std::pair<Value *, Value *> partOf(const DimExpr &units, int64_t grain) {
    auto &part = parts[units.text() + "/" + std::to_string(grain)];
    if (part.first)
      return part;
    Value *all = exprs.lower(units), *size = entry.getInt64(uint64_t(grain));
    Value *chunks = entry.CreateUDiv(entry.CreateAdd(all, entry.getInt64(uint64_t(grain - 1))), size);
    auto bound = [&](Value *index) {
      Value *chunk = entry.CreateUDiv(entry.CreateMul(chunks, index), threads64);
      return entry.CreateBinaryIntrinsic(llvm::Intrinsic::smin, entry.CreateMul(chunk, size), all);
    };
    part = {bound(thread64), bound(entry.CreateAdd(thread64, entry.getInt64(1)))};
    return part;
  }

  Error emitLaunch(LaunchOp op, Value *layer) {
    auto kernel = program.kernels.find(op.getKernel());
    if (kernel == program.kernels.end())
      return fail(op, "runs kernel '" + op.getKernel() + "', which was not compiled");
    size_t index = 0;
    while (info.launches[index].op != op)
      ++index;
    return whenWanted(info.launches[index].serves, [&]() -> Error {
      if (isWorkPending || isWritePending)
        emitBarrier();
      FunctionCallee mark = runtimeFunction("weft_rt_mark", llvm::Type::getVoidTy(context), {abi.pointer, abi.i32, abi.i32});
      body.CreateCall(mark, {frame, thread, body.getInt32(uint32_t(info.firstLaunch + index))});
      isWorkPending = true;
      return emitCall(info.launches[index], kernel->second, layer);
    });
  }

  Error emitCall(LaunchInfo launch, const LinkedKernel &kernel, Value *layer) {
    LaunchOp op = launch.op;
    llvm::SmallVector<Value *> arguments;
    for (auto [index, operand] : llvm::enumerate(op.getOperands())) {
      LayoutAttr layout;
      if (std::optional<mlir::ArrayAttr> layouts = launch.kernel.getArgLayouts())
        layout = llvm::dyn_cast<LayoutAttr>((*layouts)[index]);
      llvm::Expected<Value *> pointer = pointerOf(operand, op, layout, layer);
      if (!pointer)
        return pointer.takeError();
      arguments.push_back(*pointer);
    }
    for (mlir::Value result : op.getResults()) {
      llvm::Expected<Value *> pointer = pointerOf(result, op, {}, layer);
      if (!pointer)
        return pointer.takeError();
      arguments.push_back(*pointer);
    }
    arguments.push_back(scratch);
    for (const std::string &dim : kernel.abi.dims)
      arguments.push_back(exprs.lower(sizeAt(DimExpr::symbol(dim), op)));
    auto [begin, end] = partOf(sizeAt(kernel.abi.units, op), kernel.abi.grain);
    arguments.append({begin, end});
    auto *run = BasicBlock::Create(context, "run", function), *next = BasicBlock::Create(context, "done", function);
    body.CreateCondBr(body.CreateICmpSLT(begin, end), run, next);
    body.SetInsertPoint(run);
    body.CreateCall(kernel.function, arguments);
    body.CreateBr(next);
    body.SetInsertPoint(next);
    if (program.isTraced)
      emitTrace(launch, layer, llvm::ArrayRef(arguments).slice(op->getNumOperands(), op->getNumResults()));
    return Error::success();
  }

  /// Behind a barrier, so that all threads' parts are there; another follows with the next launch.
  void emitTrace(LaunchInfo launch, Value *layer, llvm::ArrayRef<Value *> results) {
    emitBarrier();
    auto *table = llvm::cast<llvm::GlobalVariable>(function->getParent()->getOrInsertGlobal(info.name + "_trace", abi.pointer));
    Value *hook = body.CreateLoad(abi.pointer, table);
    auto *run = BasicBlock::Create(context, "trace", function), *next = BasicBlock::Create(context, "traced", function);
    Value *isFirst = body.CreateICmpEQ(thread, body.getInt32(0)), *isSet = body.CreateIsNotNull(hook);
    body.CreateCondBr(body.CreateAnd(isFirst, isSet), run, next);
    body.SetInsertPoint(run);
    auto *type = llvm::ArrayType::get(abi.pointer, results.size());
    Value *pointers = entry.CreateAlloca(type);
    for (size_t i = 0; i < results.size(); ++i)
      body.CreateStore(results[i], body.CreateConstInBoundsGEP2_64(type, pointers, 0, i));
    auto index = uint32_t(llvm::find_if(info.launches, [&](const LaunchInfo &one) { return one.op == launch.op; }) -
                          info.launches.begin());
    auto *signature = llvm::FunctionType::get(llvm::Type::getVoidTy(context), {abi.i32, abi.i64, abi.pointer}, false);
    body.CreateCall(signature, hook, {body.getInt32(index), layer ? layer : body.getInt64(0), pointers});
    body.CreateBr(next);
    body.SetInsertPoint(next);
  }

  template <typename StackOp> Error emitStack(StackOp op) {
    int64_t layers = int64_t(op.getLayers());
    if (layers == 0)
      return Error::success();
    auto *before = body.GetInsertBlock(), *loop = BasicBlock::Create(context, "layer", function);
    auto *after = BasicBlock::Create(context, "stacked", function);
    body.CreateBr(loop);
    body.SetInsertPoint(loop);
    llvm::PHINode *layer = body.CreatePHI(abi.i64, 2, "i");
    layer->addIncoming(body.getInt64(0), before);
    isWorkPending = true; // the layer before, if nothing else
    if (Error error = emitBlock(op.getBody().front(), layer))
      return error;
    Value *next = body.CreateNSWAdd(layer, body.getInt64(1));
    layer->addIncoming(next, body.GetInsertBlock());
    body.CreateCondBr(body.CreateICmpSLT(next, body.getInt64(uint64_t(layers))), loop, after);
    body.SetInsertPoint(after);
    return Error::success();
  }

  const HostProgram &program;
  const ModelInfo &info;
  Function *function;
  llvm::LLVMContext &context;
  Abi abi;
  IRBuilder<> entry, body;
  BasicBlock *exit;
  Value *frame, *thread;
  ExprLowering exprs;
  llvm::SmallVector<Value *> inputs, outputs, slots;
  Value *weights = nullptr, *wanted = nullptr, *thread64 = nullptr, *threads64 = nullptr, *scratch = nullptr;
  std::map<std::string, std::pair<Value *, Value *>> parts;
  bool isWorkPending = false;  ///< something ran since the last barrier, as far as is known here
  bool isWritePending = false; ///< states were written since the last barrier
  Value *states = nullptr;     ///< the frame's table
  std::map<std::pair<int, unsigned>, Value *> stateFields;
};

} // namespace

llvm::Expected<Function *> weft::emitHostProgram(const HostProgram &program, llvm::StringRef name, llvm::Module &module) {
  llvm::LLVMContext &context = module.getContext();
  llvm::Type *parameters[] = {llvm::PointerType::getUnqual(context), llvm::Type::getInt32Ty(context)};
  auto *type = llvm::FunctionType::get(llvm::Type::getVoidTy(context), parameters, false);
  auto *function = Function::Create(type, llvm::GlobalValue::InternalLinkage, name, module);
  function->addFnAttr(llvm::Attribute::NoUnwind);
  if (llvm::Error error = HostEmitter(program, function).run())
    return std::move(error);
  return function;
}
