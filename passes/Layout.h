// How values lie in memory: the one place that knows row strides.
// Rows of the arena are whole vectors of 16 elements, and never a multiple of 1 KiB apart: rows that alias one cache set cost up to a
// third of a contraction's speed.
#ifndef WEFT_PASSES_LAYOUT_H
#define WEFT_PASSES_LAYOUT_H

#include "Weft.h"

namespace weft {

/// Columns of a packed weight's panels: three vectors, of which 8 rows fill 24 of 32 registers.
constexpr int64_t widePanelColumns = 48;
/// Two vectors, by 12 rows: for weights that would leave more of their last wide panel empty.
constexpr int64_t narrowPanelColumns = 32;
/// Which of the two suits a weight of so many columns.
int64_t panelColumnsFor(int64_t columns);

/// Elements from one row of the arena to the next, for rows of `width` elements.
int64_t arenaRowStride(int64_t width);

/// A value in the arena. Rows of a run-time width are dense (rowStride 0) and so not padded.
LayoutAttr arenaLayout(NamedTensorType type);
/// A buffer of the caller's.
LayoutAttr denseLayout(NamedTensorType type);
/// A weight in rows, padded with zeros to whole vectors.
LayoutAttr weightLayout(NamedTensorType type);
/// A weight of a contraction: panels of columns of dimension `panelDim`, whose size is known.
LayoutAttr panelLayout(NamedTensorType type, int64_t panelDim);

/// A state, from a reference to it or a write's result. Keys of attention: [rows][heads][positions / 4][head width / 4][4][4], so that a
/// vector holds four features of four keys; all else in rows.
LayoutAttr stateLayout(mlir::Value state);

/// Bytes of a value in the arena, as an expression over the dimensions.
DimExpr arenaBytes(NamedTensorType type);

} // namespace weft

#endif
