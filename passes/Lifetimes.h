// When values of a planned graph live, and which must share one place. Consumes a graph of launches and stacks, produces intervals.
// A stack's start, its carried values, what ends a layer, and its result are one place; a value that a stack reads lives to its end.
#ifndef WEFT_PASSES_LIFETIMES_H
#define WEFT_PASSES_LIFETIMES_H

#include "passes/Rewriting.h"
#include "llvm/ADT/DenseMap.h"

namespace weft {

/// One place in memory and its life, in positions of the program's order; both ends included.
struct Lifetime {
  llvm::SmallVector<mlir::Value> values;
  int64_t begin = 0, end = 0;
  int64_t output = -1; ///< written in place as this output of the graph; -1: in the arena
  NamedTensorType type() const { return llvm::cast<NamedTensorType>(values.front().getType()); }
  bool overlaps(const Lifetime &other) const { return begin <= other.end && other.begin <= end; }
};

struct Lifetimes {
  explicit Lifetimes(GraphOp graph);
  llvm::SmallVector<Lifetime> places;
  llvm::DenseMap<mlir::Value, size_t> placeOf;

private:
  void number(mlir::Block &block);
  void collect(mlir::Block &block);
  void collectStack(mlir::Operation *stack);
  void join(mlir::Value value, mlir::Value with);
  int64_t lastUse(mlir::Value value) const;

  llvm::DenseMap<mlir::Operation *, std::pair<int64_t, int64_t>> positions; ///< first and last; stacks span their bodies
  int64_t next = 0;
};

} // namespace weft

#endif
