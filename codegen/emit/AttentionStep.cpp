// Attention of one query a head over cached keys: the step of generation. Keys lie in squares of 4 positions and 4 features (weft.state
// keys): a vector is one, a position is written in runs, and what is read ends with the 4 positions that hold the last key; values are rows
// that the probabilities weight. Query heads that share a head of keys are computed together: keys and values are read once. Cost grows
// with the visible positions only.
#include "codegen/emit/Emit.h"
#include "codegen/emit/Math.h"
#include "runtime/Descriptor.h"

using namespace mlir;
namespace weft {

/// What a hidden score becomes: so far below every start value that its exponential is 0.
static constexpr float hidden = -2e38f;
/// Positions of a page, and of a square of keys.
static constexpr int lanes = WEFT_PAGE_POSITIONS, side = WEFT_KEY_POSITIONS;

/// Of histories up to here the next head's is asked for: with 128 features a head, keys and values are 64 KiB.
static constexpr int nearPositions = 64;

namespace {
class StepEmitter {
public:
  StepEmitter(AttentionOp op, KernelGraph &graph);
  void emit();

private:
  /// The state's row that holds a page of this batch row.
  hl::Expr rowOf(CacheReadOp read, hl::Expr page) const;
  /// Where a page of the sequence lies in its row: windows have fewer places than pages.
  static hl::Expr placeOf(CacheReadOp read, hl::Expr page);
  hl::Expr score(hl::Expr lane, hl::Expr square, hl::Expr query);
  void scores();
  void probabilities();
  void values();
  void stage(hl::Func func, std::vector<DimExpr> extents);
  /// Leaves out of a domain what shows none of the `count` positions from `first` on.
  void restrict(hl::RDom &domain, hl::Expr first, int count) const;
  hl::RDom pages(const char *name);
  hl::RDom positions(const char *name, int unit);

