//===- NpyFuzz.cpp - readers of run-time inputs: .npy, .npz, .safetensors, values ----------------------------===//
// LINK: z
// SOURCES: runtime/io/Array.cpp runtime/io/File.cpp runtime/io/Json.cpp runtime/io/Npy.cpp runtime/io/Npz.cpp runtime/io/Safetensors.cpp runtime/cli/InputFile.cpp
#include "runtime/cli/InputFile.h"
#include "runtime/io/Json.h"
#include "runtime/io/Npy.h"
#include "runtime/io/Safetensors.h"
#include <cstdlib>

using namespace weft::io;

/// What was read must convert or be refused; conversion touches every byte that the reader promised.
static void convert(const FileArray &array) {
  Tensor tensor;
  for (weft_dtype wanted : {WEFT_F32, WEFT_I32, WEFT_BOOL})
    if (!toTensor(array, wanted, "fuzz", tensor) && size_t(tensor.elements()) * elementBytes(array.element) != array.bytes)
      abort();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  FileArray array;
  if (!parseNpy(data, size, "fuzz", array))
    convert(array);
  std::vector<FileArray> arrays;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> storage;
  if (!parseNpz(data, size, "fuzz", arrays, storage))
    for (const FileArray &member : arrays)
      convert(member);
  arrays.clear();
  if (!parseSafetensors(data, size, "fuzz", arrays))
    for (const FileArray &member : arrays)
      convert(member);
  std::string_view text(reinterpret_cast<const char *>(data), size);
  Json value;
  // What was read as JSON must read again from its own text.
  if (!parseJson(text, value) && value.kind == Json::String) {
    Json again;
    if (parseJson(jsonString(value.text), again))
      abort();
  }
  // A value on the command line.
  for (weft_dtype wanted : {WEFT_F32, WEFT_I32, WEFT_BOOL}) {
    weft::cli::InputFile file;
    if (!file.literal(std::string(text), wanted))
      convert(file.arrays().front());
  }
  return 0;
}
