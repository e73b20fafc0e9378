// Mask analysis: an upper bound of key - query over everything that a mask, or values masked by it, can show.
#include "Masks.h"

using namespace mlir;
using namespace weft;

using Reach = std::optional<int64_t>;

/// Chains of masks are short; a bound keeps malformed or generated IR from costing exponential time.
static constexpr int maxDepth = 32;

/// What hides more: either bound holds.
static Reach narrower(Reach a, Reach b) {
  if (!a || !b)
    return a ? a : b;
  return std::min(*a, *b);
}

/// What hides less: both must hold.
static Reach wider(Reach a, Reach b) {
  if (!a || !b)
    return std::nullopt;
  return std::max(*a, *b);
}

/// The shift of a mask when its offset is known at compile time.
template <typename MaskOp> static Reach constantShift(MaskOp mask) {
  int64_t shift = mask.getShift();
  if (!mask.getOffset())
    return shift;
  if (auto constant = mask.getOffset().template getDefiningOp<ConstantOp>())
    return shift + static_cast<int64_t>(constant.getValue().convertToDouble());
  if (auto size = mask.getOffset().template getDefiningOp<DimSizeOp>())
    if (std::optional<int64_t> fixed = size.getDim().getStatic())
      return shift + *fixed;
  return std::nullopt;
}

/// Whether both keep the same last two dimensions, so that query and key lie where they lay.
static bool sameLastTwo(Value a, Value b) {
  auto x = cast<NamedTensorType>(a.getType()), y = cast<NamedTensorType>(b.getType());
  return x.getRank() >= 2 && y.getRank() >= 2 && x.getDim(-1) == y.getDim(-1) && x.getDim(-2) == y.getDim(-2);
}

static bool isConstant(Value value, double number) {
  if (auto broadcast = value.getDefiningOp<BroadcastOp>())
    value = broadcast.getX();
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant && constant.getValue().convertToDouble() == number;
}

static Reach visible(Value mask, int depth) {
  Operation *op = mask.getDefiningOp();
  if (!op || depth > maxDepth)
    return std::nullopt;
  if (auto causal = dyn_cast<CausalMaskOp>(op))
    return constantShift(causal);
  if (auto window = dyn_cast<WindowMaskOp>(op)) {
    Reach shift = constantShift(window);
    return shift ? Reach(*shift + static_cast<int64_t>(window.getAfter())) : std::nullopt;
  }
  if (auto both = dyn_cast<MaskAndOp>(op)) {
    auto reach = [&](Value side) { return sameLastTwo(side, mask) ? visible(side, depth + 1) : std::nullopt; };
    return narrower(reach(both.getLhs()), reach(both.getRhs()));
  }
  if (auto where = dyn_cast<WhereOp>(op)) {
    if (isConstant(where.getRhs(), 0) && sameLastTwo(where.getCondition(), mask))
      return visible(where.getCondition(), depth + 1);
    return std::nullopt;
  }
  if (isa<BroadcastOp, ReshapeOp>(op) && sameLastTwo(op->getOperand(0), mask))
    return visible(op->getOperand(0), depth + 1);
  return std::nullopt;
}

static Reach earliest(Value mask, int depth) {
  Operation *op = mask.getDefiningOp();
  if (!op || depth > maxDepth)
    return std::nullopt;
  if (auto window = dyn_cast<WindowMaskOp>(op)) {
    Reach shift = constantShift(window);
    return shift ? Reach(*shift - static_cast<int64_t>(window.getBefore())) : std::nullopt;
  }
  if (auto both = dyn_cast<MaskAndOp>(op)) {
    auto reach = [&](Value side) { return sameLastTwo(side, mask) ? earliest(side, depth + 1) : std::nullopt; };
    Reach left = reach(both.getLhs()), right = reach(both.getRhs());
    return left && right ? std::max(*left, *right) : left ? left : right;
  }
  if (isa<BroadcastOp, ReshapeOp>(op) && sameLastTwo(op->getOperand(0), mask))
    return earliest(op->getOperand(0), depth + 1);
  return std::nullopt;
}

