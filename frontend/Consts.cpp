// Arithmetic of compile-time values.
#include "Consts.h"

#include "llvm/ADT/StringExtras.h"

#include <charconv>
#include <cmath>
#include <limits>

using namespace llvm;

namespace weft {

using ast::BinaryOp;

static bool fits(__int128 value) {
  return value >= std::numeric_limits<int64_t>::min() && value <= std::numeric_limits<int64_t>::max();
}

std::optional<Number> Number::fraction(__int128 num, __int128 den) {
  if (den == 0)
    return std::nullopt;
  __int128 a = num < 0 ? -num : num, b = den < 0 ? -den : den;
  while (b) {
    __int128 rest = a % b;
    a = b;
    b = rest;
  }
  num /= a;
  den /= a;
  if (den < 0) {
    num = -num;
    den = -den;
  }
  if (!fits(num) || !fits(den))
    return std::nullopt;
  Number result;
  result.num = static_cast<int64_t>(num);
  result.den = static_cast<int64_t>(den);
  return result;
}

std::optional<Number> Number::real(double value) {
  if (!std::isfinite(value))
    return std::nullopt;
  Number result;
  result.exact = false;
  result.value = value;
  return result;
}

std::optional<int64_t> Number::toInteger() const {
  if (exact)
    return den == 1 ? std::optional<int64_t>(num) : std::nullopt;
  constexpr double exactLimit = 9007199254740992.0; // 2^53
  if (std::trunc(value) != value || std::fabs(value) > exactLimit)
    return std::nullopt;
  return static_cast<int64_t>(value);
}

std::string Number::text() const {
  if (exact)
    return den == 1 ? std::to_string(num) : std::to_string(num) + "/" + std::to_string(den);
  char buffer[32];
  auto [end, error] = std::to_chars(buffer, buffer + sizeof(buffer), value);
  std::string result(buffer, end);
  // A real reads back as a real.
  return result.find_first_of(".e") == std::string::npos ? result + ".0" : result;
}

std::optional<Number> Number::apply(BinaryOp op, Number a, Number b) {
  if (!a.exact || !b.exact) {
    double x = a.toDouble(), y = b.toDouble();
    switch (op) {
    case BinaryOp::Add:
      return real(x + y);
    case BinaryOp::Sub:
      return real(x - y);
    case BinaryOp::Mul:
      return real(x * y);
    default:
      return y == 0 ? std::nullopt : real(x / y);
    }
  }
  __int128 an = a.num, ad = a.den, bn = b.num, bd = b.den;
  switch (op) {
  case BinaryOp::Add:
  case BinaryOp::Sub: {
    __int128 left = an * bd, right = bn * ad, sum;
    if (op == BinaryOp::Add ? __builtin_add_overflow(left, right, &sum) : __builtin_sub_overflow(left, right, &sum))
      return std::nullopt;
    return fraction(sum, ad * bd);
  }
  case BinaryOp::Mul:
    return fraction(an * bn, ad * bd);
  default:
    return fraction(an * bd, ad * bn);
  }
}

int Number::compare(Number a, Number b) {
  if (a.exact && b.exact) {
    __int128 left = static_cast<__int128>(a.num) * b.den, right = static_cast<__int128>(b.num) * a.den;
    return left < right ? -1 : left > right;
  }
  double x = a.toDouble(), y = b.toDouble();
  return x < y ? -1 : x > y;
}

StringRef constKindText(const Const &value) {
  static constexpr StringLiteral texts[] = {"a number", "a bool", "a string"};
  return texts[value.index()];
}

std::string constText(const Const &value) {
  if (auto *number = std::get_if<Number>(&value))
    return number->text();
  if (auto *flag = std::get_if<bool>(&value))
    return *flag ? "true" : "false";
  return "\"" + std::get<std::string>(value) + "\"";
}

static std::optional<Const> applyToNumbers(BinaryOp op, Number a, Number b, std::string &why) {
  int order = Number::compare(a, b);
  switch (op) {
  case BinaryOp::Eq:
    return Const(order == 0);
  case BinaryOp::Ne:
    return Const(order != 0);
  case BinaryOp::Lt:
    return Const(order < 0);
  case BinaryOp::Le:
    return Const(order <= 0);
  case BinaryOp::Gt:
    return Const(order > 0);
  case BinaryOp::Ge:
    return Const(order >= 0);
  case BinaryOp::Add:
  case BinaryOp::Sub:
  case BinaryOp::Mul:
  case BinaryOp::Div:
    break;
  default:
    why = "'" + ast::binaryOpText(op).str() + "' does not work on numbers";
    return std::nullopt;
  }
  if (op == BinaryOp::Div && b.toDouble() == 0) {
    why = "division by zero";
    return std::nullopt;
  }
  std::optional<Number> result = Number::apply(op, a, b);
  if (!result) {
    why = a.text() + " " + ast::binaryOpText(op).str() + " " + b.text() + " is out of range";
    return std::nullopt;
  }
  return Const(*result);
}

std::optional<Const> applyConst(BinaryOp op, const Const &lhs, const Const &rhs, std::string &why) {
  if (lhs.index() != rhs.index()) {
    why = "'" + ast::binaryOpText(op).str() + "' does not work on " + constKindText(lhs).str() + " and " + constKindText(rhs).str();
    return std::nullopt;
  }
  if (auto *a = std::get_if<Number>(&lhs))
    return applyToNumbers(op, *a, std::get<Number>(rhs), why);
  bool equal = constText(lhs) == constText(rhs);
  if (op == BinaryOp::Eq || op == BinaryOp::Ne)
    return Const(equal == (op == BinaryOp::Eq));
  if (auto *a = std::get_if<bool>(&lhs)) {
    if (op == BinaryOp::And)
      return Const(*a && std::get<bool>(rhs));
    if (op == BinaryOp::Or)
      return Const(*a || std::get<bool>(rhs));
  }
  why = "'" + ast::binaryOpText(op).str() + "' does not work on " + constKindText(lhs).drop_front(2).str() + "s";
  return std::nullopt;
}

Const parseDefine(StringRef text) {
  if (text == "true" || text == "false")
    return text == "true";
  int64_t integer;
  if (!text.getAsInteger(10, integer))
    return Number(integer);
  double value;
  StringRef digits = text;
  digits.consume_front("-");
  if (!digits.empty() && (isDigit(digits.front()) || digits.front() == '.') && !text.getAsDouble(value))
    if (std::optional<Number> number = Number::real(value))
      return *number;
  if (text.size() >= 2 && text.front() == '"' && text.back() == '"')
    text = text.drop_front().drop_back();
  return text.str();
}

} // namespace weft
