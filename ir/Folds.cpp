// Folds: exact simplifications that need no new op. Numbers stay bit for bit what they were.
#include "Weft.h"

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
