// Which values have their rows side by side in memory, without the padding (weft.move_rows), and whose lengths say which rows those are.
#ifndef WEFT_IR_PACKEDROWS_H
#define WEFT_IR_PACKEDROWS_H

#include "Weft.h"

namespace weft {

/// The lengths by which the value's rows are packed, in a graph of launches; null where every row is in its place.
mlir::Value packedBy(mlir::Value value);

/// The lengths of a packed launch's rows; null where it is not packed.
mlir::Value packedBy(LaunchOp launch);

/// The product of dimensions that a packed value's rows stand for: batch*time.
DimExpr paddedRows(LaunchOp launch);

} // namespace weft

#endif
