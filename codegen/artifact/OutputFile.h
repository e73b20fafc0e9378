// OutputFile: a file that appears whole or not at all. Bytes go to a temporary file in the same folder, which keep() renames over
// the target; it is removed when the object dies without keep(), and by LLVM's signal handlers when the compiler is interrupted.
#ifndef WEFT_CODEGEN_ARTIFACT_OUTPUTFILE_H
#define WEFT_CODEGEN_ARTIFACT_OUTPUTFILE_H

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <memory>
#include <string>

namespace weft {

class OutputFile {
public:
  /// Opens a temporary file beside `path`. Fails when `path` exists and is no regular file, or its folder can't be written.
  static llvm::Expected<OutputFile> create(llvm::StringRef path, bool executable = false);
  /// The error that create() would give for this path, found before long work starts.
  static llvm::Error checkPlace(llvm::StringRef path);

  OutputFile(OutputFile &&other);
  OutputFile &operator=(OutputFile &&) = delete;
  ~OutputFile();

  llvm::raw_fd_ostream &stream() { return *stream_; }
  /// The temporary file, for programs that write it themselves (a linker); call closeStream() first.
  llvm::StringRef temporaryPath() const { return temporary_; }
  /// Flushes and closes; reports what the system said while writing (a full disk).
  llvm::Error closeStream();
  /// Moves the file to its place.
  llvm::Error keep();

private:
  OutputFile() = default;
  std::string path_, temporary_;
  bool executable_ = false;
  std::unique_ptr<llvm::raw_fd_ostream> stream_;
};

/// Writes one whole file through `write`; "-" is standard output.
llvm::Error writeOutput(llvm::StringRef path, llvm::function_ref<llvm::Error(llvm::raw_ostream &)> write);
llvm::Error writeOutput(llvm::StringRef path, llvm::StringRef text);

} // namespace weft

#endif
