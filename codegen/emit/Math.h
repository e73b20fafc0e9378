// Vector math: polynomials and rationals that Halide turns into straight vector code, where libm would be a call a lane.
// Relative errors at most 1e-6 over the normal range (tests/unit/KernelMathTest.cpp); no infinities or NaNs may go in (Halide's fast math).
#ifndef WEFT_CODEGEN_EMIT_MATH_H
#define WEFT_CODEGEN_EMIT_MATH_H

#include "Halide.h"

namespace weft {

/// e^x; 0 below -87.3, the largest power of two's worth above 88.
Halide::Expr vectorExp(Halide::Expr x);
/// Natural logarithm of positive numbers.
Halide::Expr vectorLog(Halide::Expr x);
/// Rational in x^2, as in Eigen: no exp, relative error 4e-7.
Halide::Expr vectorErf(Halide::Expr x);
Halide::Expr vectorTanh(Halide::Expr x);
Halide::Expr vectorSigmoid(Halide::Expr x);
/// By their bits: as literals they would be undefined under fast math. To be selected, not to be reckoned with.
Halide::Expr minusInfinity();
Halide::Expr notANumber();

} // namespace weft

#endif
