// Any text, cut at "// -----" as the tests are, as a dump that `weft compile D/07-fused.mlir` goes on from: it is refused with an error, or it is a module that prints and
// parses back to the same text.
// LINK: weft_ir
// SOURCES: ir/Nesting.cpp ir/Verifiers.cpp ir/StackOps.cpp ir/StateOps.cpp ir/Shapes.cpp ir/ShapesAttention.cpp ir/ShapesLayout.cpp ir/Dim.cpp
// CORPUS: tests/ops tests/passes
#include "Nesting.h"
#include "Weft.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"

#include "llvm/Support/raw_ostream.h"

using namespace weft;

static std::string print(mlir::ModuleOp module) {
  std::string text;
  llvm::raw_string_ostream os(text);
  module.print(os);
  return text;
}

/// One piece: a module of its own. A string, since MLIR's lexer wants a zero behind the text.
static void read(const std::string &text) {
  if (findTooDeepNesting(text))
    return;
  mlir::MLIRContext context(mlir::MLIRContext::Threading::DISABLED);
  context.loadDialect<WeftDialect>();
  context.printOpOnDiagnostic(false);
  unsigned errors = 0;
  context.getDiagEngine().registerHandler([&](mlir::Diagnostic &diagnostic) { errors += !diagnostic.str().empty(); });
  mlir::OwningOpRef<mlir::ModuleOp> module = mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context));
  if (!module) {
    if (!errors)
      __builtin_trap();
    return;
  }
  std::string once = print(*module);
  mlir::OwningOpRef<mlir::ModuleOp> again = mlir::parseSourceString<mlir::ModuleOp>(once, mlir::ParserConfig(&context));
  if (!again || print(*again) != once)
    __builtin_trap();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  llvm::StringRef rest(reinterpret_cast<const char *>(data), size), piece;
  while (!rest.empty()) {
    std::tie(piece, rest) = rest.split("// -----");
    read(piece.str());
  }
  return 0;
}
