// What type each op gives for the types it takes: one function an op family, the single truth for verifiers and for the checker
// of descriptions, which asks before any IR exists. A null NamedTensorType stands for an absent operand. On failure `why` says
// what is wrong in words for the user, naming dimensions: "[batch, src, 512] and [batch, tgt, 512] differ in dimension 1: src and tgt".
// Broadcasting is NumPy's: sizes of 1 and missing leading dimensions stretch. Axes may be negative, from the end.
#ifndef WEFT_IR_SHAPES_H
#define WEFT_IR_SHAPES_H

#include "Weft.h"

namespace weft {

using Inferred = mlir::FailureOr<NamedTensorType>;
using InferredMany = mlir::FailureOr<llvm::SmallVector<NamedTensorType>>;
using InferredDims = mlir::FailureOr<llvm::SmallVector<DimExpr>>;
using Exprs = llvm::ArrayRef<DimExpr>;

/// "[batch, src, 512]"
std::string shapeText(Exprs dims);
/// "f32", "i32" or "bool", as descriptions write it.
llvm::StringRef elementText(mlir::Type element);
/// The axis from the front; fails outside -rank..rank-1.
mlir::FailureOr<int64_t> normalizeAxis(int64_t axis, NamedTensorType x, std::string &why);
/// The broadcast of two shapes.
InferredDims broadcastDims(Exprs lhs, Exprs rhs, std::string &why);
/// Whether `from` stretches to exactly `to`.
mlir::LogicalResult broadcastsTo(Exprs from, Exprs to, std::string &why);

//===-- Element-wise --------------------------------------------------------------------------------------------------===//

/// + - * /: f32 with f32.
Inferred inferArithmetic(NamedTensorType lhs, NamedTensorType rhs, std::string &why);
/// Activations, negation.
Inferred inferUnary(NamedTensorType x, std::string &why);
Inferred inferWhere(NamedTensorType condition, NamedTensorType lhs, NamedTensorType rhs, std::string &why);
/// ==, <: bool; both of one type, for < not bool.
Inferred inferComparison(NamedTensorType lhs, NamedTensorType rhs, bool ordered, std::string &why);
/// f32(x), i32(x).
Inferred inferCast(NamedTensorType x, mlir::Type element, std::string &why);

//===-- Contractions --------------------------------------------------------------------------------------------------===//

/// x [..., in] with weight [out, in] ([in, out] if transposed) and bias [out] gives [..., out].
Inferred inferLinear(NamedTensorType x, NamedTensorType weight, NamedTensorType bias, bool transposed, std::string &why);
Inferred inferMatMul(NamedTensorType lhs, NamedTensorType rhs, std::string &why);

/// One spatial axis of a convolution.
struct ConvAxis {
  int64_t stride = 1, pad = 0;
};
/// x [batch, in, spatial...] with weight [out, in, kernel...] and bias [out]; one ConvAxis per spatial dimension (1 or 2).
/// Output sizes are floor((size + 2 pad - kernel) / stride) + 1; a run-time size divides by the stride exactly.
Inferred inferConv(NamedTensorType x, NamedTensorType weight, NamedTensorType bias, llvm::ArrayRef<ConvAxis> axes,
                   std::string &why);

/// x [batch, in, spatial...] with a kernel size and a ConvAxis per spatial dimension gives [batch, positions..., in * kernel sizes].
Inferred inferWindows(NamedTensorType x, llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<ConvAxis> axes, std::string &why);

//===-- Attention -----------------------------------------------------------------------------------------------------===//

Inferred inferSplitHeads(NamedTensorType x, int64_t heads, std::string &why);
Inferred inferMergeHeads(NamedTensorType x, std::string &why);
Inferred inferRepeatHeads(NamedTensorType x, int64_t times, std::string &why);
/// x [batch, time, heads*head width]; `width` of the head's features turn. `offset`: scalar or [batch], or absent.
Inferred inferRope(NamedTensorType x, NamedTensorType offset, int64_t heads, int64_t width, std::string &why);

/// Where an index table (mask, bias) is used: `rank` dimensions of which the last two are query and key.
struct ScoreShape {
  DimExpr query, key;
  int64_t rank = 4;
};
/// Causal and window masks: [query, key]; [batch, 1.., query, key] of the use's rank with an offset of the batch.
Inferred inferIndexMask(mlir::MLIRContext *context, NamedTensorType offset, const ScoreShape &use, std::string &why);
/// [batch, 1.., key], of the use's rank.
Inferred inferPaddingMask(NamedTensorType lengths, const ScoreShape &use, std::string &why);
Inferred inferMaskAnd(NamedTensorType lhs, NamedTensorType rhs, std::string &why);
/// masked and masked_softmax: the mask stretches to the scores.
Inferred inferMasked(NamedTensorType scores, NamedTensorType mask, std::string &why);
Inferred inferSoftmax(NamedTensorType x, int64_t axis, std::string &why);
/// [heads, query, key]; [batch, heads, query, key] with an offset of the batch. `table` is [buckets, heads].
Inferred inferRelativeBias(NamedTensorType table, NamedTensorType offset, const ScoreShape &use, std::string &why);
Inferred inferAlibi(mlir::MLIRContext *context, NamedTensorType offset, int64_t heads, const ScoreShape &use, std::string &why);

struct AttentionShape {
  NamedTensorType query, key, value;  ///< [batch, time, heads*width]
  NamedTensorType mask, bias;         ///< or null
  int64_t heads = 1, kvHeads = 1;
};
Inferred inferAttention(const AttentionShape &shape, std::string &why);

//===-- Norms ---------------------------------------------------------------------------------------------------------===//

/// `gain` and `bias` are [width] or absent.
Inferred inferNorm(NamedTensorType x, NamedTensorType gain, NamedTensorType bias, std::string &why);
/// The residual stretches to x.
Inferred inferResidualNorm(NamedTensorType x, NamedTensorType residual, NamedTensorType gain, NamedTensorType bias,
                           std::string &why);

//===-- Shapes --------------------------------------------------------------------------------------------------------===//

/// One of `dims` may be -1: what is left over.
Inferred inferReshape(NamedTensorType x, Exprs dims, std::string &why);
Inferred inferBroadcast(NamedTensorType x, Exprs dims, std::string &why);
Inferred inferTranspose(NamedTensorType x, llvm::ArrayRef<int64_t> permutation, std::string &why);
/// The default of transpose(a): the last two dimensions change places.
mlir::FailureOr<llvm::SmallVector<int64_t>> lastTwoSwapped(NamedTensorType x, std::string &why);
Inferred inferConcat(llvm::ArrayRef<NamedTensorType> inputs, int64_t axis, std::string &why);
InferredMany inferSplit(NamedTensorType x, Exprs sizes, int64_t axis, std::string &why);
/// `pieces` equal parts.
InferredMany inferSplit(NamedTensorType x, int64_t pieces, int64_t axis, std::string &why);
/// `size` positions from `start` on; checks what is known at compile time.
Inferred inferSlice(NamedTensorType x, int64_t axis, const DimExpr &start, const DimExpr &size, std::string &why);
Inferred inferInterleave(llvm::ArrayRef<NamedTensorType> inputs, int64_t axis, std::string &why);

//===-- Tables, gathers, reductions -----------------------------------------------------------------------------------===//

Inferred inferLookup(NamedTensorType table, NamedTensorType ids, std::string &why);
/// index [batch] picks a position of `axis` (at least 1) for each row of dimension 0.
Inferred inferTake(NamedTensorType x, NamedTensorType index, int64_t axis, std::string &why);
/// last and mean_pool: x [batch, time, ...] with lengths [batch] gives [batch, ...].
Inferred inferLast(NamedTensorType x, NamedTensorType lengths, std::string &why);
Inferred inferMeanPool(NamedTensorType x, NamedTensorType lengths, std::string &why);
/// [length, width], or [batch, length, width] with an offset of the batch. `start`: the constant first row.
Inferred inferPositions(NamedTensorType table, NamedTensorType offset, int64_t start, const DimExpr &length, std::string &why);
Inferred inferSinusoidal(mlir::MLIRContext *context, NamedTensorType offset, const DimExpr &length, int64_t width,
                         std::string &why);
Inferred inferReduce(NamedTensorType x, Reduction kind, int64_t axis, bool keep, std::string &why);

} // namespace weft

#endif
