// `weft fmt`: the one canonical format.
//
// It works on tokens, so every comment stays where it was and nothing but white space and trailing commas changes. Statements stand
// on one line of at most 120 columns where that is possible; else brackets are opened over lines, outermost first, however the user
// had broken them. At most one empty line in a row, none at the start or end of a body.
#ifndef WEFT_FRONTEND_FORMAT_H
#define WEFT_FRONTEND_FORMAT_H

#include "Source.h"

#include <optional>

namespace weft {

/// The formatted text, or none if the file has syntax errors (which go to `diagnostics`). Formatting twice changes nothing.
std::optional<std::string> formatSource(const SourceFile &source, Diagnostics &diagnostics);

} // namespace weft

#endif // WEFT_FRONTEND_FORMAT_H
