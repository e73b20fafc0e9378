// PassRunner: runs the pipeline, prints and dumps the IR behind passes, and goes on from a dump. A dump begins with a comment that
// says how many passes were done:
//   // weft: after pass 3, weft-fold-weights
#ifndef WEFT_TOOLS_DRIVER_PASSRUNNER_H
#define WEFT_TOOLS_DRIVER_PASSRUNNER_H

#include "mlir/IR/BuiltinOps.h"
#include "passes/Pipelines.h"
#include "tools/driver/CompileOptions.h"

namespace weft::tools {

/// The passes that an IR text has behind it.
struct DonePasses {
  int count = 0;
  std::string last; ///< the name of the last one
};

class PassRunner {
public:
  /// `done` passes of the whole pipeline are skipped.
  PassRunner(const CompileOptions &options, PipelineOptions pipeline, DonePasses done)
      : options(options), pipeline(pipeline), done(std::move(done)) {}

  /// Fails when a pass fails (which has then reported why), or a dump can't be written.
  llvm::Error run(mlir::ModuleOp module);

private:
  const CompileOptions &options;
  PipelineOptions pipeline;
  DonePasses done;
};

/// By the text's first line; none without one.
llvm::Expected<DonePasses> donePassesOf(llvm::StringRef text, llvm::StringRef fileName);

/// The IR as text with readable value names; `withPlaces` keeps the locations.
void printIr(mlir::ModuleOp module, llvm::raw_ostream &out, bool withPlaces = false);

} // namespace weft::tools

#endif
