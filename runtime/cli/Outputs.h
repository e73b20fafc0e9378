//===- Outputs.h - the tensors that a run fills, their summaries and files -----------------------------------===//
#ifndef WEFT_RUNTIME_CLI_OUTPUTS_H
#define WEFT_RUNTIME_CLI_OUTPUTS_H

#include "runtime/cli/Inputs.h"

namespace weft::cli {

/// Mask of the outputs that the options ask for; an error names the outputs there are.
io::Error wantedOutputs(const weft_model_descriptor &model, const RunOptions &options, uint64_t &wanted);

/// Memory for the wanted outputs; the others stay empty.
io::Error makeOutputs(const weft_model_descriptor &model, const std::vector<int64_t> &dims, uint64_t wanted,
                      std::vector<std::optional<io::Tensor>> &outputs);

io::Error writeOutputs(const weft_model_descriptor &model, const RunOptions &options,
                       const std::vector<std::optional<io::Tensor>> &outputs);

/// One line of text, or one JSON object: name, type, extremes, mean, first values.
std::string summaryText(const std::string &name, const io::Tensor &tensor);
std::string summaryJson(const std::string &name, const io::Tensor &tensor);

} // namespace weft::cli

#endif
