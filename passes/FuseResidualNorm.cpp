// FuseResidualNorm: layer_norm or rms_norm of x + r becomes residual_norm, one pass over both rows.
// The sum is the second result, for pre-norm stacks whose stream goes on as the sum. The bias that precedes the sum stays
// in its contraction, where it costs nothing.
#include "passes/Passes.h"
#include "passes/Rewriting.h"
#include "mlir/IR/PatternMatch.h"

namespace weft {
#define GEN_PASS_DEF_FUSERESIDUALNORM
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

namespace {
/// A norm in one form.
struct Norm {
  Operation *op;
  Value x, gain, bias;
  NormKind kind;
  FloatAttr eps;
};

struct FuseResidualNormPass final : weft::impl::FuseResidualNormBase<FuseResidualNormPass> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<Norm> norms;
    getOperation().walk([&](Operation *op) {
      if (auto layer = dyn_cast<LayerNormOp>(op))
        norms.push_back({op, layer.getX(), layer.getGain(), layer.getBias(), NormKind::Layer, layer.getEpsAttr()});
      if (auto rms = dyn_cast<RmsNormOp>(op))
        norms.push_back({op, rms.getX(), rms.getGain(), Value(), NormKind::Rms, rms.getEpsAttr()});
    });
    FusionReport report(requireFusion);
    for (Norm &norm : norms)
      fuse(norm, report);
    if (report.failed())
      signalPassFailure();
  }

private:
  /// A user of the sum that runs before the norm, or is not ordered after it.
  static Operation *earlierUser(AddOp sum, Operation *norm) {
    for (Operation *user : sum->getUsers()) {
      Operation *ancestor = ancestorIn(norm->getBlock(), user);
      if (user != norm && (!ancestor || !norm->isBeforeInBlock(ancestor)))
        return user;
    }
    return nullptr;
  }

  void fuse(Norm &norm, FusionReport &report) {
    Value x = norm.op->getOperand(0); // an earlier fusion may have replaced norm.x
    auto sum = x.getDefiningOp<AddOp>();
    if (!sum) {
      if (auto other = x.getDefiningOp<ResidualNormOp>(); other && x == other.getSum())
        report.missed(norm.op, "residual + norm", {"the sum belongs to another norm already", other});
      return;
    }
    if (sum.getLhs().getType() != sum.getType() || sum.getRhs().getType() != sum.getType())
      return; // a table or number that is stretched is no residual
    if (sum->getBlock() != norm.op->getBlock())
      return report.missed(norm.op, "residual + norm", {"the sum is computed outside", sum});
    if (Operation *other = earlierUser(sum, norm.op))
      return report.missed(norm.op, "residual + norm", {"the sum is used before its norm", other});
    IRRewriter rewriter(norm.op);
    Location loc = rewriter.getFusedLoc({norm.op->getLoc(), sum.getLoc()});
    report.fused(norm.op->getLoc(), "residual + norm");
    auto fused = ResidualNormOp::create(rewriter, loc, TypeRange{sum.getType(), sum.getType()}, sum.getLhs(), sum.getRhs(),
                                        norm.gain, norm.bias, NormKindAttr::get(&getContext(), norm.kind), norm.eps);
    rewriter.replaceOp(norm.op, fused.getResult());
    rewriter.replaceOp(sum, fused.getSum());
  }
};
} // namespace
