// KernelGraph: values, sizes and broadcasting.
#include "codegen/KernelGraph.h"

using namespace mlir;
namespace weft {

hl::Func KernelGraph::func(Value value) const {
  auto found = funcs.find(value);
  assert(found != funcs.end() && "operand without a definition");
  return found->second;
}

void KernelGraph::stage(hl::Func func, Role role, Location location, std::vector<DimExpr> extents) {
  stages.push_back({func, role, location, std::move(extents), std::nullopt, false});
}

void KernelGraph::reduction(hl::Func func, hl::RDom domain, bool alongRow, Location location, std::vector<DimExpr> extents) {
  stages.push_back({func, Role::Reduction, location, std::move(extents), domain, alongRow});
}

hl::Expr KernelGraph::at(Value value, const Index &index) const {
  NamedTensorType type = typeOf(value);
  Index own;
  for (int64_t i = 0; i < type.getRank(); ++i) {
    bool single = type.getExpr(type.getRank() - 1 - i) == DimExpr(1);
    own.push_back(single || i >= int64_t(index.size()) ? hl::Expr(0) : index[i]);
  }
  return func(value)(own);
}

hl::Expr KernelGraph::size(const DimExpr &dim) {
  if (auto constant = dim.constant())
    return int(*constant);
  int64_t denominator = 1; // of all terms, so that quotients divide last and exactly
  for (const auto &[monomial, coefficient] : dim.terms())
    denominator = std::lcm(denominator, coefficient.den);
  hl::Expr sum = 0, divisor = int(denominator);
  for (const auto &[monomial, coefficient] : dim.terms()) {
    hl::Expr term = int(coefficient.num * (denominator / coefficient.den));
    for (const auto &[symbol, exponent] : monomial) {
      hl::Expr size = dims.try_emplace(symbol, symbol).first->second;
      for (int i = 0; i < exponent; ++i)
        term = term * size;
      for (int i = 0; i > exponent; --i)
        term = term / size;
    }
    sum = sum + term;
  }
  return hl::Internal::simplify(denominator == 1 ? sum : sum / divisor);
}

hl::Expr KernelGraph::size(Value value, int64_t dim) { return size(typeOf(value).getExpr(dim)); }

Vars varsFor(Value value) {
  static const char *const names[] = {"n", "m", "u", "v", "w", "x", "y", "z"};
  Vars vars;
  for (int64_t i = 0; i < rankOf(value); ++i)
    vars.emplace_back(i < 8 ? names[i] : "d" + std::to_string(i));
  return vars;
}

Index toIndex(const Vars &vars) { return Index(vars.begin(), vars.end()); }

std::vector<DimExpr> extentsOf(Value value) {
  auto exprs = typeOf(value).getExprs();
  return std::vector<DimExpr>(exprs.rbegin(), exprs.rend());
}

} // namespace weft
