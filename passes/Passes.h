// The passes of weft: constructors, options and registration. What each does stands in Passes.td.
#ifndef WEFT_PASSES_PASSES_H
#define WEFT_PASSES_PASSES_H

#include "Weft.h"
#include "mlir/Pass/Pass.h"

namespace weft {

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"

/// Registers every pass and the named pipelines weft-to-fused and weft-to-kernels, for weft-opt.
void registerPasses();

} // namespace weft

#endif
