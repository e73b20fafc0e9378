//===- InputFile.cpp - one file of an --input option, whatever its format ------------------------------------===//
#include "runtime/cli/InputFile.h"
#include "runtime/io/Json.h"
#include "runtime/io/Safetensors.h"
#include <cstdlib>
#include <cstring>

using namespace weft;
using namespace weft::cli;
using io::Error;

static bool endsWith(const std::string &text, const char *suffix) {
  size_t length = strlen(suffix);
  return text.size() >= length && text.compare(text.size() - length, length, suffix) == 0;
}

Error InputFile::open(const std::string &path) {
  if (Error error = file.open(path))
    return error;
  const uint8_t *data = file.data();
  std::string where = "'" + path + "'";
  if (endsWith(path, ".npy") || (file.size() >= 6 && memcmp(data, "\x93NUMPY", 6) == 0)) {
    content.emplace_back();
    return io::parseNpy(data, file.size(), where, content.back());
  }
  archive = true;
  if (endsWith(path, ".npz") || (file.size() >= 4 && memcmp(data, "PK", 2) == 0))
    return io::parseNpz(data, file.size(), where, content, storage);
  if (endsWith(path, ".safetensors"))
    return io::parseSafetensors(data, file.size(), where, content);
  return where + ": not an .npy, .npz or .safetensors file";
}

namespace {
/// Collects the leaves of nested lists, all as f64 or i64 little-endian bytes.
struct LiteralReader {
  weft_dtype dtype;
  std::vector<int64_t> shape;
  std::vector<uint8_t> bytes;

  std::string read(const io::Json &value, size_t depth) {
    if (value.kind != io::Json::Array)
      return depth == shape.size() ? leaf(value) : "lists of unequal depth";
    if (depth == shape.size() && bytes.empty())
      shape.push_back(int64_t(value.items.size()));
    else if (depth >= shape.size() || shape[depth] != int64_t(value.items.size()))
      return "lists of unequal length";
    for (const io::Json &item : value.items)
      if (std::string problem = read(item, depth + 1); !problem.empty())
        return problem;
    return "";
  }

  std::string leaf(const io::Json &value) {
    if (dtype == WEFT_BOOL ? value.kind != io::Json::Bool : value.kind != io::Json::Number)
      return dtype == WEFT_BOOL ? "expected true or false" : "expected a number";
    if (dtype == WEFT_BOOL)
      return bytes.push_back(value.boolean), "";
    uint64_t bits;
    if (dtype == WEFT_F32) {
      double number = strtod(value.text.c_str(), nullptr);
      memcpy(&bits, &number, 8);
    } else {
      std::optional<int64_t> number = value.integer();
      if (!number)
        return "'" + value.text + "' is no integer";
      bits = uint64_t(*number);
    }
    for (int i = 0; i < 8; ++i)
      bytes.push_back(uint8_t(bits >> (8 * i)));
    return "";
  }
};
} // namespace

Error InputFile::literal(const std::string &text, weft_dtype dtype) {
  io::Json value;
  if (Error error = io::parseJson(text, value))
    return error;
  LiteralReader reader{dtype, {}, {}};
  if (std::string problem = reader.read(value, 0); !problem.empty())
    return problem;
  storage.push_back(std::make_unique<std::vector<uint8_t>>(std::move(reader.bytes)));
  io::FileArray array;
  array.element = dtype == WEFT_BOOL ? io::Element::Bool : dtype == WEFT_F32 ? io::Element::F64 : io::Element::I64;
  array.shape = reader.shape;
  array.data = storage.back()->data();
  array.bytes = storage.back()->size();
  content.push_back(array);
  return io::success();
}
