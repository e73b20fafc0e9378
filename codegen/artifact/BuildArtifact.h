// BuildArtifact: the back half of the compiler, from a planned model to files. Compiles the kernels, links the module, and writes what
// was asked for; a header comes beside objects and libraries. Files appear together at the end, or not at all.
#ifndef WEFT_CODEGEN_ARTIFACT_BUILDARTIFACT_H
#define WEFT_CODEGEN_ARTIFACT_BUILDARTIFACT_H

#include "Weft.h"
#include "WeightStore.h"
#include "codegen/host/ModelInfo.h"
#include "codegen/target/TargetInfo.h"
#include <functional>

namespace weft {

enum class ArtifactKind { Llvm, Halide, Assembly, Object, Static, Shared, Executable };

struct ArtifactOptions {
  ArtifactKind kind = ArtifactKind::Shared;
  std::string output;              ///< a path; "-" for texts is standard output
  std::string name;                ///< NAME of the C interface, an identifier
  std::vector<TargetInfo> targets; ///< weakest first
  bool weightsFile = false;        ///< weights in NAME.weights beside the output
  std::string precision = "f32", compiler, command;
  std::vector<SourceInfo> sources;
  bool isTraced = false;           ///< a hook behind every launch, for `weft verify`
  std::string dumpFolder;  ///< each kernel's loop nest and assembly go there; may be empty
  const WeightStore *store = nullptr; ///< may be null when nothing of the weights is written
  /// Told what is going on ("compiling linear_768x3072 for x86-64-v4"), and how long the phase before took.
  std::function<void(llvm::StringRef phase, llvm::StringRef detail)> progress;
};

/// Compiles and writes. The model's level is that of the kernels, planned.
llvm::Error buildArtifact(ModelOp model, const ArtifactOptions &options);

/// Files that buildArtifact writes for these options, the output first.
std::vector<std::string> artifactFiles(const ArtifactOptions &options);

} // namespace weft

#endif
