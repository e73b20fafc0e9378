//===- InputFile.h - one file of an --input option, whatever its format --------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_INPUTFILE_H
#define WEFT_RUNTIME_CLI_INPUTFILE_H

#include "runtime/io/Npy.h"

namespace weft::cli {

/// Keeps the file mapped; its arrays point into it. The format is told by content (.npy, .npz) or else by suffix.
class InputFile {
public:
  io::Error open(const std::string &path);
  /// Nested lists of numbers or of true and false: "[[1, 2], [3, 4]]".
  io::Error literal(const std::string &text, weft_dtype dtype);

  bool isArchive() const { return archive; }
  const std::vector<io::FileArray> &arrays() const { return content; }

private:
  io::File file;
  bool archive = false;
  std::vector<io::FileArray> content;
  std::vector<std::unique_ptr<std::vector<uint8_t>>> storage;
};

} // namespace weft::cli

#endif
