// Verifiers of tensor ops: each asks the shape functions and compares their answer with the written result type.
// A dimension that only the use knows (a mask's length, a slice's size) is taken from the result itself.
#include "PackedRows.h"
#include "Shapes.h"

using namespace mlir;
using namespace weft;

/// Fails where nothing could be inferred or the written type is another one.
static LogicalResult expectType(Operation *op, Inferred inferred, Type written, const std::string &why) {
  if (failed(inferred))
    return op->emitOpError() << why;
  if (*inferred != written)
    return op->emitOpError() << "gives " << *inferred << ", but its result is written as " << written;
  return success();
}

static NamedTensorType typeOf(Value value) { return value ? cast<NamedTensorType>(value.getType()) : NamedTensorType(); }

static SmallVector<NamedTensorType> typesOf(ValueRange values) { return llvm::map_to_vector(values, typeOf); }

//===-- Contractions --------------------------------------------------------------------------------------------------===//

LogicalResult LinearOp::verify() {
  std::string why;
  return expectType(*this, inferLinear(typeOf(getX()), typeOf(getWeight()), typeOf(getBias()), getTransposed(), why), getType(),
                    why);
}

LogicalResult StrassenOp::verify() {
  std::string why;
  NamedTensorType weight = typeOf(getWeight()), sums = typeOf(getSums());
  if (failed(expectType(*this, inferLinear(typeOf(getX()), weight, typeOf(getBias()), getTransposed(), why), getType(), why)))
    return failure();
  std::optional<int64_t> n = weight.getDim(getTransposed() ? 1 : 0).getStatic(), k = weight.getDim(getTransposed() ? 0 : 1).getStatic();
  if (!n || !k || *n % 2 || *k % 2)
    return emitOpError() << "needs a weight of even sizes, not " << weight;
  SmallVector<DimExpr> dims = {DimExpr(*n / 2), DimExpr(*k * 2)};
  if (getTransposed())
    std::swap(dims[0], dims[1]);
  if (sums != weight.withDims(dims))
    return emitOpError() << "needs sums of " << weight.withDims(dims) << ", not " << sums;
  if (int64_t(getRows()) < 16)
    return emitOpError() << "is for 16 rows and more, not from " << getRows() << " on";
  return success();
}

LogicalResult MatMulOp::verify() {
  std::string why;
  return expectType(*this, inferMatMul(typeOf(getLhs()), typeOf(getRhs()), why), getType(), why);
}

LogicalResult Conv1dOp::verify() {
  std::string why;
  ConvAxis axis{static_cast<int64_t>(getStride()), static_cast<int64_t>(getPad())};
  return expectType(*this, inferConv(typeOf(getX()), typeOf(getWeight()), typeOf(getBias()), axis, why), getType(), why);
}

LogicalResult Conv2dOp::verify() {
  std::string why;
  if (getStride().size() != 2 || getPad().size() != 2)
    return emitOpError("needs two strides and two paddings, vertical and horizontal");
  ConvAxis axes[] = {{getStride()[0], getPad()[0]}, {getStride()[1], getPad()[1]}};
  return expectType(*this, inferConv(typeOf(getX()), typeOf(getWeight()), typeOf(getBias()), axes, why), getType(), why);
}

LogicalResult WindowsOp::verify() {
  std::string why;
  ArrayRef<int64_t> kernel = getKernel(), stride = getStride(), pad = getPad();
  if (kernel.empty() || kernel.size() > 2 || stride.size() != kernel.size() || pad.size() != kernel.size())
    return emitOpError("needs kernel, stride and padding of one or two dimensions, as many of each");
  if (getChannelsInner() && !typeOf(getX()).getExpr(1).isConstant())
    return emitOpError("needs a number of channels that is known to put them inside");
  SmallVector<ConvAxis> axes = llvm::map_to_vector(llvm::zip(stride, pad), [](auto axis) { return ConvAxis{std::get<0>(axis), std::get<1>(axis)}; });
  return expectType(*this, inferWindows(typeOf(getX()), kernel, axes, why), getType(), why);
}

//===-- Attention -----------------------------------------------------------------------------------------------------===//

LogicalResult SplitHeadsOp::verify() {
  std::string why;
  return expectType(*this, inferSplitHeads(typeOf(getX()), getHeads(), why), getType(), why);
}

LogicalResult MergeHeadsOp::verify() {
  std::string why;
  return expectType(*this, inferMergeHeads(typeOf(getX()), why), getType(), why);
}

LogicalResult RepeatHeadsOp::verify() {
  std::string why;
  return expectType(*this, inferRepeatHeads(typeOf(getX()), getTimes(), why), getType(), why);
}

