//===- Choose.cpp - a token from logits: the most likely one, or a draw ---------------------------------------===//
#include "Generation.h"
#include <algorithm>
#include <math.h>
#include <string.h>

using namespace weft::rt;

namespace {

/// e^x for x <= 0 to 1e-7 of its value, 0 below -87; a plain polynomial, which compilers turn into vectors.
inline float expOf(float x) {
  constexpr float rounder = 12582912; // 1.5 * 2^23: what is added to it loses its fraction
  float whole = x * 1.44269504f + rounder - rounder;
  float rest = x - whole * 0.693359375f + whole * 2.12194440e-4f;
  float power = 1 + rest * (1 + rest * (0.5f + rest * (0.16666667f + rest * (0.041666667f + rest * (0.0083333333f + rest * 0.0013888889f)))));
  int32_t bits = (int32_t(whole < -126 ? -126 : whole) + 127) << 23;
  float scale;
  memcpy(&scale, &bits, sizeof scale);
  return x < -87 ? 0 : power * scale;
}

/// splitmix64's mixing of one word.
uint64_t mixed(uint64_t x) {
  x += 0x9e3779b97f4a7c15;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
  x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
  return x ^ (x >> 31);
}

/// A number in 0 (included) .. 1 (excluded) that depends on nothing else.
double uniform(uint64_t seed, uint64_t row, uint64_t draw) {
  return double(mixed(mixed(mixed(seed) ^ row) ^ draw) >> 11) * 0x1p-53;
}

/// The largest number; minus infinity when there is none.
float largest(const float *logits, int64_t count) {
  float top = -INFINITY;
  for (int64_t i = 0; i < count; ++i)
    top = logits[i] > top ? logits[i] : top;
  return top;
}

/// Tokens by falling logit, of equals the first one first; what is no number comes last.
struct ByLogit {
  const float *logits;
  bool operator()(int32_t a, int32_t b) const {
    float x = logits[a], y = logits[b];
    if (x != x || y != y)
      return (x == x) != (y == y) ? x == x : a < b;
    return x != y ? x > y : a < b;
  }
};

} // namespace

int32_t weft::rt::mostLikely(const float *logits, int64_t count) {
  float top = largest(logits, count);
  for (int64_t i = 0; i < count; ++i)
    if (logits[i] == top)
      return int32_t(i);
  return 0;
}

double weft::rt::logSumExp(const float *logits, int64_t count) {
  float top = largest(logits, count);
  if (!(top > -INFINITY))
    return -INFINITY;
  constexpr int64_t block = 256;
  double sum = 0;
  for (int64_t begin = 0; begin < count; begin += block) {
    float parts[8] = {};
    int64_t end = begin + block < count ? begin + block : count, i = begin;
    for (; i + 8 <= end; i += 8)
      for (int64_t lane = 0; lane < 8; ++lane)
        parts[lane] += expOf(logits[i + lane] - top);
    for (; i < end; ++i)
      parts[0] += expOf(logits[i] - top);
    for (float part : parts)
      sum += part == part ? part : 0;
  }
  return double(top) + log(sum);
}

int32_t weft::rt::drawToken(const float *logits, int64_t count, const weft_generate_options &options, uint64_t row, uint64_t draw,
                            int32_t *indices) {
  ByLogit before{logits};
  int64_t kept = 0;
  for (int64_t i = 0; i < count; ++i)
    if (logits[i] > -INFINITY) // neither impossible nor no number
      indices[kept++] = int32_t(i);
  if (kept == 0)
    return 0;
  if (options.top_k > 0 && options.top_k < kept) {
    std::nth_element(indices, indices + options.top_k, indices + kept, before);
    kept = options.top_k;
  }
  float top = largest(logits, count);
  auto weight = [&](int64_t i) { return double(expOf((logits[indices[i]] - top) / options.temperature)); };
  double total = 0;
  for (int64_t i = 0; i < kept; ++i)
    total += weight(i);
  if (options.top_p < 1) {
    // The most likely tokens, in ever longer pieces until they are enough: sorting them all would cost more than a step.
    double sum = 0, wanted = double(options.top_p) * total;
    int64_t sorted = 0, i = 0;
    for (int64_t piece = 64; i < kept && (sum < wanted || i == 0); piece *= 8) {
      int64_t end = sorted + piece < kept ? sorted + piece : kept;
      if (end < kept)
        std::nth_element(indices + sorted, indices + end, indices + kept, before);
      std::sort(indices + sorted, indices + end, before);
      for (sorted = end; i < sorted && (sum < wanted || i == 0);)
        sum += weight(i++);
    }
    kept = i;
    total = sum;
  } else if (options.top_k > 0) {
    std::sort(indices, indices + kept, before); // which k there are is settled, their order is not
  }
  double left = uniform(options.seed, row, draw) * total;
  for (int64_t i = 0; i + 1 < kept; ++i) {
    left -= weight(i);
    if (left < 0)
      return indices[i];
  }
  return indices[kept - 1];
}
