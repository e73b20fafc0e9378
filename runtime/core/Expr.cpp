//===- Expr.cpp - sizes as expressions of the run-time dimensions --------------------------------------------===//
//
// Values are exact: terms are added as reduced fractions, so that (a + b)/2, stored as a/2 + b/2, is whole when it
// should be. Everything stays in 64 bits (128-bit division would need compiler-rt) and overflow is a failure.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"

using namespace weft::rt;

namespace {

struct Fraction {
  int64_t num;
  int64_t den; // > 0
};

int64_t gcd(int64_t a, int64_t b) {
  a = a < 0 ? -a : a;
  while (b) {
    int64_t rest = a % b;
    a = b;
    b = rest;
  }
  return a ? a : 1;
}

bool multiply(int64_t &value, int64_t factor) { return !__builtin_mul_overflow(value, factor, &value); }

void reduce(Fraction &fraction) {
  if (fraction.num == INT64_MIN)
    return;
  int64_t divisor = gcd(fraction.num, fraction.den);
  fraction.num /= divisor;
  fraction.den /= divisor;
}

/// The term at dims; false on overflow or a division by zero.
bool evaluateTerm(const weft_term &term, const int64_t *dims, Fraction &value) {
  value = {term.num, term.den};
  if (term.den <= 0)
    return false;
  reduce(value);
  for (int32_t d = 0; d < WEFT_MAX_DIMS; ++d) {
    for (int32_t p = term.power[d]; p > 0; --p)
      if (!multiply(value.num, dims[d]))
        return false;
    for (int32_t p = term.power[d]; p < 0; ++p)
      if (dims[d] <= 0 || !multiply(value.den, dims[d]))
        return false;
    reduce(value);
  }
  return true;
}

bool add(Fraction &sum, Fraction value) {
  int64_t common = gcd(sum.den, value.den);
  int64_t left = value.den / common, right = sum.den / common;
  if (!multiply(sum.num, left) || !multiply(value.num, right) || !multiply(sum.den, left))
    return false;
  if (__builtin_add_overflow(sum.num, value.num, &sum.num))
    return false;
  reduce(sum);
  return true;
}

} // namespace

int32_t weft_expr_eval(const weft_expr *expr, const int64_t *dims, int64_t *out) {
  Fraction sum = {0, 1};
  for (int64_t t = 0; t < expr->count; ++t) {
    Fraction value;
    if (!evaluateTerm(expr->terms[t], dims, value) || !add(sum, value))
      return 1;
  }
  if (sum.den != 1)
    return 1;
  *out = sum.num;
  return 0;
}

int64_t weft_expr_upper_bound(const weft_expr *expr, const weft_dim_info *dims, int32_t dimCount) {
  int64_t sum = 0;
  for (int64_t t = 0; t < expr->count; ++t) {
    const weft_term &term = expr->terms[t];
    // A positive term is largest where what it multiplies is largest, a negative one where it is smallest.
    int64_t extreme[WEFT_MAX_DIMS] = {};
    for (int32_t d = 0; d < dimCount; ++d) {
      bool wantLarge = (term.num > 0) == (term.power[d] > 0);
      int64_t lo = dims[d].lo > 0 || term.power[d] >= 0 ? dims[d].lo : 1;
      extreme[d] = wantLarge ? dims[d].hi : lo;
    }
    Fraction value;
    if (!evaluateTerm(term, extreme, value))
      return -1;
    int64_t whole = value.num / value.den;
    if (value.num > 0 && value.num % value.den)
      ++whole;
    if (__builtin_add_overflow(sum, whole, &sum))
      return -1;
  }
  return sum < 0 ? 0 : sum;
}

size_t weft_expr_print(const weft_expr *expr, const weft_dim_info *dims, char *text, size_t size) {
  TextSink sink{text, size};
  if (size)
    text[0] = 0;
  for (int64_t t = 0; t < expr->count; ++t) {
    const weft_term &term = expr->terms[t];
    int64_t magnitude = term.num < 0 && term.num != INT64_MIN ? -term.num : term.num;
    sink.print("%s", term.num < 0 ? (t ? " - " : "-") : (t ? " + " : ""));
    bool first = true;
    if (magnitude != 1) {
      sink.print("%lld", static_cast<long long>(magnitude));
      first = false;
    }
    for (int32_t d = 0; d < WEFT_MAX_DIMS; ++d)
      for (int32_t p = term.power[d]; p > 0; --p) {
        sink.print("%s%s", first ? "" : "*", dims[d].name);
        first = false;
      }
    if (first)
      sink.print("1");
    if (term.den != 1)
      sink.print("/%lld", static_cast<long long>(term.den));
    for (int32_t d = 0; d < WEFT_MAX_DIMS; ++d)
      for (int32_t p = term.power[d]; p < 0; ++p)
        sink.print("/%s", dims[d].name);
  }
  if (expr->count == 0)
    sink.print("0");
  return sink.length;
}
