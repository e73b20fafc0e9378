// DebugInfo: line tables that lead debuggers and profilers from machine code to the .weft file. A kernel's code belongs to the line of
// its first launch (it is shared by all layers and sites), a host program's steps to the lines of their launches.
#ifndef WEFT_CODEGEN_HOST_DEBUGINFO_H
#define WEFT_CODEGEN_HOST_DEBUGINFO_H

#include "codegen/host/ModelInfo.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/Module.h"

namespace weft {

class DebugInfo {
public:
  /// `description` is the file of the compile unit.
  DebugInfo(llvm::Module &module, llvm::StringRef description, llvm::StringRef producer);

  /// All of a kernel's code at one place.
  void describeKernel(llvm::Function &function, llvm::StringRef name, const SourcePlace &place);
  /// A host program: what stands between two calls of weft_rt_mark belongs to the launch that the first one names.
  void describeProgram(llvm::Function &function, llvm::StringRef name, const ModelInfo &info);
  /// Call once, when everything is described.
  void finish();

private:
  llvm::DIFile *fileOf(llvm::StringRef path);
  llvm::DISubprogram *subprogram(llvm::Function &function, llvm::StringRef name, const SourcePlace &place);

  llvm::Module &module;
  struct Builder;
  std::shared_ptr<Builder> builder;
};

} // namespace weft

#endif
