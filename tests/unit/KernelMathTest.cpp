// Vector math against libm in double precision.
// LINK: weft_kernels
#include "codegen/emit/Math.h"
#include <cmath>
#include <functional>
#include <gtest/gtest.h>

namespace {

/// The largest error of `function` over lower..upper, relative to max(|wanted|, floor).
double worst(std::function<Halide::Expr(Halide::Expr)> function, std::function<double(double)> wanted, float lower, float upper, double floor) {
  const int count = 1 << 18;
  Halide::Var i;
  Halide::Func f, inputsOf;
  inputsOf(i) = lower + (upper - lower) * (Halide::cast<float>(i) / float(count));
  inputsOf.compute_root(); // stored, or fast math would merge it into the function
  Halide::Expr x = inputsOf(i);
  f(i) = Halide::Tuple(function(x), x);
  f.vectorize(i, 8);
  Halide::Realization result = f.realize({count});
  Halide::Buffer<float> values = result[0], inputs = result[1];
  double largest = 0;
  for (int n = 0; n < count; ++n) {
    double want = wanted(inputs(n));
    largest = std::max(largest, std::fabs(values(n) - want) / std::max(std::fabs(want), floor));
  }
  return largest;
}

TEST(KernelMath, ErrorsAreBelowOneMillionth) {
  EXPECT_LT(worst(weft::vectorExp, [](double x) { return std::exp(x); }, -87, 88, 0), 1e-6);
  EXPECT_LT(worst(weft::vectorLog, [](double x) { return std::log(x); }, 1e-3f, 10, 1e-1), 1e-6);
  EXPECT_LT(worst(weft::vectorErf, [](double x) { return std::erf(x); }, -6, 6, 1e-30), 1e-6);
  EXPECT_LT(worst(weft::vectorTanh, [](double x) { return std::tanh(x); }, -12, 12, 1e-30), 1e-6);
  EXPECT_LT(worst(weft::vectorSigmoid, [](double x) { return 1 / (1 + std::exp(-x)); }, -80, 80, 0), 1e-6);
}

TEST(KernelMath, ExpOfVeryNegativeNumbersIsZero) {
  EXPECT_EQ(worst(weft::vectorExp, [](double) { return 0.0; }, -2e38f, -88, 1), 0);
}

} // namespace
