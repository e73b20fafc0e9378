// weft.strassen of many rows: seven products of half the size, each an accumulator of the register tile's own shape that starts from an
// earlier product. The kernel's result becomes a Func of (column, row, right half?, lower half?), and what stands between the contraction and
// the result is inlined into it, at each quarter's own place.
#include "codegen/emit/Emit.h"

using namespace mlir;
using llvm::Error;
using llvm::Expected;
namespace hi = Halide::Internal;
namespace weft {

namespace {
using OfRows = std::function<hl::Expr(hl::Expr k, hl::Expr m)>;
using OfWeights = std::function<hl::Expr(hl::Expr i, hl::Expr k, hl::Expr o)>;
using Start = std::function<hl::Expr(hl::Expr i, hl::Expr m, hl::Expr o)>;

/// Collects the products in the order of their definition.
class Products {
public:
  Products(StrassenOp op, KernelGraph &graph, Strassen &stages) : op(op), graph(graph), stages(stages) {}

  /// start + rows * weights; while it runs, `next` at `nextBytes` is asked for.
  hl::Func add(const std::string &name, const OfRows &rows, const OfWeights &weights, const Start &start, const hl::ImageParam &next,
               std::function<hl::Expr(hl::Expr panel)> nextBytes) {
    hl::Var i = stages.column, m = stages.row, o = stages.panel;
    hl::Func acc(graph.name("acc_" + name)), result(graph.name(name));
    acc(i, m, o) = start ? start(i, m, o) : hl::Expr(0.0f);
    acc(i, m, o) += rows(stages.sum.x, m) * weights(i, stages.sum.x, o);
    result(i, m, o) = acc(i, m, o);
    stages.products.push_back({acc, result});
    graph.contractions.push_back(
        Contraction{acc, stages.sum, i, o, {m}, stages.depth, widePanel, next.name(), op.getResult(), std::move(nextBytes), {stages.depth}, widePanel, 0});
    return result;
  }

private:
  StrassenOp op;
  KernelGraph &graph;
  Strassen &stages;
};
} // namespace

/// S1 = A21 + A22, S2 = S1 - A11, S3 = A11 - A21, S4 = A12 - S2, in one walk over the rows.
static std::vector<OfRows> defineRowSums(Strassen &stages, KernelGraph &graph, const std::function<OfRows(int, int)> &a) {
  hl::Var k = stages.k, m = stages.row;
  hl::Func sums(graph.name("row_sums"));
  hl::Expr a11 = a(0, 0)(k, m), a12 = a(0, 1)(k, m), a21 = a(1, 0)(k, m), a22 = a(1, 1)(k, m), s1 = a21 + a22, s2 = s1 - a11;
  sums(k, m) = hl::Tuple(s1, s2, a11 - a21, a12 - s2);
  stages.rowSums = sums;
  std::vector<OfRows> each;
  for (int i = 0; i < 4; ++i)
    each.push_back([sums, i](hl::Expr k, hl::Expr m) { return sums(k, m)[i]; });
  return each;
}

Error emitStrassen(StrassenOp op, KernelGraph &graph) {
  bool transposed = op.getTransposed();
  Value x = op.getX();
  hl::ImageParam weight = packedBehind(op.getWeight(), transposed, graph)->param, sums = packedBehind(op.getSums(), transposed, graph)->param;
  int64_t depth = *typeOf(x).getExpr(-1).constant() / 2, columns = *op.getType().getExpr(-1).constant() / 2;
  int pairs = int(columns / widePanel), half = int(depth), quarterBytes = int(depth * widePanel * 4);
  Strassen stages{{}, {}, hl::Func(graph.name("whole")), {}, hl::Var("i"), hl::Var("r"), hl::Var("o"), hl::Var("k"), hl::RDom(0, half, graph.name("k")), depth};
  hl::Expr rest = graph.size(DimExpr::symbol("rest_rows"));
  std::function<OfRows(int, int)> a = [&](int lower, int right) -> OfRows {
    return [&graph, x, rest, half, lower, right](hl::Expr k, hl::Expr m) { return graph.at(x, {right ? k + half : k, lower ? m + rest : m}); };
  };
  auto b = [&](int lower, int right) -> OfWeights {
    return [=](hl::Expr i, hl::Expr k, hl::Expr o) { return weight(i, lower ? k + half : k, right ? o + pairs : o); };
  };
  auto t = [&](int place) -> OfWeights { return [=](hl::Expr i, hl::Expr k, hl::Expr o) { return sums(i, k + place * half, o); }; };
  auto inWeight = [=](int panels, int quarters) {
    return [=](hl::Expr o) { return hl::cast<int64_t>(o + panels) * (2 * quarterBytes) + quarters * quarterBytes; };
  };
  auto inSums = [=](int quarters) { return [=](hl::Expr o) { return hl::cast<int64_t>(o) * (4 * quarterBytes) + quarters * quarterBytes; }; };
  auto from = [](hl::Func func) -> Start { return [func](hl::Expr i, hl::Expr m, hl::Expr o) { return func(i, m, o); }; };

  std::vector<OfRows> s = defineRowSums(stages, graph, a);
  Products products(op, graph, stages);
  // In the order in which Halide computes them, which is that of their names below the result's: each asks for the weights of the next.
  hl::Func p1 = products.add("p1", a(0, 0), b(0, 0), nullptr, weight, inWeight(0, 1));
  hl::Func c11 = products.add("c11", a(0, 1), b(1, 0), from(p1), sums, inSums(0));
  hl::Func p5 = products.add("p5", s[0], t(0), nullptr, sums, inSums(1));
  hl::Func u2 = products.add("u2", s[1], t(1), from(p1), weight, inWeight(pairs, 1));
  hl::Func c12 = products.add("c12", s[3], b(1, 1), [=](hl::Expr i, hl::Expr m, hl::Expr o) { return u2(i, m, o) + p5(i, m, o); }, sums, inSums(2));
  hl::Func u3 = products.add("u3", s[2], t(2), from(u2), sums, inSums(3));
  hl::Func c21 = products.add("c21", a(1, 1), t(3), from(u3), weight, inWeight(1, 0));
  stages.quarter = [=](int lower, int right, hl::Expr n, hl::Expr m) {
    auto at = [&](const hl::Func &func) { return func(n % int(widePanel), m, n / int(widePanel)); };
    return lower ? right ? at(u3) + at(p5) : at(c21) : at(right ? c12 : c11);
  };

  Vars vars = varsFor(op.getResult());
  stages.whole(vars) = 0.0f;
  hl::Func func = stages.whole;
  if (Value bias = op.getBias()) {
    func = hl::Func(graph.name("linear"));
    func(vars) = stages.whole(vars) + graph.func(bias)(vars[0]);
  }
  graph.define(op.getResult(), func);
  graph.strassen = stages;
  return Error::success();
}

namespace {
/// Puts definitions in the place of calls, but for the result's stand-in.
class InlineAll : public hi::IRMutator {
public:
  explicit InlineAll(std::string keep) : keep(std::move(keep)) {}

private:
  using hi::IRMutator::visit;
  hl::Expr visit(const hi::Call *op) override {
    if (op->call_type != hi::Call::Halide || op->name == keep || !op->func.defined())
      return hi::IRMutator::visit(op);
    hi::Function callee(op->func);
    std::map<std::string, hl::Expr> arguments;
    for (size_t i = 0; i < op->args.size(); ++i)
      arguments[callee.args()[i]] = mutate(op->args[i]);
    return mutate(hi::substitute(arguments, callee.values()[op->value_index]));
  }
  std::string keep;
};

/// Puts a value in the place of the stand-in's calls, which all must be at one place.
class ReplaceWhole : public hi::IRMutator {
public:
  ReplaceWhole(std::string whole, std::vector<hl::Expr> place, hl::Expr value) : whole(std::move(whole)), place(std::move(place)), value(value) {}
  bool elsewhere = false;

private:
  using hi::IRMutator::visit;
  hl::Expr visit(const hi::Call *op) override {
    if (op->call_type != hi::Call::Halide || op->name != whole)
      return hi::IRMutator::visit(op);
    for (size_t i = 0; i < place.size(); ++i)
      elsewhere |= !hi::can_prove(op->args[i] == place[i]);
    return value;
  }
  std::string whole;
  std::vector<hl::Expr> place;
  hl::Expr value;
};
} // namespace

Expected<hl::Expr> quarterOf(hl::Expr yielded, const Vars &vars, hl::Var right, hl::Var lower, KernelGraph &graph, DimExpr columns) {
  const Strassen &stages = *graph.strassen;
  hl::Var n = vars[0], m = vars[1];
  std::vector<hl::Expr> place = {n + right * graph.size(columns), m + lower * graph.size(DimExpr::symbol("rest_rows"))};
  hl::Expr value = hl::select(lower == 0, hl::select(right == 0, stages.quarter(0, 0, n, m), stages.quarter(0, 1, n, m)),
                              hl::select(right == 0, stages.quarter(1, 0, n, m), stages.quarter(1, 1, n, m)));
  hl::Expr inlined = hi::substitute_in_all_lets(InlineAll(stages.whole.name()).mutate(yielded));
  inlined = hi::substitute(std::map<std::string, hl::Expr>{{n.name(), place[0]}, {m.name(), place[1]}}, inlined);
  ReplaceWhole replace(stages.whole.name(), place, value);
  hl::Expr result = replace.mutate(inlined);
  if (replace.elsewhere)
    return llvm::createStringError("weft.strassen: an epilogue reads other elements than its own");
  return result;
}

} // namespace weft
