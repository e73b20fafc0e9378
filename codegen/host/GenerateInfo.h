// GenerateInfo: what a model that generates says of it: the programs of prompt and step, the states between them, the sizes of a cache.
// Consumes planned graphs with `roles` (DeriveIncremental), produces what the descriptor tells the runtime (weft_generate_info).
#ifndef WEFT_CODEGEN_HOST_GENERATEINFO_H
#define WEFT_CODEGEN_HOST_GENERATEINFO_H

#include "codegen/host/ModelInfo.h"

namespace weft {

struct StateInfo {
  StateOp op;
  int kind = 0;                       ///< weft_state_kind
  int64_t heads = 0, width = 0;       ///< of keys and values
  int64_t rowStride = 0;              ///< of values: elements from one position to the next; of plain states from one row to the next
  bool isStream = false;              ///< grows with the sequence
  DimExpr bytes, rowBytes;            ///< of one layer, and of one of its rows
};

/// A size of the cache: at least `holds`, in units of `unit`.
struct CacheDimInfo {
  std::string name;
  int64_t upper = 1, unit = 1;
  DimExpr holds;
};

struct ArgumentInfo {
  int role = 0;  ///< weft_role
  int input = 0; ///< of the description
};

/// A derived graph; its outputs are always wanted.
struct DerivedProgram {
  ModelInfo info;
  std::vector<ArgumentInfo> arguments;
};

struct GenerateInfo {
  GenerateOp op;
  int input = 0, output = 0, batch = 0, time = 0; ///< of the description's inputs, outputs, dims
  int pages = 0, rows = 0;                        ///< of cacheDims
  int64_t vocabulary = 0, limit = 0;
  std::vector<CacheDimInfo> cacheDims;
  std::vector<StateInfo> states;
  DerivedProgram prefill, step;
  std::optional<DerivedProgram> encode; ///< if something depends on the source alone

  /// prefill, step, and encode if there is one.
  llvm::SmallVector<const DerivedProgram *, 3> programs() const;

  /// The reference behind a state's value, which may be a write's result.
  static StateRefOp referenceOf(mlir::Value value);
  /// The index of a state that an op of a derived graph refers to; -1: it is none.
  int stateIndex(mlir::Value value) const;
};

/// Fills in `info.generate` if the model has derived graphs.
llvm::Error gatherGenerateInfo(ModelInfo &info);

} // namespace weft

#endif
