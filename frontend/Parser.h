// Recursive-descent parser of .weft files: one function a grammar line.
//
// A statement ends with its line, except inside ( ), [ ] and the { } of options. A syntax error skips the rest of its statement
// only, so that all errors of a file come in one run; a word that can only start a statement ends an unclosed bracket.
//
//   file      := statement*                                    import, model, block and const only
//   import    := "import" STRING
//   model     := "model" NAME body
//   block     := "block" NAME "(" [parameter {"," parameter}] ")" body
//   parameter := NAME ["=" expr]
//   body      := "{" statement* "}"
//   const     := "const" NAME "=" expr
//   prefix    := "prefix" string {"," string}
//   dim       := "dim" NAME {"," NAME} "in" expr ".." expr
//   input     := "input" NAME ":" type
//   weight    := "weight" NAME ":" type "@" string
//   let       := "let" NAME [":" type] {"," NAME [":" type]} "=" expr
//   assign    := NAME "=" expr
//   stack     := ("encoder" | "decoder") NAME "(" parameter {"," parameter} ")" "repeat" expr ["as" NAME] ["@" string] body
//   output    := "output" NAME "=" expr
//   generate  := "generate" NAME "from" NAME ["{" [argument {"," argument}] "}"]
//   if        := "if" expr body ["else" (if | body)]
//   require   := "require" expr ["," string]
//   return    := "return" expr {"," expr}
//   type      := ("f32" | "i32" | "bool") list
//
//   expr      := expr binary expr | "not" expr | unary         loosest to tightest: or, and, not, &, == != < <= > >=, + -, * /
//   unary     := "-" unary | postfix
//   postfix   := primary {"[" subscript {"," subscript} "]"}
//   primary   := NUMBER | "true" | "false" | string | NAME | call | list | "(" expr ")"
//   call      := NAME "(" [argument {"," argument}] ")" ["@" string]
//   argument  := [NAME "="] expr                               positional ones first
//   list      := "[" [expr {"," expr}] "]"
//   subscript := "..." | expr | [expr] ":" [expr]
//   string    := '"' {character | "\" escape | "{{" | "}}" | "{" expr "}"} '"'       escapes: \" \\ \n \t
//
// Inside ( ), [ ] and the { } of options a comma may follow the last item.
#ifndef WEFT_FRONTEND_PARSER_H
#define WEFT_FRONTEND_PARSER_H

#include "Ast.h"

namespace weft {

/// Expressions and statements nest at most this deep; more is an error. It bounds every recursion over the tree.
constexpr unsigned maxNestingDepth = 256;

/// After this many errors the rest of a file is not read.
constexpr unsigned maxSyntaxErrors = 1000;

/// Parses a file. Errors go to `diagnostics`; the result is never null and holds what could be made out.
ast::FilePtr parse(const SourceFile &source, Diagnostics &diagnostics);

/// Opens and parses a file. Null only if the file can't be read or is no UTF-8 text, which is an error at `importedAt` or without a
/// place.
ast::FilePtr parseFile(llvm::StringRef path, SourceManager &sources, Diagnostics &diagnostics, SourceRange importedAt = {});

} // namespace weft

#endif // WEFT_FRONTEND_PARSER_H
