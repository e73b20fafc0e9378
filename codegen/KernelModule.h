// From Halide's bitcode to a module with one function of plain C arguments (see Kernel.h): LLVM only, no Halide type.
#ifndef WEFT_CODEGEN_KERNELMODULE_H
#define WEFT_CODEGEN_KERNELMODULE_H

#include "codegen/target/TargetInfo.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBuffer.h"
#include "ir/Weft.h"

namespace weft {

/// A dimension of a buffer, as expressions over the kernel's dimensions.
struct BufferDim {
  DimExpr min, extent, stride;
};

/// One halide_buffer_t that the wrapper fills. For results, `divided` is the dimension that begin..end selects (-1: none).
struct BufferSpec {
  std::vector<BufferDim> dims; ///< innermost first
  uint8_t code, bits;          ///< halide_type_t
  int64_t divided = -1, unit = 1;
};

struct ModuleSpec {
  std::string name;     ///< of the finished function
  std::string inner;    ///< of Halide's
  std::vector<BufferSpec> arguments, results;
  std::vector<std::string> dims;                            ///< of the finished function
  std::vector<std::string> innerDims;                       ///< of Halide's: those, and the derived ones
  std::vector<std::pair<std::string, DimExpr>> derived = {}; ///< computed by the wrapper, rounded up; each may use those before it

  /// Pointers among the finished function's parameters: arguments, results, scratch.
  size_t pointers() const { return arguments.size() + results.size() + 1; }
};

/// Parses the bitcode, adds the wrapper and the prelude (prefetch, scratch), inlines both, retargets the functions.
llvm::Expected<std::unique_ptr<llvm::Module>> buildKernelModule(std::unique_ptr<llvm::MemoryBuffer> bitcode, const ModuleSpec &spec,
                                                                const TargetInfo &target, llvm::LLVMContext &context);

} // namespace weft

#endif
