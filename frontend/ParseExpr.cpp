// The parser's expressions, one function a grammar line of Parser.h.
#include "ParserImpl.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/SaveAndRestore.h"

#include <cmath>

using namespace llvm;

namespace weft {

using namespace ast;

namespace {

struct OperatorInfo {
  BinaryOp op;
  /// Tighter operators have higher levels.
  unsigned level;
};

constexpr unsigned notLevel = 2;
constexpr unsigned compareLevel = 4;

std::optional<OperatorInfo> operatorInfo(TokenKind kind) {
  switch (kind) {
  case TokenKind::KwOr:
    return OperatorInfo{BinaryOp::Or, 0};
  case TokenKind::KwAnd:
    return OperatorInfo{BinaryOp::And, 1};
  case TokenKind::Ampersand:
    return OperatorInfo{BinaryOp::MaskAnd, 3};
  case TokenKind::EqualEqual:
    return OperatorInfo{BinaryOp::Eq, compareLevel};
  case TokenKind::NotEqual:
    return OperatorInfo{BinaryOp::Ne, compareLevel};
  case TokenKind::Less:
    return OperatorInfo{BinaryOp::Lt, compareLevel};
  case TokenKind::LessEqual:
    return OperatorInfo{BinaryOp::Le, compareLevel};
  case TokenKind::Greater:
    return OperatorInfo{BinaryOp::Gt, compareLevel};
  case TokenKind::GreaterEqual:
    return OperatorInfo{BinaryOp::Ge, compareLevel};
  case TokenKind::Plus:
    return OperatorInfo{BinaryOp::Add, 5};
  case TokenKind::Minus:
    return OperatorInfo{BinaryOp::Sub, 5};
  case TokenKind::Star:
    return OperatorInfo{BinaryOp::Mul, 6};
  case TokenKind::Slash:
    return OperatorInfo{BinaryOp::Div, 6};
  default:
    return std::nullopt;
  }
}

} // namespace

/// Sets the height of a new node over children of height `below`; a tree that gets too high is an error, so that recursion over it
/// stays safe (a long sum is as deep as it is long).
template <typename T> ExprPtr Parser::withHeight(std::unique_ptr<T> expr, unsigned below) {
  expr->height = below + 1;
  if (expr->height <= maxNestingDepth)
    return expr;
  error(expr->range, "an expression of more than " + Twine(maxNestingDepth) + " levels; name parts of it with 'let'");
  return std::make_unique<ErrorExpr>(expr->range);
}

ExprPtr Parser::makeBinary(BinaryOp op, SourceRange opRange, ExprPtr lhs, ExprPtr rhs) {
  unsigned below = std::max(lhs->height, rhs->height);
  return withHeight(std::make_unique<BinaryExpr>(op, opRange, std::move(lhs), std::move(rhs)), below);
}

/// expr := expr binary expr | "not" expr | unary. Takes operators of at least `minLevel`.
ExprPtr Parser::parseExpr(unsigned minLevel) {
  SaveAndRestore level(depth, depth + 1);
  if (panic || !enterLevel())
    return errorExpr();
  ExprPtr lhs = at(TokenKind::KwNot) && minLevel <= notLevel ? parseNot() : parseUnary();
  bool compared = false;
  while (!panic && !atStatementEnd()) {
    std::optional<OperatorInfo> info = operatorInfo(token.kind);
    if (!info || info->level < minLevel)
      break;
    bool compares = info->level == compareLevel;
    if (compares && compared) {
      error(token.range, "comparisons do not chain", {{}, "join two of them with 'and'"});
      break;
    }
    compared = compares;
    SourceRange opRange = token.range;
    advance();
    ExprPtr rhs = parseExpr(info->level + 1);
    if (panic)
      return errorExpr();
    lhs = makeBinary(info->op, opRange, std::move(lhs), std::move(rhs));
  }
  return panic ? errorExpr() : std::move(lhs);
}

ExprPtr Parser::parseNot() {
  SaveAndRestore level(depth, depth + 1);
  if (!enterLevel())
    return errorExpr();
  SourceRange start = token.range;
  advance();
  ExprPtr operand = at(TokenKind::KwNot) ? parseNot() : parseExpr(notLevel + 1);
  unsigned below = operand->height;
  return withHeight(std::make_unique<UnaryExpr>(since(start), UnaryOp::Not, std::move(operand)), below);
}

/// unary := "-" unary | postfix
ExprPtr Parser::parseUnary() {
  if (!at(TokenKind::Minus))
    return parsePostfix();
  SaveAndRestore level(depth, depth + 1);
  if (!enterLevel())
    return errorExpr();
  SourceRange start = token.range;
  advance();
  ExprPtr operand = parseUnary();
  unsigned below = operand->height;
  return withHeight(std::make_unique<UnaryExpr>(since(start), UnaryOp::Neg, std::move(operand)), below);
}

/// postfix := primary {"[" subscript {"," subscript} "]"}
ExprPtr Parser::parsePostfix() {
  ExprPtr expr = parsePrimary();
  while (!panic && at(TokenKind::LBracket))
    expr = parseIndex(std::move(expr));
  if (panic || !at(TokenKind::At) || (scopeIsStacks && open.empty()))
    return expr;
  auto *call = dyn_cast<CallExpr>(expr.get());
  if (call && !call->scope) { // (f(x)) @ "scope"
    advance();
    call->scope = parseString("the weight scope as a string");
    call->range = since(call->range);
    return expr;
  }
  if (call)
    error(token.range, "the call has a weight scope already", {call->scope->range, "join both in one string: \"a.b\""});
  else
    error(token.range, "'@' gives the weight scope of a call and stands directly after its ')'");
  return expr;
}

ExprPtr Parser::parsePrimary() {
  if (panic)
    return errorExpr();
  if (atStatementEnd()) {
    expected("an expression");
    return errorExpr();
  }
  SourceRange start = token.range;
  switch (token.kind) {
  case TokenKind::Number:
    return parseNumber();
  case TokenKind::KwTrue:
  case TokenKind::KwFalse:
    advance();
    return std::make_unique<BoolExpr>(start, start.getText() == "true");
  case TokenKind::String:
    return parseString();
  case TokenKind::Identifier:
    if (next.is(TokenKind::LParen) && !(next.startsLine && open.empty()))
      return parseCall();
    advance();
    return std::make_unique<NameExpr>(start, start.getText());
  case TokenKind::LBracket:
    return parseList();
  case TokenKind::LParen: {
    advance();
    open.push_back({TokenKind::LParen, start});
    ExprPtr inside = parseExpr();
    if (!panic && !at(TokenKind::RParen))
      expected("')'", {start, "to match this '('"});
    if (panic)
      return errorExpr();
    advance();
    open.pop_back();
    inside->range = since(start);
    return inside;
  }
  default:
    expected("an expression");
    return errorExpr();
  }
}

ExprPtr Parser::parseNumber() {
  StringRef text = token.getText();
  auto number = std::make_unique<NumberExpr>(token.range);
  advance();
  number->isInteger = text.find_first_not_of("0123456789") == StringRef::npos;
  bool tooLarge = number->isInteger && text.getAsInteger(10, number->integer);
  if (text.getAsDouble(number->real) || !std::isfinite(number->real))
    tooLarge = true;
  if (!tooLarge)
    return number;
  error(number->range, "the number is too large");
  return std::make_unique<ErrorExpr>(number->range);
}

/// list := "[" [expr {"," expr}] "]"
ExprPtr Parser::parseList() {
  auto list = std::make_unique<ListExpr>(token.range);
  unsigned below = 0;
  parseBracketed(TokenKind::LBracket, TokenKind::RBracket, [&] {
    list->elements.push_back(parseExpr());
    below = std::max(below, list->elements.back()->height);
  });
  list->range = since(list->range);
  return withHeight(std::move(list), below);
}

/// call := NAME "(" [argument {"," argument}] ")" ["@" string]
ExprPtr Parser::parseCall() {
  Ident callee{token.getText(), token.range};
  advance();
  auto call = std::make_unique<CallExpr>(callee.range, callee);
  call->args = parseArguments(TokenKind::LParen, TokenKind::RParen);
  unsigned below = 0;
  for (const Argument &argument : call->args)
    below = std::max(below, argument.value->height);
  call->range = call->callRange = since(callee.range);
  if (!panic && at(TokenKind::At) && !(scopeIsStacks && open.empty())) {
    advance();
    call->scope = parseString("the weight scope as a string");
    call->range = since(callee.range);
  }
  return withHeight(std::move(call), below);
}

std::vector<Argument> Parser::parseArguments(TokenKind opening, TokenKind closing) {
  std::vector<Argument> args;
  parseBracketed(opening, closing, [&] { args.push_back(parseArgument()); });
  if (panic)
    return args;
  StringMap<SourceRange> names;
  for (const Argument &argument : args) {
    if (!argument.name) {
      if (!names.empty())
        error(argument.range, "an argument without a name follows one with a name");
      continue;
    }
    auto [first, isNew] = names.try_emplace(argument.name->text, argument.name->range);
    if (!isNew)
      error(argument.name->range, "'" + argument.name->text + "' is given twice", {first->second, "the first time is here"});
  }
  return args;
}

/// argument := [NAME "="] expr
Argument Parser::parseArgument() {
  Argument argument;
  SourceRange start = token.range;
  if (token.is(TokenKind::Identifier) && next.is(TokenKind::Equal)) {
    argument.name = Ident{token.getText(), token.range};
    advance();
    advance();
  }
  argument.value = parseExpr();
  argument.range = since(start);
  return argument;
}

ExprPtr Parser::parseIndex(ExprPtr base) {
  SourceRange start = base->range, bracket = token.range;
  unsigned below = base->height;
  auto index = std::make_unique<IndexExpr>(start, std::move(base));
  parseBracketed(TokenKind::LBracket, TokenKind::RBracket, [&] {
    index->subscripts.push_back(parseSubscript());
    for (const ExprPtr *bound : {&index->subscripts.back().lo, &index->subscripts.back().hi})
      below = std::max(below, *bound ? (*bound)->height : 0);
  });
  if (!panic && index->subscripts.empty())
    error(since(bracket), "expected an index or a slice in '[ ]'");
  index->range = since(start);
  return withHeight(std::move(index), below);
}

/// subscript := "..." | expr | [expr] ":" [expr]
Subscript Parser::parseSubscript() {
  Subscript subscript;
  SourceRange start = token.range;
  auto atEnd = [&] { return at(TokenKind::Comma) || at(TokenKind::RBracket) || at(TokenKind::Colon); };
  if (consume(TokenKind::Ellipsis)) {
    subscript.kind = Subscript::Ellipsis;
  } else {
    if (!at(TokenKind::Colon))
      subscript.lo = parseExpr();
    if (consume(TokenKind::Colon)) {
      subscript.kind = Subscript::Slice;
      if (!atEnd())
        subscript.hi = parseExpr();
    }
    if (!panic && at(TokenKind::Colon))
      error(token.range, "slices have no steps");
  }
  subscript.range = since(start);
  return subscript;
}

//===----------------------------------------------------------------------===//
// Strings
//===----------------------------------------------------------------------===//

/// string := '"' {character | "\" escape | "{{" | "}}" | "{" expr "}"} '"'
StringExprPtr Parser::parseString(StringRef what) {
  auto string = std::make_unique<StringExpr>(token.range);
  if (panic || !at(TokenKind::String)) {
    expected(what);
    return string;
  }
  SourceRange range = token.range;
  advance();
  decodeString({range.file, range.begin + 1, range.end - 1}, *string);
  for (const StringPart &part : string->parts)
    if (part.expr)
      string->height = std::max(string->height, part.expr->height + 1);
  return string;
}

bool Parser::decodeString(SourceRange inside, StringExpr &string) {
  StringRef text = inside.getText();
  std::string plain;
  auto rangeOf = [&](size_t begin, size_t end) {
    return SourceRange{inside.file, uint32_t(inside.begin + begin), uint32_t(inside.begin + end)};
  };
  auto flush = [&] {
    if (!plain.empty())
      string.parts.push_back({std::move(plain), nullptr});
    plain.clear();
  };
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i], following = i + 1 < text.size() ? text[i + 1] : '\0';
    if (c == '\\') {
      size_t which = StringRef("\"\\nt").find(following);
      if (which == StringRef::npos)
        return error(rangeOf(i, i + 2), "unknown escape", {{}, "the escapes are \\\", \\\\, \\n and \\t"});
      plain += "\"\\\n\t"[which];
      ++i;
    } else if ((c == '{' || c == '}') && following == c) {
      plain += c;
      ++i;
    } else if (c == '{') {
      size_t close = text.find('}', i);
      if (close == StringRef::npos)
        return error(rangeOf(i, i + 1), "'{' without '}' in a string", {{}, "'{{' stands for a brace itself"});
      flush();
      string.parts.push_back({"", parseInterpolation(rangeOf(i + 1, close))});
      i = close;
    } else if (c == '}') {
      return error(rangeOf(i, i + 1), "'}' without '{' in a string", {{}, "'}}' stands for a brace itself"});
    } else {
      plain += c;
    }
  }
  flush();
  return true;
}

ExprPtr Parser::parseInterpolation(SourceRange inside) {
  if (panic || inside.getText().trim().empty()) {
    error({inside.file, inside.begin - 1, inside.end + 1}, "expected a name in '{ }'");
    return errorExpr();
  }
  Parser parser(inside, diagnostics);
  parser.depth = depth;
  parser.endName = "the '}' of the string";
  ExprPtr expr = parser.parseExpr();
  if (!parser.panic && !parser.token.is(TokenKind::End))
    parser.expected("'}'");
  panic |= parser.panic;
  return expr;
}

} // namespace weft
