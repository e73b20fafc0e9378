// Blocked matrix products and element conversions. The product keeps a 4x16 block of sums in registers over a copied panel of b, which
// gives several GFLOP/s whatever b's strides are; the sums run in order of k, so the result does not depend on the blocking.
#include "Numbers.h"
#include <algorithm>
#include <cstring>
#include <vector>

using namespace weft::reference;

namespace {
constexpr int64_t blockRows = 4, blockColumns = 16;

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !(defined(__has_feature) && __has_feature(address_sanitizer))
#define WEFT_CLONES __attribute__((target_clones("arch=x86-64-v4", "arch=x86-64-v3", "default")))
#else
#define WEFT_CLONES
#endif

/// One block: `panel` is [depth][16], `a` has `height` valid rows.
template <int height>
__attribute__((always_inline)) inline void block(Matrix a, const double *panel, double sums[blockRows][blockColumns], int64_t depth) {
  double local[height][blockColumns] = {};
  for (int64_t k = 0; k < depth; ++k)
    for (int i = 0; i < height; ++i) {
      double factor = a.data[i * a.rowStride + k * a.columnStride];
      for (int j = 0; j < blockColumns; ++j)
        local[i][j] += factor * panel[k * blockColumns + j];
    }
  std::memcpy(sums, local, sizeof(local));
}
} // namespace

WEFT_CLONES static void multiplyPanel(Matrix a, const double *panel, double *out, int64_t outStride, int64_t rows, int64_t columns,
                                      int64_t depth) {
  double sums[blockRows][blockColumns];
  for (int64_t i = 0; i < rows; i += blockRows) {
    int64_t height = std::min(blockRows, rows - i);
    Matrix part = {a.data + i * a.rowStride, a.rowStride, a.columnStride};
    if (height == blockRows)
      block<blockRows>(part, panel, sums, depth);
    else
      for (int64_t row = 0; row < height; ++row)
        block<1>({part.data + row * a.rowStride, a.rowStride, a.columnStride}, panel, sums + row, depth);
    for (int64_t row = 0; row < height; ++row)
      std::copy_n(sums[row], columns, out + (i + row) * outStride);
  }
}

void weft::reference::multiply(Matrix a, Matrix b, double *out, int64_t outStride, int64_t rows, int64_t columns, int64_t depth) {
  std::vector<double> panel(std::max<int64_t>(depth, 1) * blockColumns);
  for (int64_t j = 0; j < columns; j += blockColumns) {
    int64_t width = std::min(blockColumns, columns - j);
    if (width < blockColumns)
      std::fill(panel.begin(), panel.end(), 0.0);
    for (int64_t column = 0; column < width; ++column)
      for (int64_t k = 0; k < depth; ++k)
        panel[k * blockColumns + column] = b.data[k * b.rowStride + (j + column) * b.columnStride];
    multiplyPanel(a, panel.data(), out + j, outStride, rows, width, depth);
  }
}

template <typename From, typename To> static void convert(const uint8_t *from, To *to, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    From value;
    std::memcpy(&value, from + i * sizeof(From), sizeof(From));
    to[i] = static_cast<To>(value);
  }
}

void weft::reference::widenF32(const uint8_t *from, double *to, size_t count) { convert<float>(from, to, count); }
void weft::reference::widenF64(const uint8_t *from, double *to, size_t count) { convert<double>(from, to, count); }
void weft::reference::narrowF64(const uint8_t *from, float *to, size_t count) { convert<double>(from, to, count); }

void weft::reference::widenFloats(const float *from, double *to, size_t count) { std::copy_n(from, count, to); }

void weft::reference::narrowDoubles(const double *from, float *to, size_t count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = static_cast<float>(from[i]);
}

void weft::reference::widenBF16(const uint8_t *from, float *to, size_t count) {
  for (size_t i = 0; i < count; ++i) {
    uint32_t bits = (uint32_t(from[2 * i]) | uint32_t(from[2 * i + 1]) << 8) << 16;
    std::memcpy(to + i, &bits, sizeof(bits));
  }
}

/// IEEE 754 half: subnormals by scaling, infinity and NaN by filling the exponent.
static float halfToFloat(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = (half >> 10) & 31, fraction = half & 1023;
  uint32_t bits;
  if (exponent == 31) {
    bits = sign | 0x7f800000 | fraction << 13;
  } else if (exponent != 0) {
    bits = sign | (exponent + 112) << 23 | fraction << 13;
  } else {
    float scaled = static_cast<float>(fraction) * 0x1p-24f;
    std::memcpy(&bits, &scaled, sizeof(bits));
    bits |= sign;
  }
  float result;
  std::memcpy(&result, &bits, sizeof(result));
  return result;
}

void weft::reference::widenF16(const uint8_t *from, float *to, size_t count) {
  for (size_t i = 0; i < count; ++i)
    to[i] = halfToFloat(static_cast<uint16_t>(from[2 * i] | from[2 * i + 1] << 8));
}