LogicalResult RopeOp::verify() {
  std::string why;
  if (!getTheta().isFinite() || !(getTheta().convertToDouble() > 0))
    return emitOpError("needs a positive theta");
  double factor = getFactor().convertToDouble();
  if (!std::isfinite(factor) || !(factor > 0))
    return emitOpError("needs a positive factor");
  if (std::optional<ArrayRef<double>> ramp = getRamp()) {
    bool isSound = ramp->size() == 3 && llvm::all_of(*ramp, [](double x) { return std::isfinite(x) && x > 0; }) && (*ramp)[0] < (*ramp)[1];
    if (!isSound)
      return emitOpError("needs a ramp of three positive numbers, low, high and context, with low below high");
  }
  return expectType(*this, inferRope(typeOf(getX()), typeOf(getOffset()), getHeads(), getWidth(), why), getType(), why);
}

/// The use that an index table's result type speaks of.
static FailureOr<ScoreShape> useOf(Operation *op, NamedTensorType result) {
  if (result.getRank() < 2)
    return op->emitOpError() << "gives [.., query, key], not " << result.shapeText();
  return ScoreShape{result.getExpr(-2), result.getExpr(-1), result.getRank()};
}

template <typename MaskOp> static LogicalResult verifyIndexMask(MaskOp op) {
  std::string why;
  FailureOr<ScoreShape> use = useOf(op, typeOf(op.getResult()));
  if (failed(use))
    return failure();
  return expectType(op, inferIndexMask(op.getContext(), typeOf(op.getOffset()), *use, why), op.getType(), why);
}

LogicalResult CausalMaskOp::verify() { return verifyIndexMask(*this); }

LogicalResult WindowMaskOp::verify() {
  if (static_cast<int64_t>(getBefore()) < 0 || static_cast<int64_t>(getAfter()) < 0)
    return emitOpError("needs distances of at least 0");
  return verifyIndexMask(*this);
}

LogicalResult PaddingMaskOp::verify() {
  std::string why;
  FailureOr<ScoreShape> use = useOf(*this, getType());
  if (failed(use))
    return failure();
  return expectType(*this, inferPaddingMask(typeOf(getLengths()), *use, why), getType(), why);
}

LogicalResult MaskAndOp::verify() {
  std::string why;
  return expectType(*this, inferMaskAnd(typeOf(getLhs()), typeOf(getRhs()), why), getType(), why);
}

LogicalResult MaskedOp::verify() {
  std::string why;
  return expectType(*this, inferMasked(typeOf(getScores()), typeOf(getMask()), why), getType(), why);
}

LogicalResult SoftmaxOp::verify() {
  std::string why;
  return expectType(*this, inferSoftmax(typeOf(getX()), getAxis(), why), getType(), why);
}

LogicalResult MaskedSoftmaxOp::verify() {
  std::string why;
  if (getType().getRank() < 1)
    return emitOpError("needs an axis to sum over");
  return expectType(*this, inferMasked(typeOf(getScores()), typeOf(getMask()), why), getType(), why);
}

LogicalResult AttentionOp::verify() {
  std::string why;
  AttentionShape shape{typeOf(getQuery()), typeOf(getKey()),
                       typeOf(getValue()), typeOf(getMask()),
                       typeOf(getBias()),  static_cast<int64_t>(getHeads()),
                       static_cast<int64_t>(getKvHeads())};
  if (!getScale().isFinite())
    return emitOpError("needs a finite scale");
  if (getSoftcap() && (!getSoftcap()->isFinite() || !(getSoftcap()->convertToDouble() > 0)))
    return emitOpError("needs a positive softcap");
  return expectType(*this, inferAttention(shape, why), getType(), why);
}

LogicalResult RelativeBiasOp::verify() {
  std::string why;
  FailureOr<ScoreShape> use = useOf(*this, getType());
  if (failed(use))
    return failure();
  NamedTensorType table = typeOf(getTable());
  int64_t buckets = table.getRank() == 2 ? table.getDim(0).getStatic().value_or(0) : 0;
  int64_t exact = buckets / (getBidirectional() ? 4 : 2);
  if (table.getRank() == 2 && (exact < 1 || static_cast<int64_t>(getMaxDistance()) <= exact))
    return emitOpError() << "needs at least " << (getBidirectional() ? 4 : 2) << " buckets and a maximal distance above " << exact;
  return expectType(*this, inferRelativeBias(table, typeOf(getOffset()), *use, why), getType(), why);
}

