// Contractions of the oracle, on one blocked product. Convolutions gather their windows into a matrix first.
#include "Call.h"
#include "Numbers.h"

using namespace weft;
using namespace weft::reference;
using llvm::ArrayRef;

/// Adds bias[channel] to runs of `run` equal channels.
static void addBias(Tensor &y, const Tensor *bias, int64_t run) {
  if (!bias || y.size() == 0)
    return;
  double *out = y.mutableData();
  for (int64_t i = 0, channels = bias->size(); i < y.size(); ++i)
    out[i] += (*bias)[i / run % channels];
}

Results reference::linear(const Call &call) {
  auto op = llvm::cast<LinearOp>(call.op);
  const Tensor &x = call[op.getX()], &weight = call[op.getWeight()];
  int64_t depth = x.dim(-1);
  Tensor y = call.make();
  int64_t columns = y.dim(-1), rows = columns ? y.size() / columns : 0;
  Matrix b = op.getTransposed() ? Matrix{weight.data(), columns, 1} : Matrix{weight.data(), 1, depth};
  multiply({x.data(), depth, 1}, b, y.mutableData(), columns, rows, columns, depth);
  addBias(y, call.find(op.getBias()), 1);
  return just(y);
}

namespace {
/// The parts of one weft.strassen: quarters of x and of the weight, in the notation of its description.
struct Halves {
  int64_t rows, columns, depth; ///< of one half: of the result's rows and columns, of the sum
  std::vector<double> product(Matrix a, Matrix b) const {
    std::vector<double> out(rows * columns);
    multiply(a, b, out.data(), columns, rows, columns, depth);
    return out;
  }
  std::vector<double> sum(Matrix a, double factor, Matrix b) const {
    std::vector<double> out;
    for (int64_t i = 0; i < rows; ++i)
      for (int64_t k = 0; k < depth; ++k)
        out.push_back(a.data[i * a.rowStride + k] + factor * b.data[i * b.rowStride + k]);
    return out;
  }
  Matrix view(const std::vector<double> &a) const { return {a.data(), depth, 1}; }
};
} // namespace

static std::vector<double> plus(std::vector<double> a, const std::vector<double> &b) {
  for (size_t i = 0; i < a.size(); ++i)
    a[i] += b[i];
  return a;
}

/// The formula itself, so that wrong sums of weights show; halves of an odd number of rows share the row in the middle.
Results reference::strassen(const Call &call) {
  auto op = llvm::cast<StrassenOp>(call.op);
  const Tensor &x = call[op.getX()], &weight = call[op.getWeight()], &sums = call[op.getSums()];
  Tensor y = call.make();
  int64_t depth = x.dim(-1), columns = y.dim(-1), rows = columns ? y.size() / columns : 0, k = depth / 2, n = columns / 2;
  int64_t half = (rows + 1) / 2, rest = rows / 2;
  bool transposed = op.getTransposed();
  auto a = [&](int64_t lower, int64_t right) { return Matrix{x.data() + lower * rest * depth + right * k, depth, 1}; };
  auto b = [&](int64_t lower, int64_t right) {
    return transposed ? Matrix{weight.data() + lower * k * columns + right * n, columns, 1} : Matrix{weight.data() + right * n * depth + lower * k, 1, depth};
  };
  auto t = [&](int64_t place) { return transposed ? Matrix{sums.data() + place * k * n, n, 1} : Matrix{sums.data() + place * k, 1, 2 * depth}; };
  Halves halves{half, n, k};
  std::vector<double> s1 = halves.sum(a(1, 0), 1, a(1, 1)), s2 = halves.sum(halves.view(s1), -1, a(0, 0)), s3 = halves.sum(a(0, 0), -1, a(1, 0)),
                      s4 = halves.sum(a(0, 1), -1, halves.view(s2));
  std::vector<double> p1 = halves.product(a(0, 0), b(0, 0)), u2 = plus(halves.product(halves.view(s2), t(1)), p1),
                      u3 = plus(halves.product(halves.view(s3), t(2)), u2), p5 = halves.product(halves.view(s1), t(0));
  std::vector<double> parts[2][2] = {{plus(halves.product(a(0, 1), b(1, 0)), p1), plus(halves.product(halves.view(s4), b(1, 1)), plus(u2, p5))},
                                     {plus(halves.product(a(1, 1), t(3)), u3), plus(u3, p5)}};
  double *out = y.mutableData();
  for (int64_t lower = 0; lower < 2; ++lower)
    for (int64_t right = 0; right < 2; ++right)
      for (int64_t i = 0; i < half; ++i)
        std::copy_n(parts[lower][right].data() + i * n, n, out + (i + lower * rest) * columns + right * n);
  addBias(y, call.find(op.getBias()), 1);
  return just(y);
}

