// Shape functions of attention, its pieces, masks and biases.
#include "ShapesDetail.h"

using namespace mlir;
using namespace weft;
using namespace weft::shapes;

static constexpr StringRef sequence = "[batch, time, heads*width]";
static constexpr StringRef perHead = "[batch, heads, time, width]";

/// The width of one head of the last dimension.
static FailureOr<DimExpr> headWidth(NamedTensorType x, int64_t heads, StringRef what, std::string &why) {
  if (heads < 1)
    return fail(why, "needs at least one head, not " + Twine(heads));
  std::optional<int64_t> width = x.getDim(-1).getStatic();
  if (!width)
    return fail(why, "the width of " + what + " must be a number, not " + x.getExpr(-1).text());
  if (*width % heads != 0)
    return fail(why, Twine(heads) + " heads do not divide the width " + Twine(*width) + " of " + what);
  return DimExpr(*width / heads);
}

Inferred weft::inferSplitHeads(NamedTensorType x, int64_t heads, std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(needRank(x, 3, sequence, why)))
    return failure();
  FailureOr<DimExpr> width = headWidth(x, heads, x.shapeText(), why);
  if (failed(width))
    return failure();
  return x.withDims({x.getExpr(0), DimExpr(heads), x.getExpr(1), *width});
}

Inferred weft::inferMergeHeads(NamedTensorType x, std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(needRank(x, 4, perHead, why)))
    return failure();
  return x.withDims({x.getExpr(0), x.getExpr(2), x.getExpr(1) * x.getExpr(3)});
}

Inferred weft::inferRepeatHeads(NamedTensorType x, int64_t times, std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(needRank(x, 4, perHead, why)))
    return failure();
  if (times < 1)
    return fail(why, "repeats at least once, not " + Twine(times) + " times");
  SmallVector<DimExpr> dims = x.getExprs();
  dims[1] = dims[1] * DimExpr(times);
  return x.withDims(dims);
}

/// An offset of positions: absent, a scalar, or one per batch row.
static LogicalResult needOffset(NamedTensorType offset, const DimExpr *batch, std::string &why) {
  if (!offset)
    return success();
  if (failed(needI32(offset, "the offset", why)))
    return failure();
  if (offset.getRank() > 1)
    return fail(why, "the offset must be a scalar or [batch], not " + offset.shapeText());
  if (offset.getRank() == 1 && batch && offset.getExpr(0) != *batch)
    return fail(why, "the offset has " + offset.getExpr(0).text() + " rows for a batch of " + batch->text());
  return success();
}

Inferred weft::inferRope(NamedTensorType x, NamedTensorType offset, int64_t heads, int64_t width, std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(needRank(x, 3, sequence, why)))
    return failure();
  DimExpr batch = x.getExpr(0);
  FailureOr<DimExpr> whole = headWidth(x, heads, x.shapeText(), why);
  if (failed(whole) || failed(needOffset(offset, &batch, why)))
    return failure();
  if (width < 2 || width % 2 != 0 || width > *whole->constant())
    return fail(why, "the features of a head that turn must be an even number up to its " + whole->text() + ", not " + Twine(width));
  return x;
}

/// The dimensions of an index table: [lead.., query, key], with the offset's batch in front.
static Inferred indexTable(MLIRContext *context, NamedTensorType offset, const ScoreShape &use, Exprs lead, Type element) {
  SmallVector<DimExpr> dims;
  if (offset && offset.getRank() == 1) {
    dims.push_back(offset.getExpr(0));
    int64_t ones = use.rank - 3 - static_cast<int64_t>(lead.size());
    dims.append(std::max<int64_t>(ones, 0), DimExpr(1));
  }
  dims.append(lead.begin(), lead.end());
  dims.push_back(use.query);
  dims.push_back(use.key);
  return NamedTensorType::get(context, dims, element);
}

Inferred weft::inferIndexMask(MLIRContext *context, NamedTensorType offset, const ScoreShape &use, std::string &why) {
  if (failed(needOffset(offset, nullptr, why)))
    return failure();
  if (offset && offset.getRank() == 1 && use.rank < 3)
    return fail(why, "an offset of the batch needs scores with a batch dimension");
  return indexTable(context, offset, use, {}, IntegerType::get(context, 1));
}

Inferred weft::inferPaddingMask(NamedTensorType lengths, const ScoreShape &use, std::string &why) {
  if (failed(needI32(lengths, "the lengths", why)) || failed(needRank(lengths, 1, "lengths [batch]", why)))
    return failure();
  if (use.rank < 2)
    return fail(why, "padding needs scores of at least two dimensions");
  SmallVector<DimExpr> dims(use.rank, DimExpr(1));
  dims.front() = lengths.getExpr(0);
  dims.back() = use.key;
  return NamedTensorType::get(lengths.getContext(), dims, IntegerType::get(lengths.getContext(), 1));
}

