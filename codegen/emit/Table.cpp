// Tables over ids and positions, and reductions along one axis.
#include "codegen/emit/Emit.h"
#include "codegen/emit/Math.h"
#include <cmath>
#include <limits>

using namespace mlir;
using llvm::Error;
namespace weft {

static Error pointwise(Operation *op, KernelGraph &graph, const Vars &vars, hl::Expr value) {
  Value result = op->getResult(0);
  hl::Func func(graph.name(op->getName().stripDialect()));
  func(vars) = value;
  graph.define(result, func);
  graph.stage(func, Role::Pointwise, op->getLoc(), extentsOf(result));
  return Error::success();
}

/// An index that the host program has checked.
static hl::Expr checked(hl::Expr index, hl::Expr size) { return hl::unsafe_promise_clamped(index, 0, size - 1); }

static Error emitLookup(LookupOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  Index rest(vars.begin() + 1, vars.end());
  hl::Expr row = checked(graph.func(op.getIds())(rest), graph.size(op.getTable(), 0));
  return pointwise(op, graph, vars, graph.func(op.getTable())(vars[0], row));
}

static Error emitTake(TakeOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  int64_t axis = op.getAxis() < 0 ? op.getAxis() + rankOf(op.getX()) : op.getAxis(), inner = rankOf(op.getX()) - 1 - axis;
  Index index = toIndex(vars);
  hl::Expr at = graph.func(op.getIndex())(vars.back());
  index.insert(index.begin() + inner, checked(at, graph.size(op.getX(), axis)));
  return pointwise(op, graph, vars, graph.func(op.getX())(index));
}

static Error emitLast(LastOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  Index index = toIndex(vars);
  hl::Expr at = graph.func(op.getLengths())(vars.back()) - 1;
  index.insert(index.end() - 1, checked(at, graph.size(op.getX(), 1)));
  return pointwise(op, graph, vars, graph.func(op.getX())(index));
}

/// The position of row `vars[1]` of a table [.., length, width].
static hl::Expr positionOf(Value offset, const Vars &vars, KernelGraph &graph) {
  hl::Expr position = vars[1];
  if (offset)
    position = position + (rankOf(offset) == 0 ? graph.func(offset)() : graph.func(offset)(vars[2]));
  return position;
}

static Error emitPositions(PositionsOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  hl::Expr row = positionOf(op.getOffset(), vars, graph) + int(op.getStart());
  return pointwise(op, graph, vars, graph.func(op.getTable())(vars[0], checked(row, graph.size(op.getTable(), 0))));
}

static Error emitSinusoidal(SinusoidalOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  int width = int(*typeOf(op.getResult()).getExpr(-1).constant());
  bool half = op.getStyle() == PairStyle::Half;
  hl::Expr feature = vars[0], pair = half ? feature % (width / 2) : feature / 2;
  // In double: an angle of some hundred radians has no four digits left in float.
  hl::Expr rate = hl::exp(hl::cast<double>(pair) * hl::Expr(-2.0 * std::log(10000.0) / width));
  hl::Expr angle = hl::cast<double>(positionOf(op.getOffset(), vars, graph)) * rate;
  hl::Expr sine = half ? feature < width / 2 : feature % 2 == 0;
  return pointwise(op, graph, vars, hl::cast<float>(hl::select(sine, hl::sin(angle), hl::cos(angle))));
}

/// Radians a position of a pair; the formula is in the op's description. In double, as the angles are.
static hl::Expr rotationRate(RopeOp op, hl::Expr pair) {
  double theta = op.getTheta().convertToDouble(), factor = op.getFactor().convertToDouble();
  hl::Expr rate = hl::exp(hl::cast<double>(pair) * hl::Expr(-2.0 * std::log(theta) / double(op.getWidth())));
  std::optional<ArrayRef<double>> ramp = op.getRamp();
  if (!ramp)
    return factor == 1 ? rate : rate * hl::Expr(1 / factor);
  double low = (*ramp)[0], high = (*ramp)[1], context = (*ramp)[2];
  hl::Expr turns = rate * hl::Expr(context / (2 * M_PI));
  hl::Expr kept = hl::clamp((turns - hl::Expr(low)) * hl::Expr(1 / (high - low)), hl::Expr(0.0), hl::Expr(1.0));
  return rate * (hl::Expr(1 / factor) + kept * hl::Expr(1 - 1 / factor));
}

static Error emitRope(RopeOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult()); // feature of all heads, time, batch
  int width = int(op.getWidth()), headWidth = int(*typeOf(op.getX()).getExpr(-1).constant() / op.getHeads());
  bool half = op.getStyle() == PairStyle::Half;
  // Sine and cosine of a row's positions, once for all heads.
  hl::Var pair("pair"), time("m"), batch("u");
  hl::Expr angle = hl::cast<double>(positionOf(op.getOffset(), {pair, time, batch}, graph)) * rotationRate(op, pair);
  hl::Func sines(graph.name("sines")), cosines(graph.name("cosines"));
  sines(pair, time, batch) = hl::cast<float>(hl::sin(angle));
  cosines(pair, time, batch) = hl::cast<float>(hl::cos(angle));
  auto extents = extentsOf(op.getResult());
  for (hl::Func table : {sines, cosines})
    graph.stage(table, Role::Row, op->getLoc(), {DimExpr(width / 2), extents[1], extents[2]});

