// Runs a graph of any level in double precision: ops of the language, fused ops, groups, stacks, launches of kernels.
// Inputs and outputs by name; weights through the store. Every failure is an llvm::Error with the words of the run-time contract.
#ifndef WEFT_IR_REFERENCE_INTERPRETER_H
#define WEFT_IR_REFERENCE_INTERPRETER_H

#include "Tensor.h"
#include "WeightStore.h"
#include "llvm/ADT/StringMap.h"
#include <functional>

namespace weft::reference {

/// One op's results, as they come up in the run.
struct Observation {
  mlir::Operation *op;
  llvm::ArrayRef<Tensor> results;
  std::optional<int64_t> layer; ///< in a stack
};

struct RunOptions {
  /// Sees every op that gives tensors (not weights and constants); in kernels too.
  std::function<void(const Observation &)> observe;
  /// The states that the graph reads and writes, by symbol; layers are the first dimension of those that have them.
  llvm::StringMap<Tensor> *states = nullptr;
  /// Sizes that neither inputs nor states show: a step reads memory whose length only the prompt's run knew.
  llvm::StringMap<int64_t> sizes;
};

/// Runs `graph` on its inputs, named as in the graph; gives its outputs by name. Dimensions get their sizes from the inputs'
/// shapes; a shape that fits none, or a size outside its weft.dim, is an error.
llvm::Expected<llvm::StringMap<Tensor>> run(GraphOp graph, const llvm::StringMap<Tensor> &inputs, const WeightStore &store,
                                            const RunOptions &options = {});

/// The sizes that input shapes give to the graph's dimensions, checked against the model's bounds.
llvm::Expected<Sizes> bindSizes(GraphOp graph, llvm::ArrayRef<Tensor> inputs);

/// Evaluates one op on operands (absent ones left out), as the interpreter does; for tests.
llvm::Expected<llvm::SmallVector<Tensor>> evaluate(mlir::Operation *op, llvm::ArrayRef<Tensor> operands, const Sizes &sizes);

/// Whether the op has a reference function (of its own or in the interpreter).
bool hasReference(mlir::OperationName name);

} // namespace weft::reference

#endif
