// Wrapper and prelude of a kernel. Halide's function takes halide_buffer_t pointers; the wrapper builds them on its stack, is inlined with
// it, and the structs dissolve into registers. Dimension sizes are 64-bit outside and 32-bit inside, as in Halide.
#include "codegen/KernelModule.h"
#include "codegen/ExprLowering.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/Verifier.h"
#include "llvm/IRReader/IRReader.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"
#include "llvm/Transforms/Scalar/ADCE.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/SROA.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

using namespace llvm;
namespace weft {

/// Asks for the next panel while this one is used: the wanted place runs one tile's share ahead of the first tile's reads, so that the
/// last share arrives while the first tile already works. One tile only: memory is the limit, nothing to gain. Lines go to L2 (they are
/// used a panel later, and L1 holds the rows).
static const char *prelude = R"ir(
define internal i32 @weft_prefetch(ptr %panels, i64 %end, i32 %ahead, i32 %tiles) alwaysinline {
entry:
  %one = icmp slt i32 %tiles, 2
  br i1 %one, label %done, label %some
some:
  %ahead64 = sext i32 %ahead to i64
  %begin = getelementptr i8, ptr %panels, i64 %end
  %margin = getelementptr i8, ptr %begin, i64 4096
  %p0 = getelementptr i8, ptr %margin, i64 %ahead64
  call void @llvm.prefetch.p0(ptr %p0, i32 0, i32 2, i32 1)
  %few = icmp sgt i32 %tiles, 11
  br i1 %few, label %done, label %two
two:
  %p1 = getelementptr i8, ptr %p0, i64 64
  call void @llvm.prefetch.p0(ptr %p1, i32 0, i32 2, i32 1)
  %c2 = icmp sgt i32 %tiles, 5
  br i1 %c2, label %done, label %three
three:
  %p2 = getelementptr i8, ptr %p0, i64 128
  call void @llvm.prefetch.p0(ptr %p2, i32 0, i32 2, i32 1)
  %c3 = icmp sgt i32 %tiles, 3
  br i1 %c3, label %done, label %four
four:
  %p3 = getelementptr i8, ptr %p0, i64 192
  call void @llvm.prefetch.p0(ptr %p3, i32 0, i32 2, i32 1)
  %c4 = icmp sgt i32 %tiles, 2
  br i1 %c4, label %done, label %six
six:
  %p4 = getelementptr i8, ptr %p0, i64 256
  call void @llvm.prefetch.p0(ptr %p4, i32 0, i32 2, i32 1)
  %p5 = getelementptr i8, ptr %p0, i64 320
  call void @llvm.prefetch.p0(ptr %p5, i32 0, i32 2, i32 1)
  br label %done
done:
  ret i32 0
}
define internal i32 @weft_ask(ptr %base, i64 %offset) alwaysinline {
  %p = getelementptr i8, ptr %base, i64 %offset
  call void @llvm.prefetch.p0(ptr %p, i32 0, i32 3, i32 1)
  ret i32 0
}
define internal ptr @weft_scratch(ptr %scratch, i64 %offset) alwaysinline {
  %p = getelementptr i8, ptr %scratch, i64 %offset
  ret ptr %p
}
define internal void @halide_free(ptr %context, ptr %p) alwaysinline {
  ret void
}
declare void @llvm.prefetch.p0(ptr, i32, i32, i32)
)ir";

namespace {
class WrapperBuilder {
public:
  WrapperBuilder(Module &module, const ModuleSpec &spec) : module(module), spec(spec), builder(module.getContext()), exprs(builder) {}
  Error build();

private:
  Value *buffer(const BufferSpec &buffer, Value *data);
  void store(Value *base, unsigned offset, Value *value) {
    builder.CreateStore(value, builder.CreateConstInBoundsGEP1_64(builder.getInt8Ty(), base, offset));
  }
  Value *as32(Value *value) { return builder.CreateTrunc(value, builder.getInt32Ty()); }

  Module &module;
  const ModuleSpec &spec;
  IRBuilder<> builder;
  Function *wrapper = nullptr;
  ExprLowering exprs;
  Value *begin = nullptr, *end = nullptr;
};
} // namespace

