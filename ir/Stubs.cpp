// First bodies for every declared method, replaced family by family.
#include "Weft.h"
using namespace mlir;
using namespace weft;
#define STUB(Op)                                                                                                                 \
  LogicalResult Op::verify() { return success(); }                                                                               \
  StreamRelation Op::getStreamRelation(unsigned, int64_t, unsigned) { return {}; }                                               \
  AnchorKind Op::getAnchorKind() { return AnchorKind::Pointwise; }                                                               \
  DimExpr Op::getFlops() { return DimExpr(0); }
STUB(SplitHeadsOp)
STUB(MergeHeadsOp)
STUB(RepeatHeadsOp)
STUB(RopeOp)
STUB(CausalMaskOp)
STUB(WindowMaskOp)
STUB(PaddingMaskOp)
STUB(MaskAndOp)
STUB(MaskedOp)
STUB(SoftmaxOp)
STUB(MaskedSoftmaxOp)
STUB(AttentionOp)
STUB(RelativeBiasOp)
STUB(AlibiOp)
STUB(AddOp)
STUB(SubOp)
STUB(MulOp)
STUB(DivOp)
STUB(UnaryOp)
STUB(ConstantOp)
STUB(WhereOp)
STUB(EqualOp)
STUB(LessOp)
STUB(CastOp)
STUB(LinearOp)
STUB(MatMulOp)
STUB(Conv1dOp)
STUB(Conv2dOp)
STUB(LayerNormOp)
STUB(RmsNormOp)
STUB(L2NormalizeOp)
STUB(ResidualNormOp)
STUB(ReshapeOp)
STUB(BroadcastOp)
STUB(TransposeOp)
STUB(ConcatOp)
STUB(SplitOp)
STUB(SliceOp)
STUB(InterleaveOp)
STUB(LookupOp)
STUB(TakeOp)
STUB(LastOp)
STUB(PositionsOp)
STUB(SinusoidalOp)
STUB(DimSizeOp)
STUB(ReduceOp)
STUB(MeanPoolOp)
OpFoldResult ConstantOp::fold(FoldAdaptor) { return getValueAttr(); }
OpFoldResult ReshapeOp::fold(FoldAdaptor) { return {}; }
OpFoldResult TransposeOp::fold(FoldAdaptor) { return {}; }