  hl::Expr in = vars[0] % headWidth, first = half ? in < width / 2 : in % 2 == 0;
  hl::Expr index = half ? in % (width / 2) : in / 2;
  int step = half ? width / 2 : 1;
  hl::Func x = graph.func(op.getX());
  hl::Expr turned = in < width; // the others pass
  hl::Expr partner = hl::select(turned, hl::select(first, vars[0] + step, vars[0] - step), vars[0]);
  hl::Expr pairIndex = hl::clamp(index, 0, width / 2 - 1);
  hl::Expr own = x(vars[0], vars[1], vars[2]), other = x(partner, vars[1], vars[2]);
  hl::Expr cosine = cosines(pairIndex, vars[1], vars[2]), sine = sines(pairIndex, vars[1], vars[2]);
  hl::Expr value = own * cosine + hl::select(first, -other, other) * sine;
  return pointwise(op, graph, vars, width == headWidth ? value : hl::select(turned, value, own));
}

/// The index of x for a reduction along `axis` (innermost first) where `keep` says whether the result has that dimension.
static Index reducedIndex(const Vars &vars, int64_t axis, bool keep, hl::Expr position) {
  Index index = toIndex(vars);
  if (keep)
    index[axis] = position;
  else
    index.insert(index.begin() + axis, position);
  return index;
}

static Error emitReduce(ReduceOp op, KernelGraph &graph) {
  Value x = op.getX();
  int64_t axis = op.getAxis() < 0 ? -1 - op.getAxis() : rankOf(x) - 1 - op.getAxis();
  Vars vars = varsFor(op.getResult());
  hl::Expr size = graph.size(extentsOf(x)[axis]);
  hl::RDom r(0, size, graph.name("r"));
  hl::Expr element = graph.func(x)(reducedIndex(vars, axis, op.getKeep(), r.x));
  hl::Func sum(graph.name("reduced"));
  auto kind = op.getKind();
  constexpr float lowest = std::numeric_limits<float>::lowest(); // minus infinity is nothing to reckon with under fast math
  if (kind == Reduction::ArgMax) {
    sum(vars) = hl::Tuple(0, lowest);
    hl::Expr better = element > sum(vars)[1];
    sum(vars) = hl::Tuple(hl::select(better, r.x, sum(vars)[0]), hl::select(better, element, sum(vars)[1]));
  } else if (kind == Reduction::Max) {
    sum(vars) = lowest;
    sum(vars) = hl::max(sum(vars), element);
  } else {
    sum(vars) = 0.0f;
    sum(vars) += element;
  }
  bool alongRow = axis == 0 && kind != Reduction::ArgMax;
  graph.reduction(sum, r, alongRow, op->getLoc(), extentsOf(op.getResult()));
  hl::Expr value = kind == Reduction::ArgMax ? hl::Expr(sum(vars)[0]) : hl::Expr(sum(vars));
  if (kind == Reduction::Mean)
    value = hl::select(size > 0, value / hl::cast<float>(hl::max(size, 1)), notANumber());
  else if (kind == Reduction::Max) // over nothing, or masked scores alone
    value = hl::select(value > lowest, value, minusInfinity());
  return pointwise(op, graph, vars, value);
}

static Error emitMeanPool(MeanPoolOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult()); // width, batch
  hl::Expr length = graph.func(op.getLengths())(vars[1]);
  hl::RDom r(0, graph.size(op.getX(), 1), graph.name("r"));
  r.where(r.x < length);
  hl::Func sum(graph.name("pooled"));
  sum(vars) = 0.0f;
  sum(vars) += graph.func(op.getX())(vars[0], r.x, vars[1]);
  graph.reduction(sum, r, false, op->getLoc(), extentsOf(op.getResult()));
  return pointwise(op, graph, vars, sum(vars) / hl::cast<float>(hl::max(length, 1)));
}

void addTableEmitters(EmitterTable &table) {
  table.add<LookupOp>(emitLookup);
  table.add<TakeOp>(emitTake);
  table.add<LastOp>(emitLast);
  table.add<PositionsOp>(emitPositions);
  table.add<SinusoidalOp>(emitSinusoidal);
  table.add<RopeOp>(emitRope);
  table.add<ReduceOp>(emitReduce);
  table.add<MeanPoolOp>(emitMeanPool);
}

} // namespace weft