/// halide_buffer_t: device 0, interface 8, host 16, flags 24, type 32, dimensions 36, dim 40, padding 48; a dimension: min, extent, stride, flags.
Value *WrapperBuilder::buffer(const BufferSpec &spec, Value *data) {
  auto bytes = [&](unsigned count) {
    AllocaInst *alloca = builder.CreateAlloca(ArrayType::get(builder.getInt8Ty(), count));
    alloca->setAlignment(Align(8));
    return alloca;
  };
  Value *struct_ = bytes(56), *dims = bytes(std::max<unsigned>(16, 16 * spec.dims.size()));
  for (auto [i, dim] : llvm::enumerate(spec.dims)) {
    Value *min = exprs.lower(dim.min), *extent = exprs.lower(dim.extent);
    if (int64_t(i) == spec.divided) {
      Value *unit = builder.getInt64(spec.unit), *last = builder.CreateMul(end, unit);
      min = builder.CreateMul(begin, unit);
      last = builder.CreateBinaryIntrinsic(Intrinsic::smin, last, extent);
      extent = builder.CreateSub(last, min);
    }
    store(dims, 16 * i, as32(min));
    store(dims, 16 * i + 4, as32(extent));
    store(dims, 16 * i + 8, as32(exprs.lower(dim.stride)));
    store(dims, 16 * i + 12, builder.getInt32(0));
    if (int64_t(i) == spec.divided) { // the host pointer is that of the first element of the part
      Value *offset = builder.CreateMul(min, builder.CreateMul(exprs.lower(dim.stride), builder.getInt64((spec.bits + 7) / 8)));
      data = builder.CreateGEP(builder.getInt8Ty(), data, offset);
    }
  }
  store(struct_, 0, builder.getInt64(0));
  store(struct_, 8, Constant::getNullValue(builder.getPtrTy()));
  store(struct_, 16, data);
  store(struct_, 24, builder.getInt64(0));
  store(struct_, 32, builder.getInt32(spec.code | spec.bits << 8 | 1 << 16));
  store(struct_, 36, builder.getInt32(spec.dims.size()));
  store(struct_, 40, dims);
  store(struct_, 48, Constant::getNullValue(builder.getPtrTy()));
  return struct_;
}

Error WrapperBuilder::build() {
  Function *inner = module.getFunction(spec.inner);
  if (!inner)
    return createStringError("kernel " + spec.name + ": no function in Halide's module");
  size_t pointers = spec.pointers();
  SmallVector<Type *> types(pointers, builder.getPtrTy());
  types.append(spec.dims.size() + 2, builder.getInt64Ty());
  wrapper = Function::Create(FunctionType::get(builder.getVoidTy(), types, false), Function::ExternalLinkage, spec.name, module);
  wrapper->setAttributes(wrapper->getAttributes().addFnAttributes(module.getContext(), AttrBuilder(module.getContext(), inner->getAttributes().getFnAttrs())));
  builder.SetInsertPoint(BasicBlock::Create(module.getContext(), "entry", wrapper));
  for (size_t i = 0; i < pointers; ++i)
    wrapper->addParamAttr(i, Attribute::NoAlias);
  for (auto [i, dim] : llvm::enumerate(spec.dims)) {
    wrapper->getArg(pointers + i)->setName(dim);
    exprs.define(dim, wrapper->getArg(pointers + i));
  }
  for (const auto &[name, value] : spec.derived)
    exprs.define(name, exprs.lower(value));
  begin = wrapper->getArg(pointers + spec.dims.size());
  end = wrapper->getArg(pointers + spec.dims.size() + 1);
  Value *scratch = wrapper->getArg(pointers - 1);

  SmallVector<Value *> arguments;
  size_t pointer = 0;
  for (const BufferSpec &argument : spec.arguments)
    arguments.push_back(buffer(argument, wrapper->getArg(pointer++)));
  for (const std::string &dim : spec.innerDims)
    arguments.push_back(as32(exprs.sizeOf(dim)));
  arguments.append({as32(begin), as32(end), scratch});
  for (const BufferSpec &result : spec.results)
    arguments.push_back(buffer(result, wrapper->getArg(pointer++)));
  if (inner->arg_size() != arguments.size())
    return createStringError("kernel " + spec.name + ": Halide's function takes other arguments");
  builder.CreateCall(inner, arguments);
  builder.CreateRetVoid();
  return Error::success();
}

