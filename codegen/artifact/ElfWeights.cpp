// Streaming of packed weights into ELF files. All headers are read through llvm::object, which checks their ranges.
#include "codegen/artifact/ElfWeights.h"
#include "llvm/Object/ELF.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace llvm::object;

namespace weft {

class ElfFiller {
public:
  ElfFiller(FilledElf &filled, const ELFFile<ELF64LE> &file) : filled(filled), file(file) {}

  Error plan() {
    Expected<ELF64LE::ShdrRange> sections = file.sections();
    if (!sections)
      return sections.takeError();
    for (const ELF64LE::Shdr &section : *sections) {
      Expected<StringRef> name = file.getSectionName(section);
      if (!name)
        return name.takeError();
      if (*name == kWeightsSection)
        return fill(section);
    }
    return Error::success();
  }

private:
  template <typename T> void patch(const T &place, const T &value) {
    filled.patches.push_back({uint64_t(reinterpret_cast<const uint8_t *>(&place) - file.base()),
                              std::string(reinterpret_cast<const char *>(&value), sizeof value)});
  }

  Error fill(const ELF64LE::Shdr &section) {
    // In a linked file the offset must agree with the address modulo the largest page size.
    constexpr uint64_t page = 65536;
    bool isLinked = file.getHeader().e_type != ELF::ET_REL;
    uint64_t end = file.getBufSize();
    filled.offset = isLinked ? alignTo(end, page) + section.sh_addr % page : alignTo(end, kWeightsAlignment);
    filled.weightsBytes = section.sh_size;
    if (isLinked)
      if (Error error = planSegments(section))
        return error;
    ELF64LE::Shdr header = section;
    header.sh_type = ELF::SHT_PROGBITS;
    header.sh_flags = header.sh_flags & ~uint64_t(ELF::SHF_WRITE);
    header.sh_offset = filled.offset;
    patch(section, header);
    sort(filled.patches, [](const auto &lhs, const auto &rhs) { return lhs.offset < rhs.offset; });
    return Error::success();
  }

  /// Cuts the weights off the end of their writable segment and gives them a read-only one, in the place of the last notes.
  Error planSegments(const ELF64LE::Shdr &weights) {
    Expected<ELF64LE::PhdrRange> headers = file.program_headers();
    if (!headers)
      return headers.takeError();
    const ELF64LE::Phdr *last = nullptr, *note = nullptr;
    for (const ELF64LE::Phdr &header : *headers) {
      if (header.p_type == ELF::PT_NOTE)
        note = &header;
      if (header.p_type == ELF::PT_LOAD)
        last = &header;
    }
    uint64_t end = weights.sh_addr + weights.sh_size;
    bool isTail = last && last->p_vaddr + last->p_filesz <= weights.sh_addr && last->p_vaddr + last->p_memsz == end;
    if (!isTail || !note || note < last)
      return createStringError("the linker laid out the file in a way that leaves no room for the weights");
    ELF64LE::Phdr rest = *last, segment = *note;
    rest.p_memsz = weights.sh_addr - last->p_vaddr;
    segment.p_type = ELF::PT_LOAD;
    segment.p_flags = ELF::PF_R;
    segment.p_offset = filled.offset;
    segment.p_vaddr = weights.sh_addr;
    segment.p_paddr = weights.sh_addr;
    segment.p_filesz = weights.sh_size;
    segment.p_memsz = weights.sh_size;
    segment.p_align = last->p_align;
    if (rest.p_memsz != 0)
      patch(*note, segment);
    patch(*last, rest.p_memsz != 0 ? rest : segment); // weights alone: their segment becomes the read-only one
    return Error::success();
  }

  FilledElf &filled;
  const ELFFile<ELF64LE> &file;
};

Expected<FilledElf> FilledElf::create(MemoryBufferRef elf) {
  Expected<ELFFile<ELF64LE>> file = ELFFile<ELF64LE>::create(elf.getBuffer());
  if (!file)
    return file.takeError();
  FilledElf filled(elf);
  if (Error error = ElfFiller(filled, *file).plan())
    return std::move(error);
  return std::move(filled);
}

Error FilledElf::write(raw_ostream &out, WeightsWriter writer) const {
  StringRef bytes = elf.getBuffer();
  uint64_t at = 0;
  for (const Patch &patch : patches) {
    out << bytes.slice(at, patch.offset) << patch.bytes;
    at = patch.offset + patch.bytes.size();
  }
  out << bytes.drop_front(at);
  if (weightsBytes == 0)
    return Error::success();
  for (uint64_t gap = offset - bytes.size(); gap > 0;) {
    uint64_t step = std::min<uint64_t>(gap, 4096);
    out.write_zeros(unsigned(step));
    gap -= step;
  }
  uint64_t begin = out.tell();
  if (Error error = writer(out))
    return error;
  if (out.tell() - begin != weightsBytes)
    return createStringError("internal error: " + Twine(out.tell() - begin) + " bytes of weights were packed, " +
                             Twine(weightsBytes) + " were planned");
  return Error::success();
}

} // namespace weft
