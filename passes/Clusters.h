// Which ops of a block share a kernel: clusters around an anchor. Consumes a block's ops through their interfaces, decides,
// changes nothing.
//
// Ops are visited in order; each first stands alone, then takes in the clusters of its operands where that is right:
// - an element-wise op takes what it reads element by element: a contraction, a row reduction, lookups, other element-wise ops
//   (at most one of the first two: their results are what tiles and rows are built on);
// - a row reduction takes the element-wise ops and lookups of its data;
// always only where the op is the sole reader. So every cluster has one root, its last op, and no cycle can arise.
#ifndef WEFT_PASSES_CLUSTERS_H
#define WEFT_PASSES_CLUSTERS_H

#include "passes/Rewriting.h"

namespace weft {

struct Cluster {
  llvm::SmallVector<mlir::Operation *> ops; ///< in the block's order, the root last
  AnchorKind anchor = AnchorKind::Pointwise;
  mlir::Operation *root() const { return ops.back(); }
};

/// Element [i, j, ...] of the result reads exactly element [i, j, ...] of the operand.
bool readsElementByElement(mlir::Operation *op, unsigned operand);

/// All clusters of the block's computing ops, those of one op included, in the order of their roots.
llvm::SmallVector<Cluster> clusterOps(mlir::Block &block);

/// Moves the cluster into a weft.group where its root stands; the group yields the root's results that are used.
GroupOp formGroup(const Cluster &cluster);

} // namespace weft

#endif
