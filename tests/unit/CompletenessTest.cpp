// Every registered op has a reference function, an emitter, a description with an example that parses, and a test of its text.
// LINK: weft_kernels weft_ir
#include "IrText.h"
#include "codegen/emit/Emit.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace weft;
using namespace weft::test;

namespace {
/// The generated op reference.
std::string opReference() {
  auto buffer = llvm::MemoryBuffer::getFile(WEFT_BINARY_DIR "/docs/ops.md");
  EXPECT_TRUE(buffer) << "docs/ops.md is not built";
  return buffer ? (*buffer)->getBuffer().str() : "";
}

/// The part of the reference about one op, empty when there is none.
llvm::StringRef sectionOf(llvm::StringRef reference, llvm::StringRef op) {
  size_t begin = reference.find(("### `" + op + "` (").str());
  if (begin == llvm::StringRef::npos)
    return "";
  llvm::StringRef rest = reference.drop_front(begin + 4);
  return rest.take_front(rest.find("\n### "));
}

/// The text inside ```mlir ... ```.
std::vector<std::string> examplesOf(llvm::StringRef section) {
  std::vector<std::string> examples;
  for (size_t at = section.find("```mlir\n"); at != llvm::StringRef::npos; at = section.find("```mlir\n", at)) {
    at += 8;
    examples.push_back(section.slice(at, section.find("```", at)).str());
  }
  return examples;
}

std::vector<mlir::OperationName> ops(mlir::MLIRContext &context) {
  std::vector<mlir::OperationName> names;
  for (mlir::RegisteredOperationName name : context.getRegisteredOperationsByDialect("weft"))
    names.push_back(name);
  return names;
}

/// Of tests/ops, empty when there is none.
std::string testOf(llvm::StringRef op) {
  op.consume_front("weft.");
  auto buffer = llvm::MemoryBuffer::getFile(WEFT_SOURCE_DIR "/tests/ops/" + op + ".mlir");
  return buffer ? (*buffer)->getBuffer().str() : "";
}

/// Declares something or ends a region: nothing to compute.
bool isStructure(mlir::OperationName name) {
  return llvm::is_contained({"weft.model", "weft.dim", "weft.weight", "weft.graph", "weft.output", "weft.yield", "weft.generate", "weft.kernel", "weft.state"},
                            name.getStringRef());
}

/// Never in a kernel: stacks and groups are taken apart, the host program or the runtime does the rest.
bool isOutsideOfKernels(mlir::OperationName name) {
  return isStructure(name) || llvm::is_contained({"weft.encoder", "weft.decoder", "weft.group", "weft.launch", "weft.check", "weft.layer_number",
                                                  "weft.state_ref", "weft.weight_ref", "weft.cache_write", "weft.move_rows"},
                                                 name.getStringRef());
}
} // namespace

TEST(Completeness, TheDialectIsRegistered) {
  Ir ir;
  EXPECT_GT(ops(ir.context).size(), 60u);
}

TEST(Completeness, EveryOpHasAReference) {
  Ir ir;
  for (mlir::OperationName name : ops(ir.context))
    EXPECT_TRUE(isStructure(name) || reference::hasReference(name)) << name.getStringRef().str() << " has no function in ir/reference";
}

TEST(Completeness, EveryOpOfAKernelHasAnEmitter) {
  Ir ir;
  EmitterTable table;
  for (mlir::OperationName name : ops(ir.context)) {
    bool emitted = table.find(name.getStringRef());
    EXPECT_TRUE(emitted || isOutsideOfKernels(name)) << name.getStringRef().str() << " has no emitter in codegen/emit";
    EXPECT_TRUE(emitted || !name.hasInterface<KernelOpInterface>()) << name.getStringRef().str() << " may be in a kernel but has no emitter";
  }
}

TEST(Completeness, EveryOpIsDescribedWithAnExampleThatParses) {
  Ir ir;
  std::string reference = opReference();
  for (mlir::OperationName name : ops(ir.context)) {
    std::string op = name.getStringRef().str();
    llvm::StringRef section = sectionOf(reference, op);
    EXPECT_FALSE(section.empty()) << op << " has no description";
    std::vector<std::string> examples = examplesOf(section);
    EXPECT_FALSE(examples.empty()) << op << " has no example";
    for (const std::string &example : examples) {
      EXPECT_NE(example.find(op), std::string::npos) << "an example of " << op << " does not use it";
      ir.errors.clear();
      std::string text = llvm::StringRef(example).contains("weft.model") ? example : wrapOps(example);
      EXPECT_TRUE(ir.parse(text)) << "the example of " << op << " does not parse: " << ir.errors << text;
    }
  }
}

TEST(Completeness, EveryOpHasATestOfItsText) {
  Ir ir;
  for (mlir::OperationName name : ops(ir.context)) {
    std::string op = name.getStringRef().str(), text = testOf(op);
    EXPECT_FALSE(text.empty()) << "no tests/ops/ file of " << op;
    EXPECT_NE(text.find("RUN: "), std::string::npos) << "the test of " << op << " runs nothing";
    EXPECT_TRUE(std::regex_search(text, std::regex("CHECK[A-Z-]*:.*" + op + "([^a-z_]|$)"))) << "the test of " << op << " expects no text of it";
    EXPECT_NE(text.find("expected-error"), std::string::npos) << "the test of " << op << " has no bad case";
  }
}

TEST(Completeness, AnOpThatHasNothingIsFound) {
  Ir ir;
  mlir::OperationName name("weft.nothing", &ir.context);
  EXPECT_FALSE(name.isRegistered());
  EXPECT_FALSE(isStructure(name));
  EXPECT_FALSE(isOutsideOfKernels(name));
  EXPECT_FALSE(reference::hasReference(name));
  EXPECT_FALSE(EmitterTable().find("weft.nothing"));
  EXPECT_TRUE(sectionOf(opReference(), "weft.nothing").empty());
  EXPECT_TRUE(testOf("weft.nothing").empty());
  EXPECT_FALSE(ir.parse(wrapOps("weft.nothing")));
}
