// The interpreter's state: values of one isolated region (a graph, a kernel, an initializer). Internal to the oracle.
#ifndef WEFT_IR_REFERENCE_MACHINE_H
#define WEFT_IR_REFERENCE_MACHINE_H

#include "Interpreter.h"
#include "llvm/ADT/DenseMap.h"

namespace weft::reference {

class Machine {
public:
  Machine(const WeightStore &store, const RunOptions &options, Sizes sizes)
      : store(store), options(options), sizes(std::move(sizes)) {}

  void set(mlir::Value value, Tensor tensor) { tensors[value] = std::move(tensor); }
  void setLayer(mlir::Value index, std::optional<int64_t> number) {
    layer = number;
    if (index && number)
      layers[index] = *number;
  }
  const Tensor &get(mlir::Value value) const { return tensors.find(value)->second; }
  llvm::SmallVector<Tensor> getAll(mlir::ValueRange values) const;

  /// Runs a block up to its terminator, whose operands are then the results.
  llvm::Error run(mlir::Block &block);
  /// How deep initializers stand in each other here.
  unsigned depth = 0;

private:
  llvm::Error runOp(mlir::Operation &op);
  llvm::Error runStack(mlir::Operation *op, mlir::Region &body, int64_t count);
  llvm::Error runGroup(GroupOp op);
  llvm::Error runLaunch(LaunchOp op);
  llvm::Error runCheck(CheckOp op);
  llvm::Error runWeightRef(WeightRefOp op);
  llvm::Error runLayerNumber(LayerNumberOp op);
  llvm::Error runStateRef(StateRefOp op);
  llvm::Error runCacheWrite(CacheWriteOp op);
  /// The state behind a reference, and its layer.
  llvm::Expected<Tensor *> findState(StateRefOp op, std::optional<int64_t> &at);
  void observe(mlir::Operation *op);

  const WeightStore &store;
  const RunOptions &options;
  Sizes sizes;
  llvm::DenseMap<mlir::Value, Tensor> tensors;
  llvm::DenseMap<mlir::Value, int64_t> layers;
  std::optional<int64_t> layer;
  mlir::SymbolTableCollection symbols;
};

/// Adds the sizes that only the shapes of states show; fails where a state has another shape than its type says.
llvm::Error bindStateSizes(GraphOp graph, const llvm::StringMap<Tensor> &states, Sizes &sizes);

/// The weight for an interpreter that stands `depth` initializers deep.
llvm::Expected<Tensor> weightTensor(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store, unsigned depth);

} // namespace weft::reference

#endif
