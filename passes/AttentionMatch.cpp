// Recognizes attention that is written out; see AttentionMatch.h. Every intermediate must have one use: where something else
// reads the scores or the probabilities they must exist in memory, and the written-out form is the right one.
#include "passes/AttentionMatch.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

namespace {
/// One of the two ways in which [batch, time, heads*width] becomes heads.
struct Heads {
  Value x;
  int64_t count = 0;
  bool keysLast = false; ///< [batch, heads, width, time]: transposed already
};
} // namespace

/// split_heads(x), or transpose(reshape(x)) to [batch, heads, time, width] or [batch, heads, width, time].
static std::optional<Heads> headsOf(Value value) {
  if (auto split = value.getDefiningOp<SplitHeadsOp>())
    return Heads{split.getX(), static_cast<int64_t>(split.getHeads())};
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (!transpose)
    return std::nullopt;
  ArrayRef<int64_t> order = transpose.getPermutation();
  if (order == ArrayRef<int64_t>{0, 1, 3, 2}) {
    std::optional<Heads> inner = headsOf(transpose.getX());
    if (!inner || inner->keysLast)
      return std::nullopt;
    inner->keysLast = true;
    return inner;
  }
  auto reshape = transpose.getX().getDefiningOp<ReshapeOp>();
  bool keysLast = order == ArrayRef<int64_t>{0, 2, 3, 1};
  if (!reshape || (!keysLast && order != ArrayRef<int64_t>{0, 2, 1, 3}))
    return std::nullopt;
  NamedTensorType whole = typeOf(reshape.getX()), cut = typeOf(transpose.getX());
  std::optional<int64_t> count = cut.getRank() == 4 ? cut.getDim(2).getStatic() : std::nullopt;
  if (!count || whole.getRank() != 3 || whole.getDim(0) != cut.getDim(0) || whole.getDim(1) != cut.getDim(1))
    return std::nullopt;
  return Heads{reshape.getX(), *count, keysLast};
}

/// Keys and values may have fewer heads than queries: repeat_heads above or below the transposition.
static std::optional<Heads> sharedHeadsOf(Value value, int64_t &times) {
  bool swapped = false;
  auto transpose = value.getDefiningOp<TransposeOp>();
  if (transpose && transpose.getPermutation() == ArrayRef<int64_t>{0, 1, 3, 2} && transpose.getX().getDefiningOp<RepeatHeadsOp>()) {
    swapped = true;
    value = transpose.getX();
  }
  times = 1;
  if (auto repeat = value.getDefiningOp<RepeatHeadsOp>()) {
    times = repeat.getTimes();
    value = repeat.getX();
  }
  std::optional<Heads> heads = headsOf(value);
  if (heads && swapped) {
    if (heads->keysLast)
      return std::nullopt;
    heads->keysLast = true;
  }
  return heads;
}

/// Whether element-wise ops lead from the value back to a product of activations.
static bool comesFromProduct(Value value, int depth = 0) {
  Operation *op = value.getDefiningOp();
  if (!op || depth > 12)
    return false;
  if (isa<MatMulOp>(op))
    return true;
  if (!isa<AddOp, MulOp, DivOp, UnaryOp, MaskedOp>(op))
    return false;
  return llvm::any_of(op->getOperands(), [&](Value operand) { return comesFromProduct(operand, depth + 1); });
}

LogicalResult AttentionMatcher::fail(const Twine &why, Operation *other) {
  missed = {why.str(), other};
  return failure();
}

LogicalResult AttentionMatcher::single(Value value, const Twine &what) {
  for (Operation *user : value.getUsers())
    if (user != consumer)
      return fail(what + " have another use", user);
  if (!value.hasOneUse())
    return fail(what + " are used twice", consumer);
  consumer = value.getDefiningOp();
  return success();
}

bool AttentionMatcher::isSite() {
  Value probs = product.getLhs();
  if (auto softmax = probs.getDefiningOp<MaskedSoftmaxOp>())
    scores = softmax.getScores();
  else if (auto softmax = probs.getDefiningOp<SoftmaxOp>())
    scores = softmax.getX();
  return scores && comesFromProduct(scores);
}

LogicalResult AttentionMatcher::matchProbabilities(Value probs) {
  if (failed(single(probs, "the probabilities")))
    return failure();
  parts.locations.push_back(probs.getLoc());
  if (auto masked = probs.getDefiningOp<MaskedSoftmaxOp>()) {
    parts.mask = masked.getMask();
    return success();
  }
  auto softmax = probs.getDefiningOp<SoftmaxOp>();
  if (axisOf(softmax.getAxis(), softmax.getType()) != softmax.getType().getRank() - 1)
    return fail("the softmax is not over the keys", softmax);
  if (softmax.getX().getDefiningOp<MaskedOp>())
    return fail("mask and softmax are not fused", softmax);
  return success();
}

