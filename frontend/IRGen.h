// Builds the weft dialect while a description is checked: one method a built-in operation (the table is Builtins.def), the weights
// and run-time checks of the model, and the locations of everything.
//
// Types come from ir/Shapes.h; what it refuses becomes an error at the call. `attention(...)` becomes the pieces that one would write
// by hand, so that both ways meet in the passes. Errors give a null value (or Value::error()); callers keep quiet then.
#ifndef WEFT_FRONTEND_IRGEN_H
#define WEFT_FRONTEND_IRGEN_H

#include "Builtins.h"
#include "Reporter.h"

#include "llvm/ADT/StringMap.h"

namespace weft {

/// Stands for the layer number in weight paths while they are built.
constexpr char layerMark = '\x01';

/// The options of `generate`.
struct GenerateOptions {
  std::optional<int64_t> start, limit;
  llvm::SmallVector<int64_t> stop, suppress, suppressFirst; ///< tokens that end, are never chosen, are never chosen first
};

class IRGen {
public:
  IRGen(mlir::MLIRContext &context, Reporter &reporter) : builder(&context), reporter(reporter) {}

  //===-- The model (IRGenModel.cpp) --------------------------------------------------------------------------------------===//

  void beginModel(const ast::ModelStmt &stmt);
  void addDim(const ast::DimStmt &stmt, const ast::Ident &name, int64_t lower, int64_t upper);
  /// Null if the input's elements don't fit the address space.
  mlir::Value addInput(const ast::InputStmt &stmt, NamedTensorType type);
  void addOutput(const ast::OutputStmt &stmt, mlir::Value value);
  void addGenerate(const ast::GenerateStmt &stmt, const GenerateOptions &options);
  void setPrefixes(llvm::ArrayRef<std::string> prefixes);
  /// Ends the graph and returns the module.
  mlir::OwningOpRef<mlir::ModuleOp> finish();
  GraphOp getGraph() { return graph; }
  /// For what must be checked but not built: a model of its own that knows the same dimensions.
  std::unique_ptr<IRGen> makeScratch();

  //===-- Stacks ----------------------------------------------------------------------------------------------------------===//

  /// Opens the stack's body and returns the stream in it; the builder stays there until endStack.
  mlir::Value beginStack(const ast::StackStmt &stmt, mlir::Value start, int64_t layers);
  /// Ends the body with the stream's next value and returns the stack's result (its start for 0 layers).
  mlir::Value endStack(mlir::Value next);
  bool inStack() const { return stack != nullptr; }

  //===-- Weights ---------------------------------------------------------------------------------------------------------===//

  /// Reads a weight here. `path` may hold layerMark. Null after an error.
  mlir::Value readWeight(llvm::StringRef path, NamedTensorType type, SourceRange range, mlir::Location loc);
  /// Reads `leaf` at a call's scope.
  mlir::Value readWeight(const BoundCall &call, llvm::StringRef leaf, llvm::ArrayRef<DimExpr> dims);

  //===-- Places ----------------------------------------------------------------------------------------------------------===//

  /// The place of an op under a readable name such as "self_attn.q_proj".
  mlir::Location locate(SourceRange range, const llvm::Twine &name);
  void enterCall(const ast::BlockStmt &block, SourceRange range);
  void leaveCall();

  //===-- Checks ----------------------------------------------------------------------------------------------------------===//

  /// Whether the type has few enough dimensions and elements; reports what is wrong at `range`.
  bool checkType(NamedTensorType type, SourceRange range);
  /// Whether a dimension expression is small enough to compute with; reports at `range`.
  bool checkDim(const DimExpr &dim, SourceRange range);
  /// The largest (or smallest) value that the dimensions' bounds allow; infinite where a divisor may be 0.
  double bound(const DimExpr &dim, bool upper) const;
  /// Adds a run-time check that every element of `x` lies in lower..upper, right behind `x` and once.
  void addRunTimeCheck(mlir::Value x, const DimExpr &lower, const DimExpr &upper, llvm::StringRef what);
  /// A run-time check that `dim` is at least `least`, unless the bounds say so already.
  void requireAtLeast(const DimExpr &dim, int64_t least, SourceRange range);

  //===-- Operators -------------------------------------------------------------------------------------------------------===//

  /// + - * / and the comparisons on what is no pair of constants.
  Value binary(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs);
  Value negate(const ast::UnaryExpr &expr, const Value &operand);
  Value index(const ast::IndexExpr &expr, const Value &base, llvm::ArrayRef<struct IndexPart> parts);
  /// The tensor of a mask for scores of this shape.
  mlir::Value materialize(const Mask &mask, const ScoreShape &scores, SourceRange range);
  mlir::Value scalar(double value, mlir::Type element, mlir::Location loc);

