// Archive: a static library with one object in it, streamed, so that an object of gigabytes is never held.
#ifndef WEFT_CODEGEN_ARTIFACT_ARCHIVE_H
#define WEFT_CODEGEN_ARTIFACT_ARCHIVE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"
#include <string>

namespace weft {

struct ArchiveMember {
  std::string name; ///< "bert.o"
  uint64_t bytes;
  std::vector<std::string> symbols; ///< global symbols that it defines
  llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write; ///< writes exactly `bytes` bytes
};

/// Writes a GNU archive: symbol table, long names if needed, the member; no time stamps. Members beyond 9,999,999,999 bytes don't
/// fit the format and are an error.
llvm::Error writeArchive(llvm::raw_ostream &out, const ArchiveMember &member);

/// The global symbols that an object file defines.
llvm::Expected<std::vector<std::string>> definedSymbols(llvm::MemoryBufferRef object);

} // namespace weft

#endif
