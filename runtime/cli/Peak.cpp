//===- Peak.cpp - the FMA peak of one core, measured ---------------------------------------------------------===//
#include "runtime/cli/Peak.h"
#include <algorithm>
#include <chrono>
#include <cstdint>

#if defined(__x86_64__)
#include <immintrin.h>

// Twelve accumulators hide a latency of 4-5 cycles on two ports. The factors keep values finite.
#define WEFT_FMA_ROUND(width, type, set, fma, store)                                                                   \
  type a[12], factor = set(0.999f), addend = set(0.001f);                                                              \
  for (int i = 0; i < 12; ++i)                                                                                         \
    a[i] = set(float(i));                                                                                              \
  for (int64_t step = 0; step < steps; ++step)                                                                         \
    for (int i = 0; i < 12; ++i)                                                                                       \
      a[i] = fma(a[i], factor, addend);                                                                                \
  for (int i = 1; i < 12; ++i)                                                                                         \
    a[0] = fma(a[0], factor, a[i]);                                                                                    \
  store(sink, a[0]);                                                                                                   \
  return double(steps) * 12 * width * 2;

__attribute__((target("avx512f"), noinline)) static double roundWide(int64_t steps, float *sink) {
  WEFT_FMA_ROUND(16, __m512, _mm512_set1_ps, _mm512_fmadd_ps, _mm512_storeu_ps)
}
__attribute__((target("avx2,fma"), noinline)) static double roundNarrow(int64_t steps, float *sink) {
  WEFT_FMA_ROUND(8, __m256, _mm256_set1_ps, _mm256_fmadd_ps, _mm256_storeu_ps)
}

double weft::cli::measureFmaPeak() {
  bool wide = __builtin_cpu_supports("avx512f");
  if (!wide && !(__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")))
    return 0;
  float sink[16];
  double best = 0;
  for (int round = 0; round < 15; ++round) {
    auto begin = std::chrono::steady_clock::now();
    double flops = wide ? roundWide(1000000, sink) : roundNarrow(1000000, sink);
    double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
    best = std::max(best, flops / seconds * 1e-9);
  }
  return best;
}

#else
double weft::cli::measureFmaPeak() { return 0; }
#endif
