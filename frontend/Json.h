// JSON of unknown origin: llvm::json recurses without a bound, so nesting is checked before it parses.
#ifndef WEFT_FRONTEND_JSON_H
#define WEFT_FRONTEND_JSON_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"

namespace weft {

/// Where and why a text is no JSON.
struct JsonError {
  size_t offset = 0;
  std::string message;
};

/// Parses a whole text. On failure returns none and fills `error`. More than 100 levels of nesting, a key twice in the outermost
/// object, invalid UTF-8 and numbers beyond f64 are errors.
std::optional<llvm::json::Value> parseJson(llvm::StringRef text, JsonError &error);

} // namespace weft

#endif // WEFT_FRONTEND_JSON_H
