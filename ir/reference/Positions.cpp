// Masks, biases and position tables of the oracle: everything that is computed from indices.
#include "Biases.h"
#include "Call.h"
#include <cmath>

using namespace weft;
using namespace weft::reference;
using llvm::SmallVector;

/// The offset of a batch row: a scalar, one per row, or 0.
static int64_t offsetOf(const Tensor *offset, int64_t row) {
  return offset ? static_cast<int64_t>((*offset)[offset->rank() ? row : 0]) : 0;
}

/// Fills [batch?, 1.., query, key] with function(query + offset, key).
template <typename Function> static Results fillMask(const Call &call, const Tensor *offset, int64_t shift, Function function) {
  Tensor y = call.make();
  int64_t queries = y.dim(-2), keys = y.dim(-1), tables = queries * keys ? y.size() / (queries * keys) : 0;
  double *out = y.mutableData();
  for (int64_t n = 0; n < tables; ++n)
    for (int64_t q = 0; q < queries; ++q)
      for (int64_t k = 0; k < keys; ++k)
        *out++ = function(q + shift + offsetOf(offset, n), k);
  return just(y);
}

Results reference::causalMask(const Call &call) {
  auto op = llvm::cast<CausalMaskOp>(call.op);
  return fillMask(call, call.find(op.getOffset()), op.getShift(), [](int64_t query, int64_t key) { return key <= query; });
}

Results reference::windowMask(const Call &call) {
  auto op = llvm::cast<WindowMaskOp>(call.op);
  int64_t before = op.getBefore(), after = op.getAfter();
  return fillMask(call, call.find(op.getOffset()), op.getShift(),
                  [=](int64_t query, int64_t key) { return query - before <= key && key <= query + after; });
}

Results reference::paddingMask(const Call &call) {
  const Tensor &lengths = call.operands[0];
  Tensor y = call.make();
  double *out = y.mutableData();
  for (int64_t n = 0; n < y.dim(0); ++n)
    for (int64_t k = 0; k < y.dim(-1); ++k)
      *out++ = static_cast<double>(k) < lengths[n];
  return just(y);
}

/// Fills [batch?, heads, query, key] with function(head, key - query - offset).
template <typename Function> static Results fillBias(const Call &call, const Tensor *offset, Function function) {
  Tensor y = call.make();
  int64_t heads = y.dim(-3), queries = y.dim(-2), keys = y.dim(-1), each = heads * queries * keys;
  double *out = y.mutableData();
  for (int64_t n = 0; n < (each ? y.size() / each : 0); ++n)
    for (int64_t h = 0; h < heads; ++h)
      for (int64_t q = 0; q < queries; ++q)
        for (int64_t k = 0; k < keys; ++k)
          *out++ = function(h, k - q - offsetOf(offset, n));
  return just(y);
}

Results reference::relativeBias(const Call &call) {
  auto op = llvm::cast<RelativeBiasOp>(call.op);
  const Tensor &table = call[op.getTable()];
  return fillBias(call, call.find(op.getOffset()), [&](int64_t head, int64_t distance) {
    return table[relativeBucket(distance, table.dim(0), op.getMaxDistance(), op.getBidirectional()) * table.dim(1) + head];
  });
}

Results reference::alibi(const Call &call) {
  auto op = llvm::cast<AlibiOp>(call.op);
  return fillBias(call, call.find(op.getOffset()), [&](int64_t head, int64_t distance) {
    return -alibiSlope(head, op.getHeads()) * static_cast<double>(std::abs(distance));
  });
}

Results reference::positions(const Call &call) {
  auto op = llvm::cast<PositionsOp>(call.op);
  const Tensor &table = call[op.getTable()], *offset = call.find(op.getOffset());
  Tensor y = call.make();
  int64_t width = y.dim(-1), length = y.dim(-2), rows = table.dim(0);
  double *out = y.mutableData();
  for (int64_t n = 0; n < (y.rank() == 3 ? y.dim(0) : 1); ++n)
    for (int64_t t = 0; t < length; ++t) {
      int64_t row = t + static_cast<int64_t>(op.getStart()) + offsetOf(offset, n);
      if (row < 0 || row >= rows)
        return outside("position", row, 0, rows - 1);
      out = std::copy_n(table.data() + row * width, width, out);
    }
  return just(y);
}

Results reference::sinusoidal(const Call &call) {
  auto op = llvm::cast<SinusoidalOp>(call.op);
  const Tensor *offset = call.find(op.getOffset());
  Tensor y = call.make();
  int64_t width = y.dim(-1), length = y.dim(-2), sines = (width + 1) / 2;
  bool half = op.getStyle() == PairStyle::Half;
  double *out = y.mutableData();
  for (int64_t n = 0; n < (y.rank() == 3 ? y.dim(0) : 1); ++n)
    for (int64_t t = 0; t < length; ++t)
      for (int64_t i = 0; i < width; ++i) {
        bool cosine = half ? i >= sines : i % 2 == 1;
        int64_t pair = half ? (cosine ? i - sines : i) : i / 2;
        double angle = static_cast<double>(t + offsetOf(offset, n)) * std::pow(10000.0, -2.0 * static_cast<double>(pair) / static_cast<double>(width));
        *out++ = cosine ? std::cos(angle) : std::sin(angle);
      }
  return just(y);
}
