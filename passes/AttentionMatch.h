// Recognizes attention that is written out: from its value product back to queries, keys, values, mask, bias and numbers.
// Consumes ops after mask + softmax fusion, produces what weft.attention needs, or why the form doesn't fit.
#ifndef WEFT_PASSES_ATTENTIONMATCH_H
#define WEFT_PASSES_ATTENTIONMATCH_H

#include "passes/Rewriting.h"

namespace weft {

struct AttentionParts {
  mlir::Value query, key, value;            ///< [batch, time, heads*width]
  mlir::Value mask;                         ///< or null
  llvm::SmallVector<mlir::Value> biases;    ///< added to the scores
  int64_t heads = 0, kvHeads = 0;
  double scale = 1;
  std::optional<double> softcap;
  mlir::Operation *result = nullptr;        ///< the op that merges the heads
  llvm::SmallVector<mlir::Location> locations;
};

/// Matches matmul(softmax(scores), value). `site` is false when the product is no attention at all (its scores are no product of
/// queries and keys), so that nothing is to be reported.
class AttentionMatcher {
public:
  explicit AttentionMatcher(MatMulOp product) : product(product), consumer(product) {}
  bool isSite();
  mlir::FailureOr<AttentionParts> match();
  const Missed &why() const { return missed; }

private:
  mlir::LogicalResult fail(const llvm::Twine &why, mlir::Operation *other = nullptr);
  /// The value has no use but `consumer`, which then becomes the value's op.
  mlir::LogicalResult single(mlir::Value value, const llvm::Twine &what);
  mlir::LogicalResult matchProbabilities(mlir::Value probs);
  mlir::FailureOr<MatMulOp> matchScores(mlir::Value scores);
  mlir::LogicalResult matchBias(mlir::Value &scores);
  mlir::LogicalResult matchQueryAndKey(MatMulOp scores);
  mlir::LogicalResult matchValue(mlir::Value value);
  mlir::LogicalResult matchMerge();

  MatMulOp product;
  mlir::Value scores;        ///< what the softmax takes
  mlir::Operation *consumer; ///< the op that was last matched on the way back
  AttentionParts parts;
  Missed missed;
};

} // namespace weft

#endif
