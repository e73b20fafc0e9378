// weft-opt: runs passes on the text of any level of the IR, as mlir-opt does for MLIR's dialects.
// Only what weft uses is registered, so that start-up stays short and a misspelt op is an error. The text is read here, not by
// MlirOptMain, because nesting has to be checked before it is parsed.
#include "Nesting.h"
#include "Weft.h"
#include "mlir/Support/FileUtilities.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#include "llvm/Support/SourceMgr.h"
#include "llvm/Support/ToolOutputFile.h"
#ifdef WEFT_HAS_PASSES
#include "passes/Passes.h"
#endif

/// Prints an error at `offset` of the text.
static void reportAt(std::unique_ptr<llvm::MemoryBuffer> text, size_t offset, llvm::StringRef message) {
  llvm::SourceMgr sources;
  llvm::SMLoc place = llvm::SMLoc::getFromPointer(text->getBufferStart() + offset);
  sources.AddNewSourceBuffer(std::move(text), llvm::SMLoc());
  sources.PrintMessage(place, llvm::SourceMgr::DK_Error, message);
}

static mlir::LogicalResult run(llvm::StringRef inputName, llvm::StringRef outputName, mlir::DialectRegistry &registry,
                               const mlir::MlirOptMainConfig &config) {
  std::string error;
  std::unique_ptr<llvm::MemoryBuffer> text = mlir::openInputFile(inputName, &error);
  std::unique_ptr<llvm::ToolOutputFile> output = text ? mlir::openOutputFile(outputName, &error) : nullptr;
  if (!output) {
    llvm::errs() << error << "\n";
    return mlir::failure();
  }
  if (std::optional<size_t> offset = weft::findTooDeepNesting(text->getBuffer())) {
    reportAt(std::move(text), *offset, "brackets nest deeper than " + std::to_string(weft::maxIrNesting));
    return mlir::failure();
  }
  bool isDone = mlir::succeeded(mlir::MlirOptMain(output->os(), std::move(text), registry, config));
  output->os().flush();
  if (std::error_code code = output->os().error()) { // left in the stream, LLVM would end the program by itself
    output->os().clear_error();
    llvm::errs() << "weft-opt: error: can't write '" << outputName << "': " << code.message() << "\n";
    return mlir::failure();
  }
  if (isDone)
    output->keep();
  return mlir::success(isDone);
}

int main(int argc, char **argv) {
  mlir::DialectRegistry registry;
  registry.insert<weft::WeftDialect>();
  mlir::registerCanonicalizerPass();
  mlir::registerCSEPass();
  mlir::registerSymbolDCEPass();
  mlir::registerStripDebugInfoPass();
#ifdef WEFT_HAS_PASSES
  weft::registerPasses();
#endif
  auto [input, output] = mlir::registerAndParseCLIOptions(argc, argv, "weft optimizer driver\n", registry);
  mlir::MlirOptMainConfig config = mlir::MlirOptMainConfig::createFromCLOptions();
  if (config.shouldShowDialects() || config.shouldListPasses())
    return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, input, output, registry));
  return mlir::asMainReturnCode(run(input, output, registry, config));
}
