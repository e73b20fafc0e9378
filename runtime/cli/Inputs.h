//===- Inputs.h - from --input options to tensors and dimensions ---------------------------------------------===//
//
// Loads the named files, converts elements, solves the run-time dimensions from the shapes, and reports everything
// that does not fit the model, naming file, input and dimension.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_INPUTS_H
#define WEFT_RUNTIME_CLI_INPUTS_H

#include "runtime/cli/Options.h"
#include "runtime/io/Array.h"

namespace weft::cli {

struct BoundInputs {
  std::vector<std::optional<io::Tensor>> tensors; // in the model's order
  std::vector<std::string> sources;               // where each comes from, for messages
  std::vector<int64_t> dims;                      // in the model's order, all known
};

/// `wanted`: mask of the outputs to be computed; their needs must be there.
io::Error bindInputs(const weft_model_descriptor &model, const RunOptions &options, uint64_t wanted,
                     BoundInputs &bound);

/// The same where it is known which inputs are needed.
io::Error bindNeeded(const weft_model_descriptor &model, const RunOptions &options, uint64_t needs, uint64_t wanted,
                     BoundInputs &bound);

/// What a run said of an input's values, with the file in front that they came from.
std::string withSource(const weft_model_descriptor &model, const BoundInputs &bound, const std::string &message);

/// Sizes of a tensor at dims; an error when one is no whole number.
io::Error shapeAt(const weft_model_descriptor &model, const weft_tensor_info &tensor, const std::vector<int64_t> &dims,
                  std::vector<int64_t> &shape);

/// "i32[batch, seq]".
std::string typeText(const weft_model_descriptor &model, const weft_tensor_info &tensor);
std::string exprText(const weft_model_descriptor &model, const weft_expr &expr);

} // namespace weft::cli

#endif
