// FoldWeights: numbers go into weights where no bit of a result changes.
// Consumes fused attention, produces a scaled query weight. Only powers of two are exact; other scales stay in attention, where
// they cost one multiplication per score.
#include "passes/Passes.h"
#include "passes/WeightBuilder.h"
#include "mlir/IR/PatternMatch.h"
#include <cmath>

namespace weft {
#define GEN_PASS_DEF_FOLDWEIGHTS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static bool isPowerOfTwo(double value) {
  int exponent;
  return value > 0 && std::frexp(value, &exponent) == 0.5 && exponent > -20 && exponent < 20;
}

namespace {
struct FoldWeightsPass final : weft::impl::FoldWeightsBase<FoldWeightsPass> {
  void runOnOperation() override {
    WeightBuilder weights(getOperation());
    getOperation().walk([&](AttentionOp op) { foldScale(op, weights); });
  }

private:
  /// attention(linear(x, w, b), scale 2^n) -> attention(linear(x, 2^n w, 2^n b), scale 1)
  static void foldScale(AttentionOp op, WeightBuilder &weights) {
    double scale = op.getScale().convertToDouble();
    auto linear = op.getQuery().getDefiningOp<LinearOp>();
    if (scale == 1 || !isPowerOfTwo(scale) || !linear || !linear->hasOneUse())
      return;
    auto weight = linear.getWeight().getDefiningOp<WeightRefOp>();
    auto bias = linear.getBias() ? linear.getBias().getDefiningOp<WeightRefOp>() : WeightRefOp();
    if (!weight || (linear.getBias() && !bias))
      return;
    linear.getWeightMutable().assign(weights.scaled(weight, scale, linear));
    if (bias)
      linear.getBiasMutable().assign(weights.scaled(bias, scale, linear));
    op.setScale(APFloat(1.0));
    emitRemark(op.getLoc()) << "folded the scale " << numberText(scale) << " into the query's weight";
    IRRewriter rewriter(op);
    eraseDead(weight, rewriter);
    if (bias)
      eraseDead(bias, rewriter);
  }
};
} // namespace
