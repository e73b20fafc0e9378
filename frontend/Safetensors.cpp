// One .safetensors file: mapping it and checking its header.
#include "Checkpoint.h"
#include "Json.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/Endian.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace weft {

/// The format's own limit.
constexpr uint64_t maxHeaderBytes = 100'000'000;
/// More dimensions than any tensor has; a lying header may list millions.
constexpr size_t maxRank = 16;

namespace {

struct DtypeInfo {
  WeightType type;
  /// 0 if unknown: then only the offsets are checked.
  unsigned bits;
};

DtypeInfo dtypeInfo(StringRef dtype) {
  return StringSwitch<DtypeInfo>(dtype)
      .Case("F64", {WeightType::F64, 64})
      .Case("F32", {WeightType::F32, 32})
      .Case("F16", {WeightType::F16, 16})
      .Case("BF16", {WeightType::BF16, 16})
      .Case("I64", {WeightType::I64, 64})
      .Case("I32", {WeightType::I32, 32})
      .Case("BOOL", {WeightType::Bool, 8})
      .Cases({"U64", "C64"}, {WeightType::Other, 64})
      .Case("U32", {WeightType::Other, 32})
      .Cases({"I16", "U16"}, {WeightType::Other, 16})
      .Cases({"I8", "U8", "F8_E4M3", "F8_E5M2", "F8_E8M0"}, {WeightType::Other, 8})
      .Default({WeightType::Other, 0});
}

/// Names from a header go into messages: cut, and without control characters.
std::string quoted(StringRef name) {
  std::string text = name.take_front(200).str();
  for (char &c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f)
      c = '?';
  return "'" + json::fixUTF8(text) + (name.size() > 200 ? "...'" : "'");
}

Error failure(StringRef path, const Twine &message) {
  return createStringError(std::errc::invalid_argument, "%s: %s", path.str().c_str(), message.str().c_str());
}

/// Reads {"dtype", "shape", "data_offsets"}. On failure returns what is wrong with it.
std::optional<std::string> readEntry(const json::Value &value, SafetensorsFile::Entry &entry) {
  const json::Object *object = value.getAsObject();
  if (!object)
    return "its description is no JSON object";
  std::optional<StringRef> dtype = object->getString("dtype");
  const json::Array *shape = object->getArray("shape");
  const json::Array *offsets = object->getArray("data_offsets");
  if (!dtype || !shape || !offsets)
    return "its description lacks dtype, shape or data_offsets";
  entry.dtype = dtype->str();
  DtypeInfo info = dtypeInfo(*dtype);
  entry.type = info.type;
  if (shape->size() > maxRank)
    return "its shape has " + std::to_string(shape->size()) + " dimensions";
  uint64_t elements = 1;
  bool overflow = false;
  for (const json::Value &size : *shape) {
    std::optional<int64_t> dim = size.getAsInteger();
    if (!dim || *dim < 0)
      return "its shape holds something that is no size";
    entry.shape.push_back(*dim);
    bool overflows = false;
    elements = SaturatingMultiply<uint64_t>(elements, *dim, &overflows);
    overflow |= overflows;
  }
  if (overflow || elements > UINT64_MAX / 64)
    return "its shape is larger than any file";
  std::optional<int64_t> begin, end;
  if (offsets->size() == 2) {
    begin = (*offsets)[0].getAsInteger();
    end = (*offsets)[1].getAsInteger();
  }
  if (!begin || !end || *begin < 0 || *end < *begin)
    return "its data_offsets are no range";
  entry.offset = *begin;
  entry.bytes = *end - *begin;
  uint64_t needed = elements * info.bits / 8;
  if (info.bits != 0 && needed != entry.bytes)
    return "its shape and dtype need " + std::to_string(needed) + " bytes, but its data_offsets span " +
           std::to_string(entry.bytes);
  return std::nullopt;
}

} // namespace

