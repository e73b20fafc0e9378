// Session: one compilation's state, from the input file to the IR at the level that was asked for. All that is wrong goes to
// `diagnostics` (with a place) or comes back as an Error (without one); nothing is printed before finish().
#ifndef WEFT_TOOLS_DRIVER_SESSION_H
#define WEFT_TOOLS_DRIVER_SESSION_H

#include "Weft.h"
#include "WeightStore.h"
#include "codegen/host/ModelInfo.h"
#include "frontend/Source.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/OwningOpRef.h"
#include "passes/Pipelines.h"
#include "tools/driver/CompileOptions.h"
#include "tools/driver/PassRunner.h"
#include "tools/driver/Progress.h"

namespace weft {
class Checkpoint;
}

namespace weft::tools {

class Session {
public:
  Session(const CompileOptions &options, Progress &progress);
  ~Session();

  /// Opens the checkpoint, reads the input (.weft, or .mlir of any level) and holds both against each other.
  llvm::Error load();
  /// Runs the passes up to a phase; a dump goes on behind the pass that it was written after.
  llvm::Error runPasses(Phase last);
  /// Whether remarks are kept (explain) or dropped.
  bool keepRemarks = false;
  /// Whether a description without a model is an error; else model() stays null then.
  bool needsModel = true;

  ModelOp model();
  mlir::ModuleOp module() { return *root; }
  /// The weights; null when none were given.
  const WeightStore *weights() const { return store; }
  /// An error that names the options when the model reads weights and none were given.
  llvm::Error requireWeights();
  /// The files that were read, with their hashes.
  llvm::Expected<std::vector<SourceInfo>> sources();
  /// Paths of the files that were read.
  std::vector<std::string> dependencies() const;

  SourceManager sourceManager;
  Diagnostics diagnostics;

private:
  llvm::Error openWeights();
  llvm::Error loadDescription();
  llvm::Error loadIr();
  void collect(mlir::Diagnostic &diagnostic);
  /// The range of a location; files that are not loaded yet (of an IR dump) are opened for it.
  SourceRange place(mlir::Location loc);

  const CompileOptions &options;
  Progress &progress;
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> root;
  std::unique_ptr<Checkpoint> checkpoint;
  std::unique_ptr<WeightStore> random;
  const WeightStore *store = nullptr;
  std::string configPath;
  DonePasses donePasses; ///< of the whole pipeline, by the dump that was read
};

/// Prints diagnostics, in colour on a terminal.
void printDiagnostics(const Diagnostics &diagnostics);

/// Stands for errors that are in the session's diagnostics already.
class Reported : public llvm::ErrorInfo<Reported> {
public:
  static char ID;
  void log(llvm::raw_ostream &out) const override { out << "errors were reported"; }
  std::error_code convertToErrorCode() const override { return std::make_error_code(std::errc::invalid_argument); }
};

} // namespace weft::tools

#endif
