// The syntax tree of a .weft file, as written: nothing is resolved, typed or checked here.
//
// LLVM-style kinds with classof, owned by unique_ptr. Every node has its source range; names are StringRefs into the source text, so
// the SourceManager outlives the tree. The tree's height is bounded by the parser (maxNestingDepth), so recursion over it is safe.
// What failed to parse stays in the tree as ErrorExpr or ErrorStmt: a checker treats both as "already reported".
#ifndef WEFT_FRONTEND_AST_H
#define WEFT_FRONTEND_AST_H

#include "Source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Casting.h"

#include <optional>

namespace llvm {
class raw_ostream;
}

namespace weft::ast {

/// A name at its place; `text` points into the source.
struct Ident {
  llvm::StringRef text;
  SourceRange range;
};

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

enum class ExprKind { Error, Number, Bool, String, Name, List, Call, Index, Unary, Binary };

struct Expr {
  const ExprKind kind;
  /// With the parentheses around it, if any.
  SourceRange range;
  /// Height of the tree below, at most maxNestingDepth.
  unsigned height = 1;

  virtual ~Expr() = default;

protected:
  Expr(ExprKind kind, SourceRange range) : kind(kind), range(range) {}
};
using ExprPtr = std::unique_ptr<Expr>;

/// An expression with a syntax error, already reported. `part`: what could be made out of it, with errors of its own perhaps; or null.
struct ErrorExpr : Expr {
  ExprPtr part;
  explicit ErrorExpr(SourceRange range, ExprPtr part = nullptr) : Expr(ExprKind::Error, range), part(std::move(part)) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Error; }
};

/// `12`, `1e-5`. Never negative: `-1` is a Unary.
struct NumberExpr : Expr {
  bool isInteger = false;
  int64_t integer = 0; ///< if isInteger
  double real = 0;     ///< also set if isInteger
  explicit NumberExpr(SourceRange range) : Expr(ExprKind::Number, range) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Number; }
};

struct BoolExpr : Expr {
  bool value;
  BoolExpr(SourceRange range, bool value) : Expr(ExprKind::Bool, range), value(value) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Bool; }
};

/// A piece of a string: text with escapes resolved, or (if `expr` is set) an interpolated `{expr}`.
struct StringPart {
  std::string text;
  ExprPtr expr;
};

/// `"layers.{i}.attn"`. A string without interpolation has at most one part.
struct StringExpr : Expr {
  std::vector<StringPart> parts;
  explicit StringExpr(SourceRange range) : Expr(ExprKind::String, range) {}
  /// The text if nothing is interpolated.
  std::optional<llvm::StringRef> getPlain() const {
    if (parts.empty())
      return llvm::StringRef("");
    if (parts.size() == 1 && !parts[0].expr)
      return llvm::StringRef(parts[0].text);
    return std::nullopt;
  }
  static bool classof(const Expr *e) { return e->kind == ExprKind::String; }
};
using StringExprPtr = std::unique_ptr<StringExpr>;

/// A name: a const, dim, input, weight, let, parameter, stack, layer number, or a mask word (`none`, `causal`).
struct NameExpr : Expr {
  llvm::StringRef name;
  NameExpr(SourceRange range, llvm::StringRef name) : Expr(ExprKind::Name, range), name(name) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Name; }
};

/// `[batch, -1, d]`
struct ListExpr : Expr {
  std::vector<ExprPtr> elements;
  explicit ListExpr(SourceRange range) : Expr(ExprKind::List, range) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::List; }
};

/// An argument of a call or an option of `generate`: positional without a name, else `name = value`. Positional ones come first
/// (the parser checks that).
struct Argument {
  std::optional<Ident> name;
  ExprPtr value;
  SourceRange range;
};

/// `callee(args)`, `callee(args) @ "scope"`: a built-in, a block, `config(...)`, or a cast (`f32(x)`, `i32(x)`).
struct CallExpr : Expr {
  Ident callee;
  std::vector<Argument> args;
  /// The weight scope, or null. `range` includes it.
  StringExprPtr scope;
  CallExpr(SourceRange range, Ident callee) : Expr(ExprKind::Call, range), callee(callee) {}
  /// The range without the scope.
  SourceRange callRange;
  static bool classof(const Expr *e) { return e->kind == ExprKind::Call; }
};

