// Operators and functions of each element, on tensors, and on tables and biases that have no length yet.
#include "IRGen.h"

#include "llvm/ADT/StringSwitch.h"

#include <cmath>

using namespace llvm;

namespace weft {

using ast::BinaryOp;

static NamedTensorType typeOf(mlir::Value value) { return mlir::cast<NamedTensorType>(value.getType()); }

mlir::Value IRGen::asTensor(const Value &value, const Value &other, mlir::Type element, SourceRange range) {
  mlir::Location loc = locate(value.range.isValid() ? value.range : range, "");
  if (value.is(ValueKind::Tensor))
    return value.tensor;
  if (const bool *flag = value.asBool())
    return element.isInteger(1) ? scalar(*flag, element, loc) : mlir::Value();
  if (const Number *number = value.asNumber()) {
    bool fits = element.isF32() || (element.isInteger(32) && number->toInteger() && isInt<32>(*number->toInteger()));
    return fits ? scalar(number->toDouble(), element, loc) : mlir::Value();
  }
  if (!value.isDeferred() || !other.is(ValueKind::Tensor))
    return {};
  NamedTensorType type = other.type();
  if (type.getRank() < 2) {
    reporter.error(range, value.describe() + " needs [.., " + (value.is(ValueKind::Table) ? "time, width" : "query, key") +
                              "] beside it, not " + type.shapeText(),
                   {{other.range, "this is " + typeText(type)}});
    return {};
  }
  ScoreShape scores{type.getExpr(-2), type.getExpr(-1), type.getRank()};
  return value.deferred->make(*this, Use{type.getExpr(-2), scores, range});
}

//===----------------------------------------------------------------------===//
// + - * /
//===----------------------------------------------------------------------===//

mlir::Value IRGen::arithmetic(BinaryOp op, mlir::Value lhs, mlir::Value rhs, mlir::Location loc, std::string &why) {
  Inferred type = inferArithmetic(typeOf(lhs), typeOf(rhs), why);
  if (failed(type))
    return {};
  switch (op) {
  case BinaryOp::Add:
    return AddOp::create(builder, loc, *type, lhs, rhs);
  case BinaryOp::Sub:
    return SubOp::create(builder, loc, *type, lhs, rhs);
  case BinaryOp::Mul:
    return MulOp::create(builder, loc, *type, lhs, rhs);
  default:
    return DivOp::create(builder, loc, *type, lhs, rhs);
  }
}

/// A table or bias with a number or another of its kind: the operation waits for the length too.
Value IRGen::deferBinary(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs) {
  unsigned size = 1 + (lhs.isDeferred() ? lhs.deferred->size : 0) + (rhs.isDeferred() ? rhs.deferred->size : 0);
  if (size > maxDeferredSize) {
    reporter.error(expr.range, "this combines too many tables or biases");
    return Value::error();
  }
  BinaryOp op = expr.op;
  SourceRange range = expr.range;
  mlir::Location loc = locate(range, nameHint);
  auto make = [=](IRGen &gen, const Use &use) -> mlir::Value {
    auto side = [&](const Value &value) {
      return value.isDeferred() ? value.deferred->make(gen, use)
                                : gen.scalar(value.asNumber()->toDouble(), gen.builder.getF32Type(), loc);
    };
    mlir::Value a = side(lhs), b = a ? side(rhs) : mlir::Value();
    if (!b)
      return {};
    std::string why;
    mlir::Value result = gen.arithmetic(op, a, b, loc, why);
    if (!result)
      gen.reporter.error(range, why);
    return result;
  };
  return Value::ofDeferred(lhs.isDeferred() ? lhs.kind : rhs.kind, {make, size}, range);
}

Value IRGen::refuse(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs) {
  std::vector<Note> notes;
  if (lhs.is(ValueKind::Dim) || rhs.is(ValueKind::Dim))
    notes.push_back({SourceRange(), "f32(...) of a dimension is a scalar tensor"});
  reporter.error(expr.range, "'" + ast::binaryOpText(expr.op) + "' does not work on " + lhs.describe() + " and " + rhs.describe(),
                 std::move(notes));
  return Value::error();
}

Value IRGen::binary(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs) {
  if (expr.op == BinaryOp::MaskAnd)
    return joinMasks(expr, lhs, rhs);
  bool isArithmetic = expr.op == BinaryOp::Add || expr.op == BinaryOp::Sub || expr.op == BinaryOp::Mul || expr.op == BinaryOp::Div;
  if (!isArithmetic)
    return compare(expr, lhs, rhs);
  auto waits = [](const Value &a, const Value &b) { return a.isDeferred() && (b.kind == a.kind || b.asNumber()); };
  if (waits(lhs, rhs) || waits(rhs, lhs))
    return deferBinary(expr, lhs, rhs);
  if (!lhs.is(ValueKind::Tensor) && !rhs.is(ValueKind::Tensor))
    return refuse(expr, lhs, rhs);
  unsigned before = reporter.getDiagnostics().getNumErrors();
  mlir::Type f32 = builder.getF32Type();
  mlir::Value a = asTensor(lhs, rhs, f32, expr.range), b = a ? asTensor(rhs, lhs, f32, expr.range) : mlir::Value();
  if (!a || !b)
    return reporter.getDiagnostics().getNumErrors() == before ? refuse(expr, lhs, rhs) : Value::error();
  std::string why;
  mlir::Value result = arithmetic(expr.op, a, b, locate(expr.range, nameHint), why);
  if (!result) {
    reportShape(why, expr.range, {&lhs, &rhs});
    return Value::error();
  }
  return checkType(typeOf(result), expr.range) ? Value::ofTensor(result, expr.range) : Value::error();
}

/// == < >, of tensors with tensors or constants.
Value IRGen::compare(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs) {
  bool swapped = expr.op == BinaryOp::Gt, equal = expr.op == BinaryOp::Eq;
  const Value &left = swapped ? rhs : lhs, &right = swapped ? lhs : rhs;
  if (!lhs.is(ValueKind::Tensor) && !rhs.is(ValueKind::Tensor))
    return refuse(expr, lhs, rhs);
  if (expr.op != BinaryOp::Lt && !swapped && !equal) {
    reporter.error(expr.range, "'" + ast::binaryOpText(expr.op) + "' works on constants only",
                   {{SourceRange(), "tensors have ==, < and >"}});
    return Value::error();
  }
  mlir::Type element = (lhs.is(ValueKind::Tensor) ? lhs : rhs).type().getElementType();
  mlir::Value a = asTensor(left, right, element, expr.range), b = a ? asTensor(right, left, element, expr.range) : mlir::Value();
  if (!a || !b)
    return refuse(expr, lhs, rhs);
  std::string why;
  Inferred type = inferComparison(typeOf(a), typeOf(b), !equal, why);
  if (!admit(type, why, expr.range, {&lhs, &rhs}))
    return Value::error();
  mlir::Location loc = locate(expr.range, nameHint);
  mlir::Value result = equal ? mlir::Value(EqualOp::create(builder, loc, *type, a, b)) : LessOp::create(builder, loc, *type, a, b);
  return Value::ofTensor(result, expr.range);
}

//===----------------------------------------------------------------------===//
// Functions of one operand
//===----------------------------------------------------------------------===//

static double applyToNumber(Activation function, double x) {
  constexpr double sqrt2OverPi = 0.79788456080286535588;
  switch (function) {
  case Activation::Relu:
    return std::max(x, 0.0);
  case Activation::Gelu:
    return 0.5 * x * (1 + std::erf(x / std::sqrt(2.0)));
  case Activation::GeluTanh:
    return 0.5 * x * (1 + std::tanh(sqrt2OverPi * (x + 0.044715 * x * x * x)));
  case Activation::QuickGelu:
    return x / (1 + std::exp(-1.702 * x));
  case Activation::Silu:
    return x / (1 + std::exp(-x));
  case Activation::Tanh:
    return std::tanh(x);
  case Activation::Sigmoid:
    return 1 / (1 + std::exp(-x));
  case Activation::Exp:
    return std::exp(x);
  case Activation::Log:
    return std::log(x);
  case Activation::Sqrt:
    return std::sqrt(x);
  case Activation::Neg:
    return -x;
  }
  llvm_unreachable("all functions are computed");
}

Value IRGen::deferUnary(Activation function, const Value &x, SourceRange range, mlir::Location loc) {
  if (x.deferred->size >= maxDeferredSize) {
    reporter.error(range, "this combines too many tables or biases");
    return Value::error();
  }
  auto make = [=](IRGen &gen, const Use &use) -> mlir::Value {
    mlir::Value operand = x.deferred->make(gen, use);
    return operand ? UnaryOp::create(gen.builder, loc, operand.getType(), function, operand).getResult() : mlir::Value();
  };
  return Value::ofDeferred(x.kind, {make, x.deferred->size + 1}, range);
}

Value IRGen::applyUnary(Activation function, const Value &x, SourceRange range, mlir::Location loc) {
  if (const Number *number = x.asNumber()) {
    if (std::optional<Number> result = Number::real(applyToNumber(function, number->toDouble())))
      return Value::ofConst(*result, range);
    reporter.error(range, stringifyActivation(function) + " of " + number->text() + " is not a number");
    return Value::error();
  }
  if (x.isDeferred())
    return deferUnary(function, x, range, loc);
  if (!x.is(ValueKind::Tensor)) {
    reporter.error(range, stringifyActivation(function) + " takes f32 tensors and numbers, not " + x.describe());
    return Value::error();
  }
  std::string why;
  Inferred type = inferUnary(x.type(), why);
  if (!admit(type, why, range, {&x}))
    return Value::error();
  return Value::ofTensor(UnaryOp::create(builder, loc, *type, function, x.tensor), range);
}

Value IRGen::negate(const ast::UnaryExpr &expr, const Value &operand) {
  if (const Number *number = operand.asNumber()) // exact, other than the functions
    if (std::optional<Number> result = Number::apply(BinaryOp::Sub, Number(0), *number))
      return Value::ofConst(*result, expr.range);
  if (!operand.is(ValueKind::Tensor) && !operand.isDeferred()) {
    reporter.error(expr.range, "'-' takes f32 tensors and numbers, not " + operand.describe());
    return Value::error();
  }
  return applyUnary(Activation::Neg, operand, expr.range, locate(expr.range, nameHint));
}

Value IRGen::unary(const BoundCall &call) {
  return applyUnary(*symbolizeActivation(call.builtin.name), call[0], call.range, call.loc);
}

/// Hugging Face's names (the keys of ACT2FN).
Value IRGen::activation(const BoundCall &call) {
  using Found = std::optional<Activation>;
  StringRef name = call.text(1);
  if (name == "linear" || name == "identity")
    return call[0];
  Found function = StringSwitch<Found>(name)
                       .Cases({"gelu", "gelu_python"}, Activation::Gelu)
                       .Cases({"gelu_new", "gelu_fast", "gelu_pytorch_tanh", "gelu_accurate", "gelu_python_tanh", "gelu_tanh"},
                              Activation::GeluTanh)
                       .Case("quick_gelu", Activation::QuickGelu)
                       .Cases({"relu", "relu2"}, Activation::Relu)
                       .Cases({"silu", "swish"}, Activation::Silu)
                       .Case("tanh", Activation::Tanh)
                       .Case("sigmoid", Activation::Sigmoid)
                       .Default(std::nullopt);
  if (!function) {
    reporter.error(call.argRanges[1], "'" + name + "' is no activation that weft has",
                   {{SourceRange(), "there are gelu, gelu_new, gelu_fast, gelu_pytorch_tanh, quick_gelu, relu, relu2, silu, swish, "
                                    "tanh, sigmoid, linear"}});
    return Value::error();
  }
  Value result = applyUnary(*function, call[0], call.range, call.loc);
  if (name != "relu2" || !result.is(ValueKind::Tensor))
    return result;
  return Value::ofTensor(MulOp::create(builder, call.loc, result.type(), result.tensor, result.tensor), call.range);
}

//===----------------------------------------------------------------------===//
// Choices and casts
//===----------------------------------------------------------------------===//

Value IRGen::where(const BoundCall &call) {
  const Value &condition = call[0], &a = call[1], &b = call[2];
  if (const bool *known = condition.asBool())
    return *known ? a : b;
  if (!condition.is(ValueKind::Tensor)) {
    reporter.error(call.argRanges[0], "the condition must be a bool tensor, not " + condition.describe());
    return Value::error();
  }
  const Value &beside = a.is(ValueKind::Tensor) ? a : b.is(ValueKind::Tensor) ? b : condition;
  mlir::Type element = beside.is(ValueKind::Tensor) && &beside != &condition ? beside.type().getElementType()
                                                                              : mlir::Type(builder.getF32Type());
  mlir::Value branches[2];
  for (unsigned i : {0, 1}) {
    unsigned before = reporter.getDiagnostics().getNumErrors();
    branches[i] = asTensor(call[i + 1], beside, element, call.argRanges[i + 1]);
    if (branches[i])
      continue;
    if (reporter.getDiagnostics().getNumErrors() == before)
      reporter.error(call.argRanges[i + 1], "expected " + elementText(element) + " to choose from, not " + call[i + 1].describe());
    return Value::error();
  }
  std::string why;
  Inferred type = inferWhere(condition.type(), typeOf(branches[0]), typeOf(branches[1]), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(WhereOp::create(builder, call.loc, *type, condition.tensor, branches[0], branches[1]), call.range);
}

Value IRGen::castTo(const BoundCall &call, mlir::Type element) {
  const Value &x = call[0];
  if (const Number *number = x.asNumber()) {
    std::optional<Number> result = *number;
    if (element.isInteger(32))
      result = Number(static_cast<int64_t>(std::clamp(std::trunc(number->toDouble()), -9e15, 9e15)));
    return Value::ofConst(*result, call.range);
  }
  mlir::Value operand = x.tensor;
  if (x.is(ValueKind::Dim)) {
    auto type = NamedTensorType::get(builder.getContext(), ArrayRef<DimExpr>(), builder.getI32Type());
    operand = DimSizeOp::create(builder, call.loc, type, DimAttr::get(builder.getContext(), x.dim));
  }
  if (!operand) {
    reporter.error(call.range, call.builtin.name + " converts tensors, numbers and dimensions, not " + x.describe());
    return Value::error();
  }
  std::string why;
  Inferred type = inferCast(typeOf(operand), element, why);
  if (!admit(type, why, call))
    return Value::error();
  if (typeOf(operand) == *type)
    return Value::ofTensor(operand, call.range);
  return Value::ofTensor(CastOp::create(builder, call.loc, *type, operand), call.range);
}

Value IRGen::castToF32(const BoundCall &call) { return castTo(call, builder.getF32Type()); }
Value IRGen::castToI32(const BoundCall &call) { return castTo(call, builder.getI32Type()); }

} // namespace weft
