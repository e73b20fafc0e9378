// Reads source files and finds places in them. Reading is bounded: a pipe or device that never ends is an error, not a hang.
#include "Source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/ScopeExit.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ConvertUTF.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Unicode.h"

#include <algorithm>

using namespace llvm;

namespace weft {

static Error fileError(StringRef path, const Twine &what) {
  return createStringError(std::errc::io_error, "%s: %s", path.str().c_str(), what.str().c_str());
}

Expected<std::unique_ptr<MemoryBuffer>> readTextFile(StringRef path, uint64_t limit) {
  Expected<sys::fs::file_t> opened = sys::fs::openNativeFileForRead(path);
  if (!opened)
    return fileError(path, StringRef(toString(opened.takeError())).lower());
  sys::fs::file_t file = *opened;
  scope_exit closeFile([&] { sys::fs::closeFile(file); });

  sys::fs::file_status status;
  if (std::error_code error = sys::fs::status(file, status))
    return fileError(path, StringRef(error.message()).lower());
  if (sys::fs::is_directory(status))
    return fileError(path, "is a directory, expected a file");

  // Not mapped and not trusted to be as long as it says: the file may be a pipe, or change while it is read.
  SmallString<0> text;
  std::vector<char> chunk(64 << 10);
  while (true) {
    Expected<size_t> got = sys::fs::readNativeFile(file, chunk);
    if (!got)
      return fileError(path, StringRef(toString(got.takeError())).lower());
    if (*got == 0)
      break;
    if (text.size() + *got > limit)
      return fileError(path, "is larger than " + Twine(limit >> 20) + " MiB");
    text.append(chunk.begin(), chunk.begin() + *got);
  }
  return MemoryBuffer::getMemBufferCopy(text, path);
}

size_t findInvalidUtf8(StringRef text) {
  auto *begin = reinterpret_cast<const UTF8 *>(text.data()), *end = begin + text.size();
  const UTF8 *at = begin;
  return isLegalUTF8String(&at, end) ? StringRef::npos : at - begin;
}

unsigned displayWidth(StringRef text) {
  if (isASCII(text)) // nearly always, and much faster
    return text.size();
  int width = sys::unicode::columnWidthUTF8(text);
  return width < 0 ? text.size() : width;
}

SourceFile::SourceFile(std::unique_ptr<MemoryBuffer> source) : buffer(std::move(source)) {
  StringRef text = getText();
  lineStarts.push_back(0);
  for (size_t i = text.find('\n'); i != StringRef::npos; i = text.find('\n', i + 1))
    lineStarts.push_back(i + 1);
}

LineColumn SourceFile::getLineColumn(uint32_t offset) const {
  auto next = std::upper_bound(lineStarts.begin(), lineStarts.end(), offset);
  unsigned line = next - lineStarts.begin();
  return {line, offset - lineStarts[line - 1] + 1};
}

StringRef SourceFile::getLine(unsigned line) const {
  size_t begin = lineStarts[line - 1];
  size_t end = line < lineStarts.size() ? lineStarts[line] - 1 : getText().size();
  StringRef text = getText().slice(begin, end);
  text.consume_back("\r");
  return text;
}

Expected<const SourceFile *> SourceManager::open(StringRef path) {
  for (const auto &file : files)
    if (file->getName() == path)
      return file.get();
  Expected<std::unique_ptr<MemoryBuffer>> buffer = readTextFile(path);
  if (!buffer)
    return buffer.takeError();
  files.push_back(std::make_unique<SourceFile>(std::move(*buffer)));
  return files.back().get();
}

const SourceFile *SourceManager::add(StringRef name, StringRef text) {
  files.push_back(std::make_unique<SourceFile>(MemoryBuffer::getMemBufferCopy(text, name)));
  return files.back().get();
}

StringRef findNearestName(StringRef name, ArrayRef<StringRef> candidates) {
  // A third of the letters may differ: "layer_nrom" finds "layer_norm", "x" does not find "y".
  unsigned limit = (name.size() + 2) / 3;
  StringRef best;
  for (StringRef candidate : candidates) {
    unsigned distance = name.edit_distance(candidate, /*AllowReplacements=*/true, /*MaxEditDistance=*/limit);
    if (distance > limit || candidate == name || distance >= name.size())
      continue;
    if (distance == limit && !best.empty())
      continue;
    best = candidate;
    if (distance == 0)
      break;
    limit = distance;
  }
  return best;
}

Note didYouMean(const Twine &nearest) { return {SourceRange(), ("did you mean '" + nearest + "'?").str()}; }

std::vector<Note> hintsFor(StringRef name, ArrayRef<StringRef> candidates) {
  StringRef nearest = findNearestName(name, candidates);
  return nearest.empty() ? std::vector<Note>() : std::vector<Note>{didYouMean(nearest)};
}

} // namespace weft
