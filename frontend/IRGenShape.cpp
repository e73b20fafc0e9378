// Shapes: reshapes, joins, cuts, slices, reductions.
#include "IRGen.h"

using namespace llvm;

namespace weft {

static NamedTensorType typeOf(mlir::Value value) { return mlir::cast<NamedTensorType>(value.getType()); }

/// The elements of a list argument as dimensions.
static SmallVector<DimExpr> dimsOf(const Value &list) {
  SmallVector<DimExpr> dims;
  for (const Value &element : *list.elements)
    dims.push_back(*element.asDim());
  return dims;
}

Value IRGen::reshape(const BoundCall &call) {
  std::string why;
  Inferred type = inferReshape(call.type(0), dimsOf(call[1]), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(ReshapeOp::create(builder, call.loc, *type, call.tensor(0)), call.range);
}

Value IRGen::broadcast(const BoundCall &call) {
  SmallVector<DimExpr> dims = dimsOf(call[1]);
  for (const DimExpr &dim : dims)
    if (dim.constant().value_or(0) < 0) {
      reporter.error(call.argRanges[1], "a dimension can't be " + dim.text());
      return Value::error();
    }
  std::string why;
  Inferred type = inferBroadcast(call.type(0), dims, why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(BroadcastOp::create(builder, call.loc, *type, call.tensor(0)), call.range);
}

Value IRGen::transposeLast(const BoundCall &call) {
  std::string why;
  auto permutation = lastTwoSwapped(call.type(0), why);
  if (failed(permutation)) {
    reportShape(why, call.range, {&call[0]});
    return Value::error();
  }
  Inferred type = inferTranspose(call.type(0), *permutation, why);
  return Value::ofTensor(TransposeOp::create(builder, call.loc, *type, call.tensor(0), *permutation), call.range);
}

Value IRGen::transpose(const BoundCall &call) {
  SmallVector<int64_t> axes;
  for (const Value &axis : *call[1].elements)
    axes.push_back(*axis.asInteger());
  std::string why;
  Inferred type = inferTranspose(call.type(0), axes, why);
  if (!admit(type, why, call))
    return Value::error();
  for (int64_t &axis : axes)
    axis = axis < 0 ? axis + call.type(0).getRank() : axis;
  return Value::ofTensor(TransposeOp::create(builder, call.loc, *type, call.tensor(0), axes), call.range);
}

/// Joins the dimensions from `axis` on, as PyTorch's flatten(start_dim).
Value IRGen::flatten(const BoundCall &call) {
  std::string why;
  mlir::FailureOr<int64_t> axis = normalizeAxis(call.integer(1), call.type(0), why);
  if (failed(axis)) {
    reportShape(why, call.range, {&call[0]});
    return Value::error();
  }
  SmallVector<DimExpr> dims = call.type(0).getExprs();
  DimExpr joinedDims(1);
  for (const DimExpr &dim : ArrayRef<DimExpr>(dims).drop_front(*axis))
    joinedDims = joinedDims * dim;
  dims.resize(*axis);
  dims.push_back(joinedDims);
  NamedTensorType type = call.type(0).withDims(dims);
  if (!checkType(type, call.range))
    return Value::error();
  return Value::ofTensor(ReshapeOp::create(builder, call.loc, type, call.tensor(0)), call.range);
}

mlir::Value IRGen::joined(const BoundCall &call, Inferred (*infer)(ArrayRef<NamedTensorType>, int64_t, std::string &),
                          bool isConcat) {
  SmallVector<mlir::Value> inputs;
  SmallVector<NamedTensorType> types;
  SmallVector<const Value *> operands;
  for (const Value &input : *call[0].elements) {
    inputs.push_back(input.tensor);
    types.push_back(input.type());
    operands.push_back(&input);
  }
  std::string why;
  Inferred type = infer(types, call.integer(1), why);
  if (!admit(type, why, call.range, operands))
    return {};
  int64_t axis = *normalizeAxis(call.integer(1), types.front(), why);
  if (isConcat)
    return ConcatOp::create(builder, call.loc, *type, inputs, axis);
  return InterleaveOp::create(builder, call.loc, *type, inputs, axis);
}

Value IRGen::concat(const BoundCall &call) { return Value::ofTensor(joined(call, inferConcat, /*isConcat=*/true), call.range); }

Value IRGen::interleave(const BoundCall &call) {
  return Value::ofTensor(joined(call, inferInterleave, /*isConcat=*/false), call.range);
}

Value IRGen::split(const BoundCall &call) {
  std::string why;
  int64_t axis = call.integer(2);
  std::optional<int64_t> count = call[1].asInteger();
  InferredMany pieces = count ? inferSplit(call.type(0), *count, axis, why) : inferSplit(call.type(0), dimsOf(call[1]), axis, why);
  if (failed(pieces)) {
    reportShape(why, call.range, {&call[0]});
    return Value::error();
  }
  SmallVector<mlir::Type> types(pieces->begin(), pieces->end());
  for (NamedTensorType piece : *pieces)
    if (!checkType(piece, call.range))
      return Value::error();
  auto op = SplitOp::create(builder, call.loc, types, call.tensor(0), *normalizeAxis(axis, call.type(0), why));
  std::vector<Value> results;
  for (mlir::Value piece : op.getPieces())
    results.push_back(Value::ofTensor(piece, call.range));
  return results.size() == 1 ? results.front() : Value::ofElements(ValueKind::Many, std::move(results), call.range);
}

Value IRGen::reduce(const BoundCall &call) {
  Reduction kind = *symbolizeReduction(call.builtin.name);
  std::string why;
  Inferred type = inferReduce(call.type(0), kind, call.integer(1), call.flag(2), why);
  if (!admit(type, why, call))
    return Value::error();
  int64_t axis = *normalizeAxis(call.integer(1), call.type(0), why);
  return Value::ofTensor(ReduceOp::create(builder, call.loc, *type, kind, call.tensor(0), axis, call.flag(2)), call.range);
}

//===----------------------------------------------------------------------===//
// x[...]
//===----------------------------------------------------------------------===//

mlir::Value IRGen::sliceTo(mlir::Value x, int64_t axis, const DimExpr &start, const DimExpr &size, SourceRange range) {
  if (start == DimExpr(0) && size == typeOf(x).getExpr(axis))
    return x;
  std::string why;
  Inferred type = inferSlice(typeOf(x), axis, start, size, why);
  if (!admit(type, why, range, {}))
    return {};
  auto startAttr = DimAttr::get(builder.getContext(), start);
  return SliceOp::create(builder, locate(range, nameHint), *type, x, axis, startAttr);
}

/// A position from the front, or from the end if negative.
static DimExpr place(int64_t position, const DimExpr &size) { return position < 0 ? size + DimExpr(position) : DimExpr(position); }

namespace {
/// The cut along one dimension.
struct Cut {
  DimExpr start, size;
  /// The dimension must be at least this long at run time.
  int64_t needs = 0;
};
} // namespace

/// What a subscript cuts out of a dimension; nothing if it is empty whatever the size.
static std::optional<Cut> cutOf(const IndexPart &part, const DimExpr &size) {
  auto least = [](int64_t position, bool isIndex) { return position < 0 ? -position : position + isIndex; };
  if (part.kind == IndexPart::Single)
    return Cut{place(*part.lo, size), DimExpr(1), least(*part.lo, true)};
  int64_t lo = part.lo.value_or(0);
  DimExpr start = place(lo, size), end = part.hi ? place(*part.hi, size) : size;
  Cut cut{start, end - start, std::max(least(lo, false), part.hi ? least(*part.hi, false) : 0)};
  if (std::optional<int64_t> length = cut.size.constant())
    return *length >= 1 ? std::optional<Cut>(cut) : std::nullopt;
  // Ends at different sides: both lie in the dimension, and something is left between them.
  int64_t front = lo < 0 ? (part.hi ? *part.hi : 0) : lo;
  int64_t back = lo < 0 ? lo : part.hi.value_or(0);
  cut.needs = std::max(cut.needs, lo < 0 ? cut.needs : front - back + 1);
  return cut;
}

Value IRGen::index(const ast::IndexExpr &expr, const Value &base, ArrayRef<IndexPart> parts) {
  NamedTensorType type = base.type();
  int64_t rank = type.getRank(), ellipses = llvm::count_if(parts, [](auto &part) { return part.kind == IndexPart::Ellipsis; });
  int64_t given = static_cast<int64_t>(parts.size()) - ellipses;
  if (given > rank || ellipses > 1) {
    std::string why = ellipses > 1 ? "only one '...' can stand in an index"
                                   : std::to_string(given) + " subscripts for the " + std::to_string(rank) + " dimensions of " +
                                         type.shapeText();
    reportShape(why, expr.range, {&base});
    return Value::error();
  }
  mlir::Value x = base.tensor;
  SmallVector<DimExpr> kept;
  int64_t axis = 0;
  auto keepUntil = [&](int64_t end) {
    for (; axis < end; ++axis)
      kept.push_back(type.getExpr(axis));
  };
  for (const IndexPart &part : parts) {
    if (part.kind == IndexPart::Ellipsis) {
      keepUntil(axis + rank - given);
      continue;
    }
    DimExpr size = type.getExpr(axis);
    std::optional<Cut> cut = cutOf(part, size);
    if (!cut || bound(size, /*upper=*/true) < double(cut->needs)) {
      std::string what = cut ? "is out of range" : "is empty";
      reporter.error(part.range, "the subscript " + part.range.getText() + " " + what + " in dimension " + Twine(axis) + " of " +
                                     type.shapeText());
      return Value::error();
    }
    requireAtLeast(size, cut->needs, part.range);
    x = sliceTo(x, axis, cut->start, cut->size, part.range);
    if (!x)
      return Value::error();
    if (part.kind == IndexPart::Slice)
      kept.push_back(cut->size);
    ++axis;
  }
  keepUntil(rank);
  auto result = type.withDims(kept);
  if (typeOf(x) != result)
    x = ReshapeOp::create(builder, locate(expr.range, nameHint), result, x);
  return Value::ofTensor(x, expr.range);
}

} // namespace weft
