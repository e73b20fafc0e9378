// TemporaryFile: a file that goes with this object, and with the compiler when it is interrupted.
#ifndef WEFT_CODEGEN_TEMPORARYFILE_H
#define WEFT_CODEGEN_TEMPORARYFILE_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"

namespace weft {

class TemporaryFile {
public:
  /// An empty file of an unused name in the system's folder for such.
  static llvm::Expected<TemporaryFile> create(llvm::StringRef prefix, llvm::StringRef suffix) {
    TemporaryFile file;
    if (std::error_code code = llvm::sys::fs::createTemporaryFile(prefix, suffix, file.path_))
      return llvm::createStringError(code, "can't make a temporary file: " + code.message());
    llvm::sys::RemoveFileOnSignal(file.path_);
    return std::move(file);
  }
  TemporaryFile(TemporaryFile &&other) : path_(other.path_) { other.path_.clear(); }
  TemporaryFile(const TemporaryFile &) = delete;
  ~TemporaryFile() {
    if (path_.empty())
      return;
    llvm::sys::fs::remove(path_);
    llvm::sys::DontRemoveFileOnSignal(path_);
  }
  llvm::StringRef path() const { return path_; }

private:
  TemporaryFile() = default;
  llvm::SmallString<128> path_;
};

} // namespace weft

#endif