/// One subscript: `e` (drops the dimension), `lo:hi` (either may be null), or `...`.
struct Subscript {
  enum Kind { Single, Slice, Ellipsis } kind = Single;
  ExprPtr lo; ///< the index of Single; the start of Slice or null
  ExprPtr hi; ///< the end of Slice or null
  SourceRange range;
};

/// `x[:, 0]`, `x[..., -1]`
struct IndexExpr : Expr {
  ExprPtr base;
  std::vector<Subscript> subscripts;
  IndexExpr(SourceRange range, ExprPtr base) : Expr(ExprKind::Index, range), base(std::move(base)) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Index; }
};

enum class UnaryOp { Neg, Not };
llvm::StringRef unaryOpText(UnaryOp op);

struct UnaryExpr : Expr {
  UnaryOp op;
  ExprPtr operand;
  UnaryExpr(SourceRange range, UnaryOp op, ExprPtr operand)
      : Expr(ExprKind::Unary, range), op(op), operand(std::move(operand)) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Unary; }
};

/// From loosest to tightest: or; and; (not); &; comparisons; + -; * /. `And` and `Or` are const only; `MaskAnd` is `&`.
enum class BinaryOp { Or, And, MaskAnd, Eq, Ne, Lt, Le, Gt, Ge, Add, Sub, Mul, Div };
llvm::StringRef binaryOpText(BinaryOp op);

struct BinaryExpr : Expr {
  BinaryOp op;
  SourceRange opRange;
  ExprPtr lhs, rhs;
  BinaryExpr(BinaryOp op, SourceRange opRange, ExprPtr lhs, ExprPtr rhs)
      : Expr(ExprKind::Binary, lhs->range.to(rhs->range)), op(op), opRange(opRange), lhs(std::move(lhs)), rhs(std::move(rhs)) {}
  static bool classof(const Expr *e) { return e->kind == ExprKind::Binary; }
};

//===----------------------------------------------------------------------===//
// Types
//===----------------------------------------------------------------------===//

enum class ElementType { F32, I32, Bool };
llvm::StringRef elementTypeText(ElementType type);

/// `f32[batch, 2 * d]`; no dims is a scalar, `f32[]`.
struct TypeExpr {
  ElementType element = ElementType::F32;
  std::vector<ExprPtr> dims;
  SourceRange range;
};
using TypePtr = std::unique_ptr<TypeExpr>;

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

enum class StmtKind {
  Error, Import, Model, Block, Const, Prefix, Dim, Input, Weight, Let, Assign, Stack, Output, Generate, If, Require, Return
};

struct Stmt {
  const StmtKind kind;
  SourceRange range;
  /// Lines of the `///` comments before it, joined by '\n', without the slashes and the space after them.
  std::string doc;

  virtual ~Stmt() = default;

protected:
  Stmt(StmtKind kind, SourceRange range) : kind(kind), range(range) {}
};
using StmtPtr = std::unique_ptr<Stmt>;
using Body = std::vector<StmtPtr>;

/// A statement that could not be made out, already reported. It may have declared any name: after one, a checker keeps quiet about
/// unknown names (File::declarationsUnknown).
struct ErrorStmt : Stmt {
  explicit ErrorStmt(SourceRange range) : Stmt(StmtKind::Error, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Error; }
};

/// `import "file.weft"`, at the top level only. The path has no interpolation.
struct ImportStmt : Stmt {
  std::string path;
  SourceRange pathRange;
  explicit ImportStmt(SourceRange range) : Stmt(StmtKind::Import, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Import; }
};

/// `model name { ... }`, at the top level only.
struct ModelStmt : Stmt {
  Ident name;
  Body body;
  ModelStmt(SourceRange range, Ident name) : Stmt(StmtKind::Model, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Model; }
};

/// A parameter of a block (`value`: its default or null), or a binding of a stack's header (`value` null: `memory`, short for
/// `memory = memory`).
struct Parameter {
  Ident name;
  ExprPtr value;
  SourceRange range;
};

/// `block f(a, b = 1) { ... }`, at the top level or in a model.
struct BlockStmt : Stmt {
  Ident name;
  std::vector<Parameter> params;
  Body body;
  BlockStmt(SourceRange range, Ident name) : Stmt(StmtKind::Block, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Block; }
};

/// `const n = e`, anywhere.
struct ConstStmt : Stmt {
  Ident name;
  ExprPtr value;
  ConstStmt(SourceRange range, Ident name) : Stmt(StmtKind::Const, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Const; }
};

