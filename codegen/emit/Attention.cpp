// Attention in one kernel. A block of queries lies on the vector's lanes and keys are rows, so that maxima, exponentials and sums need no
// horizontal steps, no key is computed past a block's range (padding, causal, window), and keys are read as they lie in memory.
// All scores of a block stay in cache; the division by the sum comes last.
#include "codegen/emit/Emit.h"
#include "codegen/emit/Math.h"
#include <cmath>

using namespace mlir;
using llvm::Error;
namespace weft {

namespace {
/// A block size, and when it is taken.
struct AttentionChoice {
  int queries, keys;
  hl::Expr condition;
};

class AttentionEmitter {
public:
  AttentionEmitter(AttentionOp op, KernelGraph &graph);
  void emit();

private:
  std::vector<AttentionChoice> choices() const;
  hl::Func block(int queries, int keys, AttentionBlock &out);
  hl::Expr rawScore(const AttentionBlock &block, hl::Expr key);
  void scores(AttentionBlock &block, int keys);
  void probabilities(AttentionBlock &block);
  /// Restricts a domain's dimension of keys (in steps of `step`) to what the block sees.
  void restrict(hl::RDom &domain, hl::Expr position, int step, int queries);
  void stage(hl::Func func, std::vector<DimExpr> extents);

  AttentionOp op;
  KernelGraph &graph;
  Attention anchor;
  hl::Expr queryCount, keyCount;
  DimExpr batches;
  int64_t group; ///< query heads that share a head of keys
  KeyRange range;
};
} // namespace

/// What a hidden score becomes: finite, and so far below every start value that its exponential is 0 in every row.
static constexpr float hidden = -2e38f;

AttentionEmitter::AttentionEmitter(AttentionOp op, KernelGraph &graph) : op(op), graph(graph) {
  int64_t heads = op.getHeads();
  group = heads / op.getKvHeads();
  anchor.lane = hl::Var("q");
  anchor.key = hl::Var("t");
  anchor.feature = hl::Var("d");
  anchor.block = hl::Var("qo");
  anchor.head = hl::Var("h");
  anchor.batch = hl::Var("b");
  anchor.width = *typeOf(op.getQuery()).getExpr(-1).constant() / heads;
  anchor.valueWidth = *typeOf(op.getResult()).getExpr(-1).constant() / heads;
  anchor.keys = typeOf(op.getKey()).getExpr(1);
  anchor.result = op.getResult();
  queryCount = graph.size(op.getQuery(), 1);
  keyCount = graph.size(anchor.keys);
  batches = typeOf(op.getResult()).getExpr(0);
  if (op.getMask()) {
    auto found = graph.ranges.find(op.getMask());
    if (found != graph.ranges.end())
      range = found->second;
  } else {
    range.exact = true;
  }
}

void AttentionEmitter::stage(hl::Func func, std::vector<DimExpr> extents) {
  extents.push_back(DimExpr(op.getHeads()));
  extents.push_back(batches);
  graph.stage(func, Role::Block, op->getLoc(), std::move(extents));
}

void AttentionEmitter::restrict(hl::RDom &domain, hl::Expr position, int step, int queries) {
  hl::Expr first = anchor.block * queries, last = hl::min(first + (queries - 1), queryCount - 1);
  if (range.begin)
    domain.where(position + (step - 1) >= range.begin(first, last, anchor.batch));
  if (range.end)
    domain.where(position < range.end(first, last, anchor.batch));
}

/// Scale, softcap, bias and mask of one score.
hl::Expr AttentionEmitter::rawScore(const AttentionBlock &block, hl::Expr key) {
  hl::Expr query = anchor.block * block.queries + anchor.lane;
  hl::Expr score = block.acc(anchor.lane, key, anchor.block, anchor.head, anchor.batch);
  if (op.getSoftcap()) {
    float cap = float(op.getSoftcap()->convertToDouble());
    score = cap * vectorTanh(score * (1.0f / cap));
  }
  Index index = {hl::min(key, keyCount - 1), hl::min(query, queryCount - 1), anchor.head, anchor.batch};
  if (op.getBias())
    score = score + graph.at(op.getBias(), index);
  if (op.getMask() && !range.exact)
    score = hl::select(graph.at(op.getMask(), index), hl::max(score, -1e30f), hidden);
  return score;
}

void AttentionEmitter::scores(AttentionBlock &block, int keys) {
  const hl::Var &q = anchor.lane, &t = anchor.key, &d = anchor.feature, &qo = anchor.block, &h = anchor.head, &b = anchor.batch;
  int width = int(anchor.width);
  float scale = float(op.getScale().convertToDouble());
  hl::Func query = graph.func(op.getQuery()), key = graph.func(op.getKey());
  block.query = hl::Func(graph.name("query"));
  // Rows first, which makeTurnPass turns in registers: lanes of queries straight from memory cost an address each.
  block.rows = hl::Func(graph.name("rows"));
  block.rows(d, q, qo, h, b) = query(h * width + d, hl::min(qo * block.queries + q, queryCount - 1), b) * scale;
  block.query(q, d, qo, h, b) = block.rows(d, q, qo, h, b);
  block.depth = hl::RDom(0, width, graph.name("depth"));
  block.acc = hl::Func(graph.name("acc"));
  block.acc(q, t, qo, h, b) = 0.0f;
  block.acc(q, t, qo, h, b) +=
      block.query(q, block.depth.x, qo, h, b) * key(h / int(group) * width + block.depth.x, hl::min(t, keyCount - 1), b);
  block.tile = hl::RDom(0, keys, 0, (keyCount + (keys - 1)) / keys, graph.name("tile"));
  restrict(block.tile, block.tile.y * keys, keys, block.queries);
  hl::Expr position = block.tile.y * keys + block.tile.x;
  block.scores = hl::Func(graph.name("scores"));
  block.scores(q, t, qo, h, b) = hl::undef<float>();
  block.scores(q, position, qo, h, b) = rawScore(block, position);
}

void AttentionEmitter::probabilities(AttentionBlock &block) {
  const hl::Var &q = anchor.lane, &t = anchor.key, &qo = anchor.block, &h = anchor.head, &b = anchor.batch;
  auto keysOf = [&](const char *name) {
    hl::RDom domain(0, keyCount, graph.name(name));
    restrict(domain, domain.x, 1, block.queries);
    return domain;
  };
  block.maxKey = keysOf("max");
  block.top = hl::Func(graph.name("top"));
  block.top(q, qo, h, b) = -1e30f;
  block.top(q, qo, h, b) = hl::max(block.top(q, qo, h, b), block.scores(q, block.maxKey.x, qo, h, b));
  block.probKey = keysOf("prob");
  block.probs = hl::Func(graph.name("probs"));
  block.probs(q, t, qo, h, b) = hl::undef<float>();
  block.probs(q, block.probKey.x, qo, h, b) = vectorExp(block.scores(q, block.probKey.x, qo, h, b) - block.top(q, qo, h, b));
  block.sumKey = keysOf("sum");
  block.sum = hl::Func(graph.name("sum"));
  block.sum(q, qo, h, b) = 0.0f;
  block.sum(q, qo, h, b) += block.probs(q, block.sumKey.x, qo, h, b);
  block.inverse = hl::Func(graph.name("inverse"));
  block.inverse(q, qo, h, b) = hl::select(block.sum(q, qo, h, b) > 0, 1.0f / block.sum(q, qo, h, b), 0.0f);
  block.valueKey = keysOf("value");
}

/// Defines one block size; the result is (feature, query in block, block, head, batch).
hl::Func AttentionEmitter::block(int queries, int keys, AttentionBlock &out) {
  const hl::Var &q = anchor.lane, &d = anchor.feature, &qo = anchor.block, &h = anchor.head, &b = anchor.batch;
  out.queries = queries;
  out.keys = keys;
  scores(out, keys);
  probabilities(out);
  hl::Func value = graph.func(op.getValue());
  out.values = hl::Func(graph.name("values"));
  out.values(d, q, qo, h, b) = 0.0f;
  out.values(d, q, qo, h, b) +=
      out.probs(q, out.valueKey.x, qo, h, b) * value(h / int(group) * int(anchor.valueWidth) + d, out.valueKey.x, b);
  out.result = hl::Func(graph.name("result"));
  out.result(d, q, qo, h, b) = out.values(d, q, qo, h, b) * out.inverse(q, qo, h, b);

  DimExpr lanes(queries), padded = typeOf(op.getQuery()).getExpr(1) + DimExpr(queries), keyRows = anchor.keys + DimExpr(keys);
  DimExpr perBlock = padded; // lanes times blocks, at root
  stage(out.rows, {DimExpr(anchor.width), perBlock});
  stage(out.query, {perBlock, DimExpr(anchor.width)});
  stage(out.acc, {perBlock, keyRows});
  stage(out.scores, {perBlock, keyRows});
  for (hl::Func func : {out.top, out.sum, out.inverse})
    stage(func, {perBlock});
  stage(out.probs, {perBlock, keyRows});
  for (hl::Func func : {out.values, out.result})
    stage(func, {DimExpr(anchor.valueWidth), perBlock});
  return out.result;
}

/// Of a known number of queries only the size that it takes is kept: Halide would take the bounds that the schedule promises of the other
/// sizes' stages for facts about this one's loops.
static std::vector<AttentionChoice> takenOf(std::vector<AttentionChoice> choices) {
  llvm::erase_if(choices, [](AttentionChoice &choice) {
    choice.condition = hl::Internal::simplify(choice.condition);
    return hl::Internal::is_const_zero(choice.condition);
  });
  return choices;
}

/// Block sizes by the number of queries: just enough vectors for few, for many the one of the two large ones that wastes fewer lanes.
std::vector<AttentionChoice> AttentionEmitter::choices() const {
  int lanes = graph.target.vectorFloats;
  auto padded = [&](int queries) { return (queryCount + (queries - 1)) / queries * queries; };
  if (graph.target.registers < 32)
    return takenOf({{lanes, 8, queryCount <= lanes}, {2 * lanes, 6, queryCount > lanes}});
  // Each size costs compile time that grows faster than their number: three are the measured compromise.
  hl::Expr many = queryCount > 2 * lanes, three = padded(3 * lanes) < padded(4 * lanes);
  return takenOf({{lanes, 8, queryCount <= 2 * lanes}, {3 * lanes, 8, many && three}, {4 * lanes, 6, many && !three}});
}

void AttentionEmitter::emit() {
  hl::Var n("n"), m("m"), u("u");
  hl::Expr value;
  for (const AttentionChoice &choice : choices()) {
    AttentionBlock block;
    hl::Func part = this->block(choice.queries, choice.keys, block);
    block.condition = choice.condition;
    anchor.blocks.push_back(block);
    hl::Expr here = part(n % int(anchor.valueWidth), m % choice.queries, m / choice.queries, n / int(anchor.valueWidth), u);
    value = value.defined() ? hl::select(choice.condition, here, value) : here;
  }
  hl::Func result(graph.name("attention"));
  result(n, m, u) = value;
  graph.stage(result, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  graph.define(op.getResult(), result);
  graph.attention = anchor;
}

static Error emitAttention(AttentionOp op, KernelGraph &graph) {
  if (isAttentionStep(op, graph))
    emitAttentionStep(op, graph);
  else
    AttentionEmitter(op, graph).emit();
  return Error::success();
}

void addAttentionEmitters(EmitterTable &table) { table.add<AttentionOp>(emitAttention); }

} // namespace weft
