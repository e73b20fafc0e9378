// Folds: exact simplifications that need no new op. Numbers stay bit for bit what they were.
#include "Weft.h"
#include <cmath>

using namespace mlir;
using namespace weft;

OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }

/// reshape(x) to its own shape -> x; reshape(reshape(x)) -> reshape(x)
OpFoldResult ReshapeOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  auto inner = getX().getDefiningOp<ReshapeOp>();
  if (!inner)
    return {};
  if (inner.getX().getType() == getType())
    return inner.getX();
  getXMutable().assign(inner.getX());
  return getResult();
}

static bool isIdentity(ArrayRef<int64_t> permutation) {
  return llvm::all_of(llvm::enumerate(permutation),
                      [](auto entry) { return static_cast<int64_t>(entry.index()) == entry.value(); });
}

/// transpose(x, identity) -> x; transpose(transpose(x, p), q) -> transpose(x, p o q)
OpFoldResult TransposeOp::fold(FoldAdaptor) {
  if (isIdentity(getPermutation()))
    return getX();
  auto inner = getX().getDefiningOp<TransposeOp>();
  if (!inner)
    return {};
  SmallVector<int64_t> both =
      llvm::map_to_vector(getPermutation(), [&](int64_t axis) { return inner.getPermutation()[axis]; });
  if (isIdentity(both))
    return inner.getX();
  setPermutation(both);
  getXMutable().assign(inner.getX());
  return getResult();
}

OpFoldResult BroadcastOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  auto inner = getX().getDefiningOp<BroadcastOp>();
  if (!inner)
    return {};
  getXMutable().assign(inner.getX());
  return getResult();
}

OpFoldResult ConcatOp::fold(FoldAdaptor) { return getInputs().size() == 1 ? OpFoldResult(getInputs().front()) : OpFoldResult(); }

OpFoldResult InterleaveOp::fold(FoldAdaptor) {
  return getInputs().size() == 1 ? OpFoldResult(getInputs().front()) : OpFoldResult();
}

/// One piece is the whole.
LogicalResult SplitOp::fold(FoldAdaptor, SmallVectorImpl<OpFoldResult> &results) {
  if (getNumResults() != 1)
    return failure();
  results.push_back(getX());
  return success();
}

/// A slice of everything -> x; a slice of a slice along the same axis -> one slice.
OpFoldResult SliceOp::fold(FoldAdaptor) {
  if (getX().getType() == getType())
    return getX();
  auto inner = getX().getDefiningOp<SliceOp>();
  int64_t rank = getType().getRank();
  auto fromFront = [rank](int64_t axis) { return axis < 0 ? axis + rank : axis; };
  if (!inner || fromFront(inner.getAxis()) != fromFront(getAxis()))
    return {};
  setStartAttr(DimAttr::get(getContext(), getStart().getExpr() + inner.getStart().getExpr()));
  getXMutable().assign(inner.getX());
  return getResult();
}

OpFoldResult CastOp::fold(FoldAdaptor) { return getX().getType() == getType() ? OpFoldResult(getX()) : OpFoldResult(); }

OpFoldResult RepeatHeadsOp::fold(FoldAdaptor) { return getTimes() == 1 ? OpFoldResult(getX()) : OpFoldResult(); }

/// merge_heads(split_heads(x)) -> x
OpFoldResult MergeHeadsOp::fold(FoldAdaptor) {
  auto split = getX().getDefiningOp<SplitHeadsOp>();
  return split && split.getX().getType() == getType() ? OpFoldResult(split.getX()) : OpFoldResult();
}

/// split_heads(merge_heads(x)) -> x where the heads are the same
OpFoldResult SplitHeadsOp::fold(FoldAdaptor) {
  auto merge = getX().getDefiningOp<MergeHeadsOp>();
  return merge && merge.getX().getType() == getType() ? OpFoldResult(merge.getX()) : OpFoldResult();
}

/// m & m -> m
OpFoldResult MaskAndOp::fold(FoldAdaptor) { return getLhs() == getRhs() ? OpFoldResult(getLhs()) : OpFoldResult(); }

//===-- Arithmetic ----------------------------------------------------------------------------------------------------===//

Operation *WeftDialect::materializeConstant(OpBuilder &builder, Attribute value, Type type, Location loc) {
  auto number = dyn_cast<FloatAttr>(value);
  auto tensor = dyn_cast<NamedTensorType>(type);
  if (!number || !number.getType().isF64() || !tensor || tensor.getRank() != 0)
    return nullptr;
  return ConstantOp::create(builder, loc, tensor, number);
}

static std::optional<double> numberOf(Attribute attr) {
  auto number = dyn_cast_or_null<FloatAttr>(attr);
  return number ? std::optional<double>(number.getValueAsDouble()) : std::nullopt;
}

/// Two constants give a constant; `neutral` on the right (and on the left of a commutative op) leaves the other side.
template <typename Op, typename Function>
static OpFoldResult foldArithmetic(Op op, typename Op::FoldAdaptor operands, double neutral, Function function) {
  std::optional<double> lhs = numberOf(operands.getLhs()), rhs = numberOf(operands.getRhs());
  if (lhs && rhs && op.getType().getRank() == 0)
    return FloatAttr::get(Float64Type::get(op.getContext()), function(*lhs, *rhs));
  if (rhs == neutral && op.getLhs().getType() == op.getType())
    return op.getLhs();
  if (lhs == neutral && op->template hasTrait<OpTrait::IsCommutative>() && op.getRhs().getType() == op.getType())
    return op.getRhs();
  return {};
}

OpFoldResult AddOp::fold(FoldAdaptor operands) {
  return foldArithmetic(*this, operands, 0, [](double a, double b) { return a + b; });
}
OpFoldResult SubOp::fold(FoldAdaptor operands) {
  return foldArithmetic(*this, operands, 0, [](double a, double b) { return a - b; });
}
OpFoldResult MulOp::fold(FoldAdaptor operands) {
  return foldArithmetic(*this, operands, 1, [](double a, double b) { return a * b; });
}
OpFoldResult DivOp::fold(FoldAdaptor operands) {
  return foldArithmetic(*this, operands, 1, [](double a, double b) { return a / b; });
}

OpFoldResult UnaryOp::fold(FoldAdaptor operands) {
  std::optional<double> x = numberOf(operands.getX());
  if (getFunction() == Activation::Neg)
    if (auto inner = getX().getDefiningOp<UnaryOp>(); inner && inner.getFunction() == Activation::Neg)
      return inner.getX();
  if (!x)
    return {};
  auto constant = [&](double value) { return FloatAttr::get(Float64Type::get(getContext()), value); };
  switch (getFunction()) {
  case Activation::Neg:
    return constant(-*x);
  case Activation::Sqrt:
    return constant(std::sqrt(*x));
  case Activation::Exp:
    return constant(std::exp(*x));
  case Activation::Log:
    return constant(std::log(*x));
  case Activation::Relu:
    return constant(std::max(*x, 0.0));
  default:
    return {};
  }
}
