// The frontend's entry: config, checking, verification.
#include "Frontend.h"
#include "Sema.h"

#include "mlir/IR/Verifier.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace weft {

/// The config that the options name. False after an error.
static bool openConfig(const FrontendOptions &options, SourceManager &sources, Diagnostics &diagnostics,
                       std::optional<Config> &config) {
  std::string path = options.configPath;
  if (path.empty() && !options.checkpointDir.empty()) {
    SmallString<256> inFolder(options.checkpointDir);
    sys::path::append(inFolder, "config.json");
    if (sys::fs::exists(inFolder))
      path = inFolder.str().str();
  }
  if (path.empty())
    return true;
  config = Config::open(path, sources, diagnostics);
  return config.has_value();
}

mlir::OwningOpRef<mlir::ModuleOp> lowerFile(StringRef path, const FrontendOptions &options, mlir::MLIRContext &context,
                                            SourceManager &sources, Diagnostics &diagnostics) {
  context.loadDialect<WeftDialect>();
  std::optional<Config> config;
  if (!openConfig(options, sources, diagnostics, config))
    return {};
  unsigned before = diagnostics.getNumErrors();
  Sema sema(context, sources, diagnostics, options);
  mlir::OwningOpRef<mlir::ModuleOp> module = sema.run(path, config ? &*config : nullptr);
  if (!module || diagnostics.getNumErrors() != before)
    return {};
  // What the checker admits verifies; anything else is a mistake of ours, told where it happened.
  mlir::ScopedDiagnosticHandler handler(&context, [&](mlir::Diagnostic &diagnostic) {
    diagnostics.error(rangeOf(diagnostic.getLocation(), sources), "internal error: the lowered model does not verify: " + diagnostic.str());
    return mlir::success();
  });
  if (failed(mlir::verify(*module)))
    return {};
  return module;
}

SourceRange rangeOf(mlir::Location loc, const SourceManager &sources) {
  auto place = loc->findInstanceOf<mlir::FileLineColRange>();
  if (!place)
    return {};
  for (const std::unique_ptr<SourceFile> &file : sources.getFiles()) {
    if (file->getName() != place.getFilename().getValue())
      continue;
    auto offset = [&](unsigned line, unsigned column) -> uint32_t {
      StringRef text = file->getLine(std::clamp<unsigned>(line, 1, file->getNumLines()));
      size_t start = text.data() - file->getText().data();
      return static_cast<uint32_t>(start + std::min<size_t>(column - 1, text.size()));
    };
    return {file.get(), offset(place.getStartLine(), place.getStartColumn()), offset(place.getEndLine(), place.getEndColumn())};
  }
  return {};
}

} // namespace weft
