// The formatter: splits the tokens into statements, comments and braces, and indents them. FormatLayout lays out each statement.
#include "Format.h"
#include "FormatLayout.h"
#include "Parser.h"

using namespace llvm;

namespace weft {

namespace {

class Formatter {
public:
  explicit Formatter(std::vector<Token> tokens) : tokens(std::move(tokens)) {}

  std::string format() {
    while (!at(TokenKind::End)) {
      if (at(TokenKind::Comment))
        formatComment();
      else if (at(TokenKind::RBrace))
        formatClosingBrace();
      else
        formatStatement();
    }
    if (!out.empty() && out.back() != '\n')
      out += '\n';
    return std::move(out);
  }

private:
  bool at(TokenKind kind) const { return tokens[position].kind == kind; }

  /// Ends the line before and keeps one empty line of the user's.
  void startLine(const Token &token, bool keepBlank = true) {
    if (out.empty())
      return;
    out += '\n';
    if (keepBlank && !afterOpening && token.startsLine && token.blankLinesBefore > 0)
      out += '\n';
  }

  void formatComment() {
    const Token &comment = tokens[position++];
    if (!comment.startsLine && !out.empty()) {
      out += ' ';
    } else {
      startLine(comment);
      out.append(indent, ' ');
      afterOpening = false;
    }
    out += comment.getText().rtrim();
  }

  void formatClosingBrace() {
    indent -= 2;
    if (afterOpening && !tokens[position - 1].is(TokenKind::Comment)) {
      out += '}';
    } else {
      startLine(tokens[position], /*keepBlank=*/false);
      out.append(indent, ' ');
      out += '}';
    }
    afterOpening = false;
    ++position;
    if (!at(TokenKind::KwElse))
      return;
    out += ' ';
    continuesLine = true;
    formatStatement();
  }

  void formatStatement() {
    size_t begin = position, end = findStatementEnd();
    ArrayRef<Token> statement = ArrayRef(tokens).slice(begin, end - begin);
    if (!continuesLine)
      startLine(statement.front());
    FormatNodes nodes = buildFormatTree(statement);
    if (continuesLine) {
      std::string text;
      printFormatTree(nodes, indent, text);
      out += StringRef(text).ltrim();
    } else {
      printFormatTree(nodes, indent, out);
    }
    continuesLine = false;
    position = end;
    afterOpening = statement.back().is(TokenKind::LBrace);
    if (afterOpening)
      indent += 2;
  }

  /// One past the last token of the statement at `position`; a body's '{' is its last token.
  size_t findStatementEnd() const {
    bool hasOptions = at(TokenKind::KwGenerate);
    unsigned brackets = 0;
    for (size_t i = position; i < tokens.size(); ++i) {
      const Token &token = tokens[i];
      bool ends = token.startsLine || token.is(TokenKind::RBrace) || token.is(TokenKind::Comment) || token.is(TokenKind::End);
      if (i > position && brackets == 0 && ends)
        return i;
      if (token.is(TokenKind::LBrace) && !hasOptions)
        return i + 1;
      brackets += token.is(TokenKind::LParen) || token.is(TokenKind::LBracket) || token.is(TokenKind::LBrace);
      brackets -= token.is(TokenKind::RParen) || token.is(TokenKind::RBracket) || token.is(TokenKind::RBrace);
    }
    return tokens.size();
  }

  std::vector<Token> tokens;
  size_t position = 0;
  std::string out;
  unsigned indent = 0;
  /// The last thing written is a body's '{' (and perhaps a comment behind it).
  bool afterOpening = false;
  /// `else` goes on behind its '}'.
  bool continuesLine = false;
};

} // namespace

std::optional<std::string> formatSource(const SourceFile &source, Diagnostics &diagnostics) {
  unsigned errors = diagnostics.getNumErrors();
  parse(source, diagnostics);
  if (diagnostics.getNumErrors() != errors)
    return std::nullopt;
  std::vector<Token> tokens;
  Lexer lexer({&source, 0, static_cast<uint32_t>(source.getText().size())}, diagnostics, /*keepComments=*/true);
  do
    tokens.push_back(lexer.lex());
  while (!tokens.back().is(TokenKind::End));
  return Formatter(std::move(tokens)).format();
}

} // namespace weft
