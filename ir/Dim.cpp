// Dimension expressions: arithmetic on canonical polynomials, their text, and its parser.
#include "Dim.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"
#include <algorithm>
#include <numeric>

using namespace weft;
using Rational = DimExpr::Rational;
using Monomial = DimExpr::Monomial;

static std::optional<Rational> reduced(__int128 num, __int128 den) {
  if (den < 0) {
    num = -num;
    den = -den;
  }
  __int128 a = num < 0 ? -num : num, b = den;
  while (b) {
    __int128 rest = a % b;
    a = b;
    b = rest;
  }
  if (den == 0)
    return std::nullopt;
  num /= a;
  den /= a;
  if (num > INT64_MAX || num <= INT64_MIN || den > INT64_MAX)
    return std::nullopt;
  return Rational{static_cast<int64_t>(num), static_cast<int64_t>(den)};
}

static std::optional<Rational> times(Rational a, Rational b) {
  return reduced(static_cast<__int128>(a.num) * b.num, static_cast<__int128>(a.den) * b.den);
}

static std::optional<Rational> inverse(Rational a) { return reduced(a.den, a.num); }

static Monomial product(const Monomial &a, const Monomial &b, int sign = 1) {
  Monomial result = a;
  for (const auto &[name, power] : b)
    if ((result[name] += sign * power) == 0)
      result.erase(name);
  return result;
}

DimExpr::DimExpr(int64_t constant) { add({}, Rational{constant, 1}); }

DimExpr DimExpr::symbol(llvm::StringRef name) {
  DimExpr result;
  result.add({{name.str(), 1}}, Rational{1, 1});
  return result;
}

DimExpr DimExpr::overflow() {
  DimExpr result = symbol("__overflow");
  result.overflowed = true;
  return result;
}

void DimExpr::add(const Monomial &monomial, std::optional<Rational> coefficient) {
  if (overflowed)
    return;
  bool fits = coefficient && llvm::all_of(monomial, [](const auto &factor) { return std::abs(factor.second) <= maxPower; });
  std::optional<Rational> sum;
  if (fits) {
    Rational old = terms_[monomial];
    __int128 a = static_cast<__int128>(old.num) * coefficient->den, b = static_cast<__int128>(coefficient->num) * old.den;
    sum = reduced(a + b, static_cast<__int128>(old.den) * coefficient->den);
  }
  if (!sum || terms_.size() > maxTerms) {
    *this = overflow();
    return;
  }
  if (sum->num == 0)
    terms_.erase(monomial);
  else
    terms_[monomial] = *sum;
}

/// Adds other * factor * monomial.
void DimExpr::addScaled(const DimExpr &other, const Monomial &monomial, Rational factor) {
  if (other.overflowed)
    *this = overflow();
  for (const auto &[a, x] : other.terms_)
    add(product(a, monomial), times(x, factor));
}

DimExpr DimExpr::operator+(const DimExpr &other) const {
  DimExpr result = *this;
  result.addScaled(other, {}, {1, 1});
  return result;
}

DimExpr DimExpr::operator-(const DimExpr &other) const {
  DimExpr result = *this;
  result.addScaled(other, {}, {-1, 1});
  return result;
}

DimExpr DimExpr::operator*(const DimExpr &other) const {
  if (overflowed || other.overflowed)
    return overflow();
  DimExpr result;
  for (const auto &[monomial, coefficient] : other.terms_)
    result.addScaled(*this, monomial, coefficient);
  return result;
}

std::optional<DimExpr> DimExpr::dividedBy(const DimExpr &divisor) const {
  if (divisor.terms_.empty())
    return std::nullopt;
  if (overflowed || divisor.overflowed)
    return overflow();
  if (divisor.terms_.size() != 1)
    return dividedBySum(divisor);
  const auto &[monomial, coefficient] = *divisor.terms_.begin();
  std::optional<Rational> factor = inverse(coefficient);
  DimExpr result;
  result.addScaled(*this, product({}, monomial, -1), factor.value_or(Rational{1, 1}));
  return factor ? result : overflow();
}

