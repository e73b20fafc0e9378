//===- FileKind.cpp - what an artifact's file is, by its first bytes and its segments ------------------------===//
#include "runtime/cli/FileKind.h"
#include <cstring>
#include <vector>

using namespace weft::cli;

namespace {

/// One row of an ELF file's program header table (elf.h has it too, but not for every system that reads artifacts).
struct Segment {
  uint32_t type;
  uint64_t offset, bytes;
};
constexpr uint32_t kLoad = 1, kInterpreter = 3;
constexpr size_t kElfHeader = 64, kProgramHeader = 56;

uint64_t number(const uint8_t *at, int width) {
  uint64_t value = 0;
  for (int i = 0; i < width; ++i)
    value |= uint64_t(at[i]) << (8 * i);
  return value;
}

/// False when the table itself is outside of the file.
bool readSegments(const uint8_t *data, size_t size, std::vector<Segment> &segments) {
  uint64_t table = number(data + 32, 8), count = number(data + 56, 2);
  if (number(data + 54, 2) != kProgramHeader || table > size || (size - table) / kProgramHeader < count)
    return false;
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t *row = data + table + i * kProgramHeader;
    segments.push_back({uint32_t(number(row, 4)), number(row + 8, 8), number(row + 32, 8)});
  }
  return true;
}

} // namespace

FileKind weft::cli::kindOf(const uint8_t *data, size_t size) {
  if (size >= 8 && memcmp(data, "!<arch>\n", 8) == 0)
    return FileKind::Archive;
  if (size < 6 || memcmp(data, "\x7f" "ELF\x02\x01", 6) != 0)
    return FileKind::Other;
  if (size < kElfHeader)
    return FileKind::Truncated;
  uint64_t type = number(data + 16, 2);
  if (type == 1)
    return FileKind::Object;
  std::vector<Segment> segments;
  if (!readSegments(data, size, segments))
    return FileKind::Truncated;
  bool interpreter = false;
  for (const Segment &segment : segments) {
    interpreter |= segment.type == kInterpreter;
    if (segment.type == kLoad && (segment.offset > size || size - segment.offset < segment.bytes))
      return FileKind::Truncated;
  }
  return interpreter || type == 2 ? FileKind::Executable : FileKind::SharedLibrary;
}

const char *weft::cli::kindText(FileKind kind) {
  switch (kind) {
  case FileKind::Object:
    return "is an object";
  case FileKind::Archive:
    return "is a static library";
  case FileKind::Truncated:
    return "is truncated";
  default:
    return "is no artifact";
  }
}
