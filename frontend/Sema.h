// Checks a description in one walk that evaluates it: names, scopes, constants, blocks as macros, stacks. Tensors are built into the
// IR on the way (IRGen); what is wrong becomes an Error value, which nobody reports again.
//
// One file a concern: SemaFiles (files, imports, -D), SemaStatements, SemaStacks, SemaGenerate, SemaExpressions, SemaConsts (strings, config),
// SemaCalls (blocks), SemaArguments (built-in operations).
#ifndef WEFT_FRONTEND_SEMA_H
#define WEFT_FRONTEND_SEMA_H

#include "Config.h"
#include "Frontend.h"
#include "IRGen.h"
#include "Scopes.h"
#include "StackCheck.h"

namespace weft {

/// The statements that are being walked: of a file, a model, a block's expansion or a stack.
struct Frame {
  enum Kind { File, Model, Block, Stack } kind = File;
  Scope *scope = nullptr;
  /// Where weights are read: scopes joined with '.', layerMark for the layer number.
  std::string weightScope;
  /// What a block returned.
  std::optional<Value> returned;
  /// The last value of a stack's stream that was no error, of the type that a layer must give back.
  mlir::Value lastStream;
};

/// The evaluated arguments of a call.
struct Args {
  std::vector<Value> positional;
  std::vector<std::pair<ast::Ident, Value>> named;
  std::vector<SourceRange> ranges; // positional ones first
};

class Sema {
public:
  Sema(mlir::MLIRContext &context, SourceManager &sources, Diagnostics &diagnostics, const FrontendOptions &options);
  mlir::OwningOpRef<mlir::ModuleOp> run(llvm::StringRef path, const Config *config);

private:
  struct LoadedFile {
    ast::FilePtr tree;
    std::unique_ptr<Scope> scope;
    bool loading = true;
  };

  // Files (SemaFiles.cpp)
  LoadedFile *load(llvm::StringRef path, SourceRange importedAt);
  void walkFile(LoadedFile &file);
  void importFile(const ast::ImportStmt &stmt, LoadedFile &importer);
  std::string findImport(const ast::ImportStmt &stmt);
  const ast::ModelStmt *findModel(const LoadedFile &file);
  void checkDefines();
  void checkUncalledBlocks(const ast::Body &body, Scope &scope);

  // Statements (SemaStatements.cpp)
  void walkModel(const ast::ModelStmt &stmt, Scope &fileScope);
  void warnOfUnknownDims(const Scope &scope);
  void declareBlocks(const ast::Body &body, Scope &scope);
  /// True if a block returned.
  bool walkBody(const ast::Body &body, Frame &frame);
  bool walkStatement(const ast::Stmt &stmt, Frame &frame);
  void walkConst(const ast::ConstStmt &stmt, Frame &frame);
  void walkDim(const ast::DimStmt &stmt, Frame &frame);
  void walkInput(const ast::InputStmt &stmt, Frame &frame);
  void walkWeight(const ast::WeightStmt &stmt, Frame &frame);
  void walkLet(const ast::LetStmt &stmt, Frame &frame);
  void walkAssign(const ast::AssignStmt &stmt, Frame &frame);
  void walkOutput(const ast::OutputStmt &stmt, Frame &frame);
  void walkPrefix(const ast::PrefixStmt &stmt, Frame &frame);
  bool walkIf(const ast::IfStmt &stmt, Frame &frame);
  void walkRequire(const ast::RequireStmt &stmt, Frame &frame);
  bool walkReturn(const ast::ReturnStmt &stmt, Frame &frame);
  bool declare(const ast::Ident &name, Value value, Frame &frame);
  bool checkFree(const ast::Ident &name, const Scope &scope);
  Value checkDeclared(const ast::LetName &name, Value value, Frame &frame);
  std::optional<NamedTensorType> evalType(const ast::TypeExpr &type, Frame &frame, bool isWeight = false);

  // Stacks (SemaStacks.cpp)
  void walkStack(const ast::StackStmt &stmt, Frame &frame);
  std::optional<int64_t> stackLayers(const ast::StackStmt &stmt, Frame &frame);
  void bindMemories(const ast::StackStmt &stmt, llvm::ArrayRef<Value> values, Frame &body);
  mlir::Value nextStream(const ast::StackStmt &stmt, Frame &body, const Value &start);

  // generate (SemaGenerate.cpp)
  void walkGenerate(const ast::GenerateStmt &stmt, Frame &frame);
  bool readOption(const ast::Argument &option, const Value &value, GenerateOptions &into);
  std::optional<llvm::SmallVector<int64_t>> tokensOf(const Value &value, SourceRange range, llvm::StringRef name, int64_t least);
  bool checkGenerated(const ast::GenerateStmt &stmt, Frame &frame);
  bool checkOptions(const ast::GenerateStmt &stmt, const GenerateOptions &options, SourceRange limitRange);