/// `prefix "bert.", ""`, in a model.
struct PrefixStmt : Stmt {
  std::vector<StringExprPtr> prefixes;
  explicit PrefixStmt(SourceRange range) : Stmt(StmtKind::Prefix, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Prefix; }
};

/// `dim a, b in lo..hi`, in a model. Both bounds are included.
struct DimStmt : Stmt {
  std::vector<Ident> names;
  ExprPtr lo, hi;
  explicit DimStmt(SourceRange range) : Stmt(StmtKind::Dim, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Dim; }
};

/// `input x : type`, in a model. `type` is null after a syntax error.
struct InputStmt : Stmt {
  Ident name;
  TypePtr type;
  InputStmt(SourceRange range, Ident name) : Stmt(StmtKind::Input, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Input; }
};

/// `weight w : type @ "path"`, in a model, block or stack. `type` and `path` are null after a syntax error.
struct WeightStmt : Stmt {
  Ident name;
  TypePtr type;
  StringExprPtr path;
  WeightStmt(SourceRange range, Ident name) : Stmt(StmtKind::Weight, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Weight; }
};

/// One name of a `let`, with its type or null.
struct LetName {
  Ident name;
  TypePtr type;
};

/// `let a, b = e`, `let x : type = e`, `let a : type, b : type = e`, in a model, block or stack.
struct LetStmt : Stmt {
  std::vector<LetName> names;
  ExprPtr value;
  explicit LetStmt(SourceRange range) : Stmt(StmtKind::Let, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Let; }
};

/// `x = e`: rebinds the stream of a stack. The parser accepts it in every body.
struct AssignStmt : Stmt {
  Ident name;
  ExprPtr value;
  AssignStmt(SourceRange range, Ident name) : Stmt(StmtKind::Assign, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Assign; }
};

/// `encoder memory(x = e, y) repeat n as i @ "path" { ... }`, in a model. The first binding is the stream.
struct StackStmt : Stmt {
  bool isDecoder = false;
  Ident name;
  std::vector<Parameter> bindings; ///< at least one, unless there was a syntax error
  ExprPtr count;
  std::optional<Ident> index; ///< the `i` of `as i`
  StringExprPtr scope;        ///< or null
  Body body;
  /// From the keyword to the scope, without the body: for diagnostics.
  SourceRange headerRange;
  StackStmt(SourceRange range, Ident name) : Stmt(StmtKind::Stack, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Stack; }
};

/// `output y = e`, in a model.
struct OutputStmt : Stmt {
  Ident name;
  ExprPtr value;
  OutputStmt(SourceRange range, Ident name) : Stmt(StmtKind::Output, range), name(name) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Output; }
};

/// `generate target from logits { start = e, stop = e, limit = e }`, in a model. Options all have names.
struct GenerateStmt : Stmt {
  Ident input, output;
  std::vector<Argument> options;
  GenerateStmt(SourceRange range) : Stmt(StmtKind::Generate, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Generate; }
};

/// `if c { } else { }`, in a model, block or stack, with the statements of its place. `else if` is an If as the only statement of
/// elseBody.
struct IfStmt : Stmt {
  ExprPtr condition;
  Body thenBody, elseBody;
  bool hasElse = false;
  explicit IfStmt(SourceRange range) : Stmt(StmtKind::If, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::If; }
};

/// `require c`, `require c, "what it means"`, in a model, block or stack.
struct RequireStmt : Stmt {
  ExprPtr condition;
  StringExprPtr message; ///< or null
  explicit RequireStmt(SourceRange range) : Stmt(StmtKind::Require, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Require; }
};

/// `return e, g`, in a block.
struct ReturnStmt : Stmt {
  std::vector<ExprPtr> values;
  explicit ReturnStmt(SourceRange range) : Stmt(StmtKind::Return, range) {}
  static bool classof(const Stmt *s) { return s->kind == StmtKind::Return; }
};

/// One parsed file: imports, consts, blocks and models.
struct File {
  const SourceFile *source = nullptr;
  Body items;
  /// Some statement could not be made out, so unknown names are no errors of their own.
  bool declarationsUnknown = false;
};
using FilePtr = std::unique_ptr<File>;

/// Prints the tree, one node a line, indented, with line:column of each (`--emit=ast`).
void print(const File &file, llvm::raw_ostream &os);
/// Prints an expression on one line with all parentheses that its structure needs, for messages and tests.
void print(const Expr &expr, llvm::raw_ostream &os);

} // namespace weft::ast

#endif // WEFT_FRONTEND_AST_H
