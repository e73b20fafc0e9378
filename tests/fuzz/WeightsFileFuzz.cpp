// Any bytes as a packed weights file (first byte: whether the model wants as many bytes as there are, and the hash verified): it opens
// only if it is what the model was compiled with, and then all that the model may read is there.
// LINK: weft_runtime
// SOURCES: runtime/core/Weights.cpp runtime/core/Sha256.cpp
#include "runtime/core/Internal.h"
#include "tests/unit/FakeModel.h"

#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <unistd.h>
#include <vector>

using namespace weft;

namespace {
constexpr uint64_t kWeights = 64; // what the model was compiled with: so many bytes of zero

void write(const char *path, const uint8_t *data, size_t size) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, size, file) != size || fclose(file) != 0)
    abort();
}

/// The file's name, made once: writing is what takes the time.
const char *scratch() {
  static char path[] = "/tmp/weft-weights-fuzz-XXXXXX";
  static const bool made = close(mkstemp(path)) == 0 && std::atexit([] { unlink(path); }) == 0;
  return made ? path : nullptr;
}
} // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  const char *path = scratch();
  write(path, data + 1, size - 1);
  const uint64_t content = size - 1 > WEFT_WEIGHTS_DATA_OFFSET ? size - 1 - WEFT_WEIGHTS_DATA_OFFSET : 0;
  weft_model_descriptor descriptor = test::fakeModel();
  descriptor.weights.bytes = data[0] & 1 && content ? content : kWeights;
  const std::vector<uint8_t> zeros(descriptor.weights.bytes);
  rt::sha256(zeros.data(), zeros.size(), descriptor.weights.sha256);
  char message[512] = "";
  weft_options options = {};
  options.weights_file = path;
  options.verify_weights = data[0] & 2;
  options.error = message;
  options.error_size = sizeof message;
  weft_model *model = nullptr;
  if (weft_rt_open(&descriptor, &model, &options)) {
    if (model || !message[0])
      abort();
    return 0;
  }
  if (content != descriptor.weights.bytes || memcmp(data + 1, WEFT_WEIGHTS_MAGIC, 8) != 0)
    abort();
  if (options.verify_weights && memcmp(model->weights, zeros.data(), zeros.size()) != 0)
    abort();
  uint64_t sum = 0;
  for (uint64_t i = 0; i < content; ++i)
    sum += model->weights[i];
  weft_rt_close(model);
  return sum == UINT64_MAX; // keeps the reading
}
