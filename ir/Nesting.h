// A limit on nesting in IR text: MLIR's parser recurses with it, so deeper text would overflow the stack instead of being an error.
#ifndef WEFT_IR_NESTING_H
#define WEFT_IR_NESTING_H

#include "llvm/ADT/StringRef.h"
#include <optional>

namespace weft {

constexpr unsigned maxIrNesting = 200;

/// Where brackets nest deeper than maxIrNesting, as an offset; nothing for text that may be parsed. Strings and comments don't count.
std::optional<size_t> findTooDeepNesting(llvm::StringRef text);

} // namespace weft

#endif