Expected<std::unique_ptr<SafetensorsFile>> SafetensorsFile::open(StringRef path) {
  Expected<sys::fs::file_t> opened = sys::fs::openNativeFileForRead(path);
  if (!opened)
    return failure(path, StringRef(toString(opened.takeError())).lower());
  sys::fs::file_t handle = *opened;
  sys::fs::file_status status;
  std::error_code error = sys::fs::status(handle, status);
  if (!error && !sys::fs::is_regular_file(status)) {
    sys::fs::closeFile(handle);
    return failure(path, "is no regular file");
  }
  if (!error && status.getSize() < 8) {
    sys::fs::closeFile(handle);
    return failure(path, "no safetensors file: " + Twine(status.getSize()) + " bytes are too short for a header");
  }
  auto file = std::make_unique<SafetensorsFile>();
  file->path = path.str();
  if (!error)
    file->mapping =
        sys::fs::mapped_file_region(handle, sys::fs::mapped_file_region::readonly, status.getSize(), /*offset=*/0, error);
  sys::fs::closeFile(handle);
  if (error)
    return failure(path, StringRef(error.message()).lower());
  if (Error headerError = file->readHeader())
    return std::move(headerError);
  return file;
}

Error SafetensorsFile::readHeader() {
  uint64_t size = mapping.size();
  uint64_t headerBytes = support::endian::read64le(mapping.const_data());
  if (headerBytes > size - 8)
    return failure(path, "truncated or no safetensors file: the header should have " + Twine(headerBytes) +
                             " bytes, but only " + Twine(size - 8) + " follow");
  if (headerBytes > maxHeaderBytes)
    return failure(path, "the header has " + Twine(headerBytes) + " bytes, more than the format's limit of 100 MB");
  uint64_t dataBegin = 8 + headerBytes;
  JsonError jsonError;
  std::optional<json::Value> header = parseJson(StringRef(mapping.const_data() + 8, headerBytes), jsonError);
  if (!header)
    return failure(path, "bad header at byte " + Twine(8 + jsonError.offset) + ": " + jsonError.message);
  const json::Object *object = header->getAsObject();
  if (!object)
    return failure(path, "bad header: expected a JSON object");
  for (const auto &[key, value] : *object) {
    StringRef name = key;
    if (name == "__metadata__")
      continue;
    Entry entry;
    if (std::optional<std::string> problem = readEntry(value, entry))
      return failure(path, "tensor " + quoted(name) + ": " + *problem);
    if (entry.bytes > size - dataBegin || entry.offset > size - dataBegin - entry.bytes)
      return failure(path, "truncated: tensor " + quoted(name) + " ends at byte " +
                               Twine(dataBegin + entry.offset + entry.bytes) + ", but the file has " + Twine(size));
    entry.offset += dataBegin;
    entries.try_emplace(name, std::move(entry));
  }
  return checkLayout(dataBegin);
}

/// Tensors neither overlap nor leave gaps, as the format says.
Error SafetensorsFile::checkLayout(uint64_t dataBegin) const {
  std::vector<const StringMapEntry<Entry> *> sorted;
  for (const StringMapEntry<Entry> &entry : entries)
    sorted.push_back(&entry);
  llvm::sort(sorted, [](const auto *a, const auto *b) {
    return std::tuple(a->second.offset, a->second.bytes, a->first()) < std::tuple(b->second.offset, b->second.bytes, b->first());
  });
  uint64_t at = dataBegin;
  const StringMapEntry<Entry> *previous = nullptr;
  for (const StringMapEntry<Entry> *entry : sorted) {
    if (entry->second.offset < at)
      return failure(path, "tensors " + quoted(previous->first()) + " and " + quoted(entry->first()) + " overlap");
    if (entry->second.offset > at)
      return failure(path, "the " + Twine(entry->second.offset - at) + " bytes before tensor " + quoted(entry->first()) +
                               " belong to no tensor");
    at += entry->second.bytes;
    previous = entry;
  }
  if (at != mapping.size())
    return failure(path, "the last " + Twine(mapping.size() - at) + " bytes of the file belong to no tensor");
  return Error::success();
}

} // namespace weft
