//===- RuntimeBitcode.h - the runtime core as LLVM bitcode, inside the compiler -----------------------------===//
//
// Code generation links it into every artifact's module and makes everything but the artifact's own symbols
// internal. Holds no LLVM type, so that the runtime room stays free of LLVM.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_BITCODE_H
#define WEFT_RUNTIME_BITCODE_H

#include <string_view>

namespace weft {

/// One LLVM 22 bitcode module for x86-64 with all functions that Descriptor.h declares.
std::string_view runtimeBitcode();

} // namespace weft

#endif
