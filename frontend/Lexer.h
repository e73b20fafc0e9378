// Turns source text into tokens, on demand. Newlines are no tokens: a token knows whether it is the first of its line, and the
// parser decides where a statement ends. `///` lines are remembered by the token after them; the formatter asks for all comments.
#ifndef WEFT_FRONTEND_LEXER_H
#define WEFT_FRONTEND_LEXER_H

#include "Source.h"

namespace weft {

enum class TokenKind {
  // What the user writes in place of something.
  Identifier, Number, String,
  // Words that start a statement; reserved everywhere. (`in`, `from`, `repeat` and `as` are words only in their places.)
  KwModel, KwBlock, KwConst, KwPrefix, KwDim, KwInput, KwWeight, KwLet, KwEncoder, KwDecoder, KwOutput, KwGenerate, KwIf, KwRequire,
  KwReturn, KwImport,
  // Words inside statements; reserved everywhere.
  KwElse, KwTrue, KwFalse, KwAnd, KwOr, KwNot,
  // Punctuation.
  LParen, RParen, LBracket, RBracket, LBrace, RBrace, Comma, Colon, At, Ampersand, Equal, DotDot, Ellipsis,
  EqualEqual, NotEqual, Less, LessEqual, Greater, GreaterEqual, Plus, Minus, Star, Slash,
  // Only with keepComments: a comment of either kind without the line end.
  Comment,
  // A piece of text that is no token; already reported.
  Invalid,
  End
};

struct Token {
  TokenKind kind = TokenKind::End;
  /// No token comes before it on its line.
  bool startsLine = false;
  /// Empty lines directly before its line (or before the comments that were dropped before it).
  unsigned blankLinesBefore = 0;
  SourceRange range;
  /// From the first to the last `///` line before it; empty if there is none.
  SourceRange doc;

  llvm::StringRef getText() const { return range.getText(); }
  bool is(TokenKind other) const { return kind == other; }
  bool isWord(llvm::StringRef word) const { return kind == TokenKind::Identifier && getText() == word; }
};

/// How messages speak of a token: "'encoder'", "a number", "the end of the file".
std::string describeToken(const Token &token);
/// How messages speak of a kind: "'('", "a name".
std::string describeTokenKind(TokenKind kind);
inline bool startsStatement(TokenKind kind) { return kind >= TokenKind::KwModel && kind <= TokenKind::KwImport; }
inline bool isKeyword(TokenKind kind) { return kind >= TokenKind::KwModel && kind <= TokenKind::KwNot; }
/// The words of startsStatement, for hints.
llvm::ArrayRef<llvm::StringRef> statementWords();
/// The lines of a doc range without slashes, joined by '\n'.
std::string docText(SourceRange doc);

/// Tokens of a range of a file. Every lexical error is reported once, at its place, and becomes an Invalid token.
class Lexer {
public:
  Lexer(SourceRange range, Diagnostics &diagnostics, bool keepComments = false);

  /// The next token; End for ever after the last one.
  Token lex();

private:
  void skipSpace(Token &token);
  void lexIdentifier(Token &token);
  void lexNumber(Token &token);
  void lexString(Token &token);
  void lexPunctuation(Token &token);
  void lexInvalid(Token &token);
  uint32_t findLineEnd() const;
  char peek(uint32_t ahead = 0) const { return position + ahead < limit ? text[position + ahead] : '\0'; }

  const SourceFile *file;
  Diagnostics &diagnostics;
  llvm::StringRef text;
  uint32_t position;
  uint32_t limit;
  bool keepComments;
  bool atLineStart = true;
};

} // namespace weft

#endif // WEFT_FRONTEND_LEXER_H
