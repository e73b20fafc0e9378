//===- Npz.cpp - zip archives of .npy arrays -----------------------------------------------------------------===//
//
// Reads through the central directory, as unzip does. Every offset and size of the file is checked before use, a
// member's claimed size against what deflate can reach (1032 : 1), and its CRC against its bytes.
//
//===------------------------------------------------------------------------------------------------------===//
#include "runtime/io/Npy.h"
#include <cstring>
#include <zlib.h>

using namespace weft::io;

namespace {

constexpr uint32_t kLocal = 0x04034b50, kCentral = 0x02014b50, kEnd = 0x06054b50;
constexpr uint32_t kEnd64 = 0x06064b50, kLocator64 = 0x07064b50;
constexpr size_t kEndBytes = 22, kCentralBytes = 46, kLocalBytes = 30;

/// Little-endian numbers with checked bounds: reading past the end gives 0 and sets `bad`.
struct Bytes {
  const uint8_t *data;
  size_t size;
  bool bad = false;

  uint64_t number(uint64_t at, int width) {
    if (at > size || size - at < size_t(width)) {
      bad = true;
      return 0;
    }
    uint64_t value = 0;
    for (int i = 0; i < width; ++i)
      value |= uint64_t(data[at + i]) << (8 * i);
    return value;
  }
  bool holds(uint64_t at, uint64_t count) const { return at <= size && size - at >= count; }
};

struct Member {
  std::string name;
  uint64_t method, crc, packed, size, localAt;
};

struct Directory {
  uint64_t at, entries;
};

/// The end record is in the last 64 KiB, behind it only a comment.
std::optional<Directory> findDirectory(Bytes &bytes) {
  if (bytes.size < kEndBytes)
    return std::nullopt;
  size_t last = bytes.size - kEndBytes, first = last > 65535 ? last - 65535 : 0;
  for (size_t at = last + 1; at-- > first;) {
    if (bytes.number(at, 4) != kEnd || bytes.number(at + 20, 2) != bytes.size - at - kEndBytes)
      continue;
    Directory directory{bytes.number(at + 16, 4), bytes.number(at + 10, 2)};
    if (directory.at != 0xffffffff && directory.entries != 0xffff)
      return directory;
    if (at < 20 || bytes.number(at - 20, 4) != kLocator64)
      return std::nullopt;
    uint64_t end64 = bytes.number(at - 20 + 8, 8);
    if (!bytes.holds(end64, 56) || bytes.number(end64, 4) != kEnd64)
      return std::nullopt;
    return Directory{bytes.number(end64 + 48, 8), bytes.number(end64 + 32, 8)};
  }
  return std::nullopt;
}

/// Zip64: fields that do not fit 32 bits stand in an extra field, in this order.
void readExtra64(Bytes &bytes, uint64_t at, uint64_t length, Member &member) {
  for (uint64_t end = at + length; at + 4 <= end && !bytes.bad;) {
    uint64_t kind = bytes.number(at, 2), fieldBytes = bytes.number(at + 2, 2), next = at + 4;
    at = next + fieldBytes;
    if (kind != 1 || at > end)
      continue;
    for (uint64_t *field : {&member.size, &member.packed, &member.localAt})
      if (*field == 0xffffffff && next + 8 <= at) {
        *field = bytes.number(next, 8);
        next += 8;
      }
  }
}

std::string readMember(Bytes &bytes, uint64_t &at, Member &member) {
  if (!bytes.holds(at, kCentralBytes) || bytes.number(at, 4) != kCentral)
    return "damaged archive directory";
  uint64_t nameBytes = bytes.number(at + 28, 2), extraBytes = bytes.number(at + 30, 2);
  uint64_t commentBytes = bytes.number(at + 32, 2);
  if (!bytes.holds(at + kCentralBytes, nameBytes + extraBytes + commentBytes))
    return "damaged archive directory";
  member.name.assign(reinterpret_cast<const char *>(bytes.data) + at + kCentralBytes, nameBytes);
  member.method = bytes.number(at + 10, 2);
  member.crc = bytes.number(at + 16, 4);
  member.packed = bytes.number(at + 20, 4);
  member.size = bytes.number(at + 24, 4);
  member.localAt = bytes.number(at + 42, 4);
  readExtra64(bytes, at + kCentralBytes + nameBytes, extraBytes, member);
  if (bytes.number(at + 8, 2) & 1)
    return "member '" + member.name + "' is encrypted";
  at += kCentralBytes + nameBytes + extraBytes + commentBytes;
  return "";
}

bool inflateMember(const uint8_t *packed, const Member &member, std::vector<uint8_t> &out) {
  z_stream stream{};
  if (inflateInit2(&stream, -15) != Z_OK)
    return false;
  out.resize(member.size);
  uint64_t left = member.packed, done = 0;
  int result = Z_OK;
  while (result == Z_OK) {
    uint64_t in = left > (1u << 30) ? 1u << 30 : left, room = member.size - done;
    room = room > (1u << 30) ? 1u << 30 : room;
    uint8_t none;
    stream.next_in = const_cast<uint8_t *>(packed + (member.packed - left));
    stream.avail_in = uInt(in);
    stream.next_out = room ? out.data() + done : &none;
    stream.avail_out = uInt(room);
    result = inflate(&stream, Z_NO_FLUSH);
    left -= in - stream.avail_in;
    done += room - stream.avail_out;
    if (result == Z_OK && stream.avail_in == in && stream.avail_out == room)
      break; // no progress: truncated, or more than was claimed
  }
  inflateEnd(&stream);
  return result == Z_STREAM_END && done == member.size;
}

uint32_t checksum(const uint8_t *data, size_t size) {
  uLong crc = crc32(0, nullptr, 0);
  for (size_t at = 0; at < size;) {
    size_t piece = size - at > (1u << 30) ? 1u << 30 : size - at;
    crc = crc32(crc, data + at, uInt(piece));
    at += piece;
  }
  return uint32_t(crc);
}

/// Finds the member's bytes, inflated if need be.
std::string memberData(Bytes &bytes, const Member &member, const uint8_t **data,
                       std::vector<std::unique_ptr<std::vector<uint8_t>>> &storage) {
  if (!bytes.holds(member.localAt, kLocalBytes) || bytes.number(member.localAt, 4) != kLocal)
    return "damaged header of member '" + member.name + "'";
  uint64_t begin = member.localAt + kLocalBytes + bytes.number(member.localAt + 26, 2) +
                   bytes.number(member.localAt + 28, 2);
  if (!bytes.holds(begin, member.packed))
    return "member '" + member.name + "' is truncated";
  *data = bytes.data + begin;
  if (member.method == 0 && member.packed != member.size)
    return "damaged header of member '" + member.name + "'";
  if (member.method == 8) {
    if (member.size / 1032 > member.packed + 1)
      return "member '" + member.name + "' claims " + std::to_string(member.size) + " bytes, more than it can hold";
    storage.push_back(std::make_unique<std::vector<uint8_t>>());
    if (!inflateMember(*data, member, *storage.back()))
      return "damaged data of member '" + member.name + "'";
    *data = storage.back()->data();
  } else if (member.method != 0)
    return "member '" + member.name + "' is compressed by method " + std::to_string(member.method) +
           ", only stored and deflated ones are supported";
  if (checksum(*data, member.size) != member.crc)
    return "damaged data of member '" + member.name + "' (checksum)";
  return "";
}

void appendNumber(std::string &text, uint64_t value, int width) {
  for (int i = 0; i < width; ++i)
    text += char(value >> (8 * i) & 255);
}

/// The fields that local and central headers share, from "version needed" to the name's length.
std::string commonFields(const std::string &name, uint32_t crc, uint64_t size) {
  std::string text;
  appendNumber(text, 20, 2);
  appendNumber(text, 0x800, 2); // names are UTF-8
  appendNumber(text, 0, 2);     // stored
  appendNumber(text, 0, 2);
  appendNumber(text, 0x21, 2); // 1980-01-01: the same bytes for the same tensors
  appendNumber(text, crc, 4);
  appendNumber(text, size, 4);
  appendNumber(text, size, 4);
  appendNumber(text, name.size(), 2);
  appendNumber(text, 0, 2);
  return text;
}

} // namespace

