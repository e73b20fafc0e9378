//===- RuntimeBitcode.h - the runtime inside the compiler: bitcode and the executables' library -------------===//
//
// Code generation links the core's bitcode into every artifact's module and makes everything but the artifact's own symbols
// internal. Holds no LLVM type, so that the runtime room stays free of LLVM.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_BITCODE_H
#define WEFT_RUNTIME_BITCODE_H

#include <string_view>

namespace weft {

/// One LLVM 22 bitcode module for x86-64 with all functions that Descriptor.h declares.
std::string_view runtimeBitcode();

/// libweft_exe.a: beside a model's object, all that an executable artifact links (C++, libc, libm, pthread). Its main
/// calls `weft_artifact_descriptor`, which the model's object defines.
std::string_view executableLibrary();

} // namespace weft

#endif
