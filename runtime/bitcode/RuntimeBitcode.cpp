//===- RuntimeBitcode.cpp - embeds runtime.bc and libweft_exe.a ----------------------------------------------===//
#include "RuntimeBitcode.h"

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "weft_runtime_bitcode_begin:\n"
        ".incbin \"" WEFT_RUNTIME_BC "\"\n"
        "weft_runtime_bitcode_end:\n"
        ".balign 16\n"
        "weft_executable_library_begin:\n"
        ".incbin \"" WEFT_EXE_LIBRARY "\"\n"
        "weft_executable_library_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern "C" {
#define WEFT_BLOB(name) extern const char name[] __attribute__((visibility("hidden")))
WEFT_BLOB(weft_runtime_bitcode_begin);
WEFT_BLOB(weft_runtime_bitcode_end);
WEFT_BLOB(weft_executable_library_begin);
WEFT_BLOB(weft_executable_library_end);
}

std::string_view weft::runtimeBitcode() {
  return {weft_runtime_bitcode_begin, size_t(weft_runtime_bitcode_end - weft_runtime_bitcode_begin)};
}

std::string_view weft::executableLibrary() {
  return {weft_executable_library_begin, size_t(weft_executable_library_end - weft_executable_library_begin)};
}
