// Compile-time values: exact fractions, reals, bools and strings, and the arithmetic of const expressions.
//
// Integers and quotients of integers stay exact (`d / 3 * 3` is d); a real taints what it touches. Whatever leaves 64 bits or is
// not finite is an error of the description, never a wrapped value.
#ifndef WEFT_FRONTEND_CONSTS_H
#define WEFT_FRONTEND_CONSTS_H

#include "Ast.h"

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

namespace weft {

/// A number of the description: a reduced fraction of 64-bit integers, or a finite double.
class Number {
public:
  Number(int64_t value = 0) : num(value) {}
  /// Nothing if the reduced fraction doesn't fit or the denominator is 0.
  static std::optional<Number> fraction(__int128 num, __int128 den);
  /// Nothing if `value` is not finite.
  static std::optional<Number> real(double value);

  bool isExact() const { return exact; }
  double toDouble() const { return exact ? double(num) / double(den) : value; }
  /// The value if it is whole; a real such as 3072.0 counts too.
  std::optional<int64_t> toInteger() const;
  /// `12`, `3/2`, `1e-05`
  std::string text() const;

  /// Nothing on overflow or division by zero. `op` is Add, Sub, Mul or Div.
  static std::optional<Number> apply(ast::BinaryOp op, Number a, Number b);
  /// Below, at, or above zero as a < b, a == b, a > b.
  static int compare(Number a, Number b);

private:
  bool exact = true;
  int64_t num = 0, den = 1;
  double value = 0;
};

using Const = std::variant<Number, bool, std::string>;

/// "a number", "a bool", "a string"
llvm::StringRef constKindText(const Const &value);
/// As a description or a message writes it; strings in quotes.
std::string constText(const Const &value);

/// Evaluates an operator on two constants: arithmetic and order on numbers, == and != on two of a kind, and/or on bools. On failure
/// `why` says what is wrong.
std::optional<Const> applyConst(ast::BinaryOp op, const Const &lhs, const Const &rhs, std::string &why);

/// Reads the value of `-D name=value`: true, false, a number, a string in quotes, or else the text itself.
Const parseDefine(llvm::StringRef text);

} // namespace weft

#endif // WEFT_FRONTEND_CONSTS_H
