// The one place where Halide's errors are caught: Halide::Error is no std::exception and must not cross frames built without exceptions.
#ifndef WEFT_CODEGEN_HALIDECALL_H
#define WEFT_CODEGEN_HALIDECALL_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"

namespace weft {

/// Runs `call`, turns what Halide throws into an error with Halide's message, and keeps Halide's warnings off the terminal.
llvm::Error halideCall(llvm::function_ref<llvm::Error()> call);

} // namespace weft

#endif
