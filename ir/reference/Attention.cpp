// Attention of the oracle, whole and in pieces.
#include "Call.h"
#include "Numbers.h"
#include <cmath>

using namespace weft;
using namespace weft::reference;
using llvm::ArrayRef;
using llvm::SmallVector;

Results reference::splitHeads(const Call &call) {
  const Tensor &x = call.operands[0];
  Tensor y = call.make();
  ArrayRef<int64_t> dims = y.dims(); // [batch, heads, time, width]
  if (y.size())
    copyStrided(x.data(), {x.stride(0), dims[3], x.stride(1), 1}, y.mutableData(), denseStrides(dims), dims);
  return just(y);
}

Results reference::mergeHeads(const Call &call) {
  const Tensor &x = call.operands[0];
  Tensor y = call.make();
  SmallVector<int64_t> dims = {x.dim(0), x.dim(2), x.dim(1), x.dim(3)};
  if (y.size())
    copyStrided(x.data(), {x.stride(0), x.stride(2), x.stride(1), 1}, y.mutableData(), denseStrides(dims), dims);
  return just(y);
}

Results reference::repeatHeads(const Call &call) {
  const Tensor &x = call.operands[0];
  Tensor y = call.make();
  SmallVector<int64_t> dims = {x.dim(0), x.dim(1), static_cast<int64_t>(llvm::cast<RepeatHeadsOp>(call.op).getTimes()), x.dim(2), x.dim(3)};
  if (y.size())
    copyStrided(x.data(), {x.stride(0), x.stride(1), 0, x.stride(2), 1}, y.mutableData(), denseStrides(dims), dims);
  return just(y);
}

/// Radians a position of each pair.
static std::vector<double> rotationRates(RopeOp op) {
  int64_t width = op.getWidth();
  double theta = op.getTheta().convertToDouble(), factor = op.getFactor().convertToDouble();
  std::vector<double> rates;
  for (int64_t i = 0; i < width / 2; ++i) {
    double rate = std::pow(theta, -2.0 * static_cast<double>(i) / static_cast<double>(width)), kept = 0;
    if (std::optional<ArrayRef<double>> ramp = op.getRamp()) {
      double turns = rate * (*ramp)[2] / (2 * M_PI);
      kept = std::clamp((turns - (*ramp)[0]) / ((*ramp)[1] - (*ramp)[0]), 0.0, 1.0);
    }
    rates.push_back((1 - kept) * rate / factor + kept * rate);
  }
  return rates;
}

Results reference::rope(const Call &call) {
  auto op = llvm::cast<RopeOp>(call.op);
  const Tensor *offset = call.find(op.getOffset());
  Tensor y = call[op.getX()];
  int64_t batch = y.dim(0), time = y.dim(1), heads = op.getHeads(), width = op.getWidth(), head = y.dim(2) / heads;
  bool half = op.getStyle() == PairStyle::Half;
  std::vector<double> rates = rotationRates(op);
  double *out = y.mutableData();
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t t = 0; t < time; ++t) {
      double position = static_cast<double>(t) + (offset ? (*offset)[offset->rank() ? n : 0] : 0);
      for (int64_t i = 0; i < width / 2; ++i) {
        double angle = position * rates[i];
        double cosine = std::cos(angle), sine = std::sin(angle);
        for (int64_t h = 0; h < heads; ++h) {
          double *features = out + (n * time + t) * heads * head + h * head;
          double &a = features[half ? i : 2 * i], &b = features[half ? i + width / 2 : 2 * i + 1];
          double turned = a * cosine - b * sine;
          b = b * cosine + a * sine;
          a = turned;
        }
      }
    }
  return just(y);
}

/// Softmax of `length` numbers `step` apart; nothing but minus infinity gives zeros.
static void softmaxRow(double *row, int64_t length, int64_t step) {
  double top = -INFINITY, sum = 0;
  for (int64_t i = 0; i < length; ++i)
    top = std::max(top, row[i * step]);
  for (int64_t i = 0; i < length; ++i) {
    double &x = row[i * step];
    x = top == -INFINITY && !std::isnan(x) ? 0 : std::exp(x - top);
    sum += x;
  }
  for (int64_t i = 0; i < length && sum != 0; ++i)
    row[i * step] /= sum;
}

