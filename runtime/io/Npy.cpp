//===- Npy.cpp - NumPy's .npy arrays -------------------------------------------------------------------------===//
//
// The header is a Python dictionary literal with the three keys 'descr', 'fortran_order' and 'shape'; this reads
// exactly that much of Python.
//
//===------------------------------------------------------------------------------------------------------===//
#include "runtime/io/Npy.h"
#include <cstring>
#include <string_view>

using namespace weft::io;

namespace {

/// The text of a header, read from the left.
struct Cursor {
  std::string_view rest;

  void skipSpace() {
    while (!rest.empty() && (rest[0] == ' ' || rest[0] == '\n' || rest[0] == '\t' || rest[0] == '\r'))
      rest.remove_prefix(1);
  }
  bool take(std::string_view token) {
    skipSpace();
    if (rest.substr(0, token.size()) != token)
      return false;
    rest.remove_prefix(token.size());
    return true;
  }
  std::optional<std::string_view> string() {
    skipSpace();
    if (rest.empty() || (rest[0] != '\'' && rest[0] != '"'))
      return std::nullopt;
    size_t end = rest.find(rest[0], 1);
    if (end == std::string_view::npos)
      return std::nullopt;
    std::string_view text = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
    return text;
  }
  std::optional<int64_t> integer() {
    skipSpace();
    int64_t value = 0;
    size_t digits = 0;
    for (; digits < rest.size() && rest[digits] >= '0' && rest[digits] <= '9'; ++digits)
      if (__builtin_mul_overflow(value, int64_t(10), &value) ||
          __builtin_add_overflow(value, int64_t(rest[digits] - '0'), &value))
        return std::nullopt;
    if (digits == 0)
      return std::nullopt;
    rest.remove_prefix(digits);
    take("L"); // Python 2 wrote long integers
    return value;
  }
};

struct Header {
  std::string_view descr;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
  bool seen[3] = {};
};

bool parseShape(Cursor &cursor, std::vector<int64_t> &shape) {
  if (!cursor.take("("))
    return false;
  while (!cursor.take(")")) {
    std::optional<int64_t> size = cursor.integer();
    if (!size || shape.size() == 32)
      return false;
    shape.push_back(*size);
    if (!cursor.take(",")) {
      if (!cursor.take(")"))
        return false;
      break;
    }
  }
  return true;
}

bool parseEntry(Cursor &cursor, Header &header, std::string &problem) {
  std::optional<std::string_view> key = cursor.string();
  if (!key || !cursor.take(":"))
    return false;
  int which = *key == "descr" ? 0 : *key == "fortran_order" ? 1 : *key == "shape" ? 2 : -1;
  if (which < 0 || header.seen[which]) {
    problem = (which < 0 ? "unknown key '" : "repeated key '") + std::string(*key) + "' in the header";
    return false;
  }
  header.seen[which] = true;
  if (which == 2)
    return parseShape(cursor, header.shape);
  if (which == 1) {
    header.fortranOrder = cursor.take("True");
    return header.fortranOrder || cursor.take("False");
  }
  std::optional<std::string_view> descr = cursor.string();
  if (!descr) {
    problem = "structured arrays are not supported";
    return false;
  }
  header.descr = *descr;
  return true;
}

bool parseHeader(std::string_view text, Header &header, std::string &problem) {
  problem = "malformed header";
  Cursor cursor{text};
  if (!cursor.take("{"))
    return false;
  while (!cursor.take("}")) {
    if (!parseEntry(cursor, header, problem))
      return false;
    if (!cursor.take(",")) {
      if (!cursor.take("}"))
        return false;
      break;
    }
  }
  cursor.skipSpace();
  if (!cursor.rest.empty())
    return false;
  for (int key = 0; key < 3; ++key)
    if (!header.seen[key]) {
      static const char *const names[] = {"descr", "fortran_order", "shape"};
      problem = std::string("no '") + names[key] + "' in the header";
      return false;
    }
  return true;
}

bool parseDescr(std::string_view descr, FileArray &array) {
  static const std::pair<const char *, Element> kinds[] = {
      {"b1", Element::Bool}, {"i1", Element::I8},  {"i2", Element::I16}, {"i4", Element::I32},
      {"i8", Element::I64},  {"u1", Element::U8},  {"u2", Element::U16}, {"u4", Element::U32},
      {"u8", Element::U64},  {"f2", Element::F16}, {"f4", Element::F32}, {"f8", Element::F64}};
  if (descr.empty() || !strchr("<>|=", descr[0]))
    return false;
  array.bigEndian = descr[0] == '>';
  for (const auto &[code, element] : kinds)
    if (descr.substr(1) == code) {
      array.element = element;
      return true;
    }
  return false;
}

} // namespace

