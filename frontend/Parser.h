// Recursive-descent parser of .weft files: one function a grammar line.
//
// A statement ends with its line, except inside ( ), [ ] and the { } of options. A syntax error skips the rest of its statement
// only, so that all errors of a file come in one run; a word that can only start a statement ends an unclosed bracket.
#ifndef WEFT_FRONTEND_PARSER_H
#define WEFT_FRONTEND_PARSER_H

#include "Ast.h"

namespace weft {

/// Expressions and statements nest at most this deep; more is an error. It bounds every recursion over the tree.
constexpr unsigned maxNestingDepth = 256;

/// Parses a file. Errors go to `diagnostics`; the result is never null and holds what could be made out.
ast::FilePtr parse(const SourceFile &source, Diagnostics &diagnostics);

} // namespace weft

#endif // WEFT_FRONTEND_PARSER_H
