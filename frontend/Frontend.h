// The frontend's entry: from a .weft file to the weft dialect, and from a model to the checkpoint that it reads.
#ifndef WEFT_FRONTEND_FRONTEND_H
#define WEFT_FRONTEND_FRONTEND_H

#include "Source.h"
#include "ir/Weft.h"
#include "ir/WeightStore.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"

namespace weft {

struct FrontendOptions {
  /// The config.json that `config(...)` reads; if empty, the one in `checkpointDir`, if there is one.
  std::string configPath;
  /// A checkpoint's folder, or empty.
  std::string checkpointDir;
  /// `-D name=value`: overrides of consts.
  std::vector<std::pair<std::string, std::string>> defines;
  /// `-I`: where imports are searched after the importing file's folder.
  std::vector<std::string> includes;
  /// Whether a file without a model is an error; `weft check` takes files of blocks too.
  bool needsModel = true;
};

/// Parses, checks and lowers a description. All errors go to `diagnostics`; the result is null if there is one, or no model. The
/// module holds one weft.model, which verifies.
mlir::OwningOpRef<mlir::ModuleOp> lowerFile(llvm::StringRef path, const FrontendOptions &options, mlir::MLIRContext &context,
                                            SourceManager &sources, Diagnostics &diagnostics);

/// Compares what the model reads with what the checkpoint holds: every tensor must be there under one of the prefixes, with the
/// shape and a type that widens to its use (f16, bf16 and f64 to f32, i64 to i32). Reports all that is wrong, with the nearest names,
/// at the lines that ask.
void checkWeights(ModelOp model, const WeightStore &weights, const SourceManager &sources, Diagnostics &diagnostics);

/// Remarks on every tensor of the checkpoint that the model does not read: one that is there under two prefixes is read under the first.
void listUnusedTensors(ModelOp model, const WeightStore &weights, Diagnostics &diagnostics);

/// The range of the description that a location points to, without a file if there is none.
SourceRange rangeOf(mlir::Location loc, const SourceManager &sources);

} // namespace weft

#endif // WEFT_FRONTEND_FRONTEND_H
