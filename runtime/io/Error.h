//===- Error.h - what a reader or writer reports -------------------------------------------------------------===//
//
// A sentence that names file and place, or nothing. The command line prints it behind "error: ". Libraries of this
// room throw nothing (they include no LLVM, hence no llvm::Error).
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_IO_ERROR_H
#define WEFT_RUNTIME_IO_ERROR_H

#include <string>
#include <utility>

namespace weft::io {

class [[nodiscard]] Error {
public:
  Error() = default;
  Error(std::string text) : failed(true), sentence(std::move(text)) {}
  explicit operator bool() const { return failed; }
  const std::string &text() const { return sentence; }

private:
  bool failed = false;
  std::string sentence;
};

inline Error success() { return {}; }

} // namespace weft::io

#endif
