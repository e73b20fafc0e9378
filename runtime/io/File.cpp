//===- File.cpp - reading whole files, and writing them all or not at all ------------------------------------===//
#include "runtime/io/File.h"
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace weft::io;

File::~File() {
  if (mapped)
    munmap(const_cast<uint8_t *>(bytes), byteCount);
}

Error File::open(const std::string &path) {
  int descriptor = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (descriptor < 0)
    return "can't open '" + path + "': " + strerror(errno);
  struct stat status;
  Error result;
  if (fstat(descriptor, &status) != 0)
    result = "can't read '" + path + "': " + strerror(errno);
  else if (S_ISDIR(status.st_mode))
    result = "can't read '" + path + "': it is a folder";
  else if (!S_ISREG(status.st_mode) || status.st_size == 0)
    result = readPipe(descriptor, path);
  else {
    byteCount = size_t(status.st_size);
    void *memory = mmap(nullptr, byteCount, PROT_READ, MAP_PRIVATE, descriptor, 0);
    mapped = memory != MAP_FAILED;
    bytes = mapped ? static_cast<const uint8_t *>(memory) : nullptr;
    if (!mapped)
      result = "can't map '" + path + "': " + strerror(errno);
  }
  close(descriptor);
  return result;
}

Error File::readPipe(int descriptor, const std::string &path) {
  for (;;) {
    size_t used = buffer.size();
    buffer.resize(used + (1 << 16));
    ssize_t got = read(descriptor, buffer.data() + used, 1 << 16);
    buffer.resize(used + size_t(got > 0 ? got : 0));
    if (got < 0 && errno != EINTR)
      return "can't read '" + path + "': " + strerror(errno);
    if (got == 0)
      break;
  }
  bytes = buffer.data();
  byteCount = buffer.size();
  return success();
}

AtomicWriter::~AtomicWriter() {
  if (descriptor >= 0)
    close(descriptor);
  if (!temporary.empty())
    unlink(temporary.c_str());
  if (!blocking)
    return;
  // What write() has reported already must not end the process after all.
  sigset_t reported;
  sigemptyset(&reported);
  sigaddset(&reported, SIGXFSZ);
  timespec none = {};
  sigtimedwait(&reported, nullptr, &none);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Error AtomicWriter::failure(const std::string &what, int error) {
  return "can't " + what + " '" + path + "': " + strerror(error);
}

Error AtomicWriter::open(const std::string &destination) {
  path = destination;
  struct stat status;
  if (stat(path.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode))
      return "can't write '" + path + "': it exists and is no regular file";
    if (access(path.c_str(), W_OK) != 0)
      return failure("write", errno);
    // A link's target is replaced, not the link.
    if (char *real = realpath(path.c_str(), nullptr)) {
      path = real;
      free(real);
    }
  }
  sigset_t ending;
  sigemptyset(&ending);
  for (int signal : {SIGINT, SIGTERM, SIGHUP, SIGXFSZ}) // the last: a limit on file sizes is an error of write()
    sigaddset(&ending, signal);
  blocking = pthread_sigmask(SIG_BLOCK, &ending, &before) == 0;
  temporary = path + ".tmp-XXXXXX";
  descriptor = mkostemp(temporary.data(), O_CLOEXEC);
  if (descriptor >= 0)
    return success();
  temporary.clear();
  return failure("write", errno);
}

Error AtomicWriter::write(const void *data, size_t size) {
  auto *next = static_cast<const char *>(data);
  while (size > 0) {
    ssize_t written = ::write(descriptor, next, size);
    if (written < 0 && errno == EINTR)
      continue;
    if (written <= 0)
      return failure("write", written < 0 ? errno : ENOSPC);
    next += written;
    size -= size_t(written);
  }
  return success();
}

Error AtomicWriter::commit() {
  // mkostemp makes private files; the result gets the permissions that any new file gets.
  mode_t mask = umask(0);
  umask(mask);
  if (fchmod(descriptor, 0666 & ~mask) != 0)
    return failure("write", errno);
  int result = close(descriptor);
  descriptor = -1;
  if (result != 0)
    return failure("write", errno);
  if (rename(temporary.c_str(), path.c_str()) != 0)
    return failure("write", errno);
  temporary.clear();
  return success();
}