  // Expressions (SemaExpressions.cpp)
  /// Evaluates; `name` is what a `let` calls it.
  Value eval(const ast::Expr &expr, Frame &frame, llvm::StringRef name = {});
  /// Evaluates to one value: several at once are an error.
  Value evalOne(const ast::Expr &expr, Frame &frame, llvm::StringRef name = {});
  Value evalName(const ast::NameExpr &expr, Frame &frame);
  Value evalList(const ast::ListExpr &expr, Frame &frame);
  Value evalIndex(const ast::IndexExpr &expr, Frame &frame, llvm::StringRef name);
  Value evalUnary(const ast::UnaryExpr &expr, Frame &frame, llvm::StringRef name);
  Value evalBinary(const ast::BinaryExpr &expr, Frame &frame, llvm::StringRef name);
  Value applyToDims(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs);
  Value reportUnknown(llvm::StringRef name, SourceRange range, Frame &frame);
  std::string placeName(const Frame &frame, llvm::StringRef name) const;
  bool spend(SourceRange range);

  // Constants (SemaConsts.cpp)
  Value evalConfig(const ast::CallExpr &expr, Frame &frame);
  Value configValue(llvm::StringRef path, const Value *fallback, const ast::CallExpr &expr);
  /// " in 'config.json'" for a config(...) whose key is there, else "".
  std::string configPlace(const ast::Expr &expr, Frame &frame);
  Value fromJson(const llvm::json::Value &json, SourceRange range);
  /// The text of a string; layer numbers stand as layerMark where `mayUseLayer`.
  std::optional<std::string> evalString(const ast::StringExpr &expr, Frame &frame, bool mayUseLayer);
  std::optional<int64_t> evalInteger(const ast::Expr &expr, Frame &frame, llvm::StringRef what);
  std::vector<Note> originOf(const Value &value, SourceRange range) const;
  bool isBlamed(const Value &value, SourceRange range);
  /// -1 to maxSize, as a count of anything is.
  std::optional<int64_t> checkInteger(const Value &value, SourceRange range, llvm::StringRef what, int64_t least);
  /// The -D of a const that is declared in a file or a model.
  const Const *findDefine(llvm::StringRef name, const Frame &frame);

  // Calls (SemaCalls.cpp)
  Value evalCall(const ast::CallExpr &expr, Frame &frame, llvm::StringRef name);
  Args evalArgs(const ast::CallExpr &expr, Frame &frame);
  Value callBlock(const ast::CallExpr &expr, const Symbol &symbol, Args args, std::string weightScope);
  Value expand(const ast::BlockStmt &block, Frame &frame, SourceRange range);
  bool bindParams(const ast::CallExpr &expr, const ast::BlockStmt &block, Args args, Frame &body);
  Value callBuiltin(const ast::CallExpr &expr, llvm::ArrayRef<Builtin> forms, Args args, const std::string &weightScope,
                    mlir::Location loc);

  // Arguments of built-in operations (SemaArguments.cpp)
  std::optional<std::string> misfit(const Builtin &form, const ast::CallExpr &expr, SourceRange &range) const;
  std::optional<BoundCall> bind(const ast::CallExpr &expr, llvm::ArrayRef<Builtin> forms, Args args, std::string weightScope,
                                mlir::Location loc);
  bool spread(BoundCall &call, const ast::CallExpr &expr, Args args);
  std::optional<Value> coerce(const Param &param, Value value, SourceRange range, llvm::StringRef callee);
  std::optional<Value> coerceTensor(const Param &param, Value value, SourceRange range, const std::string &what);
  std::optional<Value> coerceInteger(const Param &param, Value value, SourceRange range, const std::string &what);
  std::optional<Value> coerceList(const Param &param, Value value, SourceRange range, const std::string &what);
  std::optional<Value> coerceMask(const Param &param, Value value, SourceRange range, const std::string &what);

  mlir::MLIRContext &context;
  SourceManager &sources;
  Reporter reporter;
  const FrontendOptions &options;
  Builtins builtins;
  const Config *config = nullptr;
  std::unique_ptr<IRGen> gen;

  std::vector<std::pair<std::string, std::unique_ptr<LoadedFile>>> files; // by real path
  struct Define {
    std::string name;
    Const value;
    bool used = false;
  };
  std::vector<Define> defines;
  /// Some declaration could not be read, so unknown names are no errors of their own.
  bool namesUnknown = false;
  /// Model-level names by where they are declared, for names used too early, and names bound in some branches only.
  llvm::StringMap<SourceRange> laterNames, branchNames;
  std::set<const ast::BlockStmt *> calledBlocks;
  using Place = std::pair<const SourceFile *, uint32_t>;
  /// Where consts get their value from: " in 'config.json'" or "".
  std::map<Place, std::string> configured;
  /// Numbers that have been reported where they were used first.
  std::set<Place> blamed;
  llvm::StringMap<std::pair<SourceRange, mlir::Value>> inputs, outputs;
  const ast::GenerateStmt *generate = nullptr;
  std::vector<DecoderHeader> decoders;
  Generation generation;
  uint64_t spent = 0;
  bool hasPrefix = false, hasOutput = false;
  /// An input's type is an error, so nothing is known of the dims that it names.
  bool hasUntypedInput = false;
  /// A requirement does not hold.
  bool unmet = false;
};

} // namespace weft

#endif // WEFT_FRONTEND_SEMA_H
