// Names and what they stand for: files, models, blocks and stacks, and the branches of an `if`.
//
// Parameters and names inside a block or stack may hide the model's names, nothing else may hide anything.
#ifndef WEFT_FRONTEND_SCOPES_H
#define WEFT_FRONTEND_SCOPES_H

#include "Values.h"

#include "llvm/ADT/StringMap.h"

namespace weft {

class Scope;

/// A declared name: a value, or a block with the scope that its body sees.
struct Symbol {
  Value value;
  SourceRange declared;
  const ast::BlockStmt *block = nullptr;
  const Scope *definedIn = nullptr;
  /// The stream of a stack: the only name that can be rebound.
  bool isStream = false;
};

class Scope {
public:
  enum Kind { File, Model, Body, Branch };
  Scope(Kind kind, Scope *parent) : kind(kind), parent(parent) {}

  Kind getKind() const { return kind; }
  Scope *getParent() const { return parent; }
  /// The nearest declaration of a name, or null.
  const Symbol *find(llvm::StringRef name) const;
  Symbol *find(llvm::StringRef name) { return const_cast<Symbol *>(std::as_const(*this).find(name)); }
  /// The declaration that a new `name` here would collide with, or null.
  const Symbol *findConflict(llvm::StringRef name) const;
  void declare(llvm::StringRef name, Symbol symbol) { symbols[name] = std::move(symbol); }
  /// All visible names that `wanted` admits.
  std::vector<llvm::StringRef> collect(llvm::function_ref<bool(const Symbol &)> wanted) const;
  const llvm::StringMap<Symbol> &getSymbols() const { return symbols; }

private:
  Kind kind;
  Scope *parent;
  llvm::StringMap<Symbol> symbols;
};

} // namespace weft

#endif // WEFT_FRONTEND_SCOPES_H
