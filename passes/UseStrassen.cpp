// UseStrassen: contractions of many rows by seven products of half the size. Consumes outlined kernels and launches; replaces weft.linear in
// kernels and hands every launch one more weight, made of the first (WeightBuilder). Only where the anchor's tile is the result's own
// (element-wise epilogues, one result), both halves are whole panels, and a launch may have enough rows.
#include "passes/Layout.h"
#include "passes/Passes.h"
#include "passes/WeightBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace weft {
#define GEN_PASS_DEF_USESTRASSEN
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static constexpr int64_t leastInputs = 256, leastOutputs = 192; ///< below, the sums cost what the products save
static constexpr int64_t wholePanels = 2 * widePanelColumns;  ///< one of each half

/// The kernel's contraction, where all else is element by element.
static LinearOp contractionOf(KernelOp kernel) {
  LinearOp found;
  for (Operation &op : kernel.getBody().front().without_terminator()) {
    if (auto linear = dyn_cast<LinearOp>(op)) {
      if (found)
        return LinearOp();
      found = linear;
    } else if (anchorOf(&op) != AnchorKind::Pointwise) {
      return LinearOp();
    }
  }
  return found;
}

static bool fits(KernelOp kernel, LinearOp linear) {
  auto weight = dyn_cast<BlockArgument>(linear.getWeight());
  if (!weight || !weight.hasOneUse() || linear.getType().getRank() != 2 || kernel.getYield().getValues().size() != 1)
    return false;
  if (kernel.getYield().getValues()[0].getType() != linear.getType())
    return false;
  auto type = cast<NamedTensorType>(weight.getType());
  std::optional<int64_t> n = type.getDim(linear.getTransposed() ? 1 : 0).getStatic(), k = type.getDim(linear.getTransposed() ? 0 : 1).getStatic();
  return n && k && *n % wholePanels == 0 && *k % 8 == 0 && *n >= leastOutputs && *k >= leastInputs;
}

namespace {
struct UseStrassenPass final : weft::impl::UseStrassenBase<UseStrassenPass> {
  using UseStrassenBase::UseStrassenBase;

  void runOnOperation() override {
    ModelOp model = getOperation();
    llvm::StringMap<SmallVector<LaunchOp>> launches;
    model.walk([&](LaunchOp launch) { launches[launch.getKernel()].push_back(launch); });
    WeightBuilder weights(model);
    for (auto kernel : model.getOps<KernelOp>()) {
      LinearOp linear = contractionOf(kernel);
      if (linear && fits(kernel, linear))
        rewrite(kernel, linear, launches.lookup(kernel.getSymName()), weights);
    }
  }

private:
  /// The launch's rows at the bounds of the dimensions.
  double mostRows(LaunchOp launch, LinearOp linear) {
    DimExpr rows = linear.getType().getExpr(0).substitute([&](StringRef name) -> std::optional<DimExpr> {
      auto dim = dyn_cast_or_null<DimAttr>(launch.getDims().get(name));
      return dim ? std::optional(dim.getExpr()) : std::nullopt;
    });
    return upperBound(rows, getOperation());
  }

  void rewrite(KernelOp kernel, LinearOp linear, ArrayRef<LaunchOp> launches, WeightBuilder &weights) {
    auto weight = cast<BlockArgument>(linear.getWeight());
    auto refOf = [&](LaunchOp launch) { return launch->getOperand(weight.getArgNumber()).getDefiningOp<WeightRefOp>(); };
    if (!llvm::all_of(launches, refOf) || !llvm::any_of(launches, [&](LaunchOp launch) { return mostRows(launch, linear) >= double(rows); }))
      return;
    Value sums;
    for (LaunchOp launch : launches) {
      Value made = weights.strassenSums(refOf(launch), linear.getTransposed(), launch);
      launch.getOperandsMutable().append(made);
      if (!sums)
        sums = kernel.getBody().addArgument(made.getType(), linear.getLoc());
    }
    IRRewriter rewriter(linear);
    emitRemark(linear.getLoc()) << "from " << int64_t(rows) << " rows on by seven products of half the size, with weights of twice the memory";
    rewriter.replaceOpWithNewOp<StrassenOp>(linear, linear.getType(), linear.getX(), weight, sums, linear.getBias(), linear.getTransposed(), uint64_t(rows));
  }
};
} // namespace