/// Lexicographic: the first name with different powers decides. Unlike the map's order it survives multiplication, as long division needs.
static bool below(const Monomial &a, const Monomial &b) {
  auto i = a.begin(), j = b.begin();
  for (; i != a.end() && j != b.end(); ++i, ++j)
    if (*i != *j)
      return i->first != j->first ? i->first > j->first : i->second < j->second;
  return i == a.end() && j != b.end();
}

static std::pair<Monomial, Rational> leading(const std::map<Monomial, Rational> &terms) {
  return *std::max_element(terms.begin(), terms.end(), [](const auto &a, const auto &b) { return below(a.first, b.first); });
}

/// Long division of polynomials; nothing where a rest stays.
std::optional<DimExpr> DimExpr::dividedBySum(const DimExpr &divisor) const {
  DimExpr rest = *this, quotient;
  auto [lead, leadCoefficient] = leading(divisor.terms_);
  std::optional<Rational> factor = inverse(leadCoefficient);
  for (size_t step = 0; factor && step < maxTerms && !rest.terms_.empty(); ++step) {
    auto [monomial, coefficient] = leading(rest.terms_);
    std::optional<Rational> scale = times(coefficient, *factor);
    Monomial part = product(monomial, lead, -1);
    if (!scale || llvm::any_of(part, [](const auto &power) { return power.second < 0; }))
      return std::nullopt;
    quotient.add(part, scale);
    rest.addScaled(divisor, part, {-scale->num, scale->den});
    if (rest.overflowed)
      return std::nullopt;
  }
  return rest.terms_.empty() && factor ? std::optional<DimExpr>(quotient) : std::nullopt;
}

std::optional<int64_t> DimExpr::constant() const {
  if (terms_.empty())
    return 0;
  const auto &[monomial, coefficient] = *terms_.begin();
  if (terms_.size() != 1 || !monomial.empty() || coefficient.den != 1)
    return std::nullopt;
  return coefficient.num;
}

static int degree(const Monomial &monomial) {
  int sum = 0;
  for (const auto &entry : monomial)
    sum += entry.second;
  return sum;
}

static std::string termText(const Monomial &monomial, Rational coefficient) {
  std::string above, below;
  auto join = [](std::string &text, const std::string &factor) { text += (text.empty() ? "" : "*") + factor; };
  int64_t size = coefficient.num < 0 ? -coefficient.num : coefficient.num;
  if (size != 1)
    join(above, std::to_string(size));
  if (coefficient.den != 1)
    join(below, std::to_string(coefficient.den));
  for (const auto &[name, power] : monomial)
    for (int i = 0; i < std::abs(power); ++i)
      join(power > 0 ? above : below, name);
  if (above.empty())
    above = "1";
  if (below.empty())
    return above;
  bool single = below.find('*') == std::string::npos;
  return above + "/" + (single ? below : "(" + below + ")");
}

std::string DimExpr::text() const {
  std::vector<std::pair<Monomial, Rational>> sorted(terms_.begin(), terms_.end());
  std::sort(sorted.begin(), sorted.end(), [](const auto &a, const auto &b) {
    int above = degree(a.first), below = degree(b.first);
    return above != below ? above > below : a.first < b.first;
  });
  std::string result;
  for (const auto &[monomial, coefficient] : sorted) {
    if (coefficient.num < 0)
      result += "-";
    else if (!result.empty())
      result += "+";
    result += termText(monomial, coefficient);
  }
  return result.empty() ? "0" : result;
}

std::vector<std::string> DimExpr::symbols() const {
  std::vector<std::string> result;
  for (const auto &term : terms_)
    for (const auto &factor : term.first)
      result.push_back(factor.first);
  std::sort(result.begin(), result.end());
  result.erase(std::unique(result.begin(), result.end()), result.end());
  return result;
}