  AttentionOp op;
  KernelGraph &graph;
  CacheReadOp keys, rows;
  AttentionStep step;
  int group, width, valueWidth;
  hl::Expr begin, end, pageCount, lastPage; ///< visible positions; pages that may hold some, the last one there is
};
} // namespace

StepEmitter::StepEmitter(AttentionOp op, KernelGraph &graph)
    : op(op), graph(graph), keys(op.getKey().getDefiningOp<CacheReadOp>()), rows(op.getValue().getDefiningOp<CacheReadOp>()) {
  group = int(op.getHeads() / op.getKvHeads());
  width = int(*typeOf(op.getQuery()).getExpr(-1).constant() / int64_t(op.getHeads()));
  valueWidth = int(*typeOf(op.getResult()).getExpr(-1).constant() / int64_t(op.getHeads()));
  step.lane = hl::Var("l");
  step.page = hl::Var("p");
  step.query = hl::Var("q");
  step.feature = hl::Var("d");
  step.part = hl::Var("f");
  step.place = hl::Var("s");
  step.head = hl::Var("h");
  step.batch = hl::Var("b");
  step.group = group;
  step.width = width;
  step.valueWidth = valueWidth;
  step.features = WEFT_KEY_FEATURES(width);
  step.keys = typeOf(op.getKey()).getExpr(1);
  step.result = op.getResult();
  hl::Expr count = graph.size(step.keys);
  KeyRange range;
  if (op.getMask())
    range = graph.ranges.lookup(op.getMask());
  begin = range.begin ? hl::max(range.begin(0, 0, step.batch), 0) : hl::Expr(0);
  end = range.end ? hl::min(range.end(0, 0, step.batch), count) : count;
  pageCount = (count + (lanes - 1)) / lanes;
  lastPage = (rankOf(keys.getRows()) == 2 ? graph.size(keys.getRows(), 1) : graph.size(keys.getState(), 2) / lanes) - 1;
}

hl::Expr StepEmitter::rowOf(CacheReadOp read, hl::Expr page) const {
  hl::Func table = graph.func(read.getRows());
  hl::Expr row = rankOf(read.getRows()) == 2 ? table(page, step.batch) : table(step.batch);
  return hl::unsafe_promise_clamped(row, 0, graph.size(read.getState(), 0) - 1);
}

hl::Expr StepEmitter::placeOf(CacheReadOp read, hl::Expr page) {
  std::optional<int64_t> ring = typeOf(read.getState()).getExpr(2).constant();
  return ring && rankOf(read.getRows()) == 2 ? page % int(*ring / lanes) : page;
}

void StepEmitter::stage(hl::Func func, std::vector<DimExpr> extents) {
  extents.push_back(DimExpr(op.getKvHeads()));
  extents.push_back(typeOf(op.getResult()).getExpr(0));
  graph.stage(func, Role::Block, op->getLoc(), std::move(extents));
}

void StepEmitter::restrict(hl::RDom &domain, hl::Expr first, int count) const {
  domain.where(first < end);
  domain.where(first + (count - 1) >= begin);
}

/// Visible pages.
hl::RDom StepEmitter::pages(const char *name) {
  hl::RDom domain(0, pageCount, graph.name(name));
  restrict(domain, domain.x * lanes, lanes);
  return domain;
}

/// Visible positions as (place in a unit, unit); whole units if the unit is a square.
hl::RDom StepEmitter::positions(const char *name, int unit) {
  hl::RDom domain(0, unit, 0, pageCount * (lanes / unit), graph.name(name));
  restrict(domain, domain.y * unit, unit);
  if (unit != side)
    restrict(domain, domain.y * unit + domain.x, 1);
  return domain;
}

/// Softcap, bias and mask of one score.
hl::Expr StepEmitter::score(hl::Expr lane, hl::Expr square, hl::Expr query) {
  hl::Expr position = square * side + lane, known = hl::min(position, graph.size(step.keys) - 1);
  hl::Expr raw;
  for (int feature = 0; feature < step.features; ++feature) {
    hl::Expr sum = step.acc(feature, lane, query, square, step.head, step.batch);
    raw = raw.defined() ? raw + sum : sum;
  }
  if (op.getSoftcap()) {
    float cap = float(op.getSoftcap()->convertToDouble());
    raw = cap * vectorTanh(raw * (1.0f / cap));
  }
  Index index = {known, hl::Expr(0), step.head * group + query, step.batch};
  if (op.getBias())
    raw = raw + graph.at(op.getBias(), index);
  hl::Expr visible = position >= begin && position < end;
  if (op.getMask())
    visible = visible && graph.at(op.getMask(), index);
  return hl::select(visible, hl::max(raw, -1e30f), hidden);
}

void StepEmitter::scores() {
  const hl::Var &l = step.lane, &p = step.page, &q = step.query, &d = step.feature, &h = step.head, &b = step.batch;
  const hl::Var &f = step.part, &s = step.place;
  float scale = float(op.getScale().convertToDouble());
  hl::Func query = graph.func(op.getQuery());
  hl::ImageParam cache = graph.keySquares[keys.getState()];
  step.keyCache = argumentName(keys.getState());
  step.queries = hl::Func(graph.name("query"));
  step.queries(d, q, h, b) = query((h * group + q) * width + d, 0, b) * scale;
  step.depth = hl::RDom(0, width / step.features, graph.name("depth"));
  step.acc = hl::Func(graph.name("acc"));
  hl::Expr page = hl::clamp(s / (lanes / side), 0, lastPage), place = placeOf(keys, page) * (lanes / side) + s % (lanes / side);
  step.acc(f, l, q, s, h, b) = 0.0f;
  step.acc(f, l, q, s, h, b) += step.queries(step.depth.x * step.features + f, q, h, b) * cache(f, l, step.depth.x, place, h, rowOf(keys, page));
  // Of the last page's squares only those that hold a key are read.
  step.startPage = pages("start");
  step.square = positions("square", side);
  step.scores = hl::Func(graph.name("scores"));
  step.scores(l, q, p, h, b) = hl::undef<float>();
  step.scores(l, q, step.startPage.x, h, b) = hidden;
  hl::Expr lane = step.square.x, square = step.square.y;
  step.scores(square % (lanes / side) * side + lane, q, square / (lanes / side), h, b) = score(lane, square, q);
}

void StepEmitter::probabilities() {
  const hl::Var &l = step.lane, &p = step.page, &q = step.query, &h = step.head, &b = step.batch;
  step.maxPage = pages("max");
  step.tops = hl::Func(graph.name("tops"));
  step.tops(l, q, h, b) = -1e30f;
  step.tops(l, q, h, b) = hl::max(step.tops(l, q, h, b), step.scores(l, q, step.maxPage.x, h, b));
  step.maxLane = hl::RDom(0, lanes, graph.name("lane"));
  step.top = hl::Func(graph.name("top"));
  step.top(q, h, b) = -1e30f;
  step.top(q, h, b) = hl::max(step.top(q, h, b), step.tops(step.maxLane.x, q, h, b));
  step.probPage = pages("prob");
  step.probs = hl::Func(graph.name("probs"));
  step.probs(l, q, p, h, b) = hl::undef<float>();
  step.probs(l, q, step.probPage.x, h, b) = vectorExp(step.scores(l, q, step.probPage.x, h, b) - step.top(q, h, b));
  step.sumPage = pages("sum");
  step.sums = hl::Func(graph.name("sums"));
  step.sums(l, q, h, b) = 0.0f;
  step.sums(l, q, h, b) += step.probs(l, q, step.sumPage.x, h, b);
  step.sumLane = hl::RDom(0, lanes, graph.name("lane"));
  step.sum = hl::Func(graph.name("sum"));
  step.sum(q, h, b) = 0.0f;
  step.sum(q, h, b) += step.sums(step.sumLane.x, q, h, b);
}

void StepEmitter::values() {
  const hl::Var &q = step.query, &d = step.feature, &h = step.head, &b = step.batch;
  step.valuePage = positions("value", lanes);
  hl::Expr page = step.valuePage.y, lane = step.valuePage.x;
  hl::Func cache = graph.func(rows.getState());
  step.valueCache = argumentName(rows.getState());
  step.values = hl::Func(graph.name("values"));
  step.values(d, q, h, b) = 0.0f;
  step.values(d, q, h, b) += step.probs(lane, q, page, h, b) * cache(d, placeOf(rows, page) * lanes + lane, h, rowOf(rows, page));
  step.weighted = hl::Func(graph.name("weighted"));
  hl::Expr sum = step.sum(q, h, b);
  step.weighted(d, q, h, b) = step.values(d, q, h, b) * hl::select(sum > 0, 1.0f / sum, 0.0f);
}

void StepEmitter::emit() {
  scores();
  probabilities();
  values();
  hl::Expr isShort = graph.size(step.keys) <= nearPositions;
  step.keyReach = hl::select(isShort, graph.size(keys.getState(), 2) * width, 0);
  step.valueReach = hl::select(isShort, graph.size(rows.getState(), 2) * int(llvm::alignTo(valueWidth, 16)), 0);
  DimExpr queries(group), pageRows = step.keys + DimExpr(lanes);
  stage(step.queries, {DimExpr(width), queries});
  stage(step.acc, {DimExpr(step.features), DimExpr(side), queries});
  for (hl::Func func : {step.scores, step.probs})
    stage(func, {DimExpr(lanes), queries, pageRows});
  for (hl::Func func : {step.tops, step.sums})
    stage(func, {DimExpr(lanes), queries});
  for (hl::Func func : {step.top, step.sum})
    stage(func, {queries});
  for (hl::Func func : {step.values, step.weighted})
    stage(func, {DimExpr(valueWidth), queries});
  hl::Var n("n"), m("m"), u("u");
  hl::Func result(graph.name("attention"));
  result(n, m, u) = step.weighted(n % valueWidth, n / valueWidth % group, n / (valueWidth * group), u);
  graph.stage(result, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  graph.define(op.getResult(), result);
  graph.attentionStep = step;
}

bool isAttentionStep(AttentionOp op, const KernelGraph &graph) {
  auto key = op.getKey().getDefiningOp<CacheReadOp>(), value = op.getValue().getDefiningOp<CacheReadOp>();
  return key && value && key.getRows() && value.getRows() && typeOf(op.getQuery()).getExpr(1) == DimExpr(1) &&
         graph.keySquares.contains(key.getState()) && rankOf(value.getState()) == 4;
}

void emitAttentionStep(AttentionOp op, KernelGraph &graph) { StepEmitter(op, graph).emit(); }

} // namespace weft
