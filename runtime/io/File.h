//===- File.h - reading whole files, and writing them all or not at all --------------------------------------===//
#ifndef WEFT_RUNTIME_IO_FILE_H
#define WEFT_RUNTIME_IO_FILE_H

#include "runtime/io/Error.h"
#include <csignal>
#include <cstddef>
#include <cstdint>
#include <string>
#include <vector>

namespace weft::io {

/// A file's bytes: mapped when it is a regular file, else read (pipes).
class File {
public:
  File() = default;
  File(const File &) = delete;
  File &operator=(const File &) = delete;
  ~File();

  Error open(const std::string &path);
  const uint8_t *data() const { return bytes; }
  size_t size() const { return byteCount; }

private:
  Error readPipe(int descriptor, const std::string &path);

  const uint8_t *bytes = nullptr;
  size_t byteCount = 0;
  bool mapped = false;
  std::vector<uint8_t> buffer;
};

/// Writes beside the destination and renames in commit(): the destination is whole or untouched, also when the disk
/// is full or the process is interrupted. A destination that exists and is no regular file is an error.
class AtomicWriter {
public:
  AtomicWriter() = default;
  AtomicWriter(const AtomicWriter &) = delete;
  AtomicWriter &operator=(const AtomicWriter &) = delete;
  ~AtomicWriter();

  Error open(const std::string &path);
  Error write(const void *data, size_t size);
  Error commit();

private:
  Error failure(const std::string &what, int error);

  std::string path, temporary;
  int descriptor = -1;
  bool blocking = false; // signals that would end the process wait until the temporary file is gone or renamed
  sigset_t before;
};

} // namespace weft::io

#endif
