// ModelModule: one LLVM module with everything an artifact runs: kernels and host program for each target, the descriptor, the C
// interface, the runtime. All but NAME_* (and weft_artifact_descriptor) is internal. From it come .ll, assembly and object files.
#ifndef WEFT_CODEGEN_HOST_MODELMODULE_H
#define WEFT_CODEGEN_HOST_MODELMODULE_H

#include "codegen/Kernel.h"
#include "codegen/host/Descriptor.h"
#include "codegen/pack/WeightPlan.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"
#include "llvm/Target/TargetMachine.h"

namespace weft {

/// A target and its compiled kernels, in the order of the model's kernels.
struct TargetKernels {
  TargetInfo target;
  std::vector<CompiledKernel> kernels;
};

struct ModelParts {
  const ModelInfo &info;
  const WeightPlan &weights;
  std::vector<TargetKernels> targets; ///< weakest first, all of one architecture
  ArtifactFacts facts;                ///< targets and arenaBytes are filled in here
  bool isShared = true;               ///< adds weft_artifact_descriptor
  bool isTraced = false;              ///< adds NAME_trace, see HostProgram.h
};

/// Links the parts (whose modules live in `context`) into one module, verified and cleaned up.
llvm::Expected<std::unique_ptr<llvm::Module>> linkModel(ModelParts parts, llvm::LLVMContext &context);

/// Makes code of one function for a target, whatever the module's other functions are made for.
void setFunctionTarget(llvm::Function &function, const TargetInfo &target);

/// LLVM's machine for a triple with the weakest processor; functions name theirs.
llvm::Expected<std::unique_ptr<llvm::TargetMachine>> makeTargetMachine(const llvm::Triple &triple);

enum class CodeKind { Object, Assembly };

/// Machine code for the module's triple: position independent, one section a function.
llvm::Error emitCode(llvm::Module &module, CodeKind kind, llvm::raw_pwrite_stream &out);

/// The object's undefined symbols that neither libc, libm nor pthread define: an internal error of ours when there is one.
llvm::Error checkUndefinedSymbols(llvm::MemoryBufferRef object);

} // namespace weft

#endif