Results reference::softmax(const Call &call) {
  auto op = llvm::cast<SoftmaxOp>(call.op);
  Tensor y = call[op.getX()];
  if (y.size() == 0)
    return just(y);
  int64_t length = y.dim(op.getAxis()), step = y.stride(op.getAxis());
  double *out = y.mutableData();
  for (int64_t outer = 0; outer < y.size() / (length * step); ++outer)
    for (int64_t inner = 0; inner < step; ++inner)
      softmaxRow(out + outer * length * step + inner, length, step);
  return just(y);
}

Results reference::maskedSoftmax(const Call &call) {
  auto op = llvm::cast<MaskedSoftmaxOp>(call.op);
  Tensor y = call[op.getScores()];
  Tensor mask = broadcastTo(call[op.getMask()], y.dims());
  if (y.size() == 0)
    return just(y);
  double *out = y.mutableData();
  for (int64_t i = 0; i < y.size(); ++i)
    out[i] = mask[i] != 0 ? out[i] : -INFINITY;
  for (int64_t row = 0; row < y.size() / y.dim(-1); ++row)
    softmaxRow(out + row * y.dim(-1), y.dim(-1), 1);
  return just(y);
}

/// Reads element (n, h, q, k) of a tensor that broadcasts to [batch, heads, query, key].
namespace {
struct ScoreReader {
  const Tensor *table;
  SmallVector<int64_t> strides;
  ScoreReader(const Tensor *table, ArrayRef<int64_t> dims) : table(table) {
    if (table)
      strides = broadcastStrides(table->dims(), dims);
  }
  double at(int64_t n, int64_t h, int64_t q, int64_t k) const {
    return (*table)[n * strides[0] + h * strides[1] + q * strides[2] + k * strides[3]];
  }
};
} // namespace

Results reference::attention(const Call &call) {
  auto op = llvm::cast<AttentionOp>(call.op);
  const Tensor &query = call[op.getQuery()], &key = call[op.getKey()], &value = call[op.getValue()];
  int64_t batch = query.dim(0), heads = op.getHeads(), queries = query.dim(1), keys = key.dim(1), kvHeads = op.getKvHeads();
  int64_t width = query.dim(2) / heads, valueWidth = value.dim(2) / kvHeads;
  SmallVector<int64_t> dims = {batch, heads, queries, keys};
  ScoreReader mask(call.find(op.getMask()), dims), bias(call.find(op.getBias()), dims);
  double scale = op.getScale().convertToDouble(), cap = op.getSoftcap() ? op.getSoftcap()->convertToDouble() : 0;
  Tensor y = call.make();
  double *out = y.mutableData();
  std::vector<double> scores(queries * keys);
  if (scores.empty()) // queries without a key read zero, as those that see none
    return just(y);
  for (int64_t n = 0; n < batch; ++n)
    for (int64_t h = 0; h < heads; ++h) {
      int64_t kv = h / (heads / kvHeads);
      multiply({query.data() + n * query.stride(0) + h * width, query.stride(1), 1},
               {key.data() + n * key.stride(0) + kv * width, 1, key.stride(1)}, scores.data(), keys, queries, keys, width);
      for (int64_t q = 0; q < queries; ++q) {
        for (int64_t k = 0; k < keys; ++k) {
          double &score = scores[q * keys + k];
          score *= scale;
          if (cap > 0)
            score = cap * std::tanh(score / cap);
          if (bias.table)
            score += bias.at(n, h, q, k);
          if (mask.table && mask.at(n, h, q, k) == 0)
            score = -INFINITY;
        }
        softmaxRow(scores.data() + q * keys, keys, 1);
      }
      multiply({scores.data(), keys, 1}, {value.data() + n * value.stride(0) + kv * valueWidth, value.stride(1), 1},
               out + n * y.stride(0) + h * valueWidth, y.stride(1), queries, valueWidth, keys);
    }
  return just(y);
}