Error weft::io::parseNpz(const uint8_t *data, size_t size, const std::string &where, std::vector<FileArray> &arrays,
                         std::vector<std::unique_ptr<std::vector<uint8_t>>> &storage) {
  Bytes bytes{data, size};
  std::optional<Directory> directory = findDirectory(bytes);
  if (!directory)
    return where + ": not an .npz file";
  uint64_t at = directory->at;
  for (uint64_t entry = 0; entry < directory->entries; ++entry) {
    Member member;
    std::string problem = readMember(bytes, at, member);
    const uint8_t *content = nullptr;
    if (problem.empty())
      problem = memberData(bytes, member, &content, storage);
    if (!problem.empty())
      return where + ": " + problem;
    FileArray array;
    if (Error error = parseNpy(content, member.size, where + ": '" + member.name + "'", array))
      return error;
    bool suffix = member.name.size() > 4 && member.name.compare(member.name.size() - 4, 4, ".npy") == 0;
    array.name = suffix ? member.name.substr(0, member.name.size() - 4) : member.name;
    arrays.push_back(std::move(array));
  }
  return success();
}

Error weft::io::writeNpz(const std::string &path, const std::vector<NamedTensor> &tensors) {
  AtomicWriter writer;
  if (Error error = writer.open(path))
    return error;
  std::string central;
  uint64_t offset = 0;
  for (const NamedTensor &tensor : tensors) {
    std::string name = tensor.name + ".npy", header = npyHeader(tensor);
    uint64_t size = header.size() + tensor.bytes;
    if (offset + size > 0xffff0000u || name.size() > 65535)
      return "can't write '" + path + "': an .npz ends at 4 GiB; .safetensors and .npy do not";
    uLong crc = checksum(reinterpret_cast<const uint8_t *>(header.data()), header.size());
    uint32_t total = uint32_t(crc32_combine(
        crc, checksum(static_cast<const uint8_t *>(tensor.data), tensor.bytes), z_off_t(tensor.bytes)));
    std::string common = commonFields(name, total, size), local;
    appendNumber(local, kLocal, 4);
    local += common + name + header;
    appendNumber(central, kCentral, 4);
    appendNumber(central, 20, 2);
    central += common;
    central.append(10, '\0'); // comment, disk, attributes
    appendNumber(central, offset, 4);
    central += name;
    if (Error error = writer.write(local.data(), local.size()))
      return error;
    if (Error error = writer.write(tensor.data, tensor.bytes))
      return error;
    offset += local.size() + tensor.bytes;
  }
  std::string end;
  appendNumber(end, kEnd, 4);
  appendNumber(end, 0, 4);
  appendNumber(end, tensors.size(), 2);
  appendNumber(end, tensors.size(), 2);
  appendNumber(end, central.size(), 4);
  appendNumber(end, offset, 4);
  appendNumber(end, 0, 2);
  central += end;
  if (Error error = writer.write(central.data(), central.size()))
    return error;
  return writer.commit();
}
