// The oracle's few loops that must be fast: products of matrices, and conversions of weights. Built with full optimization.
#ifndef WEFT_IR_REFERENCE_NUMBERS_H
#define WEFT_IR_REFERENCE_NUMBERS_H

#include <cstddef>
#include <cstdint>

namespace weft::reference {

/// A matrix somewhere in memory: element (i, j) is data[i * rowStride + j * columnStride].
struct Matrix {
  const double *data;
  int64_t rowStride, columnStride;
};

/// out[i * outStride + j] = sum over k of a(i, k) * b(k, j), for i < rows, j < columns.
void multiply(Matrix a, Matrix b, double *out, int64_t outStride, int64_t rows, int64_t columns, int64_t depth);

/// Conversions of little-endian elements that need not be aligned.
void widenF32(const uint8_t *from, double *to, size_t count);
void widenF64(const uint8_t *from, double *to, size_t count);
void widenF16(const uint8_t *from, float *to, size_t count);
void widenBF16(const uint8_t *from, float *to, size_t count);
void widenFloats(const float *from, double *to, size_t count);
void narrowF64(const uint8_t *from, float *to, size_t count);
/// Rounds to nearest even, as C does.
void narrowDoubles(const double *from, float *to, size_t count);

} // namespace weft::reference

#endif
