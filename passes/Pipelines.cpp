// The order of the passes, phase by phase; see Pipelines.h. Also what weft-opt knows by name.
#include "passes/Pipelines.h"
#include "mlir/Pass/PassOptions.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Passes.h"

using namespace mlir;
using namespace weft;

namespace weft {
#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"
} // namespace weft

void weft::populateSimplifyPipeline(OpPassManager &pm) {
  pm.addPass(createSimplify());
  pm.addPass(createComputeWeights());
  pm.addPass(createSimplify());
}

void weft::populateFusePipeline(OpPassManager &pm, const PipelineOptions &options) {
  bool requireFusion = options.requireFusion;
  pm.addPass(createFuseMaskSoftmax({requireFusion}));
  pm.addPass(createFuseAttention({requireFusion}));
  pm.addPass(createFoldWeights());
  pm.addPass(createMergeProjections());
  pm.addPass(createFuseResidualNorm({requireFusion}));
  pm.addPass(createRemovePadding());
  if (options.incremental)
    pm.addPass(createDeriveIncremental());
  pm.addPass(createLowerConvolutions());
  pm.addPass(createSimplify());
  pm.addPass(createCheckRuntimeValues());
  pm.addPass(createFuseEpilogues({requireFusion}));
}

void weft::populateKernelPipeline(OpPassManager &pm, const PipelineOptions &options) {
  pm.addPass(createFormKernels());
  pm.addPass(createOutlineKernels());
  if (options.strassen)
    pm.addPass(createUseStrassen());
  pm.addPass(createPlanMemory());
  pm.addPass(createPackWeights());
}

void weft::buildPipeline(OpPassManager &module, const PipelineOptions &options) {
  OpPassManager &pm = module.nest<ModelOp>();
  populateSimplifyPipeline(pm);
  if (options.last >= Phase::Fused)
    populateFusePipeline(pm, options);
  if (options.last >= Phase::Kernels)
    populateKernelPipeline(pm, options);
}

namespace {
struct TextOptions : PassPipelineOptions<TextOptions> {
  Option<bool> requireFusion{*this, "require-fusion", llvm::cl::desc("a missed fusion is an error"), llvm::cl::init(false)};
  Option<bool> strassen{*this, "strassen", llvm::cl::desc("contractions of many rows by fewer multiplications"), llvm::cl::init(false)};
  Option<bool> incremental{*this, "incremental", llvm::cl::desc("derive the graphs of generation"), llvm::cl::init(false)};
};
} // namespace

void weft::registerPasses() {
  registerWeftPasses();
  auto add = [](StringRef name, StringRef what, Phase last) {
    PassPipelineRegistration<TextOptions>(name, what, [last](OpPassManager &pm, const TextOptions &options) {
      buildPipeline(pm, {last, options.requireFusion, options.incremental, options.strassen});
    });
  };
  add("weft-to-simplified", "everything up to simplified ops", Phase::Simplified);
  add("weft-to-fused", "everything up to fused ops and groups", Phase::Fused);
  add("weft-to-kernels", "everything up to planned and packed kernels", Phase::Kernels);
}