Error weft::io::parseNpy(const uint8_t *data, size_t size, const std::string &where, FileArray &array) {
  if (size < 10 || memcmp(data, "\x93NUMPY", 6) != 0)
    return where + ": not an .npy file";
  int version = data[6];
  if (version < 1 || version > 3)
    return where + ": .npy version " + std::to_string(version) + " is not supported";
  size_t lengthBytes = version == 1 ? 2 : 4, begin = 8 + lengthBytes;
  if (size < begin)
    return where + ": truncated in the header";
  size_t length = 0;
  for (size_t i = 0; i < lengthBytes; ++i)
    length |= size_t(data[8 + i]) << (8 * i);
  if (length > size - begin)
    return where + ": truncated in the header (it claims " + std::to_string(length) + " bytes, " +
           std::to_string(size - begin) + " are there)";
  Header header;
  std::string problem;
  if (!parseHeader({reinterpret_cast<const char *>(data) + begin, length}, header, problem))
    return where + ": " + problem;
  if (!parseDescr(header.descr, array))
    return where + ": elements of type '" + std::string(header.descr.substr(0, 40)) + "' are not supported";
  array.fortranOrder = header.fortranOrder;
  array.shape = header.shape;
  std::optional<int64_t> count = countElements(array.shape, elementBytes(array.element));
  if (!count)
    return where + ": shape " + shapeText(array.shape) + " is too large";
  array.data = data + begin + length;
  array.bytes = size_t(*count) * elementBytes(array.element);
  size_t present = size - begin - length;
  if (present != array.bytes)
    return where + ": " + elementName(array.element) + shapeText(array.shape) + " needs " +
           std::to_string(array.bytes) + " bytes of data, the file has " + std::to_string(present);
  return success();
}

std::string weft::io::npyHeader(const NamedTensor &tensor) {
  static const char *const descr[] = {"<f4", "<i4", "|b1"};
  std::string text = std::string("{'descr': '") + descr[tensor.dtype] + "', 'fortran_order': False, 'shape': (";
  for (size_t axis = 0; axis < tensor.shape.size(); ++axis)
    text += (axis ? ", " : "") + std::to_string(tensor.shape[axis]);
  text += tensor.shape.size() == 1 ? ",), }" : "), }";
  // Data starts at a multiple of 64 bytes, as NumPy has it.
  size_t padded = (10 + text.size() + 1 + 63) / 64 * 64;
  text.resize(padded - 10 - 1, ' ');
  text += '\n';
  std::string header("\x93NUMPY\x01\x00", 8);
  header += char(text.size() & 255);
  header += char(text.size() >> 8);
  return header + text;
}

Error weft::io::writeNpy(const std::string &path, const NamedTensor &tensor) {
  AtomicWriter writer;
  std::string header = npyHeader(tensor);
  if (Error error = writer.open(path))
    return error;
  if (Error error = writer.write(header.data(), header.size()))
    return error;
  if (Error error = writer.write(tensor.data, tensor.bytes))
    return error;
  return writer.commit();
}
