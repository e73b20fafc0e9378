// Row reductions: norms and softmax in two passes (mean, then centred squares: one pass loses digits).
#include "codegen/emit/Emit.h"
#include "codegen/emit/Math.h"

using namespace mlir;
using llvm::Error;
namespace weft {

namespace {
/// What a norm needs of its input row.
struct NormRow {
  Operation *op;
  Value shape; ///< a value of the row's type
  hl::Func x;
  double eps;
};
} // namespace

static Index tail(const Vars &vars) { return Index(vars.begin() + 1, vars.end()); }
static Vars tailVars(const Vars &vars) { return Vars(vars.begin() + 1, vars.end()); }
static Index withFirst(hl::Expr first, const Vars &vars) {
  Index index = {first};
  index.insert(index.end(), vars.begin() + 1, vars.end());
  return index;
}

/// The sum along a row of an expression of its elements, as a Func of the other dimensions.
static hl::Func rowSum(const NormRow &row, KernelGraph &graph, llvm::StringRef name, llvm::function_ref<hl::Expr(hl::Expr)> term) {
  Vars vars = varsFor(row.shape);
  hl::RDom r(0, graph.size(row.shape, -1), graph.name("r"));
  hl::Func sum(graph.name(name));
  sum(tailVars(vars)) = 0.0f;
  sum(tailVars(vars)) += term(row.x(withFirst(r.x, vars)));
  auto extents = extentsOf(row.shape);
  graph.reduction(sum, r, true, row.op->getLoc(), {extents.begin() + 1, extents.end()});
  return sum;
}

/// A value for each row, computed once.
static hl::Func rowValue(const NormRow &row, KernelGraph &graph, llvm::StringRef name, hl::Expr value) {
  hl::Func func(graph.name(name));
  func(tailVars(varsFor(row.shape))) = value;
  auto extents = extentsOf(row.shape);
  graph.stage(func, Role::Row, row.op->getLoc(), {extents.begin() + 1, extents.end()});
  return func;
}

static void keepRow(hl::Func func, KernelGraph &graph) {
  for (Stage &stage : graph.stages)
    if (stage.func.name() == func.name() && stage.role == Role::Pointwise)
      stage.role = Role::Row;
}

static void finish(const NormRow &row, Value result, hl::Expr value, llvm::StringRef name, KernelGraph &graph) {
  hl::Func func(graph.name(name));
  func(varsFor(row.shape)) = value;
  graph.stage(func, Role::Pointwise, row.op->getLoc(), extentsOf(row.shape));
  graph.define(result, func);
}

static void layerNorm(const NormRow &row, Value result, Value gain, Value bias, KernelGraph &graph) {
  Vars vars = varsFor(row.shape);
  Index rest = tail(vars);
  float width = float(*typeOf(row.shape).getExpr(-1).constant());
  hl::Func total = rowSum(row, graph, "total", [](hl::Expr x) { return x; });
  hl::Func mean = rowValue(row, graph, "mean", total(rest) * (1.0f / width));
  hl::Func squares = rowSum(row, graph, "squares", [&](hl::Expr x) { return (x - mean(rest)) * (x - mean(rest)); });
  hl::Func scale = rowValue(row, graph, "scale", 1.0f / hl::sqrt(squares(rest) * (1.0f / width) + float(row.eps)));
  hl::Expr value = (row.x(vars) - mean(rest)) * scale(rest) * graph.func(gain)(vars[0]);
  finish(row, result, bias ? value + graph.func(bias)(vars[0]) : value, "layer_norm", graph);
}

static void rmsNorm(const NormRow &row, Value result, Value gain, KernelGraph &graph) {
  Vars vars = varsFor(row.shape);
  Index rest = tail(vars);
  float width = float(*typeOf(row.shape).getExpr(-1).constant());
  hl::Func squares = rowSum(row, graph, "squares", [](hl::Expr x) { return x * x; });
  hl::Func scale = rowValue(row, graph, "scale", 1.0f / hl::sqrt(squares(rest) * (1.0f / width) + float(row.eps)));
  finish(row, result, row.x(vars) * scale(rest) * graph.func(gain)(vars[0]), "rms_norm", graph);
}

static Error emitLayerNorm(LayerNormOp op, KernelGraph &graph) {
  keepRow(graph.func(op.getX()), graph);
  layerNorm({op, op.getX(), graph.func(op.getX()), op.getEps().convertToDouble()}, op.getResult(), op.getGain(), op.getBias(), graph);
  return Error::success();
}

static Error emitRmsNorm(RmsNormOp op, KernelGraph &graph) {
  keepRow(graph.func(op.getX()), graph);
  rmsNorm({op, op.getX(), graph.func(op.getX()), op.getEps().convertToDouble()}, op.getResult(), op.getGain(), graph);
  return Error::success();
}

static Error emitL2Normalize(L2NormalizeOp op, KernelGraph &graph) {
  keepRow(graph.func(op.getX()), graph);
  NormRow row = {op, op.getX(), graph.func(op.getX()), op.getEps().convertToDouble()};
  Vars vars = varsFor(row.shape);
  hl::Func squares = rowSum(row, graph, "squares", [](hl::Expr x) { return x * x; });
  hl::Func scale = rowValue(row, graph, "scale", 1.0f / hl::max(hl::sqrt(squares(tail(vars))), float(row.eps)));
  finish(row, op.getResult(), row.x(vars) * scale(tail(vars)), "l2_normalize", graph);
  return Error::success();
}

static Error emitResidualNorm(ResidualNormOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getSum());
  hl::Func sum(graph.name("residual"));
  sum(vars) = graph.at(op.getX(), toIndex(vars)) + graph.at(op.getResidual(), toIndex(vars));
  graph.stage(sum, Role::Row, op->getLoc(), extentsOf(op.getSum()));
  graph.define(op.getSum(), sum);
  NormRow row = {op, op.getSum(), sum, op.getEps().convertToDouble()};
  if (op.getKind() == NormKind::Layer)
    layerNorm(row, op.getResult(), op.getGain(), op.getBias(), graph);
  else
    rmsNorm(row, op.getResult(), op.getGain(), graph);
  return Error::success();
}

