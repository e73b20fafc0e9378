// Abi: the structs of runtime/Descriptor.h as LLVM types. Descriptor.h is the truth; a test compares sizes and offsets.
#ifndef WEFT_CODEGEN_HOST_ABI_H
#define WEFT_CODEGEN_HOST_ABI_H

#include "llvm/IR/DerivedTypes.h"

namespace weft {

struct Abi {
  explicit Abi(llvm::LLVMContext &context);

  llvm::PointerType *pointer;
  llvm::IntegerType *i8, *i32, *i64;
  llvm::StructType *term, *expr, *dimInfo, *tensorInfo, *launchInfo, *checkInfo, *constraintInfo, *sourceInfo, *targetInfo,
      *weightsInfo, *descriptor, *frame, *stateInfo, *argumentInfo, *cacheDimInfo, *generateInfo, *statePlace, *cacheWrite, *rowMove;
};

/// Fields of weft_frame.
enum class FrameField : unsigned { Dims, Inputs, Outputs, Arena, Weights, Wanted, Threads, Failed, Profile, Context, States };

} // namespace weft

#endif