  //===-- Built-in operations ---------------------------------------------------------------------------------------------===//

#define WEFT_DECLARE(method) Value method(const BoundCall &call);
  WEFT_DECLARE(linear) WEFT_DECLARE(matmul) WEFT_DECLARE(conv1d) WEFT_DECLARE(conv2d)
  WEFT_DECLARE(embedding) WEFT_DECLARE(lookup) WEFT_DECLARE(take) WEFT_DECLARE(last)
  WEFT_DECLARE(positions) WEFT_DECLARE(sinusoidal) WEFT_DECLARE(rope)
  WEFT_DECLARE(attention) WEFT_DECLARE(splitHeads) WEFT_DECLARE(mergeHeads) WEFT_DECLARE(repeatHeads)
  WEFT_DECLARE(masked) WEFT_DECLARE(softmax) WEFT_DECLARE(causal) WEFT_DECLARE(padding)
  WEFT_DECLARE(window) WEFT_DECLARE(windowBetween) WEFT_DECLARE(relativeBias) WEFT_DECLARE(alibi)
  WEFT_DECLARE(layerNorm) WEFT_DECLARE(rmsNorm) WEFT_DECLARE(l2Normalize)
  WEFT_DECLARE(unary) WEFT_DECLARE(activation) WEFT_DECLARE(where) WEFT_DECLARE(castToF32) WEFT_DECLARE(castToI32)
  WEFT_DECLARE(reshape) WEFT_DECLARE(broadcast) WEFT_DECLARE(transposeLast) WEFT_DECLARE(transpose)
  WEFT_DECLARE(flatten) WEFT_DECLARE(concat) WEFT_DECLARE(split) WEFT_DECLARE(interleave)
  WEFT_DECLARE(reduce) WEFT_DECLARE(meanPool)
#undef WEFT_DECLARE

private:
  struct WeightEntry {
    WeightOp op;
    SourceRange range;
  };
  struct AttentionParts;

  /// Whether `type` was inferred and may be built; else reports `why` at the call with a note for each tensor.
  bool admit(const Inferred &type, llvm::StringRef why, const BoundCall &call);
  bool admit(const Inferred &type, llvm::StringRef why, SourceRange range, llvm::ArrayRef<const Value *> operands);
  void reportShape(llvm::StringRef why, SourceRange range, llvm::ArrayRef<const Value *> operands);
  /// The width of the last dimension, which a weight needs as a number.
  std::optional<int64_t> staticWidth(const BoundCall &call, unsigned arg);
  std::string makeSymbol(llvm::StringRef path);
  DimExpr constant(int64_t size) const { return DimExpr(size); }
  NamedTensorType f32Type(llvm::ArrayRef<DimExpr> dims);

  Value conv(const BoundCall &call, llvm::ArrayRef<int64_t> kernel, llvm::ArrayRef<ConvAxis> axes);
  mlir::Value lookupRows(const BoundCall &call, mlir::Value table, mlir::Value ids);
  Value applyUnary(Activation function, const Value &x, SourceRange range, mlir::Location loc);
  Value castTo(const BoundCall &call, mlir::Type element);
  mlir::Value joined(const BoundCall &call, Inferred (*infer)(llvm::ArrayRef<NamedTensorType>, int64_t, std::string &), bool concat);
  Value windowMask(const BoundCall &call, int64_t before, int64_t after);

  /// The place of a piece of an operation: `self_attn.scores`.
  mlir::Location pieceOf(const BoundCall &call, llvm::StringRef piece);
  mlir::Value scaledScores(const AttentionParts &parts);
  mlir::Value weighted(const AttentionParts &parts, mlir::Value scores);
  mlir::Value materializePart(const MaskPart &part, const ScoreShape &scores, SourceRange range);
  mlir::Value biasTensor(const Value &bias, const ScoreShape &scores, SourceRange range);

  Value compare(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs);
  Value joinMasks(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs);
  Value deferBinary(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs);
  Value deferUnary(Activation function, const Value &x, SourceRange range, mlir::Location loc);
  mlir::Value arithmetic(ast::BinaryOp op, mlir::Value lhs, mlir::Value rhs, mlir::Location loc, std::string &why);
  Value refuse(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs);
  /// An operand as a tensor: tensors, constants of an element type, and tables and biases beside `other`. Null: nothing fits, or
  /// an error is reported.
  mlir::Value asTensor(const Value &value, const Value &other, mlir::Type element, SourceRange range);
  mlir::Value sliceTo(mlir::Value x, int64_t axis, const DimExpr &start, const DimExpr &size, SourceRange range);

public:
  mlir::OpBuilder builder;
  Reporter &reporter;
  /// The names for locations: the scope and the `let` that are being evaluated.
  std::string nameHint;

private:
  mlir::OwningOpRef<mlir::ModuleOp> module;
  ModelOp model;
  GraphOp graph;
  mlir::Operation *stack = nullptr;
  bool isScratch = false;
  std::vector<std::string> inputNames, inputDocs, outputNames, outputDocs;
  std::vector<mlir::Value> outputs;
  std::vector<mlir::Location> outputLocs;
  llvm::StringMap<WeightEntry> weights; // by path
  std::set<std::string> symbols;
  llvm::StringMap<std::pair<int64_t, int64_t>> dims;
  llvm::DenseSet<mlir::Type> admitted; // by checkType
  std::vector<std::optional<mlir::Location>> callSites;
};

/// One subscript, evaluated: an index, or a slice whose ends may be absent.
struct IndexPart {
  enum Kind { Single, Slice, Ellipsis } kind = Single;
  std::optional<int64_t> lo, hi;
  SourceRange range;
};

} // namespace weft

#endif // WEFT_FRONTEND_IRGEN_H
