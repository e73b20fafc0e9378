// Position bias formulas.
#include "Biases.h"
#include <algorithm>
#include <cmath>

int64_t weft::relativeBucket(int64_t distance, int64_t buckets, int64_t maxDistance, bool bidirectional) {
  int64_t first = 0;
  if (bidirectional) {
    buckets /= 2;
    first = distance > 0 ? buckets : 0;
    distance = std::abs(distance);
  } else {
    distance = std::max<int64_t>(-distance, 0);
  }
  int64_t exact = buckets / 2;
  if (distance < exact)
    return first + distance;
  float scale = static_cast<float>(std::log(static_cast<double>(maxDistance) / static_cast<double>(exact)));
  float fraction = std::log(static_cast<float>(distance) / static_cast<float>(exact)) / scale;
  int64_t large = exact + static_cast<int64_t>(fraction * static_cast<float>(buckets - exact));
  return first + std::min(large, buckets - 1);
}

double weft::alibiSlope(int64_t head, int64_t heads) {
  int64_t power = 1;
  while (2 * power <= heads)
    power *= 2;
  if (head < power)
    return std::exp2(-8.0 * static_cast<double>(head + 1) / static_cast<double>(power));
  return std::exp2(-8.0 * static_cast<double>(2 * (head - power) + 1) / static_cast<double>(2 * power));
}
