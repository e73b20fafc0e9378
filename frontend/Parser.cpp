// Files, bodies, tokens, and what happens after a syntax error.
#include "ParserImpl.h"

#include "llvm/BinaryFormat/Magic.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace llvm;

namespace weft {

using namespace ast;

/// What people give by mistake: "" if it is none of that.
static StringRef binaryKind(StringRef text) {
  switch (identify_magic(text)) {
  case file_magic::archive:
    return "a static library";
  case file_magic::elf_relocatable:
    return "an object";
  case file_magic::elf_shared_object:
  case file_magic::elf_executable:
    return "a shared library or an executable";
  default:
    return "";
  }
}

ast::FilePtr parse(const SourceFile &source, Diagnostics &diagnostics) {
  uint32_t size = source.getText().size();
  size_t invalid = findInvalidUtf8(source.getText());
  if (invalid != StringRef::npos) {
    uint32_t place = invalid;
    StringRef kind = binaryKind(source.getText());
    if (kind.empty())
      diagnostics.error({&source, place, place + 1}, "the file is not valid UTF-8");
    else
      diagnostics.error({&source, 0, 1}, "the file is " + kind + ", expected a description; `weft describe` tells what is in an artifact");
    auto file = std::make_unique<File>();
    file->source = &source;
    file->declarationsUnknown = true;
    return file;
  }
  return Parser({&source, 0, size}, diagnostics).parseFile();
}

ast::FilePtr parseFile(StringRef path, SourceManager &sources, Diagnostics &diagnostics, SourceRange importedAt) {
  Expected<const SourceFile *> source = sources.open(path);
  if (!source) {
    diagnostics.error(importedAt, toString(source.takeError()));
    return nullptr;
  }
  return parse(**source, diagnostics);
}

Parser::Parser(SourceRange range, Diagnostics &diagnostics)
    : source(*range.file), diagnostics(diagnostics), lexer(range, diagnostics), previous{range.file, range.begin, range.begin} {
  token = lexer.lex();
  next = lexer.lex();
  checkErrorLimit();
}

FilePtr Parser::parseFile() {
  auto file = std::make_unique<File>();
  file->source = &source;
  while (!token.is(TokenKind::End))
    file->items.push_back(parseStatement(Place::TopLevel));
  file->declarationsUnknown = declarationsUnknown || stopped;
  return file;
}

/// body := "{" statement* "}"
Body Parser::parseBody(Place place) {
  Body body;
  SaveAndRestore level(depth, depth + 1);
  if (panic ? !findBody() : !at(TokenKind::LBrace)) {
    expect(TokenKind::LBrace);
    if (!findBody())
      return body;
  }
  if (!enterLevel()) { // its statements are not looked at
    declarationsUnknown = true;
    skipBraces();
    return body;
  }
  SourceRange brace = token.range;
  advance();
  panic = false;
  open.clear();
  while (!token.is(TokenKind::RBrace)) {
    bool startsFile = token.startsLine && (token.is(TokenKind::KwModel) || token.is(TokenKind::KwImport));
    if (token.is(TokenKind::End) || startsFile) {
      reportUnclosedBody(brace);
      return body;
    }
    statementBegun = false;
    body.push_back(parseStatement(place));
  }
  advance();
  return body;
}

void Parser::reportUnclosedBody(SourceRange brace) {
  if (unclosedReportedAt == token.range || stopped)
    return;
  unclosedReportedAt = token.range;
  diagnostics.error(token.range, "expected '}' before " + describeToken(token)).note(brace, "to match this '{'");
}

//===----------------------------------------------------------------------===//
// Tokens
//===----------------------------------------------------------------------===//

void Parser::advance() {
  previous = token.range;
  statementBegun = true;
  token = next;
  next = lexer.lex();
  checkErrorLimit();
}

/// A file of garbage gives a bounded number of errors.
void Parser::checkErrorLimit() {
  if (!stopped && diagnostics.getNumErrors() >= maxSyntaxErrors) {
    stopped = true;
    diagnostics.error(token.range, "too many errors; the rest of the file is not read");
  }
  if (!stopped)
    return;
  for (Token *each : {&token, &next}) {
    each->kind = TokenKind::End;
    each->startsLine = true;
  }
}

bool Parser::consume(TokenKind kind) {
  if (panic || !at(kind))
    return false;
  advance();
  return true;
}

bool Parser::expect(TokenKind kind) {
  return consume(kind) || expected(describeTokenKind(kind));
}

bool Parser::expectWord(StringRef word) {
  if (token.isWord(word) && consume(TokenKind::Identifier))
    return true;
  return expected("'" + word + "'");
}

Ident Parser::expectName(StringRef what) {
  Ident ident{token.getText(), token.range};
  if (consume(TokenKind::Identifier))
    return ident;
  if (!panic && !atStatementEnd() && isKeyword(token.kind))
    error(token.range, "expected " + what + ", but '" + token.getText() + "' is a reserved word");
  else
    expected(what);
  return {"", token.range};
}

void Parser::parseBracketed(TokenKind opening, TokenKind closing, function_ref<void()> item) {
  SourceRange openRange = token.range;
  if (!expect(opening))
    return;
  open.push_back({opening, openRange});
  while (!panic && !at(closing)) {
    item();
    if (panic || !consume(TokenKind::Comma))
      break;
  }
  if (panic)
    return;
  if (!at(closing)) {
    expected("',' or " + describeTokenKind(closing), {openRange, "to match this " + describeTokenKind(opening)});
    return;
  }
  // Popped after the closing bracket is taken: it may stand on a line of its own.
  advance();
  open.pop_back();
}

void Parser::parseCommaList(function_ref<void()> item) {
  do
    item();
  while (consume(TokenKind::Comma));
}

//===----------------------------------------------------------------------===//
// Errors and recovery
//===----------------------------------------------------------------------===//

bool Parser::error(SourceRange range, const Twine &message, Note note) {
  if (!panic && !stopped) {
    Diagnostic &diagnostic = diagnostics.error(range, message);
    if (!note.message.empty())
      diagnostic.notes.push_back(std::move(note));
  }
  panic = true;
  return false;
}

bool Parser::expected(const Twine &what, Note note) {
  if (token.is(TokenKind::Invalid)) // reported by the lexer
    panic = true;
  if (panic)
    return false;
  SourceRange end{previous.file, previous.end, previous.end};
  if (token.is(TokenKind::End))
    return error(end, "expected " + what + " before " + endName, std::move(note));
  // `y = ...` at the start of a line looks like the next statement, too.
  bool looksLikeStatement = startsStatement(token.kind) || (token.is(TokenKind::Identifier) && next.is(TokenKind::Equal));
  if (token.startsLine && statementBegun && (open.empty() || looksLikeStatement))
    return error(end, "expected " + what + " before the end of the line", std::move(note));
  return error(token.range, "expected " + what + ", found " + describeToken(token), std::move(note));
}

bool Parser::enterLevel() {
  if (depth <= maxNestingDepth)
    return true;
  return error(token.range, "nested more than " + Twine(maxNestingDepth) + " levels deep");
}

void Parser::expectStatementEnd() {
  if (panic || token.startsLine || token.is(TokenKind::RBrace) || token.is(TokenKind::End))
    return;
  expected("the end of the line");
}

/// Skips the rest of a statement after an error in it.
void Parser::recover() {
  while (!token.is(TokenKind::End)) {
    if (token.startsLine && statementBegun && (open.empty() || startsStatement(token.kind)))
      break;
    auto isOpenBrace = [](const auto &bracket) { return bracket.first == TokenKind::LBrace; };
    if (token.is(TokenKind::LBrace)) {
      if (next.startsLine) {
        skipBraces();
        continue;
      }
      open.push_back({token.kind, token.range});
    } else if (token.is(TokenKind::RBrace)) {
      auto brace = llvm::find_if(llvm::reverse(open), isOpenBrace);
      if (brace == open.rend()) // closes the body
        break;
      open.erase(std::prev(brace.base()), open.end());
    } else if (token.is(TokenKind::LParen) || token.is(TokenKind::LBracket)) {
      open.push_back({token.kind, token.range});
    } else if (token.is(TokenKind::RParen) || token.is(TokenKind::RBracket)) {
      TokenKind opening = token.is(TokenKind::RParen) ? TokenKind::LParen : TokenKind::LBracket;
      if (!open.empty() && open.back().first == opening)
        open.pop_back();
    }
    advance();
  }
  open.clear();
  panic = false;
}

/// After an error in a header: goes to its '{', so that the body is parsed all the same. An unterminated string may have swallowed
/// the brace; then it stands for it.
bool Parser::findBody() {
  open.clear();
  while (!token.is(TokenKind::End) && !token.is(TokenKind::RBrace)) {
    bool isBrace = token.is(TokenKind::LBrace);
    bool swallowed = token.is(TokenKind::Invalid) && token.getText().rtrim().ends_with("{");
    if (next.startsLine && (isBrace || swallowed))
      return true;
    if (isBrace && !token.startsLine)
      return true;
    if (token.startsLine && statementBegun)
      return false;
    advance();
  }
  return false;
}

/// Skips "{ ... }" without looking inside.
void Parser::skipBraces() {
  unsigned level = 0;
  do {
    level += token.is(TokenKind::LBrace);
    level -= token.is(TokenKind::RBrace);
    if (token.is(TokenKind::End)) {
      unclosedReportedAt = token.range;
      return;
    }
    advance();
  } while (level > 0);
}

} // namespace weft
