// ModelInfo: what a planned model says of itself, gathered once from its IR: the descriptor, the header, describe, explain and
// --dry-run read it. Order and indices are those of the artifact's descriptor (runtime/Descriptor.h).
#ifndef WEFT_CODEGEN_HOST_MODELINFO_H
#define WEFT_CODEGEN_HOST_MODELINFO_H

#include "Weft.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace weft {

struct SourcePlace {
  std::string file;
  int line = 0, column = 0;
};
/// The first place in a file that a location leads to; empty for unknown ones.
SourcePlace sourcePlace(mlir::Location loc);

struct DimInfo {
  std::string name, doc;
  int64_t lower, upper;
};

struct TensorInfo {
  std::string name, doc;
  NamedTensorType type;
  uint64_t needs = 0;         ///< of outputs: bit i when input i is read for it
  bool alwaysWritten = false; ///< of outputs: other launches read it in place
};

struct LaunchInfo {
  LaunchOp op;
  KernelOp kernel;
  std::string label;
  SourcePlace place;
  DimExpr flops, bytes; ///< of one execution
  int64_t times = 1;    ///< executions in one run: the layers of the stacks around it
  uint64_t serves = 0;  ///< bit i when output i depends on it
};

struct CheckInfo {
  CheckOp op;
  int32_t input; ///< -1 for a computed tensor
  SourcePlace place;
  uint64_t serves = 0;
  std::optional<int32_t> tableInput; ///< of derived graphs: the description's input, -1 where there is none; else as `input`
};

struct ConstraintInfo {
  DimExpr value;
  std::string text;
};

/// A file that the model was made from: kind is "description", "import", "config" or "weights".
struct SourceInfo {
  std::string kind, name, sha256;
};

struct GenerateInfo; // GenerateInfo.h

struct ModelInfo {
  std::string name, doc;
  ModelOp model;
  GraphOp graph;
  std::vector<DimInfo> dims;
  std::vector<TensorInfo> inputs, outputs;
  std::vector<LaunchInfo> launches;
  std::vector<CheckInfo> checks;
  std::vector<ConstraintInfo> constraints;
  std::vector<std::vector<DimExpr>> slotSizes; ///< of each arena slot: the sizes in bytes whose maximum it needs
  int64_t parameters = 0;                      ///< elements of the checkpoint's tensors that are read
  size_t firstLaunch = 0, firstCheck = 0;      ///< places of this graph's launches and checks in the descriptor's tables
  std::shared_ptr<const GenerateInfo> generate; ///< null where the model generates nothing; see GenerateInfo.h

  int dimIndex(llvm::StringRef name) const;
  /// One run's flops.
  DimExpr totalFlops() const;
};

/// Reads a model's entry graph. Fails when the model is too large for the ABI's tables or has no graph.
llvm::Expected<ModelInfo> gatherModelInfo(ModelOp model);

/// The same of one graph alone, with the sizes of caches behind the other dims if `cacheDims`.
llvm::Expected<ModelInfo> gatherGraphInfo(ModelOp model, GraphOp graph, bool cacheDims);

/// All graphs of the artifact: the entry graph, then those of generation.
llvm::SmallVector<GraphOp> programGraphs(const ModelInfo &info);

/// Elements that the checkpoint must hold for the weights that graphs read (directly or through initializers).
int64_t countParameters(ModelOp model);

/// The weight symbols with a checkpoint path that the model's graphs read, directly or through initializers, in order of declaration.
std::vector<WeightOp> checkpointWeights(ModelOp model);

} // namespace weft

#endif
