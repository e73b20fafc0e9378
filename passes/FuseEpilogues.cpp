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
  void runOnOperation() override {
    for (auto graph : getOperation().getOps<GraphOp>())
      for (Block *block : computeBlocks(graph))
        for (const Cluster &cluster : clusterOps(*block))
          if (cluster.ops.size() > 1)
            report(cluster, formGroup(cluster));
  }

private:
  static void report(const Cluster &cluster, GroupOp group) {
    InFlightDiagnostic remark = emitRemark(cluster.root()->getLoc()) << "fused ";
    llvm::interleave(
        cluster.ops, [&](Operation *op) { remark << op->getName().stripDialect(); }, [&] { remark << " + "; });
  }
};
} // namespace
