// Element-wise ops of the oracle.
#include "Call.h"
#include <cmath>

using namespace weft;
using namespace weft::reference;
using llvm::ArrayRef;
using mlir::Value;

/// result[i] = function(x[i], y[i]) with broadcasting.
template <typename Function> static Results pairwise(const Call &call, Value lhs, Value rhs, Function function) {
  const Tensor &x = call[lhs], &y = call[rhs];
  Tensor result = call.make();
  double *out = result.mutableData();
  ArrayRef<int64_t> dims = result.dims();
  if (dims.empty()) {
    out[0] = function(x[0], y[0]);
    return just(result);
  }
  std::array<llvm::SmallVector<int64_t>, 3> strides = {denseStrides(dims), broadcastStrides(x.dims(), dims),
                                                       broadcastStrides(y.dims(), dims)};
  forEachRow<3>(dims, strides, [&](const std::array<int64_t, 3> &at) {
    for (int64_t i = 0; i < dims.back(); ++i)
      out[at[0] + i] = function(x[at[1] + i * strides[1].back()], y[at[2] + i * strides[2].back()]);
  });
  return just(result);
}

template <typename Op, typename Function> static Results binary(const Call &call, Function function) {
  auto op = llvm::cast<Op>(call.op);
  return pairwise(call, op.getLhs(), op.getRhs(), function);
}

Results reference::add(const Call &call) { return binary<AddOp>(call, [](double a, double b) { return a + b; }); }
Results reference::sub(const Call &call) { return binary<SubOp>(call, [](double a, double b) { return a - b; }); }
Results reference::mul(const Call &call) { return binary<MulOp>(call, [](double a, double b) { return a * b; }); }
Results reference::div(const Call &call) { return binary<DivOp>(call, [](double a, double b) { return a / b; }); }
Results reference::equal(const Call &call) { return binary<EqualOp>(call, [](double a, double b) { return a == b; }); }
Results reference::less(const Call &call) { return binary<LessOp>(call, [](double a, double b) { return a < b; }); }
Results reference::maskAnd(const Call &call) {
  return binary<MaskAndOp>(call, [](double a, double b) { return a != 0 && b != 0; });
}

Results reference::masked(const Call &call) {
  auto op = llvm::cast<MaskedOp>(call.op);
  return pairwise(call, op.getScores(), op.getMask(), [](double score, double visible) { return visible != 0 ? score : -INFINITY; });
}

static double sigmoid(double x) { return 1 / (1 + std::exp(-x)); }

static double activate(Activation function, double x) {
  switch (function) {
  case Activation::Relu:
    return x > 0 ? x : x < 0 ? 0 : x; // NaN stays
  case Activation::Gelu:
    return 0.5 * x * (1 + std::erf(x * M_SQRT1_2));
  case Activation::GeluTanh:
    return 0.5 * x * (1 + std::tanh(std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x)));
  case Activation::QuickGelu:
    return x * sigmoid(1.702 * x);
  case Activation::Silu:
    return x * sigmoid(x);
  case Activation::Tanh:
    return std::tanh(x);
  case Activation::Sigmoid:
    return sigmoid(x);
  case Activation::Exp:
    return std::exp(x);
  case Activation::Log:
    return std::log(x);
  case Activation::Sqrt:
    return std::sqrt(x);
  case Activation::Neg:
    return -x;
  }
  llvm_unreachable("every activation is listed");
}

Results reference::unary(const Call &call) {
  auto op = llvm::cast<UnaryOp>(call.op);
  Tensor result = call[op.getX()];
  double *out = result.mutableData();
  for (int64_t i = 0; i < result.size(); ++i)
    out[i] = activate(op.getFunction(), out[i]);
  return just(result);
}

Results reference::constant(const Call &call) {
  Tensor result = call.make();
  result.mutableData()[0] = llvm::cast<ConstantOp>(call.op).getValue().convertToDouble();
  return just(result);
}

Results reference::where(const Call &call) {
  auto op = llvm::cast<WhereOp>(call.op);
  Tensor result = call.make();
  Tensor condition = broadcastTo(call[op.getCondition()], result.dims());
  Tensor x = broadcastTo(call[op.getLhs()], result.dims()), y = broadcastTo(call[op.getRhs()], result.dims());
  double *out = result.mutableData();
  for (int64_t i = 0; i < result.size(); ++i)
    out[i] = condition[i] != 0 ? x[i] : y[i];
  return just(result);
}

/// f32 to i32 cuts toward zero; beyond i32 it saturates, and NaN gives 0.
static double toInteger(double x) {
  if (std::isnan(x))
    return 0;
  return std::trunc(std::min(std::max(x, -0x1p31), 0x1p31 - 1));
}

Results reference::convert(const Call &call) {
  auto op = llvm::cast<CastOp>(call.op);
  const Tensor &x = call[op.getX()];
  Tensor result = call.make();
  double *out = result.mutableData();
  for (int64_t i = 0; i < x.size(); ++i)
    out[i] = result.element() == Tensor::Element::I32 ? toInteger(x[i]) : x[i];
  return just(result);
}