/// scores + bias, any number of times.
LogicalResult AttentionMatcher::matchBias(Value &value) {
  while (auto sum = value.getDefiningOp<AddOp>()) {
    if (failed(single(value, "the scores")))
      return failure();
    bool left = comesFromProduct(sum.getLhs());
    Value next = left ? sum.getLhs() : sum.getRhs();
    if (typeOf(next) != typeOf(value))
      return fail("the bias stretches the scores", sum);
    parts.biases.push_back(left ? sum.getRhs() : sum.getLhs());
    parts.locations.push_back(sum.getLoc());
    value = next;
  }
  return success();
}

/// Back from the softmax: biases, then softcap and scale (c * tanh(a * s) is softcap c with scale a*c), then the product.
FailureOr<MatMulOp> AttentionMatcher::matchScores(Value value) {
  if (failed(matchBias(value)))
    return failure();
  double factor = 1;
  while (!value.getDefiningOp<MatMulOp>()) {
    if (failed(single(value, "the scores")))
      return failure();
    Operation *op = value.getDefiningOp();
    if (!op)
      return fail("the scores are no product of queries and keys");
    parts.locations.push_back(op->getLoc());
    if (auto mul = dyn_cast<MulOp>(op); mul && constantOf(mul.getRhs())) {
      factor *= *constantOf(mul.getRhs());
      value = mul.getLhs();
    } else if (auto div = dyn_cast<DivOp>(op); div && constantOf(div.getRhs())) {
      factor /= *constantOf(div.getRhs());
      value = div.getLhs();
    } else if (auto tanh = dyn_cast<UnaryOp>(op); tanh && tanh.getFunction() == Activation::Tanh && !parts.softcap) {
      parts.softcap = factor;
      value = tanh.getX();
    } else {
      return fail(isa<MulOp, DivOp>(op) ? "the scale is no compile-time number" : "the scores are changed in a way that attention has not", op);
    }
  }
  parts.scale *= factor;
  if (failed(single(value, "the scores")))
    return failure();
  return value.getDefiningOp<MatMulOp>();
}

LogicalResult AttentionMatcher::matchQueryAndKey(MatMulOp scores) {
  parts.locations.push_back(scores.getLoc());
  Value query = scores.getLhs();
  if (auto mul = query.getDefiningOp<MulOp>(); mul && constantOf(mul.getRhs()) && mul->hasOneUse()) {
    parts.scale *= *constantOf(mul.getRhs());
    query = mul.getLhs();
  }
  std::optional<Heads> queryHeads = headsOf(query);
  if (!queryHeads || queryHeads->keysLast)
    return fail("the queries are not split into heads", scores);
  int64_t times = 1;
  std::optional<Heads> keyHeads = sharedHeadsOf(scores.getRhs(), times);
  if (!keyHeads || !keyHeads->keysLast)
    return fail("the keys are not split into heads and transposed", scores);
  parts.query = queryHeads->x;
  parts.key = keyHeads->x;
  parts.heads = queryHeads->count;
  parts.kvHeads = keyHeads->count;
  if (parts.kvHeads * times != parts.heads)
    return fail("queries and keys differ in their heads", scores);
  return success();
}

LogicalResult AttentionMatcher::matchValue(Value value) {
  int64_t times = 1;
  std::optional<Heads> heads = sharedHeadsOf(value, times);
  if (!heads || heads->keysLast)
    return fail("the values are not split into heads", product);
  if (heads->count != parts.kvHeads || times * parts.kvHeads != parts.heads)
    return fail("keys and values differ in their heads", product);
  parts.value = heads->x;
  return success();
}

/// merge_heads, or reshape(transpose(context, [0, 2, 1, 3])).
LogicalResult AttentionMatcher::matchMerge() {
  if (!product->hasOneUse())
    return fail("the heads' results have more than one use", product);
  parts.locations.push_back(product.getLoc());
  Operation *user = *product->user_begin();
  if (auto transpose = dyn_cast<TransposeOp>(user);
      transpose && transpose.getPermutation() == ArrayRef<int64_t>{0, 2, 1, 3} && transpose->hasOneUse()) {
    auto reshape = dyn_cast<ReshapeOp>(*transpose->user_begin());
    NamedTensorType cut = transpose.getType(), whole = reshape ? reshape.getType() : cut;
    if (reshape && whole.getRank() == 3 && whole.getDim(0) == cut.getDim(0) && whole.getDim(1) == cut.getDim(1))
      user = reshape;
  }
  if (!isa<MergeHeadsOp, ReshapeOp>(user))
    return fail("the heads' results are not merged", user);
  parts.result = user;
  return success();
}

FailureOr<AttentionParts> AttentionMatcher::match() {
  if (product.getType().getRank() != 4)
    return fail("there is no dimension of heads", product);
  if (failed(matchProbabilities(product.getLhs())))
    return failure();
  FailureOr<MatMulOp> base = matchScores(scores);
  if (failed(base) || failed(matchQueryAndKey(*base)) || failed(matchValue(product.getRhs())) || failed(matchMerge()))
    return failure();
  return parts;
}