/// Drops what Halide adds for other callers and gives every function the target's cpu.
static void retarget(Module &module, const ModuleSpec &spec, const TargetInfo &target) {
  for (const char *suffix : {"_argv", "_metadata"})
    if (Function *function = module.getFunction(spec.inner + suffix))
      function->eraseFromParent();
  for (Function &function : llvm::make_early_inc_range(module)) {
    if (function.isDeclaration())
      continue;
    if (function.getName() != spec.name) {
      function.setLinkage(GlobalValue::InternalLinkage);
      function.removeFnAttr(Attribute::NoInline);
      function.addFnAttr(Attribute::AlwaysInline);
    }
    function.addFnAttr("target-cpu", target.cpu);
    function.removeFnAttr("tune-cpu");
    function.addFnAttr("prefer-vector-width", std::to_string(target.vectorFloats * 32));
    function.addFnAttr("min-legal-vector-width", std::to_string(target.vectorFloats * 32));
    function.removeFnAttr("frame-pointer");
  }
  for (GlobalVariable &variable : llvm::make_early_inc_range(module.globals())) {
    if (!variable.isDeclaration())
      variable.setLinkage(GlobalValue::InternalLinkage);
    variable.removeDeadConstantUsers();
    if (variable.use_empty())
      variable.eraseFromParent();
  }
}

/// Sums and maxima over a vector's lanes in any order. Halide asks for the order of the lanes in kernels with one strict operation (as the
/// exponential has), which costs a scalar step a lane.
static void relaxReductions(Module &module) {
  for (Function &function : module)
    for (Instruction &instruction : llvm::instructions(function))
      if (auto *call = dyn_cast<IntrinsicInst>(&instruction); call && isa<FPMathOperator>(call))
        switch (call->getIntrinsicID()) {
        case Intrinsic::vector_reduce_fadd:
        case Intrinsic::vector_reduce_fmax:
        case Intrinsic::vector_reduce_fmin:
          call->setHasAllowReassoc(true);
          call->setHasNoNaNs(true);
          break;
        default:
          break;
        }
}

static void optimize(Module &module) {
  LoopAnalysisManager loops;
  FunctionAnalysisManager functions;
  CGSCCAnalysisManager components;
  ModuleAnalysisManager modules;
  PassBuilder passes;
  passes.registerModuleAnalyses(modules);
  passes.registerCGSCCAnalyses(components);
  passes.registerFunctionAnalyses(functions);
  passes.registerLoopAnalyses(loops);
  passes.crossRegisterProxies(loops, functions, components, modules);
  ModulePassManager pipeline;
  pipeline.addPass(AlwaysInlinerPass());
  FunctionPassManager cleanup;
  cleanup.addPass(SROAPass(SROAOptions::ModifyCFG));
  cleanup.addPass(EarlyCSEPass(true));
  cleanup.addPass(SimplifyCFGPass());
  cleanup.addPass(ADCEPass());
  pipeline.addPass(createModuleToFunctionPassAdaptor(std::move(cleanup)));
  pipeline.run(module, modules);
}

/// Kernels may call libm and nothing else.
static Error checkCalls(const Module &module, const ModuleSpec &spec) {
  for (const Function &function : module)
    if (function.isDeclaration() && !function.isIntrinsic() && !function.use_empty() &&
        (function.getName().starts_with("halide_") || function.getName().starts_with("weft_")))
      return createStringError("kernel " + spec.name + " calls " + function.getName() + ", which kernels may not");
  return Error::success();
}

Expected<std::unique_ptr<Module>> buildKernelModule(std::unique_ptr<MemoryBuffer> bitcode, const ModuleSpec &spec, const TargetInfo &target,
                                                    LLVMContext &context) {
  Expected<std::unique_ptr<Module>> parsed = parseBitcodeFile(*bitcode, context);
  if (!parsed)
    return parsed.takeError();
  Module &module = **parsed;
  module.setTargetTriple(Triple(target.triple));
  SMDiagnostic diagnostic;
  std::unique_ptr<Module> helpers = parseIR(*MemoryBuffer::getMemBuffer(prelude, "prelude"), diagnostic, context);
  assert(helpers && "the prelude parses");
  helpers->setTargetTriple(module.getTargetTriple());
  helpers->setDataLayout(module.getDataLayout());
  for (Function &function : *helpers)
    if (!function.isDeclaration())
      function.setLinkage(GlobalValue::LinkOnceODRLinkage);
  if (Linker::linkModules(module, std::move(helpers)))
    return createStringError("kernel " + spec.name + ": cannot link the prelude");
  if (Error error = WrapperBuilder(module, spec).build())
    return std::move(error);
  retarget(module, spec, target);
  relaxReductions(module);
  optimize(module);
  if (Error error = checkCalls(module, spec))
    return std::move(error);
  assert(!verifyModule(module, &errs()) && "kernel module");
  return parsed;
}

} // namespace weft
