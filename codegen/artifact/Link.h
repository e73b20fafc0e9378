// Link: shared libraries and executables, by the compiler driver of the machine (clang or cc) with lld where it is installed.
#ifndef WEFT_CODEGEN_ARTIFACT_LINK_H
#define WEFT_CODEGEN_ARTIFACT_LINK_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace weft {

struct LinkJob {
  bool shared = true;
  std::string output;
  std::string soname;               ///< of a shared library; may be empty
  std::vector<std::string> inputs;  ///< objects and static libraries, in order
  std::vector<std::string> exports; ///< global symbols of a shared library; all others become local. Patterns with '*'
  std::string triple;               ///< empty: the machine's own
  bool cxx = false;                 ///< link the C++ standard library (the executable's main needs it)
};

/// Runs the linker; what it prints becomes the error's text. `WEFT_CC` in the environment names another compiler driver.
llvm::Error linkFiles(const LinkJob &job);

} // namespace weft

#endif