Results reference::matmul(const Call &call) {
  auto op = llvm::cast<MatMulOp>(call.op);
  const Tensor &a = call[op.getLhs()], &b = call[op.getRhs()];
  Tensor y = call.make();
  int64_t rows = a.dim(-2), depth = a.dim(-1), columns = b.dim(-1);
  llvm::SmallVector<int64_t> lead(y.dims().drop_back(2));
  lead.push_back(1); // so that rows of forEachRow are single products
  auto strides = [&](const Tensor &x, int64_t size) {
    llvm::SmallVector<int64_t> dims(x.dims().drop_back(2));
    dims.push_back(1);
    llvm::SmallVector<int64_t> result = broadcastStrides(dims, lead);
    for (int64_t &stride : result)
      stride *= size;
    return result;
  };
  std::array<llvm::SmallVector<int64_t>, 3> at = {strides(a, rows * depth), strides(b, depth * columns), strides(y, rows * columns)};
  double *out = y.mutableData();
  forEachRow<3>(lead, at, [&](const std::array<int64_t, 3> &offset) {
    multiply({a.data() + offset[0], depth, 1}, {b.data() + offset[1], columns, 1}, out + offset[2], columns, rows, columns, depth);
  });
  return just(y);
}

namespace {
/// A convolution over two spatial axes; one axis is a height of 1.
struct Convolution {
  int64_t height, width, kernelHeight, kernelWidth, strideY, strideX, padY, padX, outHeight, outWidth;
};
} // namespace

/// Windows of one image as columns: [channels*kernelHeight*kernelWidth][outHeight*outWidth].
static std::vector<double> gatherWindows(const double *image, int64_t channels, const Convolution &c) {
  std::vector<double> columns(channels * c.kernelHeight * c.kernelWidth * c.outHeight * c.outWidth);
  double *out = columns.data();
  for (int64_t channel = 0; channel < channels; ++channel)
    for (int64_t ky = 0; ky < c.kernelHeight; ++ky)
      for (int64_t kx = 0; kx < c.kernelWidth; ++kx)
        for (int64_t oy = 0; oy < c.outHeight; ++oy)
          for (int64_t ox = 0; ox < c.outWidth; ++ox) {
            int64_t y = oy * c.strideY + ky - c.padY, x = ox * c.strideX + kx - c.padX;
            bool inside = y >= 0 && y < c.height && x >= 0 && x < c.width;
            *out++ = inside ? image[(channel * c.height + y) * c.width + x] : 0;
          }
  return columns;
}

static Results convolve(const Call &call, const Tensor &x, const Tensor &weight, const Tensor *bias, const Convolution &c) {
  Tensor y = call.make();
  int64_t channels = x.dim(1), outChannels = weight.dim(0), image = channels * c.height * c.width;
  int64_t pixels = c.outHeight * c.outWidth, depth = channels * c.kernelHeight * c.kernelWidth;
  double *out = y.mutableData();
  for (int64_t n = 0; n < x.dim(0); ++n) {
    std::vector<double> windows = gatherWindows(x.data() + n * image, channels, c);
    multiply({weight.data(), depth, 1}, {windows.data(), pixels, 1}, out + n * outChannels * pixels, pixels, outChannels, pixels, depth);
  }
  addBias(y, bias, std::max<int64_t>(pixels, 1));
  return just(y);
}

Results reference::conv1d(const Call &call) {
  auto op = llvm::cast<Conv1dOp>(call.op);
  const Tensor &x = call[op.getX()], &weight = call[op.getWeight()];
  Convolution c{1, x.dim(2), 1, weight.dim(2), 1, static_cast<int64_t>(op.getStride()),
                0, static_cast<int64_t>(op.getPad()), 1, call.shapes[0][2]};
  return convolve(call, x, weight, call.find(op.getBias()), c);
}

Results reference::conv2d(const Call &call) {
  auto op = llvm::cast<Conv2dOp>(call.op);
  const Tensor &x = call[op.getX()], &weight = call[op.getWeight()];
  ArrayRef<int64_t> stride = op.getStride(), pad = op.getPad();
  Convolution c{x.dim(2), x.dim(3), weight.dim(2), weight.dim(3), stride[0], stride[1], pad[0], pad[1], call.shapes[0][2], call.shapes[0][3]};
  return convolve(call, x, weight, call.find(op.getBias()), c);
}

Results reference::windows(const Call &call) {
  auto op = llvm::cast<WindowsOp>(call.op);
  const Tensor &x = call[op.getX()];
  ArrayRef<int64_t> kernel = op.getKernel(), stride = op.getStride(), pad = op.getPad(), shape = call.shapes[0];
  bool flat = kernel.size() == 1;
  Convolution c{flat ? 1 : x.dim(2), x.dim(-1),     flat ? 1 : kernel[0], kernel.back(),       flat ? 1 : stride[0],
                stride.back(),       flat ? 0 : pad[0], pad.back(),           flat ? 1 : shape[1], shape[shape.size() - 2]};
  Tensor y = call.make();
  int64_t channels = x.dim(1), image = channels * c.height * c.width, pixels = c.outHeight * c.outWidth, depth = y.dim(-1);
  double *out = y.mutableData();
  for (int64_t n = 0; n < x.dim(0); ++n) {
    std::vector<double> columns = gatherWindows(x.data() + n * image, channels, c);
    // Feature k of a row is `taps` numbers of each channel, or `channels` numbers of each tap.
    int64_t taps = depth / std::max<int64_t>(channels, 1);
    for (int64_t pixel = 0; pixel < pixels; ++pixel)
      for (int64_t k = 0; k < depth; ++k)
        *out++ = columns[(op.getChannelsInner() ? k % channels * taps + k / channels : k) * pixels + pixel];
  }
  return just(y);
}
