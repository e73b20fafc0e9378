// Constructors of values and their words for messages.
#include "Values.h"

using namespace llvm;

namespace weft {

Value Value::of(ValueKind kind, SourceRange range) {
  Value value;
  value.kind = kind;
  value.range = range;
  return value;
}

Value Value::ofConst(Const constant, SourceRange range) {
  Value value = of(ValueKind::Const, range);
  value.constant = std::move(constant);
  return value;
}

Value Value::ofDim(const DimExpr &dim, SourceRange range) {
  if (std::optional<int64_t> size = dim.constant())
    return ofConst(Number(*size), range);
  Value value = of(ValueKind::Dim, range);
  value.dim = dim;
  return value;
}

Value Value::ofTensor(mlir::Value tensor, SourceRange range) {
  if (!tensor)
    return error();
  Value value = of(ValueKind::Tensor, range);
  value.tensor = tensor;
  return value;
}

Value Value::ofMask(Mask mask, SourceRange range) {
  Value value = of(ValueKind::Mask, range);
  value.mask = std::make_shared<const Mask>(std::move(mask));
  return value;
}

Value Value::ofDeferred(ValueKind kind, Deferred deferred, SourceRange range) {
  Value value = of(kind, range);
  value.deferred = std::make_shared<const Deferred>(std::move(deferred));
  return value;
}

Value Value::ofElements(ValueKind kind, std::vector<Value> elements, SourceRange range) {
  Value value = of(kind, range);
  value.elements = std::make_shared<const std::vector<Value>>(std::move(elements));
  return value;
}

std::optional<int64_t> Value::asInteger() const {
  const Number *number = asNumber();
  return number ? number->toInteger() : std::nullopt;
}

std::optional<DimExpr> Value::asDim() const {
  if (is(ValueKind::Dim))
    return dim;
  if (std::optional<int64_t> size = asInteger())
    return DimExpr(*size);
  return std::nullopt;
}

std::string Value::describe() const {
  switch (kind) {
  case ValueKind::Error:
    return "an error";
  case ValueKind::None:
    return "none";
  case ValueKind::Const:
    return "the " + constKindText(constant).drop_front(2).str() + " " + constText(constant);
  case ValueKind::Dim:
    return "the dimension " + dim.text();
  case ValueKind::Tensor:
    return typeText(type());
  case ValueKind::Mask:
    return "a mask";
  case ValueKind::Table:
    return "a position table";
  case ValueKind::Bias:
    return "an attention bias";
  case ValueKind::List:
    return "a list";
  case ValueKind::Many:
    return std::to_string(elements->size()) + " values";
  case ValueKind::Layer:
    return "a layer number";
  }
  llvm_unreachable("all kinds are named");
}

std::string typeText(NamedTensorType type) { return elementText(type.getElementType()).str() + type.shapeText(); }

} // namespace weft
