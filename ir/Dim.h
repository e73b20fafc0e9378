// Dimension expressions: sums, products and quotients of named dimensions and numbers, in one canonical form.
// `frames/2 + 1` is a polynomial with rational coefficients; a quotient must be exact at run time (else an error code),
// so (frames/2)*2 is frames. Equal expressions have equal text, which is what types compare. What leaves 64 bits, or grows beyond
// maxTerms, becomes overflow(): an expression without a value, which stays what it is under any further arithmetic.
#ifndef WEFT_IR_DIM_H
#define WEFT_IR_DIM_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace weft {

class DimExpr {
public:
  /// Symbol → exponent, sorted by name; exponents may be negative, never zero.
  using Monomial = std::map<std::string, int>;
  struct Rational {
    int64_t num = 0, den = 1;
  };

  DimExpr() = default; // zero
  DimExpr(int64_t constant);
  static DimExpr symbol(llvm::StringRef name);
  static DimExpr overflow();
  bool isOverflow() const { return overflowed; }
  /// Parses what text() prints (`2*batch*seq+1`, `frames/2`); nothing when the text is malformed or overflows.
  static std::optional<DimExpr> parse(llvm::StringRef text);

  DimExpr operator+(const DimExpr &other) const;
  DimExpr operator-(const DimExpr &other) const;
  DimExpr operator*(const DimExpr &other) const;
  /// The exact quotient: by one term (a number, a dimension, a product) always, which run time checks; by a sum where it divides.
  std::optional<DimExpr> dividedBy(const DimExpr &divisor) const;
  bool operator==(const DimExpr &other) const { return text() == other.text(); }
  bool operator!=(const DimExpr &other) const { return !(*this == other); }

  std::optional<int64_t> constant() const;
  bool isConstant() const { return constant().has_value(); }
  /// The canonical text: terms by falling degree, then by name.
  std::string text() const;
  std::vector<std::string> symbols() const;
  const std::map<Monomial, Rational> &terms() const { return terms_; }

  /// The value where `size` gives each symbol's; nothing when a symbol is unknown, a quotient is not exact, or on overflow.
  std::optional<int64_t> evaluate(llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> size) const;
  DimExpr substitute(llvm::function_ref<std::optional<DimExpr>(llvm::StringRef)> replacement) const;

private:
  static constexpr size_t maxTerms = 64;
  static constexpr int maxPower = 16;

  void add(const Monomial &monomial, std::optional<Rational> coefficient);
  void addScaled(const DimExpr &other, const Monomial &monomial, Rational factor);
  std::optional<DimExpr> dividedBySum(const DimExpr &divisor) const;

  std::map<Monomial, Rational> terms_;
  bool overflowed = false;
};

} // namespace weft

#endif
