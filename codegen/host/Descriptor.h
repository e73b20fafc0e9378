// Descriptor: the constant tables in which an artifact tells the runtime and generic loaders what it is (runtime/Descriptor.h), and the
// NAME_* functions of its C interface, which forward to the runtime.
#ifndef WEFT_CODEGEN_HOST_DESCRIPTOR_H
#define WEFT_CODEGEN_HOST_DESCRIPTOR_H

#include "codegen/host/ModelInfo.h"
#include "codegen/target/TargetInfo.h"
#include "llvm/IR/Module.h"
#include <array>

namespace weft {

/// Code for one target, weakest target first.
struct TargetEntry {
  TargetInfo target;
  llvm::Function *forward;
  llvm::Function *prefill = nullptr, *step = nullptr, *encode = nullptr; ///< of a model that generates
};

struct WeightsPlace {
  uint64_t bytes = 0;
  std::string externalFile;            ///< "NAME.weights"; empty: embedded
  std::array<uint8_t, 32> sha256 = {}; ///< of an external file's bytes
};

struct ArtifactFacts {
  std::string precision = "f32", compiler, command;
  std::vector<SourceInfo> sources;
  WeightsPlace weights;
  std::vector<TargetEntry> targets;
  llvm::Function *arenaBytes = nullptr, *prefillArenaBytes = nullptr, *stepArenaBytes = nullptr, *encodeArenaBytes = nullptr;
};

/// Adds the descriptor, internal, and for embedded weights the symbol NAME_weights in kWeightsSection.
llvm::GlobalVariable *emitDescriptor(const ModelInfo &info, const ArtifactFacts &facts, llvm::Module &module);

/// Adds NAME_open, NAME_run, ... with default visibility; weft_artifact_descriptor too for a shared library.
struct InterfaceKind {
  bool isShared, isGenerating;
};
void emitInterface(llvm::StringRef name, llvm::GlobalVariable *descriptor, InterfaceKind kind, llvm::Module &module);

/// Bits of weft_target_info.features that a target's code may use.
uint64_t targetFeatureBits(const TargetInfo &target);

} // namespace weft

#endif
