// ComputeWeights: ops whose operands are all weights or constants become weights with initializers, so that nothing of them is left at
// run time and contractions can pack the result. Consumes graphs, produces symbols. What would grow (a broadcast) stays, but for
// sinusoids, which cost a power, a sine and a cosine an element: their table is made for the longest length.
#include "passes/Passes.h"
#include "passes/WeightBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace weft {
#define GEN_PASS_DEF_COMPUTEWEIGHTS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

/// Elements of a type whose dimensions are all numbers.
static std::optional<int64_t> elementsOf(Value value) { return cast<NamedTensorType>(value.getType()).getNumElements().constant(); }

/// All operands are weights of one layer number, or constants; there is at least one weight.
static bool readsWeightsOnly(Operation *op) {
  Value layer;
  bool weights = false;
  for (Value operand : op->getOperands()) {
    if (operand.getDefiningOp<ConstantOp>())
      continue;
    auto ref = operand.getDefiningOp<WeightRefOp>();
    if (!ref || (layer && ref.getLayer() && layer != ref.getLayer()))
      return false;
    layer = ref.getLayer() ? ref.getLayer() : layer;
    weights = true;
  }
  return weights;
}

static bool isWorthIt(Operation *op) {
  if (!anchorOf(op) || !readsWeightsOnly(op))
    return false;
  int64_t read = 0, made = 0;
  for (Value operand : op->getOperands())
    read += elementsOf(operand).value_or(0);
  for (Value result : op->getResults()) {
    std::optional<int64_t> elements = elementsOf(result);
    if (!elements || !cast<NamedTensorType>(result.getType()).isF32())
      return false;
    made += *elements;
  }
  return made <= read;
}

/// The largest table of sinusoids that is kept with the weights.
static constexpr int64_t largestTable = 4 << 20;

/// Rows of the table that the op needs at most; nothing where no bound is known or the table would be too large.
static std::optional<int64_t> tableRows(SinusoidalOp op, ModelOp model) {
  std::optional<int64_t> rows = op.getType().getExpr(-2).evaluate([&](StringRef name) -> std::optional<int64_t> {
    auto dim = dyn_cast_or_null<DimOp>(SymbolTable::lookupSymbolIn(model, name));
    return dim ? std::optional<int64_t>(dim.getUpper()) : std::nullopt;
  });
  std::optional<int64_t> width = op.getType().getDim(-1).getStatic();
  return rows && width && *rows > 0 && *rows <= largestTable / *width ? rows : std::nullopt;
}

namespace {
struct ComputeWeightsPass final : weft::impl::ComputeWeightsBase<ComputeWeightsPass> {
  void runOnOperation() override {
    WeightBuilder weights(getOperation());
    for (auto graph : getOperation().getOps<GraphOp>())
      for (Block *block : computeBlocks(graph))
        for (Operation &op : llvm::make_early_inc_range(*block)) {
          if (auto sinusoidal = dyn_cast<SinusoidalOp>(op))
            tabulate(sinusoidal, weights);
          else if (isWorthIt(&op))
            compute(&op, weights);
        }
  }

private:
  /// sinusoidal -> positions of a table of sinusoids
  void tabulate(SinusoidalOp op, WeightBuilder &weights) {
    std::optional<int64_t> rows = tableRows(op, getOperation());
    if (!rows || op.getOffset())
      return;
    IRRewriter rewriter(op);
    rewriter.replaceOpWithNewOp<PositionsOp>(op, op.getType(), weights.table(op, *rows), Value(), /*start=*/0);
  }

  static void compute(Operation *op, WeightBuilder &weights) {
    IRRewriter rewriter(op);
    for (OpResult result : op->getResults())
      if (!result.use_empty())
        rewriter.replaceAllUsesWith(result, weights.computed(result));
    eraseDead(op, rewriter);
  }
};
} // namespace
