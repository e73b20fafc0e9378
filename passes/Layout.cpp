// How values lie in memory; see Layout.h.
#include "passes/Layout.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace weft;

static constexpr int64_t vectorElements = 16;   ///< of f32 in 64 bytes, the widest vector and a cache line
static constexpr int64_t aliasingElements = 256; ///< 1 KiB of f32

int64_t weft::arenaRowStride(int64_t width) {
  int64_t stride = llvm::alignTo(width, vectorElements);
  return stride > 0 && stride % aliasingElements == 0 ? stride + vectorElements : stride;
}

/// The width of a row: 1 for a scalar, nothing when it is known at run time only.
static std::optional<int64_t> rowWidth(NamedTensorType type) { return type.getRank() ? type.getDim(-1).getStatic() : 1; }

LayoutAttr weft::arenaLayout(NamedTensorType type) {
  std::optional<int64_t> width = rowWidth(type);
  if (!width)
    return LayoutAttr::get(type.getContext(), 0, 0, 0, false);
  return LayoutAttr::get(type.getContext(), type.getRank() ? arenaRowStride(*width) : 1, 0, 0, true);
}

LayoutAttr weft::denseLayout(NamedTensorType type) {
  return LayoutAttr::get(type.getContext(), rowWidth(type).value_or(0), 0, 0, false);
}

LayoutAttr weft::weightLayout(NamedTensorType type) {
  int64_t width = rowWidth(type).value_or(0);
  return LayoutAttr::get(type.getContext(), type.getRank() ? llvm::alignTo(width, vectorElements) : 1, 0, 0, true);
}

int64_t weft::panelColumnsFor(int64_t columns) {
  int64_t wide = llvm::alignTo(columns, widePanelColumns), narrow = llvm::alignTo(columns, narrowPanelColumns);
  return wide * 40 > narrow * 41 ? narrowPanelColumns : widePanelColumns; // wide ones are a little faster where both fit
}

LayoutAttr weft::panelLayout(NamedTensorType type, int64_t panelDim) {
  int64_t panel = panelColumnsFor(type.getDim(panelDim).getStatic().value_or(0));
  return LayoutAttr::get(type.getContext(), panel, panel, panelDim, true);
}

LayoutAttr weft::stateLayout(Value state) {
  if (auto write = state.getDefiningOp<CacheWriteOp>())
    state = write.getState();
  auto ref = state.getDefiningOp<StateRefOp>();
  auto symbol = SymbolTable::lookupNearestSymbolFrom<StateOp>(ref, ref.getStateAttr());
  auto type = cast<NamedTensorType>(ref.getType());
  if (symbol.getKeys())
    return LayoutAttr::get(type.getContext(), keyPositions, keyPositions, 2, true);
  std::optional<int64_t> width = rowWidth(type);
  return width ? weightLayout(type) : arenaLayout(type);
}

DimExpr weft::arenaBytes(NamedTensorType type) {
  int64_t elementBytes = type.isBool() ? 1 : 4;
  if (type.getRank() == 0)
    return DimExpr(elementBytes);
  DimExpr rows(elementBytes);
  for (int64_t dim = 0; dim + 1 < type.getRank(); ++dim)
    rows = rows * type.getExpr(dim);
  std::optional<int64_t> width = rowWidth(type);
  return rows * (width ? DimExpr(arenaRowStride(*width)) : type.getExpr(-1));
}
