// Vector math: coefficients and range reductions.
#include "codegen/emit/Math.h"
#include <initializer_list>

using Halide::Expr;
namespace weft {

/// Horner's rule, highest power first.
static Expr polynomial(Expr x, std::initializer_list<float> coefficients) {
  Expr sum;
  for (float c : coefficients)
    sum = sum.defined() ? sum * x + c : Expr(c);
  return sum;
}

Expr vectorExp(Expr x) {
  // Cephes: x = n ln2 + r. The first product is exact and must stay so: fast math would merge the two constants.
  Expr bounded = Halide::clamp(x, -87.33f, 88.37f);
  Expr n = Halide::floor(bounded * 1.44269504f + 0.5f);
  Expr r = Halide::strict_float(bounded - n * 0.693359375f) + n * 2.12194440e-4f;
  Expr p = polynomial(r, {1.9875691500e-4f, 1.3981999507e-3f, 8.3334519073e-3f, 4.1665795894e-2f, 1.6666665459e-1f, 5.0000001201e-1f});
  p = p * (r * r) + (r + 1.0f);
  Expr scaled = Halide::reinterpret<float>(Halide::reinterpret<int32_t>(p) + (Halide::cast<int32_t>(n) << 23));
  return Halide::select(x > -87.33f, scaled, 0.0f);
}

Expr vectorLog(Expr x) {
  // Cephes: x = 2^e m with m in [sqrt(1/2), sqrt(2)).
  Expr bits = Halide::reinterpret<int32_t>(x);
  Expr shifted = bits - 0x3f3504f3; // sqrt(1/2)
  Expr e = Halide::cast<float>(shifted >> 23);
  Expr m = Halide::reinterpret<float>((shifted & 0x007fffff) + 0x3f3504f3) - 1.0f;
  Expr p = polynomial(m, {7.0376836292e-2f, -1.1514610310e-1f, 1.1676998740e-1f, -1.2420140846e-1f, 1.4249322787e-1f, -1.6668057665e-1f,
                          2.0000714765e-1f, -2.4999993993e-1f, 3.3333331174e-1f});
  Expr square = m * m;
  Expr tail = p * (m * square) - e * 2.12194440e-4f - 0.5f * square;
  return Halide::strict_float(e * 0.693359375f + (m + tail));
}

Expr vectorErf(Expr x) {
  Expr y = Halide::clamp(x, -3.9f, 3.9f), square = y * y;
  Expr above = polynomial(square, {-2.72614225801306e-10f, 2.77068142495902e-08f, -2.10102402082508e-06f, -5.69250639462346e-05f,
                                   -7.34990630326855e-04f, -2.95459980854025e-03f, -1.60960333262415e-02f});
  Expr below = polynomial(square, {-1.45660718464996e-05f, -2.13374055278905e-04f, -1.68282697438203e-03f, -7.37332916720468e-03f,
                                   -1.42647390514189e-02f});
  return y * above / below;
}

Expr vectorTanh(Expr x) {
  Expr y = Halide::clamp(x, -7.90531110763549805f, 7.90531110763549805f), square = y * y;
  Expr above = polynomial(square, {-2.76076847742355e-16f, 2.00018790482477e-13f, -8.60467152213735e-11f, 5.12229709037114e-08f,
                                   1.48572235717979e-05f, 6.37261928875436e-04f, 4.89352455891786e-03f});
  Expr below = polynomial(square, {1.19825839466702e-06f, 1.18534705686654e-04f, 2.26843463243900e-03f, 4.89352518554385e-03f});
  return y * above / below;
}

Expr vectorSigmoid(Expr x) { return 1.0f / (1.0f + vectorExp(-x)); }

Expr minusInfinity() { return Halide::reinterpret<float>(Expr(uint32_t(0xff800000u))); }
Expr notANumber() { return Halide::reinterpret<float>(Expr(uint32_t(0x7fc00000u))); }

} // namespace weft
