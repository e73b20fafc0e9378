// Masks and score biases: expressions over key, query, head and batch row. A mask also says which keys a block of queries can see at all.
#include "codegen/emit/Emit.h"
#include "codegen/emit/Math.h"
#include <cmath>

using namespace mlir;
using llvm::Error;
namespace weft {

/// The position of query 0 among the keys: a constant and an operand that is a scalar or one per batch row.
static hl::Expr shiftOf(Value offset, int64_t constant, hl::Expr batch, KernelGraph &graph) {
  hl::Expr shift = int(constant);
  if (offset)
    shift = shift + (rankOf(offset) == 0 ? graph.func(offset)() : graph.func(offset)(batch));
  return hl::Internal::simplify(shift);
}

static hl::Expr batchOf(const Vars &vars) { return vars.size() >= 4 ? hl::Expr(vars[3]) : vars.size() == 3 ? hl::Expr(vars[2]) : hl::Expr(0); }

static void finish(Operation *op, KernelGraph &graph, const Vars &vars, hl::Expr value) {
  Value result = op->getResult(0);
  hl::Func func(graph.name(op->getName().stripDialect()));
  func(vars) = value;
  graph.stage(func, Role::Pointwise, op->getLoc(), extentsOf(result));
  graph.define(result, func);
}

static Error emitCausalMask(CausalMaskOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  Value offset = op.getOffset();
  int64_t constant = op.getShift();
  finish(op, graph, vars, vars[0] <= vars[1] + shiftOf(offset, constant, batchOf(vars), graph));
  KeyRange range;
  range.end = [=, &graph](hl::Expr, hl::Expr last, hl::Expr batch) { return last + shiftOf(offset, constant, batch, graph) + 1; };
  graph.ranges[op.getResult()] = range;
  return Error::success();
}

static Error emitWindowMask(WindowMaskOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  Value offset = op.getOffset();
  int64_t constant = op.getShift();
  int before = int(op.getBefore()), after = int(op.getAfter());
  hl::Expr at = vars[1] + shiftOf(offset, constant, batchOf(vars), graph);
  finish(op, graph, vars, vars[0] >= at - before && vars[0] <= at + after);
  KeyRange range;
  range.begin = [=, &graph](hl::Expr first, hl::Expr, hl::Expr batch) { return first + shiftOf(offset, constant, batch, graph) - before; };
  range.end = [=, &graph](hl::Expr, hl::Expr last, hl::Expr batch) { return last + shiftOf(offset, constant, batch, graph) + after + 1; };
  graph.ranges[op.getResult()] = range;
  return Error::success();
}

static Error emitPaddingMask(PaddingMaskOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  hl::Func lengths = graph.func(op.getLengths());
  finish(op, graph, vars, vars[0] < lengths(vars[3]));
  KeyRange range;
  range.end = [=](hl::Expr, hl::Expr, hl::Expr batch) { return lengths(batch); };
  range.exact = true;
  graph.ranges[op.getResult()] = range;
  return Error::success();
}

static Error emitMaskAnd(MaskAndOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  finish(op, graph, vars, graph.at(op.getLhs(), toIndex(vars)) && graph.at(op.getRhs(), toIndex(vars)));
  KeyRange left = graph.ranges.lookup(op.getLhs()), right = graph.ranges.lookup(op.getRhs()), both;
  both.begin = left.begin ? left.begin : right.begin;
  if (left.begin && right.begin)
    both.begin = [=](hl::Expr f, hl::Expr l, hl::Expr b) { return hl::max(left.begin(f, l, b), right.begin(f, l, b)); };
  both.end = left.end ? left.end : right.end;
  if (left.end && right.end)
    both.end = [=](hl::Expr f, hl::Expr l, hl::Expr b) { return hl::min(left.end(f, l, b), right.end(f, l, b)); };
  both.exact = left.exact && right.exact;
  graph.ranges[op.getResult()] = both;
  return Error::success();
}

static Error emitMasked(MaskedOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  finish(op, graph, vars, hl::select(graph.at(op.getMask(), toIndex(vars)), graph.at(op.getScores(), toIndex(vars)), minusInfinity()));
  return Error::success();
}

/// The bucket of a distance as a sum of steps: thresholds are found here, so that no logarithm runs in the kernel.
static hl::Expr bucketOf(hl::Expr distance, int buckets, int64_t maxDistance) {
  int exact = buckets / 2;
  hl::Expr bucket = hl::min(distance, exact);
  int previous = exact;
  for (int64_t d = exact; d <= maxDistance && previous < buckets - 1; ++d) {
    double place = exact + std::floor(std::log(double(d) / exact) / std::log(double(maxDistance) / exact) * (buckets - exact));
    int here = std::min(int(place), buckets - 1);
    if (here > previous)
      bucket = bucket + hl::select(distance >= int(d), here - previous, 0);
    previous = std::max(previous, here);
  }
  return bucket;
}

static Error emitRelativeBias(RelativeBiasOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  hl::Expr batch = vars.size() > 3 ? hl::Expr(vars[3]) : hl::Expr(0);
  hl::Expr relative = vars[0] - vars[1] - shiftOf(op.getOffset(), 0, batch, graph);
  int buckets = int(*typeOf(op.getTable()).getExpr(0).constant());
  hl::Expr bucket;
  if (op.getBidirectional()) {
    buckets /= 2;
    bucket = hl::select(relative > 0, buckets, 0) + bucketOf(hl::abs(relative), buckets, op.getMaxDistance());
  } else {
    bucket = bucketOf(hl::max(-relative, 0), buckets, op.getMaxDistance());
  }
  hl::Expr row = hl::unsafe_promise_clamped(hl::cast<int>(bucket), 0, int(*typeOf(op.getTable()).getExpr(0).constant()) - 1);
  finish(op, graph, vars, graph.func(op.getTable())(vars[2], row));
  return Error::success();
}

static Error emitAlibi(AlibiOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  hl::Expr batch = vars.size() > 3 ? hl::Expr(vars[3]) : hl::Expr(0), head = hl::cast<float>(vars[2]);
  int64_t heads = op.getHeads(), power = 1;
  while (power * 2 <= heads)
    power *= 2;
  const float ln2 = 0.69314718f;
  hl::Expr whole = -8.0f * ln2 / float(power) * (head + 1.0f);
  hl::Expr rest = -4.0f * ln2 / float(power) * (2.0f * (head - float(power)) + 1.0f);
  hl::Expr slope = vectorExp(hl::select(vars[2] < int(power), whole, rest));
  hl::Expr distance = hl::abs(vars[0] - vars[1] - shiftOf(op.getOffset(), 0, batch, graph));
  finish(op, graph, vars, -slope * hl::cast<float>(distance));
  return Error::success();
}

void addMaskEmitters(EmitterTable &table) {
  table.add<CausalMaskOp>(emitCausalMask);
  table.add<WindowMaskOp>(emitWindowMask);
  table.add<PaddingMaskOp>(emitPaddingMask);
  table.add<MaskAndOp>(emitMaskAnd);
  table.add<MaskedOp>(emitMasked);
  table.add<RelativeBiasOp>(emitRelativeBias);
  table.add<AlibiOp>(emitAlibi);
}

} // namespace weft