/// softmax along dimension `axis` (innermost first) of score(index), where a score of -2e38 is a hidden one.
static Error emitSoftmaxOver(Operation *op, KernelGraph &graph, int64_t axis, llvm::function_ref<hl::Expr(const Index &)> score) {
  Value result = op->getResult(0);
  Vars vars = varsFor(result), rest = vars;
  rest.erase(rest.begin() + axis);
  auto extents = extentsOf(result);
  hl::RDom r(0, graph.size(extents[axis]), graph.name("r")), r2(0, graph.size(extents[axis]), graph.name("r"));
  auto alongAxis = [&](hl::Expr position) {
    Index index = toIndex(vars);
    index[axis] = position;
    return index;
  };
  auto outer = extents;
  outer.erase(outer.begin() + axis);

  hl::Func top(graph.name("top")), probs(graph.name("probs")), sum(graph.name("sum")), softmax(graph.name("softmax"));
  top(rest) = -1e30f;
  top(rest) = hl::max(top(rest), score(alongAxis(r.x)));
  graph.reduction(top, r, axis == 0, op->getLoc(), outer);
  probs(vars) = vectorExp(score(toIndex(vars)) - top(rest));
  graph.stage(probs, Role::Row, op->getLoc(), extents);
  sum(rest) = 0.0f;
  sum(rest) += probs(alongAxis(r2.x));
  graph.reduction(sum, r2, axis == 0, op->getLoc(), outer);
  softmax(vars) = hl::select(sum(rest) > 0, probs(vars) / sum(rest), 0.0f);
  graph.stage(softmax, Role::Pointwise, op->getLoc(), extents);
  graph.define(result, softmax);
  return Error::success();
}

static Error emitSoftmax(SoftmaxOp op, KernelGraph &graph) {
  int64_t rank = rankOf(op.getX()), axis = op.getAxis() < 0 ? op.getAxis() + rank : op.getAxis();
  // A bound instead of minus infinity, which Halide's fast math may not see.
  return emitSoftmaxOver(op, graph, rank - 1 - axis, [&](const Index &i) { return hl::max(graph.at(op.getX(), i), -2e38f); });
}

static Error emitMaskedSoftmax(MaskedSoftmaxOp op, KernelGraph &graph) {
  return emitSoftmaxOver(op, graph, 0,
                         [&](const Index &i) { return hl::select(graph.at(op.getMask(), i), graph.at(op.getScores(), i), -2e38f); });
}

void addNormEmitters(EmitterTable &table) {
  table.add<LayerNormOp>(emitLayerNorm);
  table.add<RmsNormOp>(emitRmsNorm);
  table.add<L2NormalizeOp>(emitL2Normalize);
  table.add<ResidualNormOp>(emitResidualNorm);
  table.add<SoftmaxOp>(emitSoftmax);
  table.add<MaskedSoftmaxOp>(emitMaskedSoftmax);
}

} // namespace weft
