//===- Npy.h - NumPy's .npy arrays and .npz archives ---------------------------------------------------------===//
//
// Format: numpy.lib.format, versions 1 to 3. Both byte orders and both axis orders are read; structured and object
// arrays are not. Archives are zip files with stored or deflated members (APPNOTE 6.3, zip64 included).
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_IO_NPY_H
#define WEFT_RUNTIME_IO_NPY_H

#include "runtime/io/Array.h"
#include "runtime/io/File.h"
#include <memory>

namespace weft::io {

/// Reads one array; it points into data. `where` opens messages.
Error parseNpy(const uint8_t *data, size_t size, const std::string &where, FileArray &array);

/// Reads all arrays of an archive. Inflated members live in `storage`.
Error parseNpz(const uint8_t *data, size_t size, const std::string &where, std::vector<FileArray> &arrays,
               std::vector<std::unique_ptr<std::vector<uint8_t>>> &storage);

/// A tensor to be written.
struct NamedTensor {
  std::string name;
  weft_dtype dtype = WEFT_F32;
  std::vector<int64_t> shape;
  const void *data = nullptr;
  size_t bytes = 0;
};

/// The header of an .npy file, up to its data.
std::string npyHeader(const NamedTensor &tensor);
Error writeNpy(const std::string &path, const NamedTensor &tensor);
/// Stored, not compressed. An archive ends at 4 GiB.
Error writeNpz(const std::string &path, const std::vector<NamedTensor> &tensors);

} // namespace weft::io

#endif
