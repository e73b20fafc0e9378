// What a mask hides, read off the ops that compute it: the question behind the decoder check and behind skipping hidden blocks.
#ifndef WEFT_IR_MASKS_H
#define WEFT_IR_MASKS_H

#include "Weft.h"

namespace weft {

/// The largest key - query that the mask can show: 0 for causal, the window's `after` for a window. Nothing when it may show any.
std::optional<int64_t> latestVisible(mlir::Value mask);

/// The smallest key - query that the mask can show: -before for a window. Nothing when it may show any earlier key.
std::optional<int64_t> earliestVisible(mlir::Value mask);

/// As latestVisible for values [.., query, key] that are zero where hidden (probabilities).
std::optional<int64_t> latestNonzero(mlir::Value probs);

/// As latestVisible for scores [.., query, key] that are minus infinity where hidden.
std::optional<int64_t> latestFinite(mlir::Value scores);

/// Whether the mask hides, of each row of keys, those from lengths[row] on.
bool hidesPadding(mlir::Value mask, mlir::Value lengths);

} // namespace weft

#endif