static Reach finite(Value scores, int depth) {
  Operation *op = scores.getDefiningOp();
  if (!op || depth > maxDepth)
    return std::nullopt;
  if (auto masked = dyn_cast<MaskedOp>(op)) {
    Reach own = sameLastTwo(masked.getMask(), scores) ? visible(masked.getMask(), depth + 1) : std::nullopt;
    return narrower(own, finite(masked.getScores(), depth + 1));
  }
  if (auto add = dyn_cast<AddOp>(op)) {
    auto reach = [&](Value side) { return sameLastTwo(side, scores) ? finite(side, depth + 1) : std::nullopt; };
    return narrower(reach(add.getLhs()), reach(add.getRhs()));
  }
  if (isa<BroadcastOp, ReshapeOp>(op) && sameLastTwo(op->getOperand(0), scores))
    return finite(op->getOperand(0), depth + 1);
  return std::nullopt;
}

static Reach nonzero(Value probs, int depth) {
  Operation *op = probs.getDefiningOp();
  if (!op || depth > maxDepth)
    return std::nullopt;
  if (auto softmax = dyn_cast<MaskedSoftmaxOp>(op)) {
    Reach own = sameLastTwo(softmax.getMask(), probs) ? visible(softmax.getMask(), depth + 1) : std::nullopt;
    return narrower(own, finite(softmax.getScores(), depth + 1));
  }
  if (auto softmax = dyn_cast<SoftmaxOp>(op)) {
    int64_t axis = softmax.getAxis(), rank = softmax.getType().getRank();
    return axis == -1 || axis == rank - 1 ? finite(softmax.getX(), depth + 1) : std::nullopt;
  }
  if (auto where = dyn_cast<WhereOp>(op)) {
    Reach left = sameLastTwo(where.getLhs(), probs) ? nonzero(where.getLhs(), depth + 1) : std::nullopt;
    if (isConstant(where.getRhs(), 0) && sameLastTwo(where.getCondition(), probs))
      return narrower(visible(where.getCondition(), depth + 1), left);
    return sameLastTwo(where.getRhs(), probs) ? wider(left, nonzero(where.getRhs(), depth + 1)) : std::nullopt;
  }
  if (auto mul = dyn_cast<MulOp>(op)) {
    auto reach = [&](Value side) { return sameLastTwo(side, probs) ? nonzero(side, depth + 1) : std::nullopt; };
    return narrower(reach(mul.getLhs()), reach(mul.getRhs()));
  }
  if (auto div = dyn_cast<DivOp>(op))
    return sameLastTwo(div.getLhs(), probs) ? nonzero(div.getLhs(), depth + 1) : std::nullopt;
  if (isa<BroadcastOp, ReshapeOp>(op) && sameLastTwo(op->getOperand(0), probs))
    return nonzero(op->getOperand(0), depth + 1);
  return std::nullopt;
}

std::optional<int64_t> weft::latestVisible(Value mask) { return visible(mask, 0); }
std::optional<int64_t> weft::earliestVisible(Value mask) { return earliest(mask, 0); }
std::optional<int64_t> weft::latestFinite(Value scores) { return finite(scores, 0); }
std::optional<int64_t> weft::latestNonzero(Value probs) { return nonzero(probs, 0); }

bool weft::hidesPadding(Value mask, Value lengths) {
  SmallVector<Value> parts{mask};
  for (int depth = 0; !parts.empty() && depth < maxDepth; ++depth) {
    Value part = parts.pop_back_val();
    if (auto padding = part.getDefiningOp<PaddingMaskOp>(); padding && padding.getLengths() == lengths)
      return true;
    if (auto both = part.getDefiningOp<MaskAndOp>())
      parts.append({both.getLhs(), both.getRhs()});
  }
  return false;
}
