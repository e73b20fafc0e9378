// Verifier: runs a model twice, compiled and in the reference interpreter, and compares every launch's results and every output.
#ifndef WEFT_TOOLS_DRIVER_VERIFIER_H
#define WEFT_TOOLS_DRIVER_VERIFIER_H

#include "reference/Interpreter.h"
#include "tools/driver/Session.h"

namespace weft::tools {

/// One comparison.
struct Difference {
  std::string what; ///< "linear_768x768 in layer 3"
  SourcePlace place;
  double error = 0; ///< largest difference, relative to the reference's largest value
};

struct VerifyOptions {
  TargetInfo target;
  double tolerance = 1e-4;
  uint64_t seed = 1;                 ///< of inputs that are not given
  std::vector<std::string> inputs;   ///< "name=F.npy"
};

/// Loads, compiles, runs both, compares: launches in the order of execution, then outputs.
llvm::Expected<std::vector<Difference>> verifyModel(Session &session, const CompileOptions &compile, const VerifyOptions &options,
                                                    Progress &progress);

} // namespace weft::tools

#endif
