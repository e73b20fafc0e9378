// How each op passes positions of a dimension on (StreamOpInterface). Masks decide for attention, written as one op or by hand:
// softmax over masked scores, and the product of such probabilities with values, look at earlier positions only.
#include "Masks.h"

using namespace mlir;
using namespace weft;

static StreamRelation perPosition(int64_t resultDim, int64_t shift = 0) {
  return {StreamRelation::PerPosition, resultDim, shift, {}};
}
static StreamRelation earlier(int64_t resultDim, int64_t shift, std::string reason) {
  return {StreamRelation::Earlier, resultDim, shift, std::move(reason)};
}
static StreamRelation mixing(int64_t resultDim, std::string reason) {
  return {StreamRelation::Mixing, resultDim, 0, std::move(reason)};
}

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

static int64_t fromFront(int64_t axis, NamedTensorType type) { return axis < 0 ? axis + type.getRank() : axis; }

/// Element-wise with broadcasting: dimensions align from the end.
static StreamRelation aligned(Operation *op, unsigned operand, int64_t dim) {
  return perPosition(dim + typeOf(op->getResult(0)).getRank() - typeOf(op->getOperand(operand)).getRank());
}

/// An operand whose rows stand on their own: everything but the last dimension passes through.
static StreamRelation rowWise(Operation *op, unsigned operand, int64_t dim, const char *reason) {
  NamedTensorType type = typeOf(op->getOperand(operand));
  if (dim == type.getRank() - 1)
    return mixing(typeOf(op->getResult(0)).getRank() - 1, reason);
  return aligned(op, operand, dim);
}

/// Relation of keys to queries where `reach` bounds key - query.
static StreamRelation seen(int64_t queryDim, std::optional<int64_t> reach, bool masked) {
  if (!reach)
    return mixing(queryDim, masked ? "attention whose mask shows later positions" : "un-masked attention");
  return earlier(queryDim, *reach, *reach > 0 ? "attention whose mask shows later positions" : "masked attention");
}

#define WEFT_ALIGNED(Op)                                                                                                         \
  StreamRelation Op::getStreamRelation(unsigned operand, int64_t dim, unsigned) { return aligned(*this, operand, dim); }
WEFT_ALIGNED(AddOp)
WEFT_ALIGNED(SubOp)
WEFT_ALIGNED(MulOp)
WEFT_ALIGNED(DivOp)
WEFT_ALIGNED(UnaryOp)
WEFT_ALIGNED(WhereOp)
WEFT_ALIGNED(EqualOp)
WEFT_ALIGNED(LessOp)
WEFT_ALIGNED(CastOp)
WEFT_ALIGNED(MaskAndOp)
WEFT_ALIGNED(MaskedOp)
WEFT_ALIGNED(BroadcastOp)
#undef WEFT_ALIGNED

/// No operand has positions: nothing flows.
#define WEFT_NO_STREAM(Op)                                                                                                       \
  StreamRelation Op::getStreamRelation(unsigned, int64_t, unsigned) { return {StreamRelation::Absent, -1, 0, {}}; }
WEFT_NO_STREAM(ConstantOp)
WEFT_NO_STREAM(DimSizeOp)
#undef WEFT_NO_STREAM

/// An operand of the batch (an offset, lengths) keeps its dimension 0; a table's rows are read anywhere.
#define WEFT_INDEX_TABLE(Op)                                                                                                     \
  StreamRelation Op::getStreamRelation(unsigned operand, int64_t dim, unsigned) {                                                \
    if (typeOf(getOperation()->getOperand(operand)).isI32())                                                                     \
      return perPosition(0);                                                                                                     \
    return mixing(-1, "a table read at any row");                                                                                \
  }
WEFT_INDEX_TABLE(CausalMaskOp)
WEFT_INDEX_TABLE(WindowMaskOp)
WEFT_INDEX_TABLE(PaddingMaskOp)
WEFT_INDEX_TABLE(RelativeBiasOp)
WEFT_INDEX_TABLE(AlibiOp)
WEFT_INDEX_TABLE(PositionsOp)
WEFT_INDEX_TABLE(SinusoidalOp)
#undef WEFT_INDEX_TABLE

//===-- Contractions --------------------------------------------------------------------------------------------------===//

StreamRelation LinearOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  if (operand == 0)
    return dim == getType().getRank() - 1 ? mixing(-1, "a linear layer that sums over the dimension") : perPosition(dim);
  bool isOut = operand == 2 || (dim == 0) != getTransposed();
  return isOut ? perPosition(getType().getRank() - 1) : mixing(-1, "a linear layer that sums over the dimension");
}

