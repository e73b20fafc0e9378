// The loops of packing. Transposition goes in blocks of 16 x 16 elements: a cache line on both sides.
#include "codegen/pack/Panels.h"
#include <algorithm>
#include <cstring>

using namespace weft;

void weft::packRowsPanel(MatrixView matrix, int64_t first, int64_t panel, uint32_t *out) {
  constexpr int64_t block = 16;
  int64_t width = std::min(panel, matrix.rows - first);
  for (int64_t k = 0; k < matrix.columns; k += block) {
    int64_t depth = std::min(block, matrix.columns - k);
    for (int64_t j = 0; j < width; j += block) {
      int64_t lanes = std::min(block, width - j);
      for (int64_t lane = 0; lane < lanes; ++lane) {
        const uint32_t *row = matrix.data + (first + j + lane) * matrix.columns + k;
        for (int64_t step = 0; step < depth; ++step)
          out[(k + step) * panel + j + lane] = row[step];
      }
    }
    for (int64_t step = 0; step < depth; ++step)
      std::fill(out + (k + step) * panel + width, out + (k + step + 1) * panel, 0u);
  }
}

void weft::packColumnsPanel(MatrixView matrix, int64_t first, int64_t panel, uint32_t *out) {
  int64_t width = std::min(panel, matrix.columns - first);
  for (int64_t k = 0; k < matrix.rows; ++k) {
    std::memcpy(out + k * panel, matrix.data + k * matrix.columns + first, size_t(width) * 4);
    std::fill(out + k * panel + width, out + (k + 1) * panel, 0u);
  }
}
