// The published formulas behind position biases, in one place for the oracle and for code generation.
#ifndef WEFT_IR_BIASES_H
#define WEFT_IR_BIASES_H

#include <cstdint>

namespace weft {

/// T5's bucket of key - query (Raffel et al. 2020). The logarithm is taken in single precision, as in the authors' code, so that
/// distances on a bucket's edge fall where trained models expect them.
int64_t relativeBucket(int64_t distance, int64_t buckets, int64_t maxDistance, bool bidirectional);

/// ALiBi's slope of a head (Press et al. 2022, the authors' code): 2^(-8 (h+1) / n) for n a power of two; else the slopes of the next
/// smaller power, then every other slope of twice that.
double alibiSlope(int64_t head, int64_t heads);

} // namespace weft

#endif
