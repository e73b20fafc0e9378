// States: verifiers, how positions flow through their reads, and what those cost.
#include "Shapes.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return value ? cast<NamedTensorType>(value.getType()) : NamedTensorType(); }

LogicalResult StateOp::verify() {
  if (int64_t layers = static_cast<int64_t>(getLayers().value_or(1)); layers < 1 || layers > maxLayers)
    return emitOpError() << "has " << layers << " layers, not 1 to " << maxLayers;
  if (getKeys() && cast<NamedTensorType>(getType()).getRank() != 4)
    return emitOpError("keys are [rows, heads, positions, width]");
  return success();
}

LogicalResult StateRefOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto state = tables.lookupNearestSymbolFrom<StateOp>(*this, getStateAttr());
  if (!state)
    return emitOpError() << "reads " << getStateAttr() << ", which is no state";
  if (state.getType() != getType())
    return emitOpError() << "reads " << getStateAttr() << " as " << getType() << ", but it is " << state.getType();
  if (state.getLayers().has_value() != static_cast<bool>(getLayer()))
    return emitOpError() << getStateAttr() << (getLayer() ? " has no layers" : " has layers and needs a layer number");
  return success();
}

/// What a state looks like from outside: heads joined, `rows` in front, as many positions as `x` has where one row holds them all.
static FailureOr<SmallVector<DimExpr>> viewDims(NamedTensorType state, NamedTensorType rows, NamedTensorType x, std::string &why) {
  SmallVector<DimExpr> dims = state.getExprs();
  if (!rows)
    return dims;
  if (!rows.isI32() || rows.getRank() < 1 || rows.getRank() > 2) {
    why = "rows are i32 [batch] or [batch, pages], not " + rows.shapeText();
    return failure();
  }
  if (dims.empty()) {
    why = "a scalar has no rows";
    return failure();
  }
  dims.front() = rows.getExpr(0);
  if (dims.size() == 4 && x.getRank() == 3) {
    dims = {dims[0], rows.getRank() == 1 ? x.getExpr(1) : dims[2], dims[1] * dims[3]};
    if (rows.getRank() == 2) {
      DimExpr all = rows.getExpr(1) * DimExpr(16);
      bool isRing = dims[1].isConstant() && *dims[1].constant() % 16 == 0; // page p lies in page p mod (positions / 16)
      if (dims[1] != all && !isRing) {
        why = "pages of 16 positions in " + rows.shapeText() + " do not make up " + state.shapeText();
        return failure();
      }
      dims[1] = all;
    }
  } else if (rows.getRank() == 2) {
    why = "only [rows, heads, positions, width] has pages, not " + state.shapeText();
    return failure();
  }
  return dims;
}

LogicalResult CacheReadOp::verify() {
  std::string why;
  FailureOr<SmallVector<DimExpr>> dims = viewDims(typeOf(getState()), typeOf(getRows()), getType(), why);
  if (failed(dims))
    return emitOpError() << why;
  NamedTensorType expected = typeOf(getState()).withDims(*dims);
  if (getType() != expected)
    return emitOpError() << "gives " << expected << ", but its result is written as " << getType();
  return success();
}

LogicalResult CacheWriteOp::verify() {
  NamedTensorType state = typeOf(getState()), x = typeOf(getX()), rows = typeOf(getRows());
  if (!getState().getDefiningOp<StateRefOp>() || !getState().hasOneUse())
    return emitOpError("needs a state that nothing else uses");
  if (getResult().getType() != state)
    return emitOpError() << "gives " << state << ", but its result is written as " << getResult().getType();
  std::string why;
  FailureOr<SmallVector<DimExpr>> dims = viewDims(state, rows, x, why);
  if (failed(dims))
    return emitOpError() << why;
  bool paged = rows && rows.getRank() == 2;
  if (!paged && getOffset())
    return emitOpError("only pages have an offset");
  if (getLengths() && (!rows || state.getRank() == x.getRank()))
    return emitOpError("only positions of heads have lengths");
  if (paged)
    (*dims)[1] = x.getExpr(1); // as many positions as there are
  std::optional<int64_t> wide = x.getRank() ? x.getDim(-1).getStatic() : std::nullopt, width = dims->empty() ? std::nullopt : dims->back().constant();
  auto first = static_cast<int64_t>(getFirst());
  if (dims->size() != state.getExprs().size() && wide && width && first >= 0 && first + *width <= *wide)
    dims->back() = x.getExpr(-1);
  else if (first != 0)
    return emitOpError() << "takes no columns from " << first << " on of " << x.shapeText();
  NamedTensorType expected = state.withDims(*dims);
  if (x != expected)
    return emitOpError() << "takes " << expected << ", not " << x;
  for (Value each : {getOffset(), getLengths()})
    if (each && (typeOf(each).getRank() != 1 || typeOf(each).getExpr(0) != x.getExpr(0)))
      return emitOpError() << "needs one offset and length a batch row, not " << typeOf(each).shapeText();
  return success();
}

StreamRelation CacheReadOp::getStreamRelation(unsigned operand, int64_t dim, unsigned) {
  int64_t rank = getType().getRank();
  bool joined = rank == 3 && typeOf(getState()).getRank() == 4;
  if (operand == 1)
    return dim == 0 ? StreamRelation{StreamRelation::PerPosition, 0, 0, {}} : StreamRelation{StreamRelation::Mixing, 1, 0, "a table of pages"};
  if (dim == 0)
    return {getRows() ? StreamRelation::Mixing : StreamRelation::PerPosition, 0, 0, "a table of rows"};
  if (joined && dim != 2)
    return {StreamRelation::Mixing, 2, 0, "joined heads"};
  return {StreamRelation::PerPosition, joined ? 1 : dim, 0, {}};
}

AnchorKind CacheReadOp::getAnchorKind() { return AnchorKind::Index; }
DimExpr CacheReadOp::getFlops() { return DimExpr(0); }
