// Static libraries through LLVM's archive writer; the member is mapped, not read.
#include "codegen/artifact/Archive.h"
#include "llvm/Object/ArchiveWriter.h"

using namespace llvm;

Error weft::writeArchiveOf(StringRef path, StringRef objectPath, StringRef memberName) {
  Expected<NewArchiveMember> member = NewArchiveMember::getFile(objectPath, /*Deterministic=*/true);
  if (!member)
    return member.takeError();
  member->MemberName = memberName;
  SmallVector<NewArchiveMember, 1> members;
  members.push_back(std::move(*member));
  return writeArchive(path, members, SymtabWritingMode::NormalSymtab, object::Archive::K_GNU, /*Deterministic=*/true,
                      /*Thin=*/false);
}
