//===- Generate.h - `--generate` -------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_GENERATE_H
#define WEFT_RUNTIME_CLI_GENERATE_H

#include "runtime/cli/Inputs.h"

namespace weft::cli {

/// Continues the prompt that the options give and writes or prints the new tokens.
io::Error generateAndWrite(const weft_model_descriptor &model, const RunOptions &options);

} // namespace weft::cli

#endif
