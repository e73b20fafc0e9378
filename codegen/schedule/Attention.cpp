// Attention: for each batch row and head, blocks of queries; scores are register tiles of (queries on lanes) x keys, kept for the whole
// block in scratch that stays in L2; the values' tile has features on lanes and some rows of queries.
#include "codegen/schedule/Schedule.h"

namespace weft {

namespace {
struct Placement {
  const Attention &attention;
  const AttentionBlock &block;
  const TargetInfo &target;
  hl::LoopLevel level;
};
} // namespace

static void placeScores(const Placement &at) {
  const hl::Var &q = at.attention.lane, &t = at.attention.key;
  const AttentionBlock &block = at.block;
  int width = at.target.vectorFloats;
  hl::Func query = block.query, acc = block.acc, scores = block.scores;
  hl::Func rows = block.rows;
  rows.compute_at(at.level).bound_extent(q, block.queries).bound_extent(at.attention.feature, int(at.attention.width));
  vectorizeRow(rows, at.attention.feature, DimExpr(at.attention.width), at.target);
  query.compute_at(at.level).bound_extent(q, block.queries).vectorize(q, width);
  scores.compute_at(at.level).bound_extent(q, block.queries).align_bounds(t, block.keys);
  scores.update().reorder(q, block.tile.x, block.tile.y).vectorize(q, width).unroll(q).unroll(block.tile.x);
  acc.compute_at(scores, block.tile.y).store_in(hl::MemoryType::Stack).bound_extent(q, block.queries).bound_extent(t, block.keys);
  acc.vectorize(q, width).unroll(q).unroll(t);
  acc.update().reorder(q, t, block.depth.x).vectorize(q, width).unroll(q).unroll(t);
  if (at.attention.width % 2 == 0)
    acc.update().unroll(block.depth.x, 2);
}

static void placeProbabilities(const Placement &at) {
  const hl::Var &q = at.attention.lane;
  const AttentionBlock &block = at.block;
  int width = at.target.vectorFloats;
  hl::Func top = block.top, probs = block.probs, sum = block.sum, inverse = block.inverse;
  for (auto [func, key] : {std::pair(top, block.maxKey), std::pair(sum, block.sumKey)}) {
    func.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(q, block.queries).vectorize(q, width);
    func.update().reorder(q, key.x).vectorize(q, width).unroll(q);
  }
  probs.compute_at(at.level).bound_extent(q, block.queries);
  probs.update().reorder(q, block.probKey.x).vectorize(q, width).unroll(q);
  inverse.compute_at(at.level).store_in(hl::MemoryType::Stack).bound_extent(q, block.queries).vectorize(q, width);
}

/// Rows of queries and vectors of features in the values' register tile: about 16 accumulators, or 8 where registers are few.
static std::pair<int, int> valueTile(int64_t featureVectors, const TargetInfo &target) {
  bool many = target.registers >= 32;
  int vectors = 1;
  for (int candidate : {5, 4, 3, 2})
    if (featureVectors % candidate == 0 && (many || candidate <= 2)) {
      vectors = candidate;
      break;
    }
  int rows = many ? (vectors <= 2 ? 8 : 4) : 4;
  return {rows, vectors};
}

static void placeValues(const Placement &at) {
  const hl::Var &q = at.attention.lane, &d = at.attention.feature;
  const AttentionBlock &block = at.block;
  int width = vectorFor(DimExpr(at.attention.valueWidth), at.target);
  auto [rows, vectors] = valueTile(at.attention.valueWidth / width, at.target);
  rows = std::min(rows, block.queries);
  int features = vectors * width;
  hl::Var ro("ro"), ri("ri"), fo("fo"), fi("fi");
  hl::Func values = block.values, result = block.result;
  result.compute_at(at.level).bound_extent(d, int(at.attention.valueWidth)).bound_extent(q, block.queries);
  result.split(q, ro, ri, rows).split(d, fo, fi, features).reorder(fi, ri, fo, ro).vectorize(fi, width).unroll(fi).unroll(ri);
  values.compute_at(result, fo).store_in(hl::MemoryType::Stack).bound_extent(d, features).bound_extent(q, rows);
  values.vectorize(d, width).unroll(d).unroll(q);
  values.update().reorder(d, q, block.valueKey.x).vectorize(d, width).unroll(d).unroll(q);
}

void scheduleAttention(KernelGraph &graph, Output &output) {
  Attention &attention = *graph.attention;
  hl::Var n = output.vars[0], m = output.vars[1], h("ho"), d("di"), mo("mo"), mi("mi");
  int valueWidth = int(attention.valueWidth);
  auto tile = [&](hl::Stage stage, int queries) {
    stage.split(n, h, d, valueWidth, hl::TailStrategy::RoundUp).split(m, mo, mi, queries, hl::TailStrategy::GuardWithIf);
    stage.reorder(d, mi, mo, h, output.vars[2]).never_partition(mo, mi, h);
    vectorizeRow(stage, d, DimExpr(valueWidth), graph.target);
  };
  for (AttentionBlock &block : attention.blocks)
    tile(output.func.specialize(block.condition), block.queries);
  output.func.specialize_fail("no block size");
  for (AttentionBlock &block : attention.blocks) {
    Placement at{attention, block, graph.target, hl::LoopLevel(output.func, mo)};
    placeScores(at);
    placeProbabilities(at);
    placeValues(at);
    for (hl::Func func : {block.rows, block.query, block.acc, block.scores, block.top, block.probs, block.sum, block.inverse, block.values, block.result})
      func.bound_extent(attention.block, 1);
  }
}

} // namespace weft
