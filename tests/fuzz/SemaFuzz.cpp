// Any text through the whole frontend: it lowers to a module that verifies, or it reports an error; never both, never neither.
// LINK: weft_frontend
// SOURCES: frontend/SemaArguments.cpp frontend/SemaCalls.cpp frontend/SemaConsts.cpp frontend/SemaExpressions.cpp frontend/SemaFiles.cpp frontend/SemaStacks.cpp frontend/SemaStatements.cpp frontend/StreamFlow.cpp frontend/IRGenShape.cpp
#include "frontend/Frontend.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"

#include <unistd.h>

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  std::string path = "/tmp/weft-sema-fuzz-" + std::to_string(getpid()) + ".weft";
  std::error_code failed;
  llvm::raw_fd_ostream(path, failed) << llvm::StringRef(reinterpret_cast<const char *>(data), size);
  if (failed)
    return 0;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  SourceManager sources;
  Diagnostics diagnostics;
  mlir::OwningOpRef<mlir::ModuleOp> module = lowerFile(path, {}, context, sources, diagnostics);
  if (static_cast<bool>(module) == diagnostics.hasErrors())
    __builtin_trap();
  for (const Diagnostic &diagnostic : diagnostics.getAll())
    if (llvm::StringRef(diagnostic.message).starts_with("internal error"))
      __builtin_trap();
  std::string text;
  llvm::raw_string_ostream os(text);
  diagnostics.print(os);
  (void)llvm::sys::fs::remove(path);
  return 0;
}
