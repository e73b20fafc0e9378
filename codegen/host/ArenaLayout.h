// ArenaLayout: offsets of the arena's slots, then one scratch block a thread, as LLVM values. The host program and the function that
// tells the arena's size share it, so they can't disagree.
#ifndef WEFT_CODEGEN_HOST_ARENALAYOUT_H
#define WEFT_CODEGEN_HOST_ARENALAYOUT_H

#include "codegen/ExprLowering.h"
#include "codegen/host/HostProgram.h"

namespace weft {

struct ArenaLayout {
  llvm::SmallVector<llvm::Value *> slots; ///< byte offsets, multiples of 64
  llvm::Value *scratch;                   ///< offset of thread 0's scratch
  llvm::Value *scratchBytes;              ///< of one thread, a multiple of 64
};

/// Computes the layout where the builder stands. `units` of the graph's dims must be known to `exprs`.
ArenaLayout layOutArena(const HostProgram &program, ExprLowering &exprs, llvm::IRBuilder<> &builder);

/// The i64 values of a model's dimensions, loaded from an array.
llvm::StringMap<llvm::Value *> loadDims(const ModelInfo &info, llvm::Value *dims, llvm::IRBuilder<> &builder);

/// A kernel's expression in terms of the graph's dimensions at a launch. Packed rows count as if padding were there, or as `packedRows`.
DimExpr atLaunch(const DimExpr &expr, LaunchOp launch, std::optional<DimExpr> packedRows = std::nullopt);

} // namespace weft

#endif
