// Lays out one statement: its tokens as a tree of brackets, printed on one line or with brackets opened over lines.
#ifndef WEFT_FRONTEND_FORMATLAYOUT_H
#define WEFT_FRONTEND_FORMATLAYOUT_H

#include "Lexer.h"

namespace weft {

/// Lines longer than this are broken where brackets allow it.
constexpr unsigned formatWidth = 120;

/// A token, or a bracket with what is inside it.
struct FormatNode {
  Token token;
  /// Brackets only: the comma-separated items and the closing bracket.
  bool isGroup = false;
  std::vector<std::vector<FormatNode>> items;
  Token close;

  /// The width on one line with the space that goes before it; holds no comments.
  unsigned width = 0;
  bool hasComment = false;
  bool spaceBefore = false;
};
using FormatNodes = std::vector<FormatNode>;

/// The tree of one statement: from its first token to its last, a body's '{' included.
FormatNodes buildFormatTree(llvm::ArrayRef<Token> statement);

/// Appends the statement to `out`, indented by `indent` columns, without a line end.
void printFormatTree(const FormatNodes &nodes, unsigned indent, std::string &out);

} // namespace weft

#endif // WEFT_FRONTEND_FORMATLAYOUT_H
