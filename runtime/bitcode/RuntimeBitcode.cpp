//===- RuntimeBitcode.cpp - embeds runtime.bc ----------------------------------------------------------------===//
#include "RuntimeBitcode.h"

__asm__(".pushsection .rodata\n"
        ".balign 16\n"
        "weft_runtime_bitcode_begin:\n"
        ".incbin \"" WEFT_RUNTIME_BC "\"\n"
        "weft_runtime_bitcode_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern "C" {
extern const char weft_runtime_bitcode_begin[] __attribute__((visibility("hidden")));
extern const char weft_runtime_bitcode_end[] __attribute__((visibility("hidden")));
}

std::string_view weft::runtimeBitcode() {
  return {weft_runtime_bitcode_begin, size_t(weft_runtime_bitcode_end - weft_runtime_bitcode_begin)};
}
