// Sums of terms over one common denominator: (a + b)/2 may be whole where a/2 is not.
#include "codegen/ExprLowering.h"
#include <numeric>

using namespace weft;
using llvm::Value;

Value *ExprLowering::lower(const DimExpr &expr) {
  if (std::optional<int64_t> constant = expr.constant())
    return builder.getInt64(uint64_t(*constant));
  Value *&value = known[expr.text()];
  if (!value)
    value = compute(expr);
  return value;
}

Value *ExprLowering::power(llvm::StringRef symbol, int exponent) {
  Value *size = sizes.lookup(symbol), *product = builder.getInt64(1);
  assert(size && "every dimension of a graph is declared");
  for (int i = 0; i < exponent; ++i)
    product = builder.CreateMul(product, size, "", /*HasNUW=*/true, /*HasNSW=*/true);
  return product;
}

Value *ExprLowering::compute(const DimExpr &expr) {
  int64_t denominator = 1;
  std::map<std::string, int> below; // symbol -> exponent in the denominator
  for (const auto &[monomial, factor] : expr.terms()) {
    denominator = std::lcm(denominator, factor.den);
    for (const auto &[symbol, exponent] : monomial)
      below[symbol] = std::max(below[symbol], -exponent);
  }
  Value *numerator = builder.getInt64(0);
  for (const auto &[monomial, factor] : expr.terms()) {
    Value *term = builder.getInt64(uint64_t(factor.num * (denominator / factor.den)));
    std::map<std::string, int> exponents = below;
    for (const auto &[symbol, exponent] : monomial)
      exponents[symbol] += exponent;
    for (const auto &[symbol, exponent] : exponents)
      if (exponent > 0)
        term = builder.CreateNSWMul(term, power(symbol, exponent));
    numerator = builder.CreateNSWAdd(numerator, term);
  }
  Value *divisor = builder.getInt64(uint64_t(denominator));
  for (const auto &[symbol, exponent] : below)
    if (exponent > 0)
      divisor = builder.CreateNSWMul(divisor, power(symbol, exponent));
  if (auto *one = llvm::dyn_cast<llvm::ConstantInt>(divisor); one && one->isOne())
    return numerator;
  Value *rounded = builder.CreateNSWAdd(numerator, builder.CreateNSWSub(divisor, builder.getInt64(1)));
  return builder.CreateSDiv(rounded, divisor);
}
