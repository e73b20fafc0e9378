// The interpreter: one method for each op with structure, the table of reference functions for the rest.
#include "Machine.h"
#include "Call.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace weft;
using namespace weft::reference;
using llvm::Error;
using llvm::Expected;

Results reference::evaluate(Operation *op, ArrayRef<Tensor> operands, const Sizes &sizes) {
  Function function = findFunction(op->getName());
  if (!function)
    return llvm::createStringError(op->getName().getStringRef() + " has no reference");
  if (operands.size() != op->getNumOperands())
    return llvm::createStringError(op->getName().getStringRef() + " takes another number of operands");
  for (auto [tensor, type] : llvm::zip(operands, op->getOperandTypes())) {
    Expected<SmallVector<int64_t>> shape = sizes.shape(cast<NamedTensorType>(type));
    if (!shape)
      return shape.takeError();
    if (tensor.dims() != ArrayRef<int64_t>(*shape))
      return llvm::createStringError("an operand is " + shapeText(tensor.dims()) + ", but its type says " + shapeText(*shape));
  }
  SmallVector<SmallVector<int64_t>> shapes;
  for (Type type : op->getResultTypes()) {
    Expected<SmallVector<int64_t>> shape = sizes.shape(cast<NamedTensorType>(type));
    if (!shape)
      return shape.takeError();
    shapes.push_back(std::move(*shape));
  }
  return function(Call{op, operands, shapes, sizes});
}

bool reference::hasReference(OperationName name) {
  static constexpr StringLiteral structural[] = {
      WeightRefOp::getOperationName(), CheckOp::getOperationName(), EncoderOp::getOperationName(), DecoderOp::getOperationName(),
      GroupOp::getOperationName(),     LaunchOp::getOperationName(), StateRefOp::getOperationName(), CacheWriteOp::getOperationName(),
      LayerNumberOp::getOperationName()};
  return findFunction(name) || llvm::is_contained(structural, name.getStringRef());
}

SmallVector<Tensor> Machine::getAll(ValueRange values) const {
  return llvm::map_to_vector(values, [&](Value value) { return get(value); });
}

Error Machine::run(Block &block) {
  for (Operation &op : block)
    if (!op.hasTrait<OpTrait::IsTerminator>())
      if (Error error = runOp(op))
        return error;
  return Error::success();
}

void Machine::observe(Operation *op) {
  if (!options.observe || op->getNumResults() == 0 || isa<WeightRefOp, ConstantOp, LayerNumberOp, StateRefOp, CacheWriteOp>(op))
    return;
  SmallVector<Tensor> results = getAll(op->getResults());
  options.observe({op, results, layer});
}

Error Machine::runOp(Operation &op) {
  Error error = llvm::TypeSwitch<Operation *, Error>(&op)
                    .Case<WeightRefOp>([&](WeightRefOp ref) { return runWeightRef(ref); })
                    .Case<LayerNumberOp>([&](LayerNumberOp number) { return runLayerNumber(number); })
                    .Case<StateRefOp>([&](StateRefOp ref) { return runStateRef(ref); })
                    .Case<CacheWriteOp>([&](CacheWriteOp write) { return runCacheWrite(write); })
                    .Case<CheckOp>([&](CheckOp check) { return runCheck(check); })
                    .Case<EncoderOp, DecoderOp>([&](auto stack) { return runStack(stack, stack.getBody(), stack.getLayers()); })
                    .Case<GroupOp>([&](GroupOp group) { return runGroup(group); })
                    .Case<LaunchOp>([&](LaunchOp launch) { return runLaunch(launch); })
                    .Default([&](Operation *plain) -> Error {
                      Results results = evaluate(plain, getAll(plain->getOperands()), sizes);
                      if (!results)
                        return results.takeError();
                      for (auto [value, tensor] : llvm::zip(plain->getResults(), *results))
                        set(value, std::move(tensor));
                      return Error::success();
                    });
  if (error)
    return error;
  observe(&op);
  return Error::success();
}

Error Machine::runLayerNumber(LayerNumberOp op) {
  layers[op.getResult()] = static_cast<int64_t>(op.getNumber());
  return Error::success();
}

