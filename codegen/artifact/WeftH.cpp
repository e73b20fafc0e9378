// Embeds runtime/weft.h.
#include "codegen/artifact/WeftH.h"

__asm__(".pushsection .rodata\n"
        "weft_header_text_begin:\n"
        ".incbin \"" WEFT_HEADER_FILE "\"\n"
        "weft_header_text_end:\n"
        ".byte 0\n"
        ".popsection\n");

extern "C" {
extern const char weft_header_text_begin[] __attribute__((visibility("hidden")));
extern const char weft_header_text_end[] __attribute__((visibility("hidden")));
}

llvm::StringRef weft::weftHeaderText() {
  return {weft_header_text_begin, size_t(weft_header_text_end - weft_header_text_begin)};
}
