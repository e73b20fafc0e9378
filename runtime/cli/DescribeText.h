//===- DescribeText.h - what an artifact says of itself, for a terminal --------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_DESCRIBETEXT_H
#define WEFT_RUNTIME_CLI_DESCRIBETEXT_H

#include "runtime/Descriptor.h"
#include <string>

namespace weft::cli {

/// Inputs, outputs, dimensions with bounds, precision, targets, sizes, provenance.
std::string describeText(const weft_model_descriptor &model);
/// The same as one JSON object (weft_rt_describe).
std::string describeJson(const weft_model_descriptor &model);

} // namespace weft::cli

#endif