LogicalResult AlibiOp::verify() {
  std::string why;
  FailureOr<ScoreShape> use = useOf(*this, getType());
  if (failed(use))
    return failure();
  return expectType(*this, inferAlibi(getContext(), typeOf(getOffset()), getHeads(), *use, why), getType(), why);
}

//===-- Norms ---------------------------------------------------------------------------------------------------------===//

static LogicalResult needEps(Operation *op, const APFloat &eps) {
  if (eps.isFinite() && !eps.isNegative())
    return success();
  return op->emitOpError("needs a finite eps of at least 0");
}

LogicalResult LayerNormOp::verify() {
  std::string why;
  if (failed(needEps(*this, getEps())))
    return failure();
  return expectType(*this, inferNorm(typeOf(getX()), typeOf(getGain()), typeOf(getBias()), why), getType(), why);
}

LogicalResult RmsNormOp::verify() {
  std::string why;
  if (failed(needEps(*this, getEps())))
    return failure();
  return expectType(*this, inferNorm(typeOf(getX()), typeOf(getGain()), {}, why), getType(), why);
}

LogicalResult L2NormalizeOp::verify() {
  std::string why;
  if (failed(needEps(*this, getEps())))
    return failure();
  return expectType(*this, inferNorm(typeOf(getX()), {}, {}, why), getType(), why);
}

LogicalResult ResidualNormOp::verify() {
  std::string why;
  if (failed(needEps(*this, getEps())))
    return failure();
  if (static_cast<bool>(getBias()) != (getKind() == NormKind::Layer))
    return emitOpError() << "of kind " << stringifyNormKind(getKind()) << (getBias() ? " takes no bias" : " needs a bias");
  Inferred type = inferResidualNorm(typeOf(getX()), typeOf(getResidual()), typeOf(getGain()), typeOf(getBias()), why);
  if (failed(expectType(*this, type, getResult().getType(), why)))
    return failure();
  return expectType(*this, type, getSum().getType(), why);
}

//===-- Element-wise --------------------------------------------------------------------------------------------------===//

template <typename BinaryOp> static LogicalResult verifyArithmetic(BinaryOp op) {
  std::string why;
  return expectType(op, inferArithmetic(typeOf(op.getLhs()), typeOf(op.getRhs()), why), op.getType(), why);
}

LogicalResult AddOp::verify() { return verifyArithmetic(*this); }
LogicalResult SubOp::verify() { return verifyArithmetic(*this); }
LogicalResult MulOp::verify() { return verifyArithmetic(*this); }
LogicalResult DivOp::verify() { return verifyArithmetic(*this); }

LogicalResult UnaryOp::verify() {
  std::string why;
  return expectType(*this, inferUnary(typeOf(getX()), why), getType(), why);
}

LogicalResult ConstantOp::verify() {
  double value = getValue().convertToDouble();
  if (getType().getRank() != 0)
    return emitOpError() << "is a scalar, not " << getType().shapeText();
  if (getType().isI32() && !(value >= INT32_MIN && value <= INT32_MAX && value == static_cast<int32_t>(value)))
    return emitOpError() << "is no i32";
  if (getType().isBool() && value != 0 && value != 1)
    return emitOpError("of type bool is 0 or 1");
  return success();
}

LogicalResult WhereOp::verify() {
  std::string why;
  return expectType(*this, inferWhere(typeOf(getCondition()), typeOf(getLhs()), typeOf(getRhs()), why), getType(), why);
}

LogicalResult EqualOp::verify() {
  std::string why;
  return expectType(*this, inferComparison(typeOf(getLhs()), typeOf(getRhs()), /*ordered=*/false, why), getType(), why);
}

LogicalResult LessOp::verify() {
  std::string why;
  return expectType(*this, inferComparison(typeOf(getLhs()), typeOf(getRhs()), /*ordered=*/true, why), getType(), why);
}

LogicalResult CastOp::verify() {
  std::string why;
  return expectType(*this, inferCast(typeOf(getX()), getType().getElementType(), why), getType(), why);
}

//===-- Shapes --------------------------------------------------------------------------------------------------------===//

LogicalResult ReshapeOp::verify() {
  std::string why;
  return expectType(*this, inferReshape(typeOf(getX()), getType().getExprs(), why), getType(), why);
}

LogicalResult BroadcastOp::verify() {
  std::string why;
  return expectType(*this, inferBroadcast(typeOf(getX()), getType().getExprs(), why), getType(), why);
}

LogicalResult TransposeOp::verify() {
  std::string why;
  for (int64_t axis : getPermutation())
    if (axis < 0)
      return emitOpError("counts dimensions from the front");
  return expectType(*this, inferTranspose(typeOf(getX()), getPermutation(), why), getType(), why);
}

