//===- Array.cpp - from a file's elements to a model's -------------------------------------------------------===//
#include "runtime/io/Array.h"
#include <cmath>
#include <cstring>
#include <limits>

using namespace weft::io;

namespace weft::io {

size_t elementBytes(Element element) {
  static const size_t bytes[] = {1, 1, 2, 4, 8, 1, 2, 4, 8, 2, 2, 4, 8};
  return bytes[int(element)];
}

const char *elementName(Element element) {
  static const char *const names[] = {"bool", "i8",  "i16", "i32",  "i64", "u8", "u16",
                                      "u32",  "u64", "f16", "bf16", "f32", "f64"};
  return names[int(element)];
}

size_t dtypeBytes(weft_dtype dtype) { return dtype == WEFT_BOOL ? 1 : 4; }

const char *dtypeName(weft_dtype dtype) {
  static const char *const names[] = {"f32", "i32", "bool"};
  return names[int(dtype)];
}

int64_t Tensor::elements() const { return int64_t(data.size() / dtypeBytes(dtype)); }

std::optional<int64_t> countElements(const std::vector<int64_t> &shape, size_t bytesPerElement) {
  int64_t count = 1;
  bool empty = false;
  for (int64_t size : shape) {
    empty |= size == 0;
    if (size < 0 || (size > 0 && __builtin_mul_overflow(count, size, &count)))
      return std::nullopt;
  }
  if (count > (int64_t(1) << 62) / int64_t(bytesPerElement))
    return std::nullopt;
  return empty ? 0 : count;
}

std::string shapeText(const std::vector<int64_t> &shape) {
  std::string text = "[";
  for (size_t axis = 0; axis < shape.size(); ++axis)
    text += (axis ? ", " : "") + std::to_string(shape[axis]);
  return text + "]";
}

} // namespace weft::io

static float fromHalf(uint16_t half) {
  uint32_t sign = uint32_t(half & 0x8000) << 16, exponent = half >> 10 & 31, fraction = half & 1023;
  if (exponent == 0) // zero and subnormal: fraction * 2^-24
    return (sign ? -1.0f : 1.0f) * std::ldexp(float(fraction), -24);
  uint32_t bits = sign | (exponent == 31 ? 0x7f800000u : (exponent + 112) << 23) | fraction << 13;
  float value;
  memcpy(&value, &bits, 4);
  return value;
}

/// The element's bytes as a little-endian number.
static uint64_t rawBits(const FileArray &array, int64_t index) {
  size_t width = elementBytes(array.element);
  const uint8_t *bytes = array.data + size_t(index) * width;
  uint64_t bits = 0;
  for (size_t i = 0; i < width; ++i)
    bits |= uint64_t(bytes[array.bigEndian ? width - 1 - i : i]) << (8 * i);
  return bits;
}

static float floatAt(const FileArray &array, int64_t index) {
  uint64_t bits = rawBits(array, index);
  if (array.element == Element::F16)
    return fromHalf(uint16_t(bits));
  if (array.element == Element::F64) {
    double wide;
    memcpy(&wide, &bits, 8);
    return float(wide);
  }
  uint32_t narrow = array.element == Element::BF16 ? uint32_t(bits) << 16 : uint32_t(bits);
  float value;
  memcpy(&value, &narrow, 4);
  return value;
}

static bool isInteger(Element element) { return element >= Element::I8 && element <= Element::U64; }

static std::string integerText(const FileArray &array, uint64_t bits) {
  return array.element == Element::U64 ? std::to_string(bits) : std::to_string(int64_t(bits));
}

/// Sign-extended; *fits says whether it is an i32.
static uint64_t integerAt(const FileArray &array, int64_t index, bool *fits) {
  uint64_t bits = rawBits(array, index);
  bool isSigned = array.element <= Element::I64;
  int shift = 64 - 8 * int(elementBytes(array.element));
  if (isSigned)
    bits = uint64_t(int64_t(bits << shift) >> shift);
  int64_t value = int64_t(bits);
  *fits = isSigned ? value >= INT32_MIN && value <= INT32_MAX : bits <= uint64_t(INT32_MAX);
  return bits;
}

static bool converts(Element element, weft_dtype wanted) {
  switch (wanted) {
  case WEFT_F32:
    return element >= Element::F16;
  case WEFT_I32:
    return isInteger(element);
  case WEFT_BOOL:
    return element == Element::Bool;
  }
  return false;
}

namespace {
/// Walks a tensor in row-major order and says where the element is in the file.
class Walk {
public:
  explicit Walk(const FileArray &array) : shape(array.shape), index(array.shape.size()), strides(array.shape.size()) {
    int64_t stride = 1;
    for (size_t i = 0; i < shape.size(); ++i) {
      size_t axis = array.fortranOrder ? i : shape.size() - 1 - i;
      strides[axis] = stride;
      stride *= shape[axis];
    }
  }
  int64_t offset() const { return at; }
  const std::vector<int64_t> &place() const { return index; }
  void next() {
    for (size_t axis = shape.size(); axis-- > 0;) {
      at += strides[axis];
      if (++index[axis] < shape[axis])
        return;
      at -= strides[axis] * shape[axis];
      index[axis] = 0;
    }
  }

private:
  const std::vector<int64_t> &shape;
  std::vector<int64_t> index, strides;
  int64_t at = 0;
};
} // namespace

Error weft::io::toTensor(const FileArray &array, weft_dtype wanted, const std::string &where, Tensor &tensor) {
  if (!converts(array.element, wanted))
    return where + ": elements are " + elementName(array.element) + ", expected " + dtypeName(wanted);
  std::optional<int64_t> count = countElements(array.shape, elementBytes(array.element));
  if (!count || size_t(*count) * elementBytes(array.element) != array.bytes)
    return where + ": the data does not fill the shape " + shapeText(array.shape);
  tensor.dtype = wanted;
  tensor.shape = array.shape;
  tensor.data.resize(size_t(*count) * dtypeBytes(wanted));
  bool same = elementBytes(array.element) == dtypeBytes(wanted) && array.element != Element::U32 && wanted != WEFT_BOOL;
  if (same && !array.bigEndian && !array.fortranOrder) {
    if (array.bytes)
      memcpy(tensor.data.data(), array.data, array.bytes);
    return success();
  }
  Walk walk(array);
  for (int64_t i = 0; i < *count; ++i, walk.next()) {
    if (wanted == WEFT_F32) {
      tensor.as<float>()[i] = floatAt(array, walk.offset());
      continue;
    }
    if (wanted == WEFT_BOOL) {
      tensor.data[size_t(i)] = rawBits(array, walk.offset()) != 0;
      continue;
    }
    bool fits;
    uint64_t value = integerAt(array, walk.offset(), &fits);
    if (!fits)
      return where + ": value " + integerText(array, value) + " at " + shapeText(walk.place()) + " does not fit i32";
    tensor.as<int32_t>()[i] = int32_t(value);
  }
  return success();
}
