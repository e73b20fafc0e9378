// The lexer. It never fails: what is no token becomes one Invalid token, reported here, and lexing goes on after it.
#include "Lexer.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Unicode.h"

using namespace llvm;

namespace weft {

namespace {

constexpr StringRef words[] = {"model",    "block", "const",   "prefix", "dim",    "input", "weight", "let",   "encoder", "decoder", "output",
                               "generate", "if",    "require", "return", "import", "else",  "true",   "false", "and",     "or",      "not"};
constexpr StringRef punctuation[] = {"(", ")", "[", "]", "{", "}", ",", ":", "@", "&", "=", "..", "...",
                                     "==", "!=", "<", "<=", ">", ">=", "+", "-", "*", "/"};
constexpr size_t numStatementWords = size_t(TokenKind::KwImport) - size_t(TokenKind::KwModel) + 1;
static_assert(std::size(words) == size_t(TokenKind::KwNot) - size_t(TokenKind::KwModel) + 1);
static_assert(std::size(punctuation) == size_t(TokenKind::Slash) - size_t(TokenKind::LParen) + 1);

TokenKind wordKind(StringRef text) {
  for (size_t i = 0; i < std::size(words); ++i)
    if (words[i] == text)
      return TokenKind(size_t(TokenKind::KwModel) + i);
  return TokenKind::Identifier;
}

bool isNameStart(char c) { return isAlpha(c) || c == '_'; }
bool isNamePart(char c) { return isAlnum(c) || c == '_'; }

} // namespace

std::string describeTokenKind(TokenKind kind) {
  switch (kind) {
  case TokenKind::Identifier:
    return "a name";
  case TokenKind::Number:
    return "a number";
  case TokenKind::String:
    return "a string";
  case TokenKind::Comment:
    return "a comment";
  case TokenKind::Invalid:
    return "text that is no token";
  case TokenKind::End:
    return "the end of the file";
  default:
    break;
  }
  StringRef text = isKeyword(kind) ? words[size_t(kind) - size_t(TokenKind::KwModel)]
                                   : punctuation[size_t(kind) - size_t(TokenKind::LParen)];
  return ("'" + text + "'").str();
}

std::string describeToken(const Token &token) {
  // Long names and numbers are cut: the caret shows the place.
  if (token.is(TokenKind::Identifier) || token.is(TokenKind::Number))
    return token.getText().size() > 40 ? "'" + token.getText().take_front(37).str() + "...'" : "'" + token.getText().str() + "'";
  return describeTokenKind(token.kind);
}

ArrayRef<StringRef> statementWords() { return ArrayRef(words).take_front(numStatementWords); }

std::string docText(SourceRange doc) {
  std::string result;
  SmallVector<StringRef> lines;
  doc.getText().split(lines, '\n');
  for (StringRef line : lines) {
    line = line.trim();
    // Ordinary comments and empty lines between two doc lines are left out.
    if (!line.consume_front("///") || line.starts_with("/"))
      continue;
    line.consume_front(" ");
    if (!result.empty())
      result += '\n';
    result += line;
  }
  return result;
}

Lexer::Lexer(SourceRange range, Diagnostics &diagnostics, bool keepComments)
    : file(range.file), diagnostics(diagnostics), text(range.file->getText()), position(range.begin), limit(range.end),
      keepComments(keepComments) {
  // A byte order mark means nothing in UTF-8.
  if (position == 0 && text.take_front(limit).starts_with("\xef\xbb\xbf"))
    position = 3;
}

uint32_t Lexer::findLineEnd() const {
  size_t end = std::min<size_t>(text.find('\n', position), limit);
  while (end > position && text[end - 1] == '\r')
    --end;
  return end;
}

/// Skips white space and comments up to the next token (or comment, if they are kept).
void Lexer::skipSpace(Token &token) {
  bool lineEmpty = atLineStart;
  while (position < limit) {
    char c = text[position];
    if (c == '\n') {
      // The rest of a line with a token is no empty line; the file's first line start is no line end either.
      if (lineEmpty)
        ++token.blankLinesBefore;
      lineEmpty = atLineStart = true;
      ++position;
      continue;
    }
    if (c == ' ' || c == '\t' || c == '\r') {
      ++position;
      continue;
    }
    if (c != '/' || peek(1) != '/' || keepComments)
      return;
    uint32_t end = findLineEnd();
    StringRef comment = text.slice(position, end);
    if (atLineStart && comment.starts_with("///") && !comment.starts_with("////"))
      token.doc = {file, token.doc.isValid() ? token.doc.begin : position, end};
    position = end;
    lineEmpty = false;
    token.blankLinesBefore = 0;
  }
}

Token Lexer::lex() {
  Token token;
  skipSpace(token);
  token.startsLine = atLineStart;
  token.range = {file, position, position};
  if (position == limit) {
    token.startsLine = true;
    return token;
  }
  char c = peek();
  if (isNameStart(c))
    lexIdentifier(token);
  else if (isDigit(c))
    lexNumber(token);
  else if (c == '"')
    lexString(token);
  else if (c == '/' && peek(1) == '/')
    token.kind = TokenKind::Comment, position = findLineEnd();
  else
    lexPunctuation(token);
  token.range.end = position;
  atLineStart = false;
  return token;
}

void Lexer::lexIdentifier(Token &token) {
  uint32_t begin = position;
  while (isNamePart(peek()))
    ++position;
  token.kind = wordKind(text.slice(begin, position));
}

/// number := digits ["." digits] [("e" | "E") ["+" | "-"] digits]
void Lexer::lexNumber(Token &token) {
  uint32_t begin = position;
  auto skipDigits = [&] {
    while (isDigit(peek()))
      ++position;
  };
  token.kind = TokenKind::Number;
  skipDigits();
  if (peek() == '.' && isDigit(peek(1))) {
    ++position;
    skipDigits();
  }
  bool hasSign = peek(1) == '+' || peek(1) == '-';
  if ((peek() == 'e' || peek() == 'E') && isDigit(peek(hasSign ? 2 : 1))) {
    position += hasSign ? 2 : 1;
    skipDigits();
  }
  if (!isNamePart(peek()))
    return;
  while (isNamePart(peek()))
    ++position;
  token.kind = TokenKind::Invalid;
  diagnostics.error({file, begin, position}, "malformed number");
}

/// Finds the end only: escapes and interpolation are the parser's.
void Lexer::lexString(Token &token) {
  uint32_t begin = position++, lineEnd = findLineEnd();
  token.kind = TokenKind::String;
  while (position < lineEnd) {
    char c = text[position++];
    if (c == '"')
      return;
    if (c == '\0') {
      diagnostics.error({file, position - 1, position}, "NUL byte in a string");
      token.kind = TokenKind::Invalid;
    }
    if (c == '\\' && position < lineEnd)
      ++position;
  }
  token.kind = TokenKind::Invalid;
  diagnostics.error({file, begin, lineEnd}, "unterminated string");
}

void Lexer::lexPunctuation(Token &token) {
  StringRef rest = text.slice(position, limit);
  // The longest one wins.
  size_t best = 0;
  for (size_t i = 0; i < std::size(punctuation); ++i) {
    if (punctuation[i].size() <= best || !rest.starts_with(punctuation[i]))
      continue;
    best = punctuation[i].size();
    token.kind = TokenKind(size_t(TokenKind::LParen) + i);
  }
  if (best == 0)
    return lexInvalid(token);
  position += best;
}

/// One report for a run of characters that can't be part of any token.
void Lexer::lexInvalid(Token &token) {
  uint32_t begin = position;
  token.kind = TokenKind::Invalid;
  // A run of other scripts' characters, or of one control or punctuation character.
  char first = text[begin];
  auto isStray = [&](char c) { return isASCII(first) ? c == first : !isASCII(c); };
  do {
    ++position;
  } while (position < limit && isStray(text[position]));
  // What 'is quoted' so is a mistake in one piece.
  if (size_t end = first == '\'' ? text.slice(position, limit).find_first_of("'\n") : StringRef::npos;
      end != StringRef::npos && text[position + end] == '\'')
    position += end + 1;
  StringRef stray = text.slice(begin, position);
  SourceRange range{file, begin, position};
  if (stray.contains('\0'))
    diagnostics.error(range, "NUL byte in the text");
  else if (stray == ".")
    diagnostics.error(range, "'.' is no operator");
  else if (stray == "!")
    diagnostics.error(range, "'!' is no operator").note("'not' negates, '!=' compares");
  else if (first == '\'')
    diagnostics.error(range, "unexpected text " + stray.take_front(40)).note("strings stand in double quotes");
  else if (stray == ";")
    diagnostics.error(range, "unexpected text ';'").note("a statement ends with its line");
  else if (stray == "#")
    diagnostics.error(range, "unexpected text '#'").note("comments start with '//'");
  else if (stray.size() <= 40 && sys::unicode::columnWidthUTF8(stray) > 0)
    diagnostics.error(range, "unexpected text '" + stray + "'");
  else
    diagnostics.error(range, "unexpected characters");
}

} // namespace weft
