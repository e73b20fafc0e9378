//===- Safetensors.h - .safetensors files as inputs and outputs of a run -------------------------------------===//
//
// Format: 8 bytes of header length, a JSON object name -> {dtype, shape, data_offsets}, then the data. Offsets are
// checked against the file, the shape, and each other (neither gaps nor overlaps, as the format demands).
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_IO_SAFETENSORS_H
#define WEFT_RUNTIME_IO_SAFETENSORS_H

#include "runtime/io/Npy.h"

namespace weft::io {

Error parseSafetensors(const uint8_t *data, size_t size, const std::string &where, std::vector<FileArray> &arrays);
Error writeSafetensors(const std::string &path, const std::vector<NamedTensor> &tensors);

} // namespace weft::io

#endif
