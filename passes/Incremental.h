// The parts of DeriveIncremental: the states that outlive a run, the graph of one step, those of the prompt and of the source alone.
// The step decides which states there are; the others fill them.
#ifndef WEFT_PASSES_INCREMENTAL_H
#define WEFT_PASSES_INCREMENTAL_H

#include "passes/GenerateFlow.h"
#include "llvm/ADT/MapVector.h"

namespace weft {

/// Positions that lie together in a row of a state: beams share whole pages.
constexpr int64_t pagePositions = 16;

/// How a value is kept.
enum class StateKind { Plain, Keys, Values };

/// One value of the full-sequence graph and the state that keeps it.
struct KeptValue {
  StateOp state;
  bool isStream;  ///< grows with the stream; else it is written once a source
  bool hasRows;   ///< its first dimension is the batch
};

class States {
public:
  States(const GenerateSite &site, const GenerateFlow &flow);

  /// The state for a value, made at the first call. `heads` is that of keys and values.
  mlir::FailureOr<KeptValue> keep(mlir::Value value, StateKind kind, int64_t heads);
  const llvm::MapVector<std::pair<mlir::Value, int>, KeptValue> &all() const { return kept; }

  /// Number of positions that a row of the stream's caches holds.
  DimExpr capacity() const { return DimExpr(pagePositions) * pages; }
  /// Sizes that the run time chooses, declared as weft.dim {cache = what they must hold at least}.
  DimExpr pages, rows;

private:
  /// The largest value within the dimensions' bounds.
  int64_t upperBound(const DimExpr &expr) const;
  DimExpr declareDim(llvm::StringRef name, const DimExpr &holds, int64_t upper);
  /// Positions of the stream that a value's readers need: its capacity, or the pages of the widest window.
  DimExpr streamPositions(mlir::Value value) const;
  /// `positions` rounded up to whole pages.
  DimExpr pagedPositions(const DimExpr &positions);
  std::string nameFor(mlir::Value value, StateKind kind, bool isStream) const;

  const GenerateSite &site;
  const GenerateFlow &flow;
  mlir::SymbolTable symbols;
  llvm::MapVector<std::pair<mlir::Value, int>, KeptValue> kept;
  llvm::StringMap<DimExpr> paged; ///< pages by the text of what they hold
};

/// A reference to the state where the builder stands; `layer` is the layer number there.
mlir::Value stateRef(mlir::OpBuilder &builder, mlir::Location loc, StateOp state, mlir::Value layer);
/// Where a value's positions go in a state; all may be null.
struct CachePlace {
  mlir::Value rows, offset, lengths;
};
/// Writes x where the builder stands; of a merged projection's piece, the columns. Gives the state after it.
mlir::Value writeState(mlir::OpBuilder &builder, mlir::Value ref, mlir::Value x, const CachePlace &place);
/// Writes what depends on the source alone, where it is computed; `source` are the batch's rows.
void writeSource(mlir::OpBuilder &builder, mlir::Value value, const KeptValue &kept, mlir::Value source);
/// The block argument of the stack around `value`'s place that counts its layers; null outside of stacks.
mlir::Value layerAt(mlir::Value value);

/// Arguments that a derived graph has beside the description's inputs, with what they are for the run time.
class GraphArguments {
public:
  explicit GraphArguments(GraphOp graph) : graph(graph) {}
  mlir::BlockArgument add(llvm::StringRef name, mlir::Type type, llvm::StringRef role);
  /// Drops unused arguments and sets `roles` on the graph: "tokens" (which stays; may be null), "input", or the role given to add().
  void finish(mlir::BlockArgument tokens);

private:
  GraphOp graph;
  llvm::DenseMap<mlir::Value, llvm::StringRef> roles;
};

/// Clones ops of the full-sequence graph for one position: the stream's dimension becomes 1.
class PositionCloner {
public:
  PositionCloner(const GenerateSite &site, const GenerateFlow &flow, const DimExpr &keys) : site(site), flow(flow), keys(keys) {}
  /// Clones the op where the builder stands with these operands; positions `offset` (may be null) go into ops that count them.
  mlir::FailureOr<mlir::Operation *> clone(mlir::Operation *op, mlir::ValueRange operands, mlir::Value offset, mlir::OpBuilder &builder) const;
  /// The type that a value has for one position.
  NamedTensorType typeAt(mlir::Value value) const;

private:
  mlir::FailureOr<NamedTensorType> tableType(mlir::Operation *op) const;
  mlir::FailureOr<NamedTensorType> resultType(mlir::OpResult result, mlir::ValueRange operands) const;

  const GenerateSite &site;
  const GenerateFlow &flow;
  DimExpr keys;
};

/// Adds @step: one position of every row, after those that the states hold.
mlir::FailureOr<GraphOp> buildStep(const GenerateSite &site, const GenerateFlow &flow, States &states);
/// Adds @prefill: the prompt of every row, whose last position's logits come out, and all that the steps need into the states.
GraphOp buildPrefill(const GenerateSite &site, const GenerateFlow &flow, const States &states);
/// Adds @encode: what depends on the source alone, into its states; null if nothing does.
GraphOp buildEncode(const GenerateSite &site, const States &states);

} // namespace weft

#endif