std::optional<int64_t>
DimExpr::evaluate(llvm::function_ref<std::optional<int64_t>(llvm::StringRef)> size) const {
  // One common sum of fractions: (frames - 1)/2 is exact for odd frames although neither of its terms is.
  Rational sum;
  if (overflowed)
    return std::nullopt;
  for (const auto &[monomial, coefficient] : terms_) {
    int64_t num = coefficient.num, den = coefficient.den;
    for (const auto &[name, power] : monomial) {
      std::optional<int64_t> value = size(name);
      if (!value)
        return std::nullopt;
      for (int i = 0; i < std::abs(power); ++i)
        if (llvm::MulOverflow(power > 0 ? num : den, *value, power > 0 ? num : den))
          return std::nullopt;
    }
    std::optional<Rational> added = reduced(static_cast<__int128>(sum.num) * den + static_cast<__int128>(num) * sum.den,
                                            static_cast<__int128>(sum.den) * den);
    if (!added)
      return std::nullopt;
    sum = *added;
  }
  if (sum.den != 1)
    return std::nullopt;
  return sum.num;
}

DimExpr DimExpr::substitute(llvm::function_ref<std::optional<DimExpr>(llvm::StringRef)> replacement) const {
  DimExpr result;
  if (overflowed)
    return overflow();
  for (const auto &[monomial, coefficient] : terms_) {
    DimExpr term;
    term.add({}, coefficient);
    for (const auto &[name, power] : monomial) {
      DimExpr factor = replacement(name).value_or(DimExpr::symbol(name));
      for (int i = 0; i < std::abs(power); ++i) {
        if (power > 0)
          term = term * factor;
        else
          term = term.dividedBy(factor).value_or(overflow());
      }
    }
    result = result + term;
  }
  return result;
}

namespace {
/// sum := product (('+' | '-') product)*; product := factor (('*' | '/') factor)*; factor := number | name | '(' sum ')' | '-' factor
class TextParser {
public:
  explicit TextParser(llvm::StringRef text) : rest(text) {}
  std::optional<DimExpr> whole() {
    std::optional<DimExpr> result = sum();
    rest = rest.ltrim();
    return rest.empty() ? result : std::nullopt;
  }

private:
  bool take(char c) {
    rest = rest.ltrim();
    return rest.consume_front(llvm::StringRef(&c, 1));
  }
  std::optional<DimExpr> sum() {
    std::optional<DimExpr> left = product();
    while (left) {
      bool plus = take('+');
      if (!plus && !take('-'))
        break;
      std::optional<DimExpr> right = product();
      if (!right)
        return std::nullopt;
      left = plus ? *left + *right : *left - *right;
    }
    return left;
  }
  std::optional<DimExpr> product() {
    std::optional<DimExpr> left = factor();
    while (left) {
      bool times = take('*');
      if (!times && !take('/'))
        break;
      std::optional<DimExpr> right = factor();
      if (!right)
        return std::nullopt;
      left = times ? std::optional<DimExpr>(*left * *right) : left->dividedBy(*right);
    }
    return left;
  }
  std::optional<DimExpr> factor() {
    if (++depth > 64)
      return std::nullopt;
    llvm::scope_exit leave([&] { --depth; });
    if (take('-')) {
      std::optional<DimExpr> operand = factor();
      return operand ? std::optional<DimExpr>(DimExpr(0) - *operand) : std::nullopt;
    }
    if (take('(')) {
      std::optional<DimExpr> inner = sum();
      return inner && take(')') ? inner : std::nullopt;
    }
    llvm::StringRef word = rest.take_while([](char c) { return llvm::isAlnum(c) || c == '_'; });
    rest = rest.drop_front(word.size());
    if (word.empty())
      return std::nullopt;
    if (!llvm::isDigit(word.front()))
      return DimExpr::symbol(word);
    int64_t value;
    if (word.getAsInteger(10, value))
      return std::nullopt;
    return DimExpr(value);
  }
  llvm::StringRef rest;
  int depth = 0;
};
} // namespace

std::optional<DimExpr> DimExpr::parse(llvm::StringRef text) {
  std::optional<DimExpr> result = TextParser(text).whole();
  return result && !result->isOverflow() ? result : std::nullopt;
}
