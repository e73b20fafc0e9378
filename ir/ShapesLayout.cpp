// Shape functions of reshapes, joins, cuts, gathers, tables and reductions.
#include "ShapesDetail.h"

using namespace mlir;
using namespace weft;
using namespace weft::shapes;

//===-- Reshapes ------------------------------------------------------------------------------------------------------===//

static DimExpr productOf(Exprs dims) {
  DimExpr product(1);
  for (const DimExpr &dim : dims)
    product = product * dim;
  return product;
}

/// x's elements divided by the known dimensions: equal factors cancel first, so that sums of dimensions can stay.
static std::optional<DimExpr> leftOver(NamedTensorType x, Exprs known) {
  SmallVector<DimExpr> above = x.getExprs(), below;
  for (const DimExpr &dim : known) {
    auto *same = llvm::find(above, dim);
    if (same != above.end())
      above.erase(same);
    else
      below.push_back(dim);
  }
  return productOf(above).dividedBy(productOf(below));
}

Inferred weft::inferReshape(NamedTensorType x, Exprs dims, std::string &why) {
  SmallVector<DimExpr> result(dims.begin(), dims.end()), known;
  int64_t open = -1;
  for (auto [i, dim] : llvm::enumerate(dims)) {
    if (dim == DimExpr(-1)) {
      if (open >= 0)
        return fail(why, "only one dimension of " + shapeText(dims) + " may be -1");
      open = i;
    } else if (dim.constant().value_or(0) < 0) {
      return fail(why, "a dimension can't be " + dim.text());
    } else {
      known.push_back(dim);
    }
  }
  if (open >= 0) {
    std::optional<DimExpr> rest = leftOver(x, known);
    if (!rest || (rest->terms().size() == 1 && rest->terms().begin()->first.empty() && !rest->isConstant()))
      return fail(why, x.shapeText() + " does not divide into " + shapeText(dims));
    result[open] = *rest;
  }
  if (productOf(result) != x.getNumElements())
    return fail(why, x.shapeText() + " has " + x.getNumElements().text() + " elements, but " + shapeText(result) + " has " +
                         productOf(result).text());
  return x.withDims(result);
}

Inferred weft::inferBroadcast(NamedTensorType x, Exprs dims, std::string &why) {
  if (failed(broadcastsTo(x.getExprs(), dims, why)))
    return failure();
  return x.withDims(dims);
}

Inferred weft::inferTranspose(NamedTensorType x, ArrayRef<int64_t> permutation, std::string &why) {
  int64_t rank = x.getRank();
  std::string text;
  for (int64_t axis : permutation)
    text += (text.empty() ? "" : ", ") + std::to_string(axis);
  SmallVector<bool> seen(rank);
  SmallVector<DimExpr> dims;
  for (int64_t axis : permutation) {
    int64_t from = axis < 0 ? axis + rank : axis;
    if (from < 0 || from >= rank || seen[from])
      return fail(why, "[" + text + "] does not order the dimensions of " + x.shapeText());
    seen[from] = true;
    dims.push_back(x.getExpr(from));
  }
  if (static_cast<int64_t>(dims.size()) != rank)
    return fail(why, "[" + text + "] does not order the dimensions of " + x.shapeText());
  return x.withDims(dims);
}

FailureOr<SmallVector<int64_t>> weft::lastTwoSwapped(NamedTensorType x, std::string &why) {
  if (x.getRank() < 2)
    return fail(why, "needs at least two dimensions, but got " + x.shapeText());
  SmallVector<int64_t> permutation = llvm::to_vector(llvm::seq<int64_t>(0, x.getRank()));
  std::swap(permutation[x.getRank() - 1], permutation[x.getRank() - 2]);
  return permutation;
}

//===-- Joins and cuts ------------------------------------------------------------------------------------------------===//

