// WeightWriter: streams a planned model's weights in their packed layouts. Weights of the checkpoint are read where they are mapped,
// those with an initializer are computed by the reference. One tensor at a time is in memory, and its pages are given back.
#ifndef WEFT_CODEGEN_PACK_WEIGHTWRITER_H
#define WEFT_CODEGEN_PACK_WEIGHTWRITER_H

#include "codegen/pack/WeightPlan.h"
#include "WeightStore.h"
#include "llvm/Support/raw_ostream.h"

namespace weft {

/// Writes plan.bytes bytes. Fails when a tensor is missing or does not fit its use.
llvm::Error writePackedWeights(const WeightPlan &plan, const WeightStore &store, llvm::raw_ostream &out);

} // namespace weft

#endif
