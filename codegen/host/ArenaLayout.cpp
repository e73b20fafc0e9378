// The arena as LLVM values.
#include "codegen/host/ArenaLayout.h"
#include "PackedRows.h"
#include "codegen/host/Abi.h"
#include "llvm/IR/Intrinsics.h"

using namespace weft;
using llvm::IRBuilder;
using llvm::Value;

constexpr uint64_t kAlignment = 64;

static Value *alignUp(Value *bytes, IRBuilder<> &builder) {
  Value *sum = builder.CreateNSWAdd(bytes, builder.getInt64(kAlignment - 1));
  return builder.CreateAnd(sum, builder.getInt64(~(kAlignment - 1)));
}

/// The largest of some sizes, each at most once.
static Value *largest(llvm::ArrayRef<DimExpr> sizes, ExprLowering &exprs, IRBuilder<> &builder) {
  Value *most = builder.getInt64(0);
  for (const DimExpr &size : sizes)
    most = builder.CreateBinaryIntrinsic(llvm::Intrinsic::smax, most, exprs.lower(size));
  return alignUp(most, builder);
}

DimExpr weft::atLaunch(const DimExpr &expr, LaunchOp launch, std::optional<DimExpr> packedRows) {
  return expr.substitute([&](llvm::StringRef name) -> std::optional<DimExpr> {
    auto dim = launch.getDims().getAs<DimAttr>(name);
    if (!dim)
      return std::nullopt;
    return packedRows && dim.getExpr() == paddedRows(launch) ? packedRows : dim.getExpr();
  });
}

llvm::StringMap<Value *> weft::loadDims(const ModelInfo &info, Value *dims, IRBuilder<> &builder) {
  llvm::StringMap<Value *> sizes;
  for (auto [index, dim] : llvm::enumerate(info.dims)) {
    Value *place = builder.CreateConstInBoundsGEP1_64(builder.getInt64Ty(), dims, index);
    sizes[dim.name] = builder.CreateLoad(builder.getInt64Ty(), place, dim.name);
  }
  return sizes;
}

ArenaLayout weft::layOutArena(const HostProgram &program, ExprLowering &exprs, IRBuilder<> &builder) {
  ArenaLayout layout;
  Value *offset = builder.getInt64(0);
  for (llvm::ArrayRef<DimExpr> sizes : program.info.slotSizes) {
    layout.slots.push_back(offset);
    offset = builder.CreateNSWAdd(offset, largest(sizes, exprs, builder));
  }
  std::vector<DimExpr> scratch;
  for (LaunchInfo launch : program.info.launches) {
    auto kernel = program.kernels.find(launch.op.getKernel());
    if (kernel == program.kernels.end())
      continue;
    DimExpr bytes = atLaunch(kernel->second.abi.scratchBytes, launch.op);
    if (!llvm::is_contained(scratch, bytes))
      scratch.push_back(bytes);
  }
  layout.scratch = offset;
  layout.scratchBytes = largest(scratch, exprs, builder);
  return layout;
}

llvm::Function *weft::emitArenaBytes(const HostProgram &program, llvm::StringRef name, llvm::Module &module) {
  Abi abi(module.getContext());
  auto *type = llvm::FunctionType::get(abi.i64, {abi.pointer, abi.i32}, false);
  auto *function = llvm::Function::Create(type, llvm::GlobalValue::InternalLinkage, name, module);
  IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "entry", function));
  ExprLowering exprs(builder, loadDims(program.info, function->getArg(0), builder));
  ArenaLayout layout = layOutArena(program, exprs, builder);
  Value *threads = builder.CreateSExt(function->getArg(1), abi.i64);
  Value *scratch = builder.CreateNSWMul(threads, layout.scratchBytes);
  builder.CreateRet(builder.CreateNSWAdd(layout.scratch, scratch));
  return function;
}