/// The inputs agree in everything but `axis`; gives the axis from the front.
static FailureOr<int64_t> joinable(ArrayRef<NamedTensorType> inputs, int64_t axis, std::string &why) {
  if (inputs.empty())
    return fail(why, "joins at least one tensor");
  FailureOr<int64_t> along = normalizeAxis(axis, inputs.front(), why);
  if (failed(along))
    return failure();
  NamedTensorType first = inputs.front();
  for (NamedTensorType input : inputs.drop_front()) {
    if (failed(needElement(input, first.getElementType(), "every part", why)))
      return failure();
    if (input.getRank() != first.getRank())
      return fail(why, first.shapeText() + " and " + input.shapeText() + " differ in their number of dimensions");
    for (int64_t i = 0; i < first.getRank(); ++i)
      if (i != *along && input.getExpr(i) != first.getExpr(i))
        return fail(why, first.shapeText() + " and " + input.shapeText() + " differ in dimension " + Twine(i) + ": " +
                             first.getExpr(i).text() + " and " + input.getExpr(i).text());
  }
  return along;
}

static NamedTensorType withDim(NamedTensorType x, int64_t axis, const DimExpr &size) {
  SmallVector<DimExpr> dims = x.getExprs();
  dims[axis] = size;
  return x.withDims(dims);
}

static NamedTensorType withoutDim(NamedTensorType x, int64_t axis) {
  SmallVector<DimExpr> dims = x.getExprs();
  dims.erase(dims.begin() + axis);
  return x.withDims(dims);
}

Inferred weft::inferConcat(ArrayRef<NamedTensorType> inputs, int64_t axis, std::string &why) {
  FailureOr<int64_t> along = joinable(inputs, axis, why);
  if (failed(along))
    return failure();
  DimExpr sum;
  for (NamedTensorType input : inputs)
    sum = sum + input.getExpr(*along);
  return withDim(inputs.front(), *along, sum);
}

Inferred weft::inferInterleave(ArrayRef<NamedTensorType> inputs, int64_t axis, std::string &why) {
  FailureOr<int64_t> along = joinable(inputs, axis, why);
  if (failed(along))
    return failure();
  for (NamedTensorType input : inputs)
    if (input.getExpr(*along) != inputs.front().getExpr(*along))
      return fail(why, inputs.front().shapeText() + " and " + input.shapeText() + " differ in dimension " + Twine(*along) +
                           ": " + inputs.front().getExpr(*along).text() + " and " + input.getExpr(*along).text());
  return withDim(inputs.front(), *along, inputs.front().getExpr(*along) * DimExpr(inputs.size()));
}

InferredMany weft::inferSplit(NamedTensorType x, Exprs sizes, int64_t axis, std::string &why) {
  FailureOr<int64_t> along = normalizeAxis(axis, x, why);
  if (failed(along))
    return failure();
  DimExpr sum;
  SmallVector<NamedTensorType> pieces;
  for (const DimExpr &size : sizes) {
    if (size.constant().value_or(0) < 0)
      return fail(why, "a piece can't have size " + size.text());
    sum = sum + size;
    pieces.push_back(withDim(x, *along, size));
  }
  if (sum != x.getExpr(*along))
    return fail(why, "pieces of " + shapeText(sizes) + " make " + sum.text() + ", but dimension " + Twine(*along) + " of " +
                         x.shapeText() + " is " + x.getExpr(*along).text());
  return pieces;
}

InferredMany weft::inferSplit(NamedTensorType x, int64_t pieces, int64_t axis, std::string &why) {
  FailureOr<int64_t> along = normalizeAxis(axis, x, why);
  if (failed(along))
    return failure();
  std::optional<int64_t> size = x.getDim(*along).getStatic();
  if (pieces < 1 || pieces > 1024)
    return fail(why, "splits into 1 to 1024 pieces, not " + Twine(pieces));
  if (size && *size % pieces != 0)
    return fail(why, Twine(pieces) + " equal pieces do not divide dimension " + Twine(*along) + " of " + x.shapeText());
  DimExpr each = *x.getExpr(*along).dividedBy(DimExpr(pieces));
  return inferSplit(x, SmallVector<DimExpr>(pieces, each), axis, why);
}

Inferred weft::inferSlice(NamedTensorType x, int64_t axis, const DimExpr &start, const DimExpr &size, std::string &why) {
  FailureOr<int64_t> along = normalizeAxis(axis, x, why);
  if (failed(along))
    return failure();
  DimExpr rest = x.getExpr(*along) - start - size;
  if (start.constant().value_or(0) < 0 || size.constant().value_or(0) < 0 || rest.constant().value_or(0) < 0)
    return fail(why, size.text() + " positions from " + start.text() + " on are outside dimension " + Twine(*along) + " of " +
                         x.shapeText());
  return withDim(x, *along, size);
}

