// Archive: a static library with one object in it.
#ifndef WEFT_CODEGEN_ARTIFACT_ARCHIVE_H
#define WEFT_CODEGEN_ARTIFACT_ARCHIVE_H

#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"

namespace weft {

/// Writes `path` (overwritten) as an archive whose only member `memberName` is the object file at `objectPath`, with a symbol table
/// and no time stamps.
llvm::Error writeArchiveOf(llvm::StringRef path, llvm::StringRef objectPath, llvm::StringRef memberName);

} // namespace weft

#endif