Inferred weft::inferMaskAnd(NamedTensorType lhs, NamedTensorType rhs, std::string &why) {
  if (failed(needBool(lhs, "a mask", why)) || failed(needBool(rhs, "a mask", why)))
    return failure();
  InferredDims dims = broadcastDims(lhs.getExprs(), rhs.getExprs(), why);
  if (failed(dims))
    return failure();
  return lhs.withDims(*dims);
}

Inferred weft::inferMasked(NamedTensorType scores, NamedTensorType mask, std::string &why) {
  if (failed(needF32(scores, "the scores", why)) || failed(needBool(mask, "the mask", why)) ||
      failed(broadcastsTo(mask.getExprs(), scores.getExprs(), why)))
    return failure();
  return scores;
}

Inferred weft::inferSoftmax(NamedTensorType x, int64_t axis, std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(normalizeAxis(axis, x, why)))
    return failure();
  return x;
}

Inferred weft::inferRelativeBias(NamedTensorType table, NamedTensorType offset, const ScoreShape &use, std::string &why) {
  if (failed(needF32(table, "the table", why)) || failed(needRank(table, 2, "a table [buckets, heads]", why)) ||
      failed(needOffset(offset, nullptr, why)))
    return failure();
  if (!table.getDim(0).getStatic() || !table.getDim(1).getStatic())
    return fail(why, "the table's sizes must be numbers, not " + table.shapeText());
  return indexTable(table.getContext(), offset, use, {table.getExpr(1)}, table.getElementType());
}

Inferred weft::inferAlibi(MLIRContext *context, NamedTensorType offset, int64_t heads, const ScoreShape &use,
                          std::string &why) {
  if (failed(needOffset(offset, nullptr, why)))
    return failure();
  if (heads < 1)
    return fail(why, "needs at least one head, not " + Twine(heads));
  return indexTable(context, offset, use, {DimExpr(heads)}, Float32Type::get(context));
}

/// Query, key and value fit each other; `widths` receives the head widths of query and value.
static LogicalResult checkAttention(const AttentionShape &shape, std::pair<DimExpr, DimExpr> &widths, std::string &why) {
  const auto &[q, k, v, mask, bias, heads, kvHeads] = shape;
  for (auto [x, name] : {std::pair(q, "the query"), std::pair(k, "the key"), std::pair(v, "the value")})
    if (failed(needF32(x, name, why)) || failed(needRank(x, 3, sequence, why)))
      return failure();
  if (q.getExpr(0) != k.getExpr(0))
    return fail(why, q.shapeText() + " and " + k.shapeText() + " differ in dimension 0: " + q.getExpr(0).text() + " and " +
                         k.getExpr(0).text());
  for (int64_t dim : {0, 1})
    if (k.getExpr(dim) != v.getExpr(dim))
      return fail(why, "key " + k.shapeText() + " and value " + v.shapeText() + " differ in dimension " + Twine(dim) + ": " +
                           k.getExpr(dim).text() + " and " + v.getExpr(dim).text());
  if (kvHeads < 1 || heads < 1 || heads % kvHeads != 0)
    return fail(why, Twine(kvHeads) + " key heads do not divide " + Twine(heads) + " heads");
  FailureOr<DimExpr> queryWidth = headWidth(q, heads, "the query", why);
  if (failed(queryWidth))
    return failure();
  FailureOr<DimExpr> keyWidth = headWidth(k, kvHeads, "the key", why);
  if (failed(keyWidth))
    return failure();
  FailureOr<DimExpr> valueWidth = headWidth(v, kvHeads, "the value", why);
  if (failed(valueWidth))
    return failure();
  if (*queryWidth != *keyWidth)
    return fail(why, "heads of query " + q.shapeText() + " and key " + k.shapeText() + " differ in width: " +
                         queryWidth->text() + " and " + keyWidth->text());
  widths = {*queryWidth, *valueWidth};
  return success();
}

Inferred weft::inferAttention(const AttentionShape &shape, std::string &why) {
  std::pair<DimExpr, DimExpr> widths;
  if (failed(checkAttention(shape, widths, why)))
    return failure();
  NamedTensorType q = shape.query;
  SmallVector<DimExpr> scores = {q.getExpr(0), DimExpr(shape.heads), q.getExpr(1), shape.key.getExpr(1)};
  if (shape.mask && (failed(needBool(shape.mask, "the mask", why)) || failed(broadcastsTo(shape.mask.getExprs(), scores, why))))
    return fail(why, "the mask does not fit [batch, heads, query, key]: " + why);
  if (shape.bias && (failed(needF32(shape.bias, "the bias", why)) || failed(broadcastsTo(shape.bias.getExprs(), scores, why))))
    return fail(why, "the bias does not fit [batch, heads, query, key]: " + why);
  return q.withDims({q.getExpr(0), q.getExpr(1), DimExpr(shape.heads) * widths.second});
}
