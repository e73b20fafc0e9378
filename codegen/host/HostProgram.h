// HostProgram: the planned graph as one LLVM function a target, which every thread of a run calls:
//   checks, one barrier; then for each launch: barrier, mark, kernel(pointers, scratch, sizes, this thread's part of the units);
//   stacks are loops over the layer number, which moves the weights' pointers by one stride a layer.
// All sizes, offsets and parts are computed in the entry block. Launches that serve no wanted output are branched around, by all threads
// alike.
#ifndef WEFT_CODEGEN_HOST_HOSTPROGRAM_H
#define WEFT_CODEGEN_HOST_HOSTPROGRAM_H

#include "codegen/Kernel.h"
#include "codegen/host/GenerateInfo.h"
#include "codegen/pack/WeightPlan.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

/// A kernel as the host program of one target calls it.
struct LinkedKernel {
  llvm::Function *function;
  KernelAbi abi;
};

struct HostProgram {
  const ModelInfo &info;
  const WeightPlan &weights;
  llvm::StringMap<LinkedKernel> kernels; ///< by the kernel's symbol
  /// Calls the function in the global `NAME_trace` (when it is not null) behind every launch; for `weft verify`.
  bool isTraced = false;
  /// What the states of `info`'s graph are, if it is one of generation.
  const GenerateInfo *generate = nullptr;
};

/// What a traced program calls on thread 0: the launch's index, the layer (0 outside of stacks), pointers to its results.
using TraceFunction = void (*)(int32_t launch, int64_t layer, const void *const *results);

/// Adds `void name(weft_frame *, i32 thread)` to the module, internal. Fails when the graph is not planned or calls what is not there.
llvm::Expected<llvm::Function *> emitHostProgram(const HostProgram &program, llvm::StringRef name, llvm::Module &module);

/// Adds `i64 name(const i64 *dims, i32 threads)`, internal: bytes of arena, scratch of all threads included.
llvm::Function *emitArenaBytes(const HostProgram &program, llvm::StringRef name, llvm::Module &module);

} // namespace weft

#endif
