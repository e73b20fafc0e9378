// Files that appear whole or not at all: temporary file, rename, removal on failure and on signals.
#include "codegen/artifact/OutputFile.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Signals.h"

using namespace llvm;
using namespace weft;

static Error fileError(StringRef path, std::error_code code) {
  return createStringError(code, "can't write '" + path + "': " + code.message());
}

Error OutputFile::checkPlace(StringRef path) {
  sys::fs::file_status status;
  std::error_code code = sys::fs::status(path, status);
  if (!code && sys::fs::exists(status) && !sys::fs::is_regular_file(status))
    return createStringError("can't write '" + path + "': it exists and is no regular file");
  StringRef folder = sys::path::parent_path(path);
  if (!folder.empty() && !sys::fs::is_directory(folder))
    return createStringError("can't write '" + path + "': '" + folder + "' is no folder");
  return Error::success();
}

Expected<OutputFile> OutputFile::create(StringRef path, bool executable) {
  if (Error error = checkPlace(path))
    return std::move(error);
  OutputFile file;
  file.path_ = path.str();
  file.executable_ = executable;
  // A symbolic link stays one: what it points to is replaced.
  SmallString<256> real;
  if (!sys::fs::real_path(path, real))
    file.path_ = real.str().str();
  SmallString<256> temporary;
  int descriptor;
  unsigned mode = sys::fs::all_read | sys::fs::all_write;
  if (executable)
    mode |= sys::fs::all_exe;
  if (std::error_code code =
          sys::fs::createUniqueFile(file.path_ + ".%%%%%%.tmp", descriptor, temporary, sys::fs::OF_None, mode))
    return fileError(path, code);
  file.temporary_ = temporary.str().str();
  sys::RemoveFileOnSignal(file.temporary_);
  file.stream_ = std::make_unique<raw_fd_ostream>(descriptor, /*shouldClose=*/true);
  return std::move(file);
}

OutputFile::OutputFile(OutputFile &&other)
    : path_(std::move(other.path_)), temporary_(std::move(other.temporary_)), executable_(other.executable_),
      stream_(std::move(other.stream_)) {
  other.temporary_.clear();
}

OutputFile::~OutputFile() {
  if (stream_) {
    stream_->clear_error(); // reported already, or the file is given up
    stream_.reset();
  }
  if (temporary_.empty())
    return;
  sys::fs::remove(temporary_);
  sys::DontRemoveFileOnSignal(temporary_);
}

Error OutputFile::closeStream() {
  if (!stream_)
    return Error::success();
  stream_->close();
  std::error_code code = stream_->error();
  stream_->clear_error();
  stream_.reset();
  return code ? fileError(path_, code) : Error::success();
}

Error OutputFile::keep() {
  if (Error error = closeStream())
    return error;
  if (std::error_code code = sys::fs::rename(temporary_, path_))
    return fileError(path_, code);
  sys::DontRemoveFileOnSignal(temporary_);
  temporary_.clear();
  return Error::success();
}

Error weft::writeOutput(StringRef path, function_ref<Error(raw_ostream &)> write) {
  if (path == "-") {
    Error error = write(outs());
    outs().flush();
    if (!error && outs().has_error())
      error = fileError("<stdout>", outs().error());
    outs().clear_error();
    return error;
  }
  Expected<OutputFile> file = OutputFile::create(path);
  if (!file)
    return file.takeError();
  if (Error error = write(file->stream()))
    return error;
  return file->keep();
}

Error weft::writeOutput(StringRef path, StringRef text) {
  return writeOutput(path, [&](raw_ostream &stream) {
    stream << text;
    return Error::success();
  });
}