LogicalResult ConcatOp::verify() {
  std::string why;
  return expectType(*this, inferConcat(typesOf(getInputs()), getAxis(), why), getType(), why);
}

LogicalResult InterleaveOp::verify() {
  std::string why;
  return expectType(*this, inferInterleave(typesOf(getInputs()), getAxis(), why), getType(), why);
}

LogicalResult SplitOp::verify() {
  std::string why;
  NamedTensorType x = typeOf(getX());
  FailureOr<int64_t> axis = normalizeAxis(getAxis(), x, why);
  if (failed(axis))
    return emitOpError() << why;
  SmallVector<DimExpr> sizes;
  for (NamedTensorType piece : typesOf(getPieces())) {
    if (piece.getRank() != x.getRank())
      return emitOpError() << "cuts " << x.shapeText() << " into a piece " << piece.shapeText();
    sizes.push_back(piece.getExpr(*axis));
  }
  InferredMany types = inferSplit(x, sizes, *axis, why);
  if (failed(types))
    return emitOpError() << why;
  for (auto [type, piece] : llvm::zip(*types, getPieces()))
    if (failed(expectType(*this, type, piece.getType(), why)))
      return failure();
  return success();
}

LogicalResult SliceOp::verify() {
  std::string why;
  NamedTensorType x = typeOf(getX());
  FailureOr<int64_t> axis = normalizeAxis(getAxis(), x, why);
  if (failed(axis))
    return emitOpError() << why;
  if (getType().getRank() != x.getRank())
    return emitOpError() << "of " << x.shapeText() << " keeps the number of dimensions, unlike " << getType().shapeText();
  return expectType(*this, inferSlice(x, *axis, getStart().getExpr(), getType().getExpr(*axis), why), getType(), why);
}

//===-- Tables, gathers, reductions -----------------------------------------------------------------------------------===//

LogicalResult LookupOp::verify() {
  std::string why;
  return expectType(*this, inferLookup(typeOf(getTable()), typeOf(getIds()), why), getType(), why);
}

LogicalResult TakeOp::verify() {
  std::string why;
  return expectType(*this, inferTake(typeOf(getX()), typeOf(getIndex()), getAxis(), why), getType(), why);
}

LogicalResult LastOp::verify() {
  std::string why;
  return expectType(*this, inferLast(typeOf(getX()), typeOf(getLengths()), why), getType(), why);
}

LogicalResult PositionsOp::verify() {
  std::string why;
  if (getType().getRank() < 2)
    return emitOpError() << "gives [length, width], not " << getType().shapeText();
  Inferred type = inferPositions(typeOf(getTable()), typeOf(getOffset()), getStart(), getType().getExpr(-2), why);
  return expectType(*this, type, getType(), why);
}

LogicalResult SinusoidalOp::verify() {
  std::string why;
  if (getType().getRank() < 2 || !getType().getDim(-1).getStatic())
    return emitOpError() << "gives [length, width] with a constant width, not " << getType().shapeText();
  Inferred type = inferSinusoidal(getContext(), typeOf(getOffset()), getType().getExpr(-2), *getType().getDim(-1).getStatic(), why);
  return expectType(*this, type, getType(), why);
}

LogicalResult DimSizeOp::verify() {
  if (getType().getRank() != 0)
    return emitOpError() << "gives a scalar, not " << getType().shapeText();
  return success();
}

LogicalResult ReduceOp::verify() {
  std::string why;
  return expectType(*this, inferReduce(typeOf(getX()), getKind(), getAxis(), getKeep(), why), getType(), why);
}

LogicalResult MoveRowsOp::verify() {
  NamedTensorType x = typeOf(getX()), lengths = typeOf(getLengths());
  if (x != getType())
    return emitOpError() << "gives " << x << ", but its result is written as " << getType();
  if (x.getRank() != 3 || !x.getDim(2).getStatic() || lengths.getRank() != 1 || lengths.getDim(0) != x.getDim(0))
    return emitOpError() << "needs [batch, time, width] of a known width and lengths [batch], not " << x.shapeText() << " and " << lengths.shapeText();
  if (getMove() == RowMove::Pack && packedBy(getX()))
    return emitOpError("packs rows that are packed already");
  auto input = dyn_cast<BlockArgument>(getLengths());
  if (!input || isa<EncoderOp, DecoderOp>(input.getOwner()->getParentOp()))
    return emitOpError("needs lengths that are an input: kernels ask for their sum before anything is computed");
  return success();
}

LogicalResult MeanPoolOp::verify() {
  std::string why;
  return expectType(*this, inferMeanPool(typeOf(getX()), typeOf(getLengths()), why), getType(), why);
}
