// FuseEpilogues: ops that share their elements with a contraction, a norm or a lookup join it in one group.
// Consumes fused ops, produces weft.group regions of two ops and more; Clusters says which.
#include "passes/Clusters.h"
#include "passes/Passes.h"

namespace weft {
#define GEN_PASS_DEF_FUSEEPILOGUES
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

namespace {
struct FuseEpiloguesPass final : weft::impl::FuseEpiloguesBase<FuseEpiloguesPass> {
  using Base::Base;
  void runOnOperation() override {
    FusionReport missed(requireFusion);
    for (auto graph : getOperation().getOps<GraphOp>()) {
      eraseDeadIn(graph.getBody().front());
      for (Block *block : computeBlocks(graph)) {
        SmallVector<Cluster> clusters = clusterOps(*block);
        for (const Cluster &cluster : clusters)
          reportMissed(cluster, missed);
        for (const Cluster &cluster : clusters)
          if (cluster.ops.size() > 1) {
            reportFused(cluster);
            formGroup(cluster);
          }
      }
    }
    if (missed.failed())
      signalPassFailure();
  }

private:
  /// An element-wise op that would be the epilogue of a contraction, were it the only one that reads it.
  static void reportMissed(const Cluster &cluster, FusionReport &report) {
    Operation *first = cluster.ops.front();
    if (anchorOf(first) != AnchorKind::Pointwise)
      return;
    for (OpOperand &operand : first->getOpOperands()) {
      Operation *source = operand.get().getDefiningOp();
      if (!source || anchorOf(source) != AnchorKind::Contraction || !readsElementByElement(first, operand.getOperandNumber()))
        continue;
      for (Operation *user : source->getUsers())
        if (user != first)
          return report.missed(first, "epilogue", {"the contraction's result has another use", user});
    }
  }

  static void reportFused(const Cluster &cluster) {
    InFlightDiagnostic remark = emitRemark(cluster.root()->getLoc()) << "fused ";
    llvm::interleave(
        cluster.ops, [&](Operation *op) { remark << wordFor(op); }, [&] { remark << " + "; });
  }
};
} // namespace
