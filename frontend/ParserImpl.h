// The parser's class, shared by Parser.cpp (files, bodies, errors), ParseStatement.cpp and ParseExpr.cpp. The grammar is in Parser.h.
//
// The first error of a statement is reported and puts the parser in panic; from there everything returns quickly and quietly
// until `recover` has skipped the rest of the statement.
#ifndef WEFT_FRONTEND_PARSERIMPL_H
#define WEFT_FRONTEND_PARSERIMPL_H

#include "Lexer.h"
#include "Parser.h"

#include "llvm/ADT/STLFunctionalExtras.h"
#include "llvm/ADT/SmallVector.h"

namespace weft {

/// Where a statement stands.
enum class Place { TopLevel, Model, Block, Stack };

class Parser {
public:
  Parser(SourceRange range, Diagnostics &diagnostics);
  ast::FilePtr parseFile();

private:
  // Statements.
  ast::StmtPtr parseStatement(Place place);
  ast::StmtPtr parseStatementKind(Place place);
  ast::StmtPtr parseImport();
  ast::StmtPtr parseModel();
  ast::StmtPtr parseBlock();
  ast::StmtPtr parseConst();
  ast::StmtPtr parsePrefix();
  ast::StmtPtr parseRequire();
  ast::StmtPtr parseDim();
  ast::StmtPtr parseInput();
  ast::StmtPtr parseWeight();
  ast::StmtPtr parseLet();
  ast::StmtPtr parseStack();
  ast::StmtPtr parseOutput();
  ast::StmtPtr parseGenerate();
  ast::StmtPtr parseIf(Place place);
  ast::StmtPtr parseReturn();
  ast::StmtPtr parseAssign();
  ast::StmtPtr parseUnknown(Place place);
  ast::Parameter parseParameter();
  ast::Body parseBody(Place place);
  ast::TypePtr parseType();
  bool checkPlace(const Token &keyword, Place place);

  // Expressions.
  ast::ExprPtr parseValue();
  ast::ExprPtr parseExpr(unsigned minLevel = 0);
  ast::ExprPtr parseNot();
  ast::ExprPtr parseUnary();
  ast::ExprPtr parsePostfix();
  ast::ExprPtr parsePrimary();
  ast::ExprPtr parseNumber();
  ast::ExprPtr parseList();
  ast::ExprPtr parseCall();
  ast::ExprPtr parseIndex(ast::ExprPtr base);
  ast::Subscript parseSubscript();
  ast::Argument parseArgument();
  std::vector<ast::Argument> parseArguments(TokenKind open, TokenKind close);
  ast::StringExprPtr parseString(llvm::StringRef what = "a string");
  bool decodeString(SourceRange inside, ast::StringExpr &string);
  ast::ExprPtr parseInterpolation(SourceRange inside);
  ast::ExprPtr makeBinary(ast::BinaryOp op, SourceRange opRange, ast::ExprPtr lhs, ast::ExprPtr rhs);
  template <typename T> ast::ExprPtr withHeight(std::unique_ptr<T> expr, unsigned below);
  ast::ExprPtr errorExpr() { return std::make_unique<ast::ErrorExpr>(token.range); }
  bool enterLevel();

  // Tokens.
  void advance();
  /// The current token is `kind` and belongs to this statement.
  bool at(TokenKind kind) const { return token.kind == kind && !atStatementEnd(); }
  bool consume(TokenKind kind);
  bool expect(TokenKind kind);
  bool expectWord(llvm::StringRef word);
  ast::Ident expectName(llvm::StringRef what);
  /// A statement ends with its line, except inside brackets.
  bool atStatementEnd() const { return open.empty() && token.startsLine && statementBegun; }
  SourceRange since(SourceRange start) const { return previous.end < start.end ? start : start.to(previous); }
  /// `open [item {"," item} [","]] close`, over lines.
  void parseBracketed(TokenKind opening, TokenKind closing, llvm::function_ref<void()> item);
  /// `item {"," item}`
  void parseCommaList(llvm::function_ref<void()> item);

  // Errors and recovery.
  /// Reports unless the statement has its error already. Always false.
  bool error(SourceRange range, const llvm::Twine &message, Note note = {});
  /// "expected X, found Y" at the current token, or "... before the end of the line". Always false.
  bool expected(const llvm::Twine &what, Note note = {});
  void expectStatementEnd();
  void recover();
  bool findBody();
  void skipBraces();
  void reportUnclosedBody(SourceRange brace);
  void checkErrorLimit();

  const SourceFile &source;
  Diagnostics &diagnostics;
  Lexer lexer;
  Token token, next;
  SourceRange previous;
  /// The brackets of the current statement that are open, with their places; bodies' braces are not among them.
  llvm::SmallVector<std::pair<TokenKind, SourceRange>> open;
  unsigned depth = 0;
  bool statementBegun = false;
  bool panic = false;
  bool stopped = false;
  /// In a stack's header: an `@` outside brackets belongs to the stack.
  bool scopeIsStacks = false;
  /// Where a missing '}' has been reported, or an end that an error has swallowed.
  SourceRange unclosedReportedAt;
  llvm::StringRef endName = "the end of the file";
  bool declarationsUnknown = false;
};

} // namespace weft

#endif // WEFT_FRONTEND_PARSERIMPL_H
