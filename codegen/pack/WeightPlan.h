// WeightPlan: where each weight lies in the packed section. The weights of one layer of a stack lie together, in the order in which
// its launches read them, so that the prefetch that runs past a matrix's last panel brings the next matrix; layer i of a weight is
// at offset + i * stride. One weight read in two layouts is packed twice; one read twice in a layout, once.
#ifndef WEFT_CODEGEN_PACK_WEIGHTPLAN_H
#define WEFT_CODEGEN_PACK_WEIGHTPLAN_H

#include "Weft.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/Support/Error.h"
#include <vector>

namespace weft {

/// A weight in one layout.
struct PackedWeight {
  WeightOp weight;
  LayoutAttr layout;
  int64_t layers = 1;
  uint64_t offset = 0; ///< bytes from the section's start, a multiple of 64
  uint64_t stride = 0; ///< bytes from a layer to the next
  uint64_t bytes = 0;  ///< of one layer, a multiple of 64
};

/// One tensor to write: entry `weight` of the plan at `layer`.
struct PackedTensor {
  size_t weight;
  int64_t layer;
  uint64_t offset;
};

struct WeightPlan {
  std::vector<PackedWeight> weights;
  std::vector<PackedTensor> order; ///< by rising offset
  uint64_t bytes = 0;

  /// The entry that a launch's operand reads.
  const PackedWeight &at(WeightRefOp ref, LayoutAttr layout) const;

private:
  friend class WeightPlanner;
  llvm::DenseMap<std::pair<mlir::Operation *, mlir::Attribute>, size_t> index;
};

/// Bytes of one tensor in a layout, without padding to 64.
uint64_t packedBytes(NamedTensorType type, LayoutAttr layout);

/// Plans all weights that the graph's launches read.
llvm::Expected<WeightPlan> planWeights(llvm::ArrayRef<GraphOp> graphs);

} // namespace weft

#endif
