// The GNU archive format: https://en.wikipedia.org/wiki/Ar_(Unix). LLVM's writer wants all members in memory; this one does not.
#include "codegen/artifact/Archive.h"
#include "llvm/Object/ObjectFile.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/FormatVariadic.h"

using namespace llvm;
using namespace weft;

static void writeMemberHeader(raw_ostream &out, StringRef name, uint64_t bytes) {
  out << left_justify(name, 16) << left_justify("0", 12) << left_justify("0", 6) << left_justify("0", 6)
      << left_justify("644", 8) << left_justify(std::to_string(bytes), 10) << "`\n";
}

Error weft::writeArchive(raw_ostream &out, const ArchiveMember &member) {
  constexpr uint64_t headerBytes = 60, mostBytes = 9999999999;
  if (member.bytes > mostBytes)
    return createStringError("the object has " + Twine(member.bytes) + " bytes, more than a static library can hold; use "
                             "--weights-file or --emit=obj");
  std::string names;
  for (const std::string &symbol : member.symbols)
    names += symbol + '\0';
  if (names.size() % 2)
    names += '\0';
  uint64_t tableBytes = 4 + 4 * member.symbols.size() + names.size();
  std::string longName = member.name.size() > 15 ? member.name + "/\n" : "";
  if (longName.size() % 2)
    longName += '\n';
  uint64_t memberAt = 8 + headerBytes + tableBytes + (longName.empty() ? 0 : headerBytes + longName.size());

  out << "!<arch>\n";
  writeMemberHeader(out, "/", tableBytes);
  auto word = [&](uint32_t value) {
    char bytes[4];
    support::endian::write32be(bytes, value);
    out.write(bytes, 4);
  };
  word(uint32_t(member.symbols.size()));
  for (size_t i = 0; i < member.symbols.size(); ++i)
    word(uint32_t(memberAt));
  out << names;
  if (!longName.empty()) {
    writeMemberHeader(out, "//", longName.size());
    out << longName;
  }
  writeMemberHeader(out, longName.empty() ? member.name + "/" : "/0", member.bytes);
  uint64_t begin = out.tell();
  if (Error error = member.write(out))
    return error;
  assert(out.tell() - begin == member.bytes && "the member has another size than announced");
  if (member.bytes % 2)
    out << '\n';
  return Error::success();
}

Expected<std::vector<std::string>> weft::definedSymbols(MemoryBufferRef object) {
  Expected<std::unique_ptr<object::ObjectFile>> file = object::ObjectFile::createObjectFile(object);
  if (!file)
    return file.takeError();
  std::vector<std::string> names;
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (!flags)
      return flags.takeError();
    if (!name)
      return name.takeError();
    if ((*flags & object::SymbolRef::SF_Global) && !(*flags & object::SymbolRef::SF_Undefined))
      names.push_back(name->str());
  }
  return names;
}
