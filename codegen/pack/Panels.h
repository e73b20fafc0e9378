// Panels: the loops that lay a matrix out for the kernels.
#ifndef WEFT_CODEGEN_PACK_PANELS_H
#define WEFT_CODEGEN_PACK_PANELS_H

#include <cstdint>

namespace weft {

/// A row-major matrix of 4-byte elements.
struct MatrixView {
  const uint32_t *data;
  int64_t rows, columns;
};

/// Fills out[k * panel + j] = matrix(first + j, k) for j < panel; rows past the end give zeros. [N, K] -> one [K][panel].
void packRowsPanel(MatrixView matrix, int64_t first, int64_t panel, uint32_t *out);
/// Fills out[k * panel + j] = matrix(k, first + j). [K, N] -> one [K][panel].
void packColumnsPanel(MatrixView matrix, int64_t first, int64_t panel, uint32_t *out);

} // namespace weft

#endif
