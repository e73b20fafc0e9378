//===- Safetensors.cpp - .safetensors files as inputs and outputs of a run -----------------------------------===//
#include "runtime/io/Safetensors.h"
#include "runtime/io/Json.h"
#include <algorithm>

using namespace weft::io;

namespace {

std::optional<Element> elementOf(const std::string &dtype) {
  static const std::pair<const char *, Element> names[] = {
      {"BOOL", Element::Bool}, {"I8", Element::I8},     {"I16", Element::I16}, {"I32", Element::I32}, {"I64", Element::I64},
      {"U8", Element::U8},     {"U16", Element::U16},   {"U32", Element::U32}, {"U64", Element::U64}, {"F16", Element::F16},
      {"BF16", Element::BF16}, {"F32", Element::F32},   {"F64", Element::F64}};
  for (const auto &[name, element] : names)
    if (dtype == name)
      return element;
  return std::nullopt;
}

/// A list of numbers that are not negative.
bool readSizes(const Json *list, std::vector<int64_t> &sizes) {
  if (!list || list->kind != Json::Array)
    return false;
  for (const Json &item : list->items) {
    std::optional<int64_t> size = item.integer();
    if (!size || *size < 0)
      return false;
    sizes.push_back(*size);
  }
  return true;
}

/// Fills in the array; returns what is wrong with the entry, or "".
std::string readEntry(const Json &entry, const uint8_t *data, size_t dataBytes, FileArray &array) {
  const Json *dtype = entry.find("dtype");
  if (entry.kind != Json::Object || !dtype || dtype->kind != Json::String)
    return "has no dtype";
  std::optional<Element> element = elementOf(dtype->text);
  if (!element)
    return "has unsupported dtype '" + dtype->text + "'";
  array.element = *element;
  std::vector<int64_t> offsets;
  if (!readSizes(entry.find("shape"), array.shape))
    return "has no valid shape";
  if (!readSizes(entry.find("data_offsets"), offsets) || offsets.size() != 2 || offsets[0] > offsets[1])
    return "has no valid data_offsets";
  if (size_t(offsets[1]) > dataBytes)
    return "ends at byte " + std::to_string(offsets[1]) + " of the data, which has " + std::to_string(dataBytes);
  std::optional<int64_t> count = countElements(array.shape, elementBytes(*element));
  array.bytes = size_t(offsets[1] - offsets[0]);
  array.data = data + offsets[0];
  if (!count || size_t(*count) * elementBytes(*element) != array.bytes)
    return "of shape " + shapeText(array.shape) + " has " + std::to_string(array.bytes) + " bytes";
  return "";
}

} // namespace

Error weft::io::parseSafetensors(const uint8_t *data, size_t size, const std::string &where,
                                 std::vector<FileArray> &arrays) {
  uint64_t length = 0;
  for (int i = 0; size >= 8 && i < 8; ++i)
    length |= uint64_t(data[i]) << (8 * i);
  if (size < 8 || length > size - 8)
    return where + ": not a .safetensors file, or truncated in the header";
  Json header;
  if (Error error = parseJson({reinterpret_cast<const char *>(data) + 8, size_t(length)}, header))
    return where + ": header: " + error.text();
  if (header.kind != Json::Object)
    return where + ": the header is no object";
  size_t dataBytes = size - 8 - length;
  for (size_t i = 0; i < header.keys.size(); ++i) {
    if (header.keys[i] == "__metadata__")
      continue;
    FileArray array;
    array.name = header.keys[i];
    std::string problem = readEntry(header.items[i], data + 8 + length, dataBytes, array);
    if (!problem.empty())
      return where + ": tensor '" + array.name + "' " + problem;
    arrays.push_back(std::move(array));
  }
  std::vector<const FileArray *> order;
  for (const FileArray &array : arrays)
    order.push_back(&array);
  std::sort(order.begin(), order.end(), [](const FileArray *a, const FileArray *b) {
    return std::make_pair(a->data, a->bytes) < std::make_pair(b->data, b->bytes);
  });
  const uint8_t *end = data + 8 + length;
  for (const FileArray *array : order) {
    if (array->data != end)
      return where + ": tensor '" + array->name + "' " + (array->data < end ? "overlaps another" : "follows a gap");
    end += array->bytes;
  }
  if (end != data + size)
    return where + ": " + std::to_string(data + size - end) + " bytes behind the last tensor";
  return success();
}

Error weft::io::writeSafetensors(const std::string &path, const std::vector<NamedTensor> &tensors) {
  static const char *const dtypes[] = {"F32", "I32", "BOOL"};
  std::string header = "{";
  size_t offset = 0;
  // Wide elements first keep the data aligned.
  std::vector<const NamedTensor *> order;
  for (size_t width : {4, 1})
    for (const NamedTensor &tensor : tensors)
      if (dtypeBytes(tensor.dtype) == width)
        order.push_back(&tensor);
  for (const NamedTensor *tensor : order) {
    std::string shape = shapeText(tensor->shape);
    header += (header.size() > 1 ? "," : "") + jsonString(tensor->name) + ":{\"dtype\":\"" + dtypes[tensor->dtype] +
              "\",\"shape\":" + shape + ",\"data_offsets\":[" + std::to_string(offset) + "," +
              std::to_string(offset + tensor->bytes) + "]}";
    offset += tensor->bytes;
  }
  header += "}";
  header.resize((header.size() + 7) / 8 * 8, ' ');
  std::string length;
  for (int i = 0; i < 8; ++i)
    length += char(header.size() >> (8 * i) & 255);
  header = length + header;
  AtomicWriter writer;
  if (Error error = writer.open(path))
    return error;
  if (Error error = writer.write(header.data(), header.size()))
    return error;
  for (const NamedTensor *tensor : order)
    if (Error error = writer.write(tensor->data, tensor->bytes))
      return error;
  return writer.commit();
}
