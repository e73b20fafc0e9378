// ElfWeights: puts a model's packed weights into an object, library or executable without LLVM or a linker ever holding them.
// The code defines `NAME_weights` in an empty (NOBITS) section of the right size; when everything else is done, the bytes are
// streamed behind the end of the file and the section is made to point at them. The peak of memory is then one tensor, and the
// linker never copies a gigabyte.
#ifndef WEFT_CODEGEN_ARTIFACT_ELFWEIGHTS_H
#define WEFT_CODEGEN_ARTIFACT_ELFWEIGHTS_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/MemoryBufferRef.h"
#include "llvm/Support/raw_ostream.h"

namespace weft {

/// Name of the section that generated code reserves for weights.
inline constexpr llvm::StringLiteral kWeightsSection = ".weft_weights";
/// Alignment of the weights in memory and in files.
inline constexpr uint64_t kWeightsAlignment = 4096;

/// Writes the weights, exactly as many bytes as the section has.
using WeightsWriter = llvm::function_ref<llvm::Error(llvm::raw_ostream &)>;

/// Bytes that the ELF file reserves for weights; 0 when it has no such section.
llvm::Expected<uint64_t> reservedWeightsBytes(llvm::MemoryBufferRef elf);

/// Copies a relocatable object to `out`, its weights section filled.
llvm::Error writeObjectWithWeights(llvm::MemoryBufferRef object, llvm::raw_ostream &out, WeightsWriter writer);

/// Fills the weights section of a linked shared library or executable, in place, as a read-only segment of its own. The segment
/// takes the program header of the notes (build id), whose section stays.
llvm::Error fillLinkedWeights(llvm::StringRef path, WeightsWriter writer);

} // namespace weft

#endif
