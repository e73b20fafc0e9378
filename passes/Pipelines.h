// The order of the passes, phase by phase. The driver, weft-opt and tests all build their pipelines here.
#ifndef WEFT_PASSES_PIPELINES_H
#define WEFT_PASSES_PIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace weft {

/// How far to go; each phase includes those before it.
enum class Phase {
  Simplified, ///< the ops of the language, cleaned up
  Fused,      ///< attention, residual norms, merged projections, checks, groups
  Kernels     ///< kernels and launches, memory planned, weights packed: what code generation takes
};

struct PipelineOptions {
  Phase last = Phase::Kernels;
  bool requireFusion = false; ///< a missed fusion is an error
  bool incremental = false;   ///< derive the graphs of generation, where a model generates
  bool strassen = false;      ///< contractions of many rows by fewer multiplications, for twice the memory
};

/// Each adds its passes for one weft.model; `pm` is anchored there.
void populateSimplifyPipeline(mlir::OpPassManager &pm);
void populateFusePipeline(mlir::OpPassManager &pm, const PipelineOptions &options);
void populateKernelPipeline(mlir::OpPassManager &pm, const PipelineOptions &options);

/// The whole way up to `options.last`, for all models of a module. Running it on its own output changes nothing.
void buildPipeline(mlir::OpPassManager &module, const PipelineOptions &options);

} // namespace weft

#endif
