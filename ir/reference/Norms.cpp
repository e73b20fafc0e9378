// Normalizations of the oracle, row by row in two passes.
#include "Call.h"
#include <cmath>

using namespace weft;
using namespace weft::reference;

/// row(pointer to a row, width) for each row of the last dimension.
template <typename Row> static void eachRow(Tensor &x, Row row) {
  if (x.size() == 0)
    return;
  double *data = x.mutableData();
  int64_t width = x.dim(-1);
  for (int64_t i = 0; i < x.size(); i += width)
    row(data + i, width);
}

static double meanSquare(const double *row, int64_t width) {
  double sum = 0;
  for (int64_t i = 0; i < width; ++i)
    sum += row[i] * row[i];
  return sum / static_cast<double>(width);
}

static void layerNormRows(Tensor &x, const Tensor &gain, const Tensor &bias, double eps) {
  eachRow(x, [&](double *row, int64_t width) {
    double mean = 0;
    for (int64_t i = 0; i < width; ++i)
      mean += row[i];
    mean /= static_cast<double>(width);
    for (int64_t i = 0; i < width; ++i)
      row[i] -= mean;
    double deviation = std::sqrt(meanSquare(row, width) + eps);
    for (int64_t i = 0; i < width; ++i)
      row[i] = row[i] / deviation * gain[i] + bias[i];
  });
}

static void rmsNormRows(Tensor &x, const Tensor &gain, double eps) {
  eachRow(x, [&](double *row, int64_t width) {
    double root = std::sqrt(meanSquare(row, width) + eps);
    for (int64_t i = 0; i < width; ++i)
      row[i] = row[i] / root * gain[i];
  });
}

Results reference::layerNorm(const Call &call) {
  auto op = llvm::cast<LayerNormOp>(call.op);
  Tensor y = call[op.getX()];
  layerNormRows(y, call[op.getGain()], call[op.getBias()], op.getEps().convertToDouble());
  return just(y);
}

Results reference::rmsNorm(const Call &call) {
  auto op = llvm::cast<RmsNormOp>(call.op);
  Tensor y = call[op.getX()];
  rmsNormRows(y, call[op.getGain()], op.getEps().convertToDouble());
  return just(y);
}

Results reference::l2Normalize(const Call &call) {
  auto op = llvm::cast<L2NormalizeOp>(call.op);
  Tensor y = call[op.getX()];
  eachRow(y, [&](double *row, int64_t width) {
    double length = std::sqrt(meanSquare(row, width) * static_cast<double>(width));
    for (int64_t i = 0; i < width; ++i)
      row[i] /= std::max(length, op.getEps().convertToDouble());
  });
  return just(y);
}

Results reference::residualNorm(const Call &call) {
  auto op = llvm::cast<ResidualNormOp>(call.op);
  Tensor sum = call[op.getX()];
  Tensor residual = broadcastTo(call[op.getResidual()], sum.dims());
  double *data = sum.mutableData();
  for (int64_t i = 0; i < sum.size(); ++i)
    data[i] += residual[i];
  Tensor y = sum;
  double eps = op.getEps().convertToDouble();
  if (op.getKind() == NormKind::Layer)
    layerNormRows(y, call[op.getGain()], call[op.getBias()], eps);
  else
    rmsNormRows(y, call[op.getGain()], eps);
  return llvm::SmallVector<Tensor>{y, sum};
}
