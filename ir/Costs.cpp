// What ops cost and which schedule they ask for (CostOpInterface, KernelOpInterface).
// Flops: an fma is two, a transcendental function one; index work (masks, slices, reshapes) is free.
#include "Weft.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

/// `each` operations for each element of the value.
static DimExpr perElement(Value value, int64_t each) { return typeOf(value).getNumElements() * DimExpr(each); }

#define WEFT_KERNEL(Op, kind, flops)                                                                                             \
  AnchorKind Op::getAnchorKind() { return AnchorKind::kind; }                                                                    \
  DimExpr Op::getFlops() { return flops; }

// Contractions: a multiplication and an addition for each term, and the bias.
WEFT_KERNEL(LinearOp, Contraction, perElement(getResult(), 2) * typeOf(getX()).getExpr(-1) + perElement(getResult(), getBias() ? 1 : 0))
/// Seven products of an eighth each; the sums of rows and results are a hundredth of that.
static DimExpr strassenFlops(StrassenOp op) {
  DimExpr products = perElement(op.getResult(), 2) * typeOf(op.getX()).getExpr(-1) * DimExpr(7);
  return *products.dividedBy(DimExpr(8)) + perElement(op.getResult(), op.getBias() ? 1 : 0);
}
WEFT_KERNEL(StrassenOp, Contraction, strassenFlops(*this))
WEFT_KERNEL(MatMulOp, Contraction, perElement(getResult(), 2) * typeOf(getLhs()).getExpr(-1))

static DimExpr convFlops(Value result, Value weight, Value bias) {
  NamedTensorType type = typeOf(weight);
  DimExpr terms(1);
  for (int64_t i = 1; i < type.getRank(); ++i)
    terms = terms * type.getExpr(i);
  return perElement(result, 2) * terms + perElement(result, bias ? 1 : 0);
}
WEFT_KERNEL(Conv1dOp, Contraction, convFlops(getResult(), getWeight(), getBias()))
WEFT_KERNEL(Conv2dOp, Contraction, convFlops(getResult(), getWeight(), getBias()))

/// Scores and value product, two flops a term; five more a score for scale, maximum, exponential, sum and division.
static DimExpr attentionFlops(AttentionOp op) {
  NamedTensorType query = typeOf(op.getQuery());
  DimExpr pairs = query.getExpr(0) * query.getExpr(1) * typeOf(op.getKey()).getExpr(1);
  DimExpr widths = query.getExpr(2) + op.getType().getExpr(2);
  return pairs * (widths * DimExpr(2) + DimExpr(op.getHeads()) * DimExpr(5));
}
WEFT_KERNEL(AttentionOp, Attention, attentionFlops(*this))

// Row reductions.
WEFT_KERNEL(SoftmaxOp, RowReduction, perElement(getResult(), 4))
WEFT_KERNEL(MaskedSoftmaxOp, RowReduction, perElement(getResult(), 4))
WEFT_KERNEL(LayerNormOp, RowReduction, perElement(getResult(), 7))
WEFT_KERNEL(RmsNormOp, RowReduction, perElement(getResult(), 4))
WEFT_KERNEL(L2NormalizeOp, RowReduction, perElement(getResult(), 3))
WEFT_KERNEL(ResidualNormOp, RowReduction, perElement(getResult(), getBias() ? 8 : 5))
WEFT_KERNEL(ReduceOp, RowReduction, perElement(getX(), 1))
WEFT_KERNEL(MeanPoolOp, RowReduction, perElement(getX(), 1))

// Gathers.
WEFT_KERNEL(LookupOp, Gather, DimExpr(0))
WEFT_KERNEL(TakeOp, Gather, DimExpr(0))
WEFT_KERNEL(LastOp, Gather, DimExpr(0))

// Element by element.
WEFT_KERNEL(AddOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(SubOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(MulOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(DivOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(WhereOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(EqualOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(LessOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(CastOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(MaskedOp, Pointwise, perElement(getResult(), 1))
WEFT_KERNEL(RopeOp, Pointwise, perElement(getResult(), 3))

static int64_t unaryFlops(Activation function) {
  switch (function) {
  case Activation::Relu:
  case Activation::Neg:
  case Activation::Tanh:
  case Activation::Exp:
  case Activation::Log:
  case Activation::Sqrt:
    return 1;
  case Activation::Sigmoid:
    return 3;
  case Activation::Silu:
    return 4;
  case Activation::QuickGelu:
  case Activation::Gelu:
    return 5;
  case Activation::GeluTanh:
    return 8;
  }
  llvm_unreachable("every activation is listed");
}
WEFT_KERNEL(UnaryOp, Pointwise, perElement(getResult(), unaryFlops(getFunction())))

// Joins move data and compute nothing.
WEFT_KERNEL(ConcatOp, Pointwise, DimExpr(0))
WEFT_KERNEL(InterleaveOp, Pointwise, DimExpr(0))

// Computed from indices at the use.
WEFT_KERNEL(CausalMaskOp, Index, DimExpr(0))
WEFT_KERNEL(WindowMaskOp, Index, DimExpr(0))
WEFT_KERNEL(PaddingMaskOp, Index, DimExpr(0))
WEFT_KERNEL(MaskAndOp, Index, DimExpr(0))
WEFT_KERNEL(RelativeBiasOp, Index, DimExpr(0))
WEFT_KERNEL(AlibiOp, Index, DimExpr(0))
WEFT_KERNEL(PositionsOp, Index, DimExpr(0))
WEFT_KERNEL(SinusoidalOp, Index, DimExpr(0))
WEFT_KERNEL(ConstantOp, Index, DimExpr(0))
WEFT_KERNEL(DimSizeOp, Index, DimExpr(0))
WEFT_KERNEL(WindowsOp, Index, DimExpr(0))
WEFT_KERNEL(ReshapeOp, Index, DimExpr(0))
WEFT_KERNEL(BroadcastOp, Index, DimExpr(0))
WEFT_KERNEL(TransposeOp, Index, DimExpr(0))
WEFT_KERNEL(SplitOp, Index, DimExpr(0))
WEFT_KERNEL(SliceOp, Index, DimExpr(0))
WEFT_KERNEL(SplitHeadsOp, Index, DimExpr(0))
WEFT_KERNEL(MergeHeadsOp, Index, DimExpr(0))
WEFT_KERNEL(RepeatHeadsOp, Index, DimExpr(0))
