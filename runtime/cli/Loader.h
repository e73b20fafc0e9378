//===- Loader.h - `weft run` and `weft describe`: artifacts from files ---------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_LOADER_H
#define WEFT_RUNTIME_CLI_LOADER_H

#include <string>
#include <vector>

namespace weft::cli {

/// `weft run ARTIFACT.so ...`: arguments behind "run". Returns the exit status.
int runCommand(const std::vector<std::string> &arguments);

/// `weft describe ARTIFACT [--json]`: arguments behind "describe". A shared library is loaded, an executable is asked.
int describeCommand(const std::vector<std::string> &arguments);

} // namespace weft::cli

#endif
