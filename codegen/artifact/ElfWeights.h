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
#include <string>
#include <vector>

namespace weft {

/// Name of the section that generated code reserves for weights.
inline constexpr llvm::StringLiteral kWeightsSection = ".weft_weights";
/// Alignment of the weights in memory and in files.
inline constexpr uint64_t kWeightsAlignment = 4096;

/// Writes the weights, exactly as many bytes as the section has.
using WeightsWriter = llvm::function_ref<llvm::Error(llvm::raw_ostream &)>;

/// An ELF file whose weights section is about to be filled: a relocatable object, or a linked library or executable, where the
/// weights become a read-only segment of their own (it takes the program header of the notes; their section stays).
class FilledElf {
public:
  /// `elf` must live as long as this. A file without the section is passed on as it is.
  static llvm::Expected<FilledElf> create(llvm::MemoryBufferRef elf);
  /// Bytes of the whole file.
  uint64_t size() const { return weightsBytes ? offset + weightsBytes : elf.getBufferSize(); }
  llvm::Error write(llvm::raw_ostream &out, WeightsWriter writer) const;

private:
  /// New bytes at an offset of the headers.
  struct Patch {
    uint64_t offset;
    std::string bytes;
  };
  friend class ElfFiller;

  explicit FilledElf(llvm::MemoryBufferRef elf) : elf(elf) {}
  llvm::MemoryBufferRef elf;
  std::vector<Patch> patches; // by rising offset, apart from one another
  uint64_t offset = 0, weightsBytes = 0;
};

} // namespace weft

#endif
