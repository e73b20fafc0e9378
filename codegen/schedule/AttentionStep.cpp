// Attention of a step: for each batch row and head of keys, scores of four keys at a time (a square of keys and features is a
// vector), then exponentials, then rows of values into one accumulator a vector of features and query.
#include "codegen/schedule/Schedule.h"
#include "runtime/Descriptor.h"

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
  const hl::Var &l = step.lane, &q = step.query, &f = step.part, &s = step.place;
  step.queries.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(step.feature, int(step.width)).bound_extent(q, int(step.group));
  vectorizeRow(step.queries, step.feature, DimExpr(step.width), at.target);
  step.scores.compute_at(at.level).bound_extent(l, WEFT_PAGE_POSITIONS).bound_extent(q, int(step.group));
  step.scores.update(0).reorder(l, q, step.startPage.x).vectorize(l, at.lanes).unroll(l).unroll(q);
  // No two of a square's lanes share a place: Halide does not see it through the square's place in its page.
  step.scores.update(1).allow_race_conditions().reorder(step.square.x, q, step.square.y).vectorize(step.square.x).unroll(q);
  hl::Func acc = step.acc;
  int positions = std::max(1, std::min(WEFT_KEY_POSITIONS, at.lanes / step.features));
  acc.compute_at(step.scores, step.square.y).store_in(hl::MemoryType::Stack);
  acc.bound_extent(f, step.features).bound_extent(l, WEFT_KEY_POSITIONS).bound_extent(q, int(step.group)).bound_extent(s, 1);
  acc.vectorize(f).vectorize(l, positions).unroll(l).unroll(q);
  acc.update().reorder(f, l, q, step.depth.x).vectorize(f).vectorize(l, positions).unroll(l).unroll(q);
  if (int64_t turns = step.width / step.features; turns % 4 == 0)
    acc.update().unroll(step.depth.x, 4);
}

static void placeProbabilities(const StepPlacement &at) {
  AttentionStep &step = at.step;
  const hl::Var &l = step.lane, &q = step.query;
  for (auto [func, page] : {std::pair(step.tops, step.maxPage), std::pair(step.sums, step.sumPage)}) {
    hl::Func lane = func;
    lane.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(l, WEFT_PAGE_POSITIONS).bound_extent(q, int(step.group)).vectorize(l, at.lanes).unroll(l);
    lane.update().reorder(l, q, page.x).vectorize(l, at.lanes).unroll(l).unroll(q);
  }
  for (auto [func, lane] : {std::pair(step.top, step.maxLane), std::pair(step.sum, step.sumLane)}) {
    hl::Func all = func;
    all.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(q, int(step.group));
    all.update().atomic().vectorize(lane.x);
  }
  step.probs.compute_at(at.level).bound_extent(l, WEFT_PAGE_POSITIONS).bound_extent(q, int(step.group));
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
  StepPlacement at{step, hl::LoopLevel(output.func, h), graph.target, std::min(graph.target.vectorFloats, WEFT_PAGE_POSITIONS)};
  placeScores(at);
  placeProbabilities(at);
  placeValues(at);
  for (hl::Func func : {step.queries, step.acc, step.scores, step.tops, step.top, step.probs, step.sums, step.sum, step.values, step.weighted})
    func.bound_extent(step.head, 1).bound_extent(step.batch, 1);
}

} // namespace weft
