//===- FileKind.h - what an artifact's file is, by its first bytes and its segments --------------------------===//
//
// A shared library is an ELF file of type DYN without an interpreter; with one it is an executable. The loader of the
// system maps truncated files and dies of them later, so segments are held against the file's size here.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_FILEKIND_H
#define WEFT_RUNTIME_CLI_FILEKIND_H

#include <cstddef>
#include <cstdint>

namespace weft::cli {

enum class FileKind { SharedLibrary, Executable, Object, Archive, Truncated, Other };

FileKind kindOf(const uint8_t *data, size_t size);
/// "is an object": why a file can't be loaded.
const char *kindText(FileKind kind);

} // namespace weft::cli

#endif
