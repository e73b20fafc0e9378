// Small questions that several passes ask of the IR: weights, numbers, uses, and how a fusion site reports.
// Consumes ops, produces answers and remarks; changes nothing.
#ifndef WEFT_PASSES_REWRITING_H
#define WEFT_PASSES_REWRITING_H

#include "Weft.h"
#include "mlir/IR/PatternMatch.h"

namespace weft {

/// The number if the value is a weft.constant.
std::optional<double> constantOf(mlir::Value value);

/// "0.125", as short as it can be read back.
std::string numberText(double value);

/// What an op is called in remarks and kernel names: "gelu" for weft.unary gelu, "mean" for weft.reduce mean, else its own name.
llvm::StringRef wordFor(mlir::Operation *op);

/// The axis from the front.
inline int64_t axisOf(int64_t axis, NamedTensorType type) { return axis < 0 ? axis + type.getRank() : axis; }

/// What kind of kernel the op asks for; nothing for ops that compute no tensor (stacks, checks, weights).
std::optional<AnchorKind> anchorOf(mlir::Operation *op);
/// The value is computed from indices: cheaper at each use than stored.
inline bool isIndexOp(mlir::Operation *op) { return op && anchorOf(op) == AnchorKind::Index; }

/// How an operand's first dimensions meet those of the op's results.
struct Leading {
  bool passes; ///< each goes on in place, position by position, and no other dimension meets them
  bool apart;  ///< none of its dimensions meets them, one of size 1 that stretches over the last excepted
};
Leading leadingOf(mlir::Operation *op, unsigned operand, int64_t count);
/// The op's result depends on where in its dimensions an element lies: such dimensions can't be merged or packed.
bool countsPositions(mlir::Operation *op);

/// The op of `block` that is or contains `op`; null when there is none.
inline mlir::Operation *ancestorIn(mlir::Block *block, mlir::Operation *op) { return block->findAncestorOpInBlock(*op); }

/// Why a site isn't fused, and the other op that is to blame (may be null).
struct Missed {
  std::string why;
  mlir::Operation *other = nullptr;
};

/// Reports of one pass: remarks, and whether a missed fusion is an error.
class FusionReport {
public:
  explicit FusionReport(bool required) : required(required) {}
  void fused(mlir::Location loc, const llvm::Twine &what);
  void missed(mlir::Operation *site, const llvm::Twine &what, const Missed &why);
  /// A missed fusion was an error.
  bool failed() const { return errors; }

private:
  bool required;
  bool errors = false;
};

/// Erases an op that nothing uses, then what only it used.
void eraseDead(mlir::Operation *op, mlir::RewriterBase &rewriter);

/// Erases what nothing uses from a block, the blocks in it first.
void eraseDeadIn(mlir::Block &block);

/// The blocks whose ops become kernels: each graph's body and the stacks' bodies in it, outer ones first.
llvm::SmallVector<mlir::Block *> computeBlocks(GraphOp graph);

/// About the largest value of the expression within the dimensions' bounds.
double upperBound(const DimExpr &expr, ModelOp model);

} // namespace weft

#endif