Error Machine::runWeightRef(WeightRefOp op) {
  auto weight = symbols.lookupNearestSymbolFrom<WeightOp>(op, op.getWeightAttr());
  if (!weight)
    return llvm::createStringError("there is no weight @" + op.getWeight());
  std::optional<int64_t> at;
  if (op.getLayer()) {
    auto number = layers.find(op.getLayer());
    if (number == layers.end())
      return llvm::createStringError("the layer of @" + op.getWeight() + " is not known here");
    at = number->second;
  }
  Expected<Tensor> tensor = weightTensor(weight, at, store, depth);
  if (!tensor)
    return tensor.takeError();
  set(op.getResult(), std::move(*tensor));
  return Error::success();
}

/// "[0, 3]" for the flat index of an element.
static std::string indexText(const Tensor &x, int64_t index) {
  SmallVector<int64_t> at;
  for (int64_t axis = 0; axis < x.rank(); ++axis)
    at.push_back(index / x.stride(axis) % x.dim(axis));
  return shapeText(at);
}

Error Machine::runCheck(CheckOp op) {
  Expected<int64_t> lower = sizes.evaluate(op.getLower().getExpr());
  if (!lower)
    return lower.takeError();
  Expected<int64_t> upper = sizes.evaluate(op.getUpper().getExpr());
  if (!upper)
    return upper.takeError();
  const Tensor &x = get(op.getX());
  for (int64_t i = 0; i < x.size(); ++i)
    if (x[i] < static_cast<double>(*lower) || x[i] > static_cast<double>(*upper))
      return outside((op.getWhat() + " at " + indexText(x, i) + ",").str(), x[i], *lower, *upper);
  return Error::success();
}

Error Machine::runStack(Operation *op, Region &body, int64_t count) {
  SmallVector<Tensor> carried = getAll(op->getOperands());
  Block &block = body.front();
  for (int64_t i = 0; i < count; ++i) {
    setLayer(block.getArgument(0), i);
    for (auto [arg, tensor] : llvm::zip(block.getArguments().drop_front(), carried))
      set(arg, tensor);
    if (Error error = run(block))
      return error;
    carried = getAll(block.back().getOperands());
  }
  setLayer({}, std::nullopt);
  for (auto [value, tensor] : llvm::zip(op->getResults(), carried))
    set(value, tensor);
  return Error::success();
}

Error Machine::runGroup(GroupOp op) {
  Block &block = op.getBody().front();
  if (Error error = run(block))
    return error;
  for (auto [value, yielded] : llvm::zip(op.getResults(), block.back().getOperands()))
    set(value, get(yielded));
  return Error::success();
}

Error Machine::runLaunch(LaunchOp op) {
  auto kernel = symbols.lookupNearestSymbolFrom<KernelOp>(op, op.getKernelAttr());
  if (!kernel)
    return llvm::createStringError("there is no kernel @" + op.getKernel());
  Sizes inner;
  for (NamedAttribute entry : op.getDims()) {
    auto dim = dyn_cast<DimAttr>(entry.getValue());
    Expected<int64_t> size = dim ? sizes.evaluate(dim.getExpr()) : llvm::createStringError("a launch gives dimensions");
    if (!size)
      return size.takeError();
    inner.set(entry.getName(), *size);
  }
  Machine machine(store, options, inner);
  machine.setLayer({}, layer);
  for (auto [arg, operand] : llvm::zip(kernel.getBody().getArguments(), op.getOperands())) {
    Expected<SmallVector<int64_t>> shape = inner.shape(cast<NamedTensorType>(arg.getType()));
    if (!shape)
      return shape.takeError();
    if (countOf(*shape) != get(operand).size())
      return llvm::createStringError("launch of @" + op.getKernel() + " passes " + shapeText(get(operand).dims()) + " as " + shapeText(*shape));
    machine.set(arg, get(operand).reshaped(*shape));
  }
  if (Error error = machine.run(kernel.getBody().front()))
    return error;
  for (auto [value, yielded] : llvm::zip(op.getResults(), kernel.getYield().getOperands())) {
    Expected<SmallVector<int64_t>> shape = sizes.shape(cast<NamedTensorType>(value.getType()));
    if (!shape)
      return shape.takeError();
    const Tensor &result = machine.get(yielded);
    if (countOf(*shape) != result.size())
      return llvm::createStringError("launch of @" + op.getKernel() + " takes " + shapeText(result.dims()) + " as " + shapeText(*shape));
    set(value, result.reshaped(*shape));
  }
  return Error::success();
}