/// Rows of the halves meet in sums that cancel exactly in the formula: each position's result is weft.linear's.
StreamRelation StrassenOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  if (operand == 0 && dim != getType().getRank() - 1)
    return perPosition(dim);
  return operand == 3 ? perPosition(getType().getRank() - 1) : mixing(-1, "a linear layer that sums over the dimension");
}

StreamRelation MatMulOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  NamedTensorType type = typeOf(getOperation()->getOperand(operand));
  int64_t rank = type.getRank(), summed = operand == 0 ? rank - 1 : rank - 2;
  if (dim != summed)
    return aligned(*this, operand, dim);
  if (operand == 1)
    if (std::optional<int64_t> reach = latestNonzero(getLhs()))
      return seen(getType().getRank() - 2, reach, /*masked=*/true);
  return mixing(-1, "a matrix product that sums over the dimension");
}

/// Position t of the result reads t * stride - pad and the following, as many as the kernel has.
static StreamRelation slid(int64_t resultDim, std::optional<int64_t> kernel, int64_t stride, int64_t pad) {
  if (stride != 1 || !kernel)
    return mixing(resultDim, "a convolution that steps over positions");
  return earlier(resultDim, *kernel - 1 - pad, "a convolution over neighbouring positions");
}

static StreamRelation convolved(Operation *op, unsigned operand, int64_t dim, ArrayRef<int64_t> strides, ArrayRef<int64_t> pads) {
  if (operand != 0)
    return dim == 0 ? perPosition(1) : mixing(-1, "a convolution that sums over the dimension");
  if (dim == 0)
    return perPosition(0);
  if (dim == 1)
    return mixing(-1, "a convolution that sums over the channels");
  return slid(dim, typeOf(op->getOperand(1)).getDim(dim).getStatic(), strides[dim - 2], pads[dim - 2]);
}

StreamRelation WindowsOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  if (dim < 2)
    return dim == 0 ? perPosition(0) : mixing(getType().getRank() - 1, "a convolution that sums over the channels");
  return slid(dim - 1, getKernel()[dim - 2], getStride()[dim - 2], getPad()[dim - 2]);
}

StreamRelation Conv1dOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return convolved(*this, operand, dim, static_cast<int64_t>(getStride()), static_cast<int64_t>(getPad()));
}

StreamRelation Conv2dOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return convolved(*this, operand, dim, getStride(), getPad());
}

//===-- Attention -----------------------------------------------------------------------------------------------------===//

StreamRelation SplitHeadsOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  return dim == 2 ? mixing(3, "a split into heads") : perPosition(dim == 1 ? 2 : 0);
}

StreamRelation MergeHeadsOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  return dim % 2 == 1 ? mixing(2, "a merge of heads") : perPosition(dim / 2);
}

StreamRelation RepeatHeadsOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  return dim == 1 ? mixing(1, "repeated heads") : perPosition(dim);
}

StreamRelation RopeOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return operand == 0 ? rowWise(*this, operand, dim, "a rotation of features") : perPosition(0);
}

StreamRelation SoftmaxOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  int64_t rank = getType().getRank();
  if (dim != fromFront(getAxis(), getType()))
    return perPosition(dim);
  std::optional<int64_t> reach = latestNonzero(getResult());
  return reach && dim == rank - 1 ? seen(rank - 2, reach, /*masked=*/true) : mixing(dim, "softmax over the dimension");
}

StreamRelation MaskedSoftmaxOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  int64_t rank = getType().getRank();
  if (dim + rank - typeOf(getOperation()->getOperand(operand)).getRank() != rank - 1)
    return aligned(*this, operand, dim);
  std::optional<int64_t> reach = latestNonzero(getResult());
  return reach ? seen(rank - 2, reach, /*masked=*/true) : mixing(rank - 1, "softmax over the dimension");
}

StreamRelation AttentionOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  if (operand >= 3) { // mask or bias, aligned with [batch, heads, query, key]
    int64_t score = dim + 4 - typeOf(getOperation()->getOperand(operand)).getRank();
    if (score == 0 || score == 2)
      return perPosition(score / 2);
    return score == 1 ? mixing(2, "attention's heads") : mixing(1, "attention's keys");
  }
  if (dim == 0)
    return perPosition(0);
  if (dim == 2)
    return mixing(2, "attention over features");
  if (operand == 0)
    return perPosition(1);
  return seen(1, getMask() ? latestVisible(getMask()) : std::nullopt, static_cast<bool>(getMask()));
}

