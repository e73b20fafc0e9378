// PackWeights: contractions read their weight in panels of columns, zero padded, one layout for all targets; other weights lie in rows.
// Consumes planned kernels, changes argument layouts. A weight that a lookup reads too is packed twice. Drops weights that nothing reads.
#include "passes/Layout.h"
#include "passes/Passes.h"
#include "passes/Rewriting.h"
#include "llvm/ADT/StringSet.h"

namespace weft {
#define GEN_PASS_DEF_PACKWEIGHTS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

/// The dimension whose columns make panels, where this is the weight of a contraction.
static std::optional<int64_t> panelDimOf(OpOperand &use) {
  unsigned number = use.getOperandNumber();
  if (auto linear = dyn_cast<LinearOp>(use.getOwner()); linear && number == 1)
    return linear.getTransposed() ? 1 : 0;
  if (auto strassen = dyn_cast<StrassenOp>(use.getOwner()); strassen && (number == 1 || number == 2))
    return strassen.getTransposed() ? 1 : 0;
  return std::nullopt;
}

/// The same where the argument is nothing but such weights in one orientation.
static std::optional<int64_t> panelDimOf(BlockArgument arg) {
  std::optional<int64_t> dim;
  for (OpOperand &use : arg.getUses()) {
    std::optional<int64_t> columns = panelDimOf(use);
    if (!columns || (dim && dim != columns))
      return std::nullopt;
    dim = columns;
  }
  return dim;
}

namespace {
struct PackWeightsPass final : weft::impl::PackWeightsBase<PackWeightsPass> {
  void runOnOperation() override {
    ModelOp model = getOperation();
    llvm::StringMap<SmallVector<LaunchOp>> launches;
    model.walk([&](LaunchOp launch) { launches[launch.getKernel()].push_back(launch); });
    for (auto kernel : model.getOps<KernelOp>())
      if (kernel.getArgLayouts())
        pack(kernel, launches.lookup(kernel.getSymName()));
    dropUnread(model);
  }

private:
  static void pack(KernelOp kernel, ArrayRef<LaunchOp> launches) {
    SmallVector<Attribute> layouts = llvm::to_vector(*kernel.getArgLayouts());
    for (BlockArgument arg : kernel.getBody().getArguments()) {
      bool weight = llvm::all_of(launches, [&](LaunchOp launch) {
        return static_cast<bool>(launch->getOperand(arg.getArgNumber()).getDefiningOp<WeightRefOp>());
      });
      std::optional<int64_t> dim = panelDimOf(arg);
      if (weight && dim)
        layouts[arg.getArgNumber()] = panelLayout(cast<NamedTensorType>(arg.getType()), *dim);
    }
    kernel.setArgLayoutsAttr(ArrayAttr::get(kernel.getContext(), layouts));
  }

  /// Weights that no graph reads, not even through another's initializer.
  static void dropUnread(ModelOp model) {
    SymbolTable symbols(model);
    llvm::StringSet<> read;
    SmallVector<WeightRefOp> pending;
    for (auto graph : model.getOps<GraphOp>())
      graph.walk([&](WeightRefOp ref) { pending.push_back(ref); });
    while (!pending.empty()) {
      StringRef name = pending.pop_back_val().getWeight();
      if (!read.insert(name).second)
        continue;
      if (auto weight = symbols.lookup<WeightOp>(name))
        weight.walk([&](WeightRefOp ref) { pending.push_back(ref); });
    }
    for (auto weight : llvm::make_early_inc_range(model.getOps<WeightOp>()))
      if (!read.contains(weight.getSymName()))
        weight.erase();
  }
};
} // namespace
