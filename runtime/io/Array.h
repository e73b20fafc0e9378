//===- Array.h - arrays as files hold them, tensors as models take them --------------------------------------===//
//
// Readers hand out FileArray views with the file's element type, byte order and axis order; toTensor makes the dense
// row-major f32, i32 or bool tensor that a model's input wants, where that loses nothing but f64's precision.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_IO_ARRAY_H
#define WEFT_RUNTIME_IO_ARRAY_H

#include "runtime/Descriptor.h"
#include "runtime/io/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace weft::io {

enum class Element { Bool, I8, I16, I32, I64, U8, U16, U32, U64, F16, BF16, F32, F64 };

size_t elementBytes(Element element);
const char *elementName(Element element);

struct FileArray {
  std::string name; // in an archive; "" in an .npy
  Element element = Element::F32;
  bool bigEndian = false;
  bool fortranOrder = false;
  std::vector<int64_t> shape;
  const uint8_t *data = nullptr; // not aligned
  size_t bytes = 0;              // elements * elementBytes
};

/// Row-major and dense.
struct Tensor {
  weft_dtype dtype = WEFT_F32;
  std::vector<int64_t> shape;
  std::vector<uint8_t> data;

  template <typename T> T *as() { return reinterpret_cast<T *>(data.data()); }
  template <typename T> const T *as() const { return reinterpret_cast<const T *>(data.data()); }
  int64_t elements() const;
};

size_t dtypeBytes(weft_dtype dtype);
const char *dtypeName(weft_dtype dtype);

/// Elements of the shape, or nothing when a size is negative or the bytes do not fit 62 bits.
std::optional<int64_t> countElements(const std::vector<int64_t> &shape, size_t bytesPerElement);
/// "[2, 384]".
std::string shapeText(const std::vector<int64_t> &shape);

/// f32 takes f16, bf16, f32, f64; i32 takes every integer that fits; bool takes bool. `where` opens the message.
Error toTensor(const FileArray &array, weft_dtype wanted, const std::string &where, Tensor &tensor);

} // namespace weft::io

#endif
