// Any bytes as the artifact that `weft run` and `weft describe` are given: what is said to be loadable holds all of its segments.
// LINK: weft_runtime
// SOURCES: runtime/cli/FileKind.cpp
#include "runtime/cli/FileKind.h"

#include <cstdlib>
#include <cstring>
#include <elf.h>

using namespace weft::cli;

static bool isWhole(const uint8_t *data, size_t size) {
  Elf64_Ehdr header;
  memcpy(&header, data, sizeof header);
  for (unsigned i = 0; i < header.e_phnum; ++i) {
    Elf64_Phdr segment;
    memcpy(&segment, data + header.e_phoff + i * sizeof segment, sizeof segment);
    if (segment.p_type == PT_LOAD && (segment.p_filesz > size || segment.p_offset > size - segment.p_filesz))
      return false;
  }
  return true;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FileKind kind = kindOf(data, size);
  if (!*kindText(kind))
    abort();
  if ((kind == FileKind::SharedLibrary || kind == FileKind::Executable) && !isWhole(data, size))
    abort();
  return 0;
}
