// Streaming of packed weights into ELF files. All headers are read through llvm::object, which checks their ranges.
#include "codegen/artifact/ElfWeights.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"
#include <cstring>

using namespace llvm;
using namespace llvm::object;
using namespace weft;

namespace {

using File = ELFFile<ELF64LE>;

/// Where the weights section's header lies in the file, and a copy of it.
struct Reserved {
  uint64_t headerOffset = 0;
  ELF64LE::Shdr section;
};

Expected<std::optional<Reserved>> findReserved(const File &file) {
  Expected<ELF64LE::ShdrRange> sections = file.sections();
  if (!sections)
    return sections.takeError();
  for (const ELF64LE::Shdr &section : *sections) {
    Expected<StringRef> name = file.getSectionName(section);
    if (!name)
      return name.takeError();
    if (*name == kWeightsSection)
      return Reserved{uint64_t(reinterpret_cast<const uint8_t *>(&section) - file.base()), section};
  }
  return std::nullopt;
}

Expected<Reserved> mustFindReserved(const File &file) {
  Expected<std::optional<Reserved>> reserved = findReserved(file);
  if (!reserved)
    return reserved.takeError();
  if (!*reserved)
    return createStringError("internal error: the object has no section for weights");
  return **reserved;
}

/// The section's header once its bytes stand at `offset`.
ELF64LE::Shdr filled(ELF64LE::Shdr section, uint64_t offset) {
  section.sh_type = ELF::SHT_PROGBITS;
  section.sh_flags = section.sh_flags & ~uint64_t(ELF::SHF_WRITE);
  section.sh_offset = offset;
  return section;
}

Error streamWeights(raw_ostream &out, uint64_t bytes, WeightsWriter writer) {
  uint64_t begin = out.tell();
  if (Error error = writer(out))
    return error;
  if (out.tell() - begin != bytes)
    return createStringError("internal error: %llu bytes of weights were packed, %llu were planned",
                             static_cast<unsigned long long>(out.tell() - begin), static_cast<unsigned long long>(bytes));
  return Error::success();
}

/// Edits to a linked file's headers: offset and new bytes.
struct Patch {
  uint64_t offset;
  std::string bytes;
};

template <typename T> Patch patchOf(const File &file, const T *place, const T &value) {
  return {uint64_t(reinterpret_cast<const uint8_t *>(place) - file.base()),
          std::string(reinterpret_cast<const char *>(&value), sizeof value)};
}

/// Cuts the weights off the end of their writable segment and gives them a read-only one, in the place of the last notes.
Expected<SmallVector<Patch>> planSegments(const File &file, const Reserved &reserved, uint64_t offset) {
  Expected<ELF64LE::PhdrRange> headers = file.program_headers();
  if (!headers)
    return headers.takeError();
  const ELF64LE::Shdr &weights = reserved.section;
  const ELF64LE::Phdr *host = nullptr, *last = nullptr, *note = nullptr;
  for (const ELF64LE::Phdr &header : *headers) {
    if (header.p_type == ELF::PT_NOTE)
      note = &header;
    if (header.p_type != ELF::PT_LOAD)
      continue;
    last = &header;
    if (header.p_vaddr <= weights.sh_addr && weights.sh_addr + weights.sh_size <= header.p_vaddr + header.p_memsz)
      host = &header;
  }
  bool isTail = host && host == last && host->p_vaddr + host->p_filesz <= weights.sh_addr &&
                host->p_vaddr + host->p_memsz == weights.sh_addr + weights.sh_size;
  if (!isTail || !note || note < host)
    return createStringError("the linker laid out the file in a way that leaves no room for the weights");
  ELF64LE::Phdr rest = *host, segment = *note;
  rest.p_memsz = weights.sh_addr - host->p_vaddr;
  segment.p_type = ELF::PT_LOAD;
  segment.p_flags = ELF::PF_R;
  segment.p_offset = offset;
  segment.p_vaddr = weights.sh_addr;
  segment.p_paddr = weights.sh_addr;
  segment.p_filesz = weights.sh_size;
  segment.p_memsz = weights.sh_size;
  segment.p_align = host->p_align;
  if (rest.p_memsz == 0) // weights alone: their segment becomes the new one
    return SmallVector<Patch>{patchOf(file, host, segment)};
  return SmallVector<Patch>{patchOf(file, host, rest), patchOf(file, note, segment)};
}

} // namespace

Expected<uint64_t> weft::reservedWeightsBytes(MemoryBufferRef elf) {
  Expected<File> file = File::create(elf.getBuffer());
  if (!file)
    return file.takeError();
  Expected<std::optional<Reserved>> reserved = findReserved(*file);
  if (!reserved)
    return reserved.takeError();
  return *reserved ? uint64_t((*reserved)->section.sh_size) : 0;
}

Error weft::writeObjectWithWeights(MemoryBufferRef object, raw_ostream &out, WeightsWriter writer) {
  Expected<File> file = File::create(object.getBuffer());
  if (!file)
    return file.takeError();
  Expected<Reserved> reserved = mustFindReserved(*file);
  if (!reserved)
    return reserved.takeError();
  StringRef bytes = object.getBuffer();
  uint64_t offset = alignTo(bytes.size(), kWeightsAlignment);
  ELF64LE::Shdr header = filled(reserved->section, offset);
  out << bytes.take_front(reserved->headerOffset);
  out.write(reinterpret_cast<const char *>(&header), sizeof header);
  out << bytes.drop_front(reserved->headerOffset + sizeof header);
  out.write_zeros(offset - bytes.size());
  return streamWeights(out, header.sh_size, writer);
}

Error weft::fillLinkedWeights(StringRef path, WeightsWriter writer) {
  SmallVector<Patch> patches;
  uint64_t fileBytes, offset, weightsBytes;
  {
    ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(path, /*IsText=*/false, false);
    if (!buffer)
      return createStringError(buffer.getError(), "can't read the linked file '" + path + "'");
    Expected<File> file = File::create((*buffer)->getBuffer());
    if (!file)
      return file.takeError();
    Expected<Reserved> reserved = mustFindReserved(*file);
    if (!reserved)
      return reserved.takeError();
    fileBytes = (*buffer)->getBufferSize();
    weightsBytes = reserved->section.sh_size;
    // The offset must agree with the address modulo the largest page size.
    constexpr uint64_t page = 65536;
    offset = alignTo(fileBytes, page) + reserved->section.sh_addr % page;
    Expected<SmallVector<Patch>> segments = planSegments(*file, *reserved, offset);
    if (!segments)
      return segments.takeError();
    patches = std::move(*segments);
    ELF64LE::Shdr header = filled(reserved->section, offset);
    patches.push_back(
        {reserved->headerOffset, std::string(reinterpret_cast<const char *>(&header), sizeof header)});
  }
  int descriptor;
  if (std::error_code code = sys::fs::openFileForWrite(path, descriptor, sys::fs::CD_OpenExisting))
    return createStringError(code, "can't write the linked file '" + path + "'");
  raw_fd_ostream out(descriptor, /*shouldClose=*/true);
  for (const Patch &patch : patches)
    out.pwrite(patch.bytes.data(), patch.bytes.size(), patch.offset);
  out.seek(fileBytes);
  out.write_zeros(offset - fileBytes);
  Error error = streamWeights(out, weightsBytes, writer);
  out.close();
  std::error_code code = out.error();
  out.clear_error();
  if (!error && code)
    return createStringError(code, "can't write '" + path + "': " + code.message());
  return error;
}
