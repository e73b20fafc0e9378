// weft-opt: runs passes on the text of any level of the IR, as mlir-opt does for MLIR's dialects.
// Only what weft uses is registered, so that start-up stays short and a misspelt op is an error.
#include "Weft.h"
#include "mlir/Tools/mlir-opt/MlirOptMain.h"
#include "mlir/Transforms/Passes.h"
#ifdef WEFT_HAS_PASSES
#include "passes/Passes.h"
#endif

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
  return mlir::asMainReturnCode(mlir::MlirOptMain(argc, argv, "weft optimizer driver\n", registry));
}
