// Kernels as modules: every target's code has the registers it promises, no spills in the k loop, and one external function.
// LINK: weft_kernels
#include "codegen/Kernel.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"
#include <gtest/gtest.h>

using namespace llvm;
using namespace weft;

namespace {

struct Compiled {
  mlir::MLIRContext mlir;
  LLVMContext llvm;
  mlir::OwningOpRef<mlir::ModuleOp> source;
  CompiledKernel kernel;
};

std::unique_ptr<Compiled> compile(StringRef text, StringRef targetName) {
  auto result = std::make_unique<Compiled>();
  result->mlir.loadDialect<WeftDialect>();
  result->source = mlir::parseSourceString<mlir::ModuleOp>(("weft.model @m {\n" + text + "\n}").str(), &result->mlir);
  KernelOp kernel;
  result->source->walk([&](KernelOp op) { kernel = op; });
  result->kernel = cantFail(compileKernel(kernel, cantFail(findTarget(targetName)), {}, result->llvm));
  return result;
}

std::string assembly(Module &module, const TargetInfo &target) {
  InitializeAllTargetInfos();
  InitializeAllTargets();
  InitializeAllTargetMCs();
  InitializeAllAsmPrinters();
  std::string error;
  const Target *llvmTarget = TargetRegistry::lookupTarget(module.getTargetTriple(), error);
  std::unique_ptr<TargetMachine> machine(llvmTarget->createTargetMachine(module.getTargetTriple(), target.cpu, target.features, TargetOptions(),
                                                                        Reloc::PIC_, std::nullopt, CodeGenOptLevel::Aggressive));
  module.setDataLayout(machine->createDataLayout());
  SmallVector<char, 0> text;
  raw_svector_ostream stream(text);
  legacy::PassManager passes;
  machine->addPassesToEmitFile(passes, stream, nullptr, CodeGenFileType::AssemblyFile);
  passes.run(module);
  return std::string(text.data(), text.size());
}

const char *linear = R"(
  weft.kernel @linear contraction (%x: !weft.tensor<[m, 64], f32>, %w: !weft.tensor<[96, 64], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 80>, #weft.layout<rowStride = 48, panel = 48>], resultLayouts = [#weft.layout<rowStride = 112>]} {
    %y = weft.linear %x, %w : (!weft.tensor<[m, 64], f32>, !weft.tensor<[96, 64], f32>) -> !weft.tensor<[m, 96], f32>
    weft.yield %y : !weft.tensor<[m, 96], f32>
  })";

/// The most fused multiply-adds between a backward branch's target and the branch, and the stack moves of vectors among them.
struct Loop {
  int fmas = 0, spills = 0;
};
Loop widestLoop(StringRef text, StringRef fma, StringRef vector) {
  SmallVector<StringRef> lines;
  text.split(lines, '\n');
  StringMap<size_t> labels;
  Loop widest;
  for (auto [i, line] : enumerate(lines)) {
    if (line.starts_with(".LBB"))
      labels[line.split(':').first] = i;
    StringRef trimmed = line.trim();
    if (!trimmed.starts_with("j") || !trimmed.contains(".LBB"))
      continue;
    auto found = labels.find(trimmed.substr(trimmed.find(".LBB")));
    if (found == labels.end() || i - found->second > 250)
      continue;
    Loop loop;
    for (size_t j = found->second; j < i; ++j) {
      loop.fmas += lines[j].contains(fma);
      loop.spills += lines[j].contains(vector) && lines[j].contains("(%rsp)");
    }
    if (loop.fmas > widest.fmas)
      widest = loop;
  }
  return widest;
}

TEST(KernelModule, TheInnerLoopIsAllMultiplyAddsWithoutSpills) {
  TargetInfo v4 = cantFail(findTarget("x86-64-v4")), v3 = cantFail(findTarget("x86-64-v3"));
  Loop loop = widestLoop(assembly(*compile(linear, "x86-64-v4")->kernel.module, v4), "vfmadd", "%zmm");
  EXPECT_EQ(loop.fmas, 8 * 3 * 4);
  EXPECT_EQ(loop.spills, 0);
  loop = widestLoop(assembly(*compile(linear, "x86-64-v3")->kernel.module, v3), "vfmadd", "%ymm");
  EXPECT_EQ(loop.fmas, 4 * 3 * 4);
  EXPECT_EQ(loop.spills, 0);
}

TEST(KernelModule, OneFunctionIsVisibleAndNothingIsCalled) {
  auto compiled = compile(linear, "x86-64-v3");
  for (const Function &function : *compiled->kernel.module) {
    EXPECT_EQ(function.hasExternalLinkage() && !function.isDeclaration(), function.getName() == "linear") << function.getName().str();
    EXPECT_TRUE(!function.isDeclaration() || function.isIntrinsic() || function.use_empty()) << function.getName().str();
  }
  EXPECT_EQ(compiled->kernel.abi.units, DimExpr(2));
  EXPECT_EQ(compiled->kernel.abi.dims, std::vector<std::string>{"m"});
}

TEST(KernelModule, CrossCompilesForAarch64) {
  TargetInfo target = cantFail(findTarget("aarch64"));
  std::string text = assembly(*compile(linear, "aarch64")->kernel.module, target);
  EXPECT_NE(text.find("fmla"), std::string::npos);
  EXPECT_NE(text.find("prfm"), std::string::npos);
}

TEST(KernelModule, UnknownTargetsAndOpsAreErrors) {
  auto target = findTarget("x86-64-v5");
  ASSERT_FALSE(bool(target));
  EXPECT_EQ(toString(target.takeError()), "unknown target 'x86-64-v5': known are x86-64-v2, x86-64-v3, x86-64-v4, aarch64, native");
}

} // namespace
