// FuseAttention: attention that is written out becomes weft.attention, which never holds all scores in memory.
// Consumes ops after mask + softmax fusion; AttentionMatch says what counts. Whether heads were split by split_heads or by
// reshape and transpose makes no difference to the result.
#include "passes/AttentionMatch.h"
#include "passes/Passes.h"
#include "Shapes.h"
#include "mlir/IR/PatternMatch.h"

namespace weft {
#define GEN_PASS_DEF_FUSEATTENTION
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

/// One bias out of all that are added.
static Value sumOf(ArrayRef<Value> biases, IRRewriter &rewriter, Location loc) {
  Value sum;
  for (Value bias : biases) {
    if (!sum) {
      sum = bias;
      continue;
    }
    auto lhs = cast<NamedTensorType>(sum.getType()), rhs = cast<NamedTensorType>(bias.getType());
    std::string why;
    Inferred type = inferArithmetic(lhs, rhs, why);
    assert(succeeded(type) && "biases that are added to the same scores broadcast with each other");
    sum = AddOp::create(rewriter, loc, *type, sum, bias);
  }
  return sum;
}

namespace {
struct FuseAttentionPass final : weft::impl::FuseAttentionBase<FuseAttentionPass> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<MatMulOp> products;
    getOperation().walk([&](MatMulOp op) { products.push_back(op); });
    FusionReport report(requireFusion);
    for (MatMulOp product : products)
      fuse(product, report);
    if (report.failed())
      signalPassFailure();
  }

private:
  static void fuse(MatMulOp product, FusionReport &report) {
    AttentionMatcher matcher(product);
    if (!matcher.isSite())
      return;
    FailureOr<AttentionParts> parts = matcher.match();
    if (failed(parts))
      return report.missed(product, "attention", matcher.why());
    report.fused(product.getLoc(), "attention");
    replace(*parts);
  }

  static void replace(AttentionParts &parts) {
    IRRewriter rewriter(parts.result);
    parts.locations.push_back(parts.result->getLoc());
    Location loc = rewriter.getFusedLoc(parts.locations);
    Value bias = sumOf(parts.biases, rewriter, loc);
    FloatAttr softcap = parts.softcap ? rewriter.getF64FloatAttr(*parts.softcap) : FloatAttr();
    auto fused = AttentionOp::create(rewriter, loc, parts.result->getResult(0).getType(), parts.query, parts.key, parts.value,
                                     parts.mask, bias, rewriter.getI64IntegerAttr(parts.heads),
                                     rewriter.getI64IntegerAttr(parts.kvHeads), rewriter.getF64FloatAttr(parts.scale), softcap);
    rewriter.replaceAllUsesWith(parts.result->getResult(0), fused);
    eraseDead(parts.result, rewriter);
  }
};
} // namespace
