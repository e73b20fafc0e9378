// The parser's statements, one function a grammar line of Parser.h.
#include "ParserImpl.h"

#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/SaveAndRestore.h"

using namespace llvm;

namespace weft {

using namespace ast;

StmtPtr Parser::parseStatement(Place place) {
  statementBegun = false;
  Token first = token;
  StmtPtr statement = parseStatementKind(place);
  expectStatementEnd();
  statement->range = since(first.range);
  statement->doc = docText(first.doc);
  if (panic)
    recover();
  return statement;
}

StmtPtr Parser::parseStatementKind(Place place) {
  bool inPlace = checkPlace(token, place);
  StmtPtr statement = [&]() -> StmtPtr {
    switch (token.kind) {
    case TokenKind::KwImport:
      return parseImport();
    case TokenKind::KwModel:
      return parseModel();
    case TokenKind::KwBlock:
      return parseBlock();
    case TokenKind::KwConst:
      return parseConst();
    case TokenKind::KwPrefix:
      return parsePrefix();
    case TokenKind::KwDim:
      return parseDim();
    case TokenKind::KwInput:
      return parseInput();
    case TokenKind::KwWeight:
      return parseWeight();
    case TokenKind::KwLet:
      return parseLet();
    case TokenKind::KwEncoder:
    case TokenKind::KwDecoder:
      return parseStack();
    case TokenKind::KwOutput:
      return parseOutput();
    case TokenKind::KwGenerate:
      return parseGenerate();
    case TokenKind::KwIf:
      return parseIf(place == Place::TopLevel ? Place::Model : place);
    case TokenKind::KwRequire:
      return parseRequire();
    case TokenKind::KwReturn:
      return parseReturn();
    default:
      bool isAssign = token.is(TokenKind::Identifier) && next.is(TokenKind::Equal) && !next.startsLine;
      return isAssign && place != Place::TopLevel ? parseAssign() : parseUnknown(place);
    }
  }();
  if (inPlace)
    return statement;
  // Parsed for its own errors only: what it would have declared is missing.
  declarationsUnknown |= !isa<PrefixStmt, GenerateStmt, RequireStmt, ReturnStmt>(statement.get());
  return std::make_unique<ErrorStmt>(statement->range);
}

/// Reports a statement that may not stand here.
bool Parser::checkPlace(const Token &keyword, Place place) {
  if (!startsStatement(keyword.kind))
    return true;
  bool inModel = place == Place::Model;
  bool inBody = place != Place::TopLevel;
  bool good = false;
  StringRef where;
  switch (keyword.kind) {
  case TokenKind::KwConst:
    return true;
  case TokenKind::KwImport:
  case TokenKind::KwModel:
    good = place == Place::TopLevel;
    where = "at the top level of a file";
    break;
  case TokenKind::KwBlock:
    good = place == Place::TopLevel || inModel;
    where = "at the top level of a file or in a model";
    break;
  case TokenKind::KwReturn:
    good = place == Place::Block;
    where = "in a block";
    break;
  case TokenKind::KwLet:
  case TokenKind::KwWeight:
  case TokenKind::KwIf:
  case TokenKind::KwRequire:
    good = inBody;
    where = "in a model, a block or a stack";
    break;
  default:
    good = inModel;
    where = "in a model";
    break;
  }
  if (!good)
    diagnostics.error(keyword.range, "'" + keyword.getText() + "' stands " + where + " only");
  return good;
}

StmtPtr Parser::parseImport() {
  advance();
  auto statement = std::make_unique<ImportStmt>(previous);
  statement->pathRange = token.range;
  StringExprPtr path = parseString("the path of a file as a string");
  std::optional<StringRef> text = path->getPlain();
  if (!text)
    error(path->range, "the path of an import is a plain string");
  if (panic || !text) {
    declarationsUnknown = true;
    return std::make_unique<ErrorStmt>(statement->range);
  }
  statement->path = text->str();
  return statement;
}

StmtPtr Parser::parseModel() {
  advance();
  auto statement = std::make_unique<ModelStmt>(previous, expectName("the model's name"));
  statement->body = parseBody(Place::Model);
  return statement;
}

StmtPtr Parser::parseBlock() {
  advance();
  auto statement = std::make_unique<BlockStmt>(previous, expectName("the block's name"));
  parseBracketed(TokenKind::LParen, TokenKind::RParen, [&] { statement->params.push_back(parseParameter()); });
  if (panic)
    declarationsUnknown = true;
  statement->body = parseBody(Place::Block);
  return statement;
}

/// parameter := NAME ["=" expr]
Parameter Parser::parseParameter() {
  Parameter parameter;
  SourceRange start = token.range;
  parameter.name = expectName("a name");
  if (consume(TokenKind::Equal))
    parameter.value = parseExpr();
  parameter.range = since(start);
  return parameter;
}

/// What ends a statement. With an error in it, or behind it on its line, it has no value: only its parts are checked.
ExprPtr Parser::parseValue() {
  ExprPtr value = parseExpr();
  expectStatementEnd();
  if (!panic)
    return value;
  SourceRange range = value->range;
  return std::make_unique<ErrorExpr>(range, std::move(value));
}

StmtPtr Parser::parseConst() {
  advance();
  auto statement = std::make_unique<ConstStmt>(previous, expectName("a name"));
  expect(TokenKind::Equal);
  statement->value = parseValue();
  return statement;
}

StmtPtr Parser::parsePrefix() {
  advance();
  auto statement = std::make_unique<PrefixStmt>(previous);
  parseCommaList([&] { statement->prefixes.push_back(parseString()); });
  return statement;
}

StmtPtr Parser::parseDim() {
  advance();
  auto statement = std::make_unique<DimStmt>(previous);
  parseCommaList([&] { statement->names.push_back(expectName("a name")); });
  if (panic)
    declarationsUnknown = true;
  expectWord("in");
  statement->lo = parseExpr();
  expect(TokenKind::DotDot);
  statement->hi = parseExpr();
  return statement;
}

StmtPtr Parser::parseInput() {
  advance();
  auto statement = std::make_unique<InputStmt>(previous, expectName("a name"));
  expect(TokenKind::Colon);
  statement->type = parseType();
  return statement;
}

StmtPtr Parser::parseWeight() {
  advance();
  auto statement = std::make_unique<WeightStmt>(previous, expectName("a name"));
  expect(TokenKind::Colon);
  statement->type = parseType();
  expect(TokenKind::At);
  StringExprPtr path = panic ? nullptr : parseString("the weight's path as a string");
  if (!panic)
    statement->path = std::move(path);
  return statement;
}

StmtPtr Parser::parseLet() {
  advance();
  auto statement = std::make_unique<LetStmt>(previous);
  parseCommaList([&] {
    LetName name;
    name.name = expectName("a name");
    if (consume(TokenKind::Colon))
      name.type = parseType();
    statement->names.push_back(std::move(name));
  });
  if (panic)
    declarationsUnknown = true;
  expect(TokenKind::Equal);
  statement->value = parseValue();
  return statement;
}

StmtPtr Parser::parseAssign() {
  Ident name{token.getText(), token.range};
  advance();
  auto statement = std::make_unique<AssignStmt>(name.range, name);
  expect(TokenKind::Equal);
  statement->value = parseValue();
  return statement;
}

StmtPtr Parser::parseStack() {
  bool isDecoder = token.is(TokenKind::KwDecoder);
  advance();
  SourceRange start = previous;
  auto statement = std::make_unique<StackStmt>(start, expectName("the stack's name"));
  statement->isDecoder = isDecoder;
  SourceRange parenthesis = token.range;
  parseBracketed(TokenKind::LParen, TokenKind::RParen, [&] { statement->bindings.push_back(parseParameter()); });
  if (panic)
    declarationsUnknown = true;
  else if (statement->bindings.empty())
    error(since(parenthesis), "a stack needs a stream: " + statement->name.text + "(x = ...)");
  expectWord("repeat");
  {
    SaveAndRestore noScope(scopeIsStacks, true);
    statement->count = parseExpr();
  }
  if (!panic && at(TokenKind::Identifier) && token.isWord("as")) {
    advance();
    statement->index = expectName("a name for the layer number");
  }
  if (consume(TokenKind::At))
    statement->scope = parseString("the stack's weight scope as a string");
  statement->headerRange = since(start);
  statement->body = parseBody(Place::Stack);
  return statement;
}

StmtPtr Parser::parseOutput() {
  advance();
  auto statement = std::make_unique<OutputStmt>(previous, expectName("a name"));
  expect(TokenKind::Equal);
  statement->value = parseValue();
  return statement;
}

StmtPtr Parser::parseGenerate() {
  advance();
  auto statement = std::make_unique<GenerateStmt>(previous);
  statement->input = expectName("the name of the input that grows");
  expectWord("from");
  statement->output = expectName("the name of an output");
  if (panic)
    return std::make_unique<ErrorStmt>(statement->range);
  if (!at(TokenKind::LBrace))
    return statement;
  statement->options = parseArguments(TokenKind::LBrace, TokenKind::RBrace);
  for (const Argument &option : statement->options)
    if (!option.name)
      error(option.range, "an option of 'generate' has a name: 'stop = ...'");
  return statement;
}

StmtPtr Parser::parseIf(Place place) {
  advance();
  auto statement = std::make_unique<IfStmt>(previous);
  statement->condition = parseExpr();
  statement->thenBody = parseBody(place);
  // 'else' may stand on a line of its own.
  if (panic || !token.is(TokenKind::KwElse))
    return statement;
  advance();
  statement->hasElse = true;
  if (!at(TokenKind::KwIf)) {
    statement->elseBody = parseBody(place);
    return statement;
  }
  SaveAndRestore level(depth, depth + 1);
  if (!enterLevel()) {
    declarationsUnknown = true;
    return statement;
  }
  SourceRange start = token.range;
  StmtPtr nested = parseIf(place);
  nested->range = since(start);
  statement->elseBody.push_back(std::move(nested));
  return statement;
}

StmtPtr Parser::parseRequire() {
  advance();
  auto statement = std::make_unique<RequireStmt>(previous);
  statement->condition = parseExpr();
  if (consume(TokenKind::Comma))
    statement->message = parseString("a message as a string");
  return statement;
}

StmtPtr Parser::parseReturn() {
  advance();
  auto statement = std::make_unique<ReturnStmt>(previous);
  parseCommaList([&] { statement->values.push_back(parseExpr()); });
  return statement;
}

/// type := ("f32" | "i32" | "bool") list
TypePtr Parser::parseType() {
  if (panic)
    return nullptr;
  auto type = std::make_unique<TypeExpr>();
  type->range = token.range;
  if (!at(TokenKind::Identifier)) {
    expected("a type");
    return nullptr;
  }
  StringRef name = token.getText();
  auto element = StringSwitch<std::optional<ElementType>>(name)
                     .Case("f32", ElementType::F32)
                     .Case("i32", ElementType::I32)
                     .Case("bool", ElementType::Bool)
                     .Default(std::nullopt);
  if (!element) {
    error(token.range, "unknown element type '" + name + "'", {{}, "the element types are f32, i32 and bool"});
    return nullptr;
  }
  type->element = *element;
  advance();
  if (!panic && !at(TokenKind::LBracket))
    expected("the dimensions in '[ ]'");
  parseBracketed(TokenKind::LBracket, TokenKind::RBracket, [&] { type->dims.push_back(parseExpr()); });
  type->range = since(type->range);
  return panic ? nullptr : std::move(type);
}

/// Anything that starts no statement.
StmtPtr Parser::parseUnknown(Place place) {
  Token first = token;
  bool isName = first.is(TokenKind::Identifier);
  bool isCall = isName && next.is(TokenKind::LParen) && !next.startsLine;
  advance();
  // A stray brace or operator declares nothing; a misspelled keyword may have declared any name.
  declarationsUnknown |= (isName && !isCall) || isKeyword(first.kind) || first.is(TokenKind::Invalid) || token.is(TokenKind::Invalid);
  auto statement = std::make_unique<ErrorStmt>(first.range);
  if (first.is(TokenKind::Invalid) || (token.is(TokenKind::Invalid) && !token.startsLine)) { // reported by the lexer
    panic = true;
    return statement;
  }
  if (first.is(TokenKind::RBrace)) {
    error(first.range, "'}' closes nothing");
    return statement;
  }
  if (first.is(TokenKind::KwElse)) {
    error(first.range, "'else' without an 'if'");
    return statement;
  }
  Note note;
  StringRef nearest = isName ? findNearestName(first.getText(), statementWords()) : "";
  if (!nearest.empty())
    note = didYouMean(nearest);
  else if (!isName && !isKeyword(first.kind))
    note.message = "a statement ends with its line; inside ( ) it may go on";
  if (isCall && nearest.empty() && place != Place::TopLevel)
    error(first.range, "an expression alone is no statement");
  else if (place == Place::TopLevel)
    error(first.range, "expected 'model', 'block', 'const' or 'import', found " + describeToken(first), note);
  else
    error(first.range, "expected a statement, found " + describeToken(first), note);
  return statement;
}

} // namespace weft