//===-- Norms ---------------------------------------------------------------------------------------------------------===//

StreamRelation LayerNormOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return rowWise(*this, operand, dim, "layer_norm over the dimension");
}
StreamRelation RmsNormOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return rowWise(*this, operand, dim, "rms_norm over the dimension");
}
StreamRelation L2NormalizeOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return rowWise(*this, operand, dim, "l2_normalize over the dimension");
}
StreamRelation ResidualNormOp::getStreamRelation(unsigned operand, int64_t dim, unsigned result) {
  return result == 1 ? aligned(*this, operand, dim) : rowWise(*this, operand, dim, "a norm over the dimension");
}

//===-- Shapes --------------------------------------------------------------------------------------------------------===//

/// A dimension survives where as many elements lie before it, and it has the same size.
StreamRelation ReshapeOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  NamedTensorType from = typeOf(getX()), to = getType();
  DimExpr before(1), reached(1);
  for (int64_t i = 0; i < dim; ++i)
    before = before * from.getExpr(i);
  for (int64_t i = 0; i < to.getRank(); ++i) {
    if (reached == before && to.getDim(i) == from.getDim(dim))
      return perPosition(i);
    reached = reached * to.getExpr(i);
  }
  return mixing(-1, "a reshape that merges or cuts the dimension");
}

StreamRelation TransposeOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  ArrayRef<int64_t> permutation = getPermutation();
  return perPosition(llvm::find(permutation, dim) - permutation.begin());
}

/// Result position p reads position p - offset of an input that starts at `offset`.
StreamRelation ConcatOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  if (dim != fromFront(getAxis(), getType()))
    return perPosition(dim);
  DimExpr offset;
  for (Value before : getInputs().take_front(operand))
    offset = offset + typeOf(before).getExpr(dim);
  if (std::optional<int64_t> fixed = offset.constant())
    return perPosition(dim, -*fixed);
  return earlier(dim, 0, "a part joined behind others");
}

StreamRelation SplitOp::getStreamRelation(unsigned, int64_t dim, unsigned result) {
  if (dim != fromFront(getAxis(), typeOf(getX())))
    return perPosition(dim);
  DimExpr offset;
  for (Value before : getPieces().take_front(result))
    offset = offset + typeOf(before).getExpr(dim);
  if (std::optional<int64_t> fixed = offset.constant())
    return {StreamRelation::PerPosition, dim, *fixed, "a piece that starts at position " + std::to_string(*fixed)};
  return mixing(dim, "a piece that starts at position " + offset.text());
}

StreamRelation SliceOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  if (dim != fromFront(getAxis(), typeOf(getX())))
    return perPosition(dim);
  if (std::optional<int64_t> start = getStart().getStatic())
    return {StreamRelation::PerPosition, dim, *start, "a slice from position " + std::to_string(*start)};
  return mixing(dim, "a slice from position " + getStart().getExpr().text());
}

/// Result position p reads position p / n.
StreamRelation InterleaveOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  if (dim != fromFront(getAxis(), getType()) || getInputs().size() == 1)
    return perPosition(dim);
  return earlier(dim, 0, "interleaved positions");
}

//===-- Gathers and reductions ----------------------------------------------------------------------------------------===//

StreamRelation LookupOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  if (operand == 1)
    return perPosition(dim);
  return dim == 1 ? perPosition(getType().getRank() - 1) : mixing(-1, "a table read at any row");
}

/// `axis` goes; what lies behind it moves to the front by one.
static StreamRelation dropped(int64_t dim, int64_t axis, const std::string &reason) {
  return dim == axis ? mixing(-1, reason) : perPosition(dim > axis ? dim - 1 : dim);
}

StreamRelation TakeOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return operand == 1 ? perPosition(0) : dropped(dim, fromFront(getAxis(), typeOf(getX())), "one position taken from the dimension");
}

StreamRelation LastOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return operand == 1 ? perPosition(0) : dropped(dim, 1, "the last position taken from the dimension");
}

StreamRelation MoveRowsOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) { return perPosition(operand == 1 ? 0 : dim); }

StreamRelation ReduceOp::getStreamRelation(unsigned, int64_t dim, unsigned) {
  int64_t axis = fromFront(getAxis(), typeOf(getX()));
  std::string reason = stringifyReduction(getKind()).str() + " over the dimension";
  if (getKeep())
    return dim == axis ? mixing(dim, reason) : perPosition(dim);
  return dropped(dim, axis, reason);
}

StreamRelation MeanPoolOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  return operand == 1 ? perPosition(0) : dropped(dim, 1, "mean_pool over the dimension");
}
