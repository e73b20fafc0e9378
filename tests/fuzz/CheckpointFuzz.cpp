// Any bytes as a .safetensors file (first byte even) or as an index of one file (odd): every tensor that is handed out is read whole.
// LINK: LLVM
// SOURCES: frontend/Source.cpp frontend/Json.cpp frontend/Safetensors.cpp frontend/Checkpoint.cpp
#include "frontend/Checkpoint.h"

#include "llvm/Support/raw_ostream.h"

#include <cstdlib>
#include <unistd.h>

using namespace weft;

static std::string write(const std::string &path, llvm::StringRef text) {
  std::error_code error;
  llvm::raw_fd_ostream(path, error) << text;
  return path;
}

/// Made once: writing is what takes the time.
static std::string scratch() {
  llvm::SmallString<128> folder;
  llvm::sys::fs::createUniqueDirectory("weft-fuzz", folder);
  std::string header = R"({"a": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}})";
  uint64_t length = header.size();
  write((folder + "/m.safetensors").str(), std::string(reinterpret_cast<char *>(&length), 8) + header + "abcd");
  return folder.str().str();
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  if (size == 0)
    return 0;
  static const std::string folder = scratch();
  static const bool cleaned = std::atexit([] { llvm::sys::fs::remove_directories(folder); }) == 0;
  (void)cleaned;
  llvm::StringRef bytes(reinterpret_cast<const char *>(data) + 1, size - 1);
  std::string path = write(folder + (data[0] % 2 ? "/i.json" : "/t.safetensors"), bytes);
  llvm::Expected<std::unique_ptr<Checkpoint>> checkpoint = Checkpoint::open(path);
  if (!checkpoint) {
    if (llvm::toString(checkpoint.takeError()).empty())
      __builtin_trap();
    return 0;
  }
  uint64_t sum = 0;
  for (const std::string &name : (*checkpoint)->names()) {
    WeightTensor tensor = *(*checkpoint)->find(name);
    for (uint64_t i = 0; i < tensor.bytes; ++i)
      sum += tensor.data[i];
    (*checkpoint)->release(tensor);
  }
  llvm::nulls() << sum << (*checkpoint)->findNearest("model.weight");
  return 0;
}
