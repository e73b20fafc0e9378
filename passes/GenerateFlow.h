// Where the positions of a generated stream lie in each value of the full-sequence graph; the ground that DeriveIncremental builds on.
// Consumes a fused graph through StreamOpInterface, changes nothing. What can't be computed one position at a time is an error at the op.
#ifndef WEFT_PASSES_GENERATEFLOW_H
#define WEFT_PASSES_GENERATEFLOW_H

#include "passes/Rewriting.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

namespace weft {

/// Dimensions of a value that run over the stream's positions; -1: there is none.
struct Flow {
  int64_t stream = -1; ///< positions that are computed
  int64_t keys = -1;   ///< positions that attention looks at, in masks and biases
  bool moves() const { return stream >= 0; }
  bool any() const { return stream >= 0 || keys >= 0; }
  bool operator==(const Flow &other) const { return stream == other.stream && keys == other.keys; }
};

/// A weft.generate and what it speaks of, found and checked.
struct GenerateSite {
  ModelOp model;
  GenerateOp generate;
  GraphOp forward;
  mlir::BlockArgument tokens; ///< i32 [batch, time]
  mlir::Value logits;         ///< f32 [batch, time, vocabulary]
  DimExpr batch, time;        ///< names alone

  static mlir::FailureOr<GenerateSite> find(GenerateOp generate);
  bool growsWith(const DimExpr &dim) const { return llvm::is_contained(dim.symbols(), time.text()); }
  /// An error at `loc`, with a note that names the generated input.
  mlir::InFlightDiagnostic fail(mlir::Location loc) const;
};

class GenerateFlow {
public:
  explicit GenerateFlow(const GenerateSite &site) : site(site) {}
  /// Fails, with all errors emitted, where the logits can't be computed position by position.
  mlir::LogicalResult analyze();

  Flow of(mlir::Value value) const { return flows.lookup(value); }
  /// The logits depend on the op.
  bool isNeeded(mlir::Operation *op) const { return needed.contains(op); }
  /// The op is one of the index tables (masks, biases, positions), which have their length from their use.
  static bool isTable(mlir::Operation *op);

private:
  void need(mlir::Value value);
  mlir::LogicalResult checkInputs();
  mlir::LogicalResult visitBlock(mlir::Block &block);
  mlir::LogicalResult visitStack(mlir::Operation *stack);
  mlir::LogicalResult visitAttention(AttentionOp op);
  mlir::LogicalResult visitTable(mlir::Operation *op);
  mlir::LogicalResult visitOp(mlir::Operation *op);
  mlir::FailureOr<Flow> follow(mlir::Operation *op, unsigned result);
  mlir::LogicalResult checkTypes(mlir::Operation *op);
  mlir::LogicalResult fail(mlir::Operation *op, const llvm::Twine &reason);

  const GenerateSite &site;
  llvm::DenseMap<mlir::Value, Flow> flows;
  llvm::DenseSet<mlir::Operation *> needed, failedOps;
};

} // namespace weft

#endif
