// Element-wise ops: one expression each, with NumPy broadcasting.
#include "codegen/emit/Emit.h"
#include "codegen/emit/Math.h"

using namespace mlir;
using llvm::Error;
namespace weft {

/// Defines `result` as an expression over its own index.
static Error pointwise(Operation *op, KernelGraph &graph, llvm::function_ref<hl::Expr(const Index &)> expression) {
  Value result = op->getResult(0);
  Vars vars = varsFor(result);
  hl::Func func(graph.name(op->getName().stripDialect()));
  func(vars) = expression(toIndex(vars));
  graph.define(result, func);
  graph.stage(func, Role::Pointwise, op->getLoc(), extentsOf(result));
  return Error::success();
}

template <typename OpT> static Error emitBinary(OpT op, KernelGraph &graph, llvm::function_ref<hl::Expr(hl::Expr, hl::Expr)> combine) {
  return pointwise(op, graph, [&](const Index &i) { return combine(graph.at(op.getLhs(), i), graph.at(op.getRhs(), i)); });
}

static Error emitAdd(AddOp op, KernelGraph &graph) {
  return emitBinary(op, graph, [](hl::Expr a, hl::Expr b) { return a + b; });
}
static Error emitSub(SubOp op, KernelGraph &graph) {
  return emitBinary(op, graph, [](hl::Expr a, hl::Expr b) { return a - b; });
}
static Error emitMul(MulOp op, KernelGraph &graph) {
  return emitBinary(op, graph, [](hl::Expr a, hl::Expr b) { return a * b; });
}
static Error emitDiv(DivOp op, KernelGraph &graph) {
  return emitBinary(op, graph, [](hl::Expr a, hl::Expr b) { return a / b; });
}
static Error emitEqual(EqualOp op, KernelGraph &graph) {
  return emitBinary(op, graph, [](hl::Expr a, hl::Expr b) { return a == b; });
}
static Error emitLess(LessOp op, KernelGraph &graph) {
  return emitBinary(op, graph, [](hl::Expr a, hl::Expr b) { return a < b; });
}

static hl::Expr apply(Activation function, hl::Expr x) {
  switch (function) {
  case Activation::Relu:
    return hl::max(x, 0.0f);
  case Activation::Gelu:
    return 0.5f * x * (1.0f + vectorErf(x * 0.70710678118654752f));
  case Activation::GeluTanh:
    return 0.5f * x * (1.0f + vectorTanh(0.79788456080286536f * (x + 0.044715f * x * x * x)));
  case Activation::QuickGelu:
    return x * vectorSigmoid(1.702f * x);
  case Activation::Silu:
    return x * vectorSigmoid(x);
  case Activation::Tanh:
    return vectorTanh(x);
  case Activation::Sigmoid:
    return vectorSigmoid(x);
  case Activation::Exp:
    return vectorExp(x);
  case Activation::Log:
    return vectorLog(x);
  case Activation::Sqrt:
    return hl::sqrt(x);
  case Activation::Neg:
    return -x;
  }
  llvm_unreachable("activation");
}

static Error emitUnary(UnaryOp op, KernelGraph &graph) {
  return pointwise(op, graph, [&](const Index &i) { return apply(op.getFunction(), graph.at(op.getX(), i)); });
}

static Error emitConstant(ConstantOp op, KernelGraph &graph) {
  double value = op.getValue().convertToDouble();
  NamedTensorType type = typeOf(op.getResult());
  return pointwise(op, graph, [&](const Index &) -> hl::Expr {
    return type.isF32() ? hl::Expr(float(value)) : type.isI32() ? hl::Expr(int32_t(value)) : hl::cast<bool>(value != 0 ? 1 : 0);
  });
}

static Error emitWhere(WhereOp op, KernelGraph &graph) {
  return pointwise(op, graph, [&](const Index &i) {
    return hl::select(graph.at(op.getCondition(), i), graph.at(op.getLhs(), i), graph.at(op.getRhs(), i));
  });
}

static Error emitCast(CastOp op, KernelGraph &graph) {
  hl::Type type = typeOf(op.getResult()).isF32() ? hl::Float(32) : hl::Int(32);
  return pointwise(op, graph, [&](const Index &i) { return hl::cast(type, graph.at(op.getX(), i)); });
}

void addElementwiseEmitters(EmitterTable &table) {
  table.add<AddOp>(emitAdd);
  table.add<SubOp>(emitSub);
  table.add<MulOp>(emitMul);
  table.add<DivOp>(emitDiv);
  table.add<EqualOp>(emitEqual);
  table.add<LessOp>(emitLess);
  table.add<UnaryOp>(emitUnary);
  table.add<ConstantOp>(emitConstant);
  table.add<WhereOp>(emitWhere);
  table.add<CastOp>(emitCast);
}

} // namespace weft
