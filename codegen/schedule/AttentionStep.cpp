// Attention of a step: for each batch row and head of keys, scores of a page at a time (16 keys on lanes, some accumulators a
// query), then exponentials, then rows of values into one accumulator a vector of features and query.
#include "codegen/schedule/Schedule.h"

namespace weft {

namespace {
struct StepPlacement {
  AttentionStep &step;
  hl::LoopLevel level;
  const TargetInfo &target;
  int lanes; ///< of a vector
};
} // namespace

static void placeScores(const StepPlacement &at) {
  AttentionStep &step = at.step;
  const hl::Var &l = step.lane, &c = step.part, &q = step.query, &p = step.page;
  step.queries.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(step.feature, int(step.width)).bound_extent(q, int(step.group));
  vectorizeRow(step.queries, step.feature, DimExpr(step.width), at.target);
  step.scores.compute_at(at.level).bound_extent(l, 16).bound_extent(q, int(step.group));
  step.scores.update().reorder(l, q, step.scorePage.x).vectorize(l, at.lanes).unroll(l).unroll(q);
  hl::Func acc = step.acc;
  acc.compute_at(step.scores, step.scorePage.x).store_in(hl::MemoryType::Stack);
  acc.bound_extent(l, 16).bound_extent(c, step.parts).bound_extent(q, int(step.group)).bound_extent(p, 1);
  acc.vectorize(l, at.lanes).unroll(l).unroll(c).unroll(q);
  acc.update().reorder(l, c, q, step.depth.x).vectorize(l, at.lanes).unroll(l).unroll(c).unroll(q);
  if (step.width / step.parts % 2 == 0)
    acc.update().unroll(step.depth.x, 2);
}

static void placeProbabilities(const StepPlacement &at) {
  AttentionStep &step = at.step;
  const hl::Var &l = step.lane, &q = step.query;
  for (auto [func, page] : {std::pair(step.tops, step.maxPage), std::pair(step.sums, step.sumPage)}) {
    hl::Func lane = func;
    lane.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(l, 16).bound_extent(q, int(step.group)).vectorize(l, at.lanes).unroll(l);
    lane.update().reorder(l, q, page.x).vectorize(l, at.lanes).unroll(l).unroll(q);
  }
  for (auto [func, lane] : {std::pair(step.top, step.maxLane), std::pair(step.sum, step.sumLane)}) {
    hl::Func all = func;
    all.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(q, int(step.group));
    all.update().atomic().vectorize(lane.x);
  }
  step.probs.compute_at(at.level).bound_extent(l, 16).bound_extent(q, int(step.group));
  step.probs.update().reorder(l, q, step.probPage.x).vectorize(l, at.lanes).unroll(l).unroll(q);
}

static void placeValues(const StepPlacement &at) {
  AttentionStep &step = at.step;
  const hl::Var &d = step.feature, &q = step.query;
  int width = vectorFor(DimExpr(step.valueWidth), at.target);
  hl::Func values = step.values, weighted = step.weighted;
  for (hl::Func func : {values, weighted})
    func.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(d, int(step.valueWidth)).bound_extent(q, int(step.group));
  values.vectorize(d, width).unroll(d).unroll(q);
  values.update().reorder(d, q, step.valuePage.x, step.valuePage.y).vectorize(d, width).unroll(d).unroll(q);
  weighted.vectorize(d, width).unroll(q);
}

void scheduleAttentionStep(KernelGraph &graph, Output &output) {
  AttentionStep &step = *graph.attentionStep;
  hl::Var n = output.vars[0], h("ho"), d("di"), q("qi");
  int valueWidth = int(step.valueWidth), unit = valueWidth * int(step.group);
  output.func.split(n, h, n, unit, hl::TailStrategy::RoundUp).split(n, q, d, valueWidth, hl::TailStrategy::RoundUp);
  output.func.reorder(d, q, output.vars[1], h, output.vars[2]).never_partition(h);
  vectorizeRow(output.func, d, DimExpr(valueWidth), graph.target);
  StepPlacement at{step, hl::LoopLevel(output.func, h), graph.target, std::min(graph.target.vectorFloats, 16)};
  placeScores(at);
  placeProbabilities(at);
  placeValues(at);
  for (hl::Func func : {step.queries, step.acc, step.scores, step.tops, step.top, step.probs, step.sums, step.sum, step.values, step.weighted})
    func.bound_extent(step.head, 1).bound_extent(step.batch, 1);
}

} // namespace weft
