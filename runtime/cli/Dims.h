//===- Dims.h - run-time dimensions from the shapes of inputs ------------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_DIMS_H
#define WEFT_RUNTIME_CLI_DIMS_H

#include "runtime/cli/Inputs.h"

namespace weft::cli {

/// Fills bound.dims from the given tensors' shapes and --dim options, and checks all of them against all shapes and
/// the declared bounds. A dimension that neither the needed inputs nor the wanted outputs mention becomes its lower
/// bound.
io::Error solveDims(const weft_model_descriptor &model, const RunOptions &options, uint64_t needs, uint64_t wanted,
                    BoundInputs &bound);

} // namespace weft::cli

#endif