//===-- Gathers and tables --------------------------------------------------------------------------------------------===//

Inferred weft::inferLookup(NamedTensorType table, NamedTensorType ids, std::string &why) {
  if (failed(needF32(table, "the table", why)) || failed(needRank(table, 2, "a table [rows, width]", why)) ||
      failed(needI32(ids, "the ids", why)))
    return failure();
  SmallVector<DimExpr> dims = ids.getExprs();
  dims.push_back(table.getExpr(1));
  return table.withDims(dims);
}

/// One i32 for each batch row of x.
static LogicalResult needPerRow(NamedTensorType x, NamedTensorType perRow, StringRef what, std::string &why) {
  if (failed(needI32(perRow, what, why)) || failed(needRank(perRow, 1, (what + " [batch]").str(), why)))
    return failure();
  if (x.getRank() < 2)
    return fail(why, "needs [batch, time, ...], but got " + x.shapeText());
  if (x.getExpr(0) != perRow.getExpr(0))
    return fail(why, x.shapeText() + " and " + perRow.shapeText() + " differ in dimension 0: " + x.getExpr(0).text() + " and " +
                         perRow.getExpr(0).text());
  return success();
}

Inferred weft::inferTake(NamedTensorType x, NamedTensorType index, int64_t axis, std::string &why) {
  if (failed(needPerRow(x, index, "an index", why)))
    return failure();
  FailureOr<int64_t> along = normalizeAxis(axis, x, why);
  if (failed(along))
    return failure();
  if (*along == 0)
    return fail(why, "axis 0 is the batch, which has one index a row");
  return withoutDim(x, *along);
}

Inferred weft::inferLast(NamedTensorType x, NamedTensorType lengths, std::string &why) {
  if (failed(needPerRow(x, lengths, "lengths", why)))
    return failure();
  return withoutDim(x, 1);
}

Inferred weft::inferMeanPool(NamedTensorType x, NamedTensorType lengths, std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(needPerRow(x, lengths, "lengths", why)))
    return failure();
  return withoutDim(x, 1);
}

/// [length, width] with the offset's batch in front.
static Inferred positionTable(MLIRContext *context, NamedTensorType offset, const DimExpr &length, const DimExpr &width,
                              std::string &why) {
  SmallVector<DimExpr> dims;
  if (offset) {
    if (failed(needI32(offset, "the offset", why)))
      return failure();
    if (offset.getRank() > 1)
      return fail(why, "the offset must be a scalar or [batch], not " + offset.shapeText());
    dims = offset.getExprs();
  }
  dims.push_back(length);
  dims.push_back(width);
  return NamedTensorType::get(context, dims, Float32Type::get(context));
}

Inferred weft::inferPositions(NamedTensorType table, NamedTensorType offset, int64_t start, const DimExpr &length,
                              std::string &why) {
  if (failed(needF32(table, "the table", why)) || failed(needRank(table, 2, "a table [rows, width]", why)))
    return failure();
  std::optional<int64_t> rest = (table.getExpr(0) - DimExpr(start) - length).constant();
  if (start < 0 || (rest && *rest < 0))
    return fail(why, length.text() + " positions from " + Twine(start) + " on are outside the table " + table.shapeText());
  return positionTable(table.getContext(), offset, length, table.getExpr(1), why);
}

Inferred weft::inferSinusoidal(MLIRContext *context, NamedTensorType offset, const DimExpr &length, int64_t width,
                               std::string &why) {
  if (width < 1)
    return fail(why, "needs a width of at least 1, not " + Twine(width));
  return positionTable(context, offset, length, DimExpr(width), why);
}

Inferred weft::inferReduce(NamedTensorType x, Reduction kind, int64_t axis, bool keep, std::string &why) {
  if (failed(needF32(x, "the operand", why)))
    return failure();
  FailureOr<int64_t> along = normalizeAxis(axis, x, why);
  if (failed(along))
    return failure();
  NamedTensorType result = keep ? withDim(x, *along, DimExpr(1)) : withoutDim(x, *along);
  return kind == Reduction::ArgMax ? result.withElementType(IntegerType::get(x.getContext(), 32)) : result;
}
