// TemporaryFile: a file that goes with this object, and with the compiler when it is interrupted.
#ifndef WEFT_CODEGEN_TEMPORARYFILE_H
#define WEFT_CODEGEN_TEMPORARYFILE_H

#include "llvm/ADT/SmallString.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Signals.h"
#include "llvm/Support/raw_ostream.h"

namespace weft {

class TemporaryFile {
public:
  /// A file with this content, of an unused name in the system's folder for such. Errors name what it is for, if that is given.
  static llvm::Expected<TemporaryFile> create(llvm::StringRef prefix, llvm::StringRef suffix, llvm::StringRef content = "", llvm::StringRef user = "") {
    TemporaryFile file;
    int descriptor;
    std::error_code code = llvm::sys::fs::createTemporaryFile(prefix, suffix, descriptor, file.path_);
    if (!code) {
      llvm::sys::RemoveFileOnSignal(file.path_);
      llvm::raw_fd_ostream stream(descriptor, /*shouldClose=*/true);
      stream << content;
      stream.close();
      code = stream.error();
      stream.clear_error();
    }
    if (code)
      return llvm::createStringError(code, "can't write a temporary file" + (user.empty() ? std::string() : (" for '" + user + "'").str()) + ": " + code.message());
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
