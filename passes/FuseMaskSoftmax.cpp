// FuseMaskSoftmax: softmax(masked(s, m)) becomes masked_softmax(s, m), which never writes a minus infinity.
// Consumes ops as lowered; a mask spelled as where(m, s, -inf) counts too. A masked value with another use stays.
#include "passes/Passes.h"
#include "passes/Rewriting.h"
#include "mlir/IR/PatternMatch.h"
#include <limits>

namespace weft {
#define GEN_PASS_DEF_FUSEMASKSOFTMAX
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

namespace {
struct Masking {
  Value scores, mask;
};

struct FuseMaskSoftmaxPass final : weft::impl::FuseMaskSoftmaxBase<FuseMaskSoftmaxPass> {
  using Base::Base;
  void runOnOperation() override {
    SmallVector<SoftmaxOp> sites;
    getOperation().walk([&](SoftmaxOp op) { sites.push_back(op); });
    FusionReport report(requireFusion);
    for (SoftmaxOp softmax : sites)
      fuse(softmax, report);
    if (report.failed())
      signalPassFailure();
  }

private:
  /// masked(s, m), or where(m, s, -inf)
  static std::optional<Masking> maskingOf(Value value) {
    if (auto masked = value.getDefiningOp<MaskedOp>())
      return Masking{masked.getScores(), masked.getMask()};
    auto where = value.getDefiningOp<WhereOp>();
    if (where && constantOf(where.getRhs()) == -std::numeric_limits<double>::infinity() && where.getLhs().getType() == where.getType())
      return Masking{where.getLhs(), where.getCondition()};
    return std::nullopt;
  }

  void fuse(SoftmaxOp softmax, FusionReport &report) {
    Value input = softmax.getX();
    std::optional<Masking> masking = maskingOf(input);
    if (!masking)
      return;
    NamedTensorType type = softmax.getType();
    if (axisOf(softmax.getAxis(), type) != type.getRank() - 1)
      return report.missed(softmax, "mask + softmax", {"the softmax is not along the last axis"});
    if (!input.hasOneUse()) {
      auto *other = *llvm::find_if(input.getUsers(), [&](Operation *user) { return user != softmax; });
      return report.missed(softmax, "mask + softmax", {"the masked scores have another use", other});
    }
    IRRewriter rewriter(softmax);
    Operation *maskOp = input.getDefiningOp();
    Location loc = rewriter.getFusedLoc({softmax.getLoc(), maskOp->getLoc()});
    report.fused(softmax.getLoc(), "mask + softmax");
    rewriter.replaceOp(softmax, MaskedSoftmaxOp::create(rewriter, loc, type, masking->scores, masking->mask));
    rewriter.eraseOp(maskOp);
  }
};
} // namespace
