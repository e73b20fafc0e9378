// MergeProjections: linear layers of one input whose results only feed attention become one contraction and a split.
// Consumes linear ops over weights of one layer number, produces weights with initializers. What feeds other things stays apart:
// an activation or a gate after it is an epilogue of its own contraction, which a split would end.
#include "passes/Passes.h"
#include "passes/WeightBuilder.h"
#include "mlir/IR/PatternMatch.h"

namespace weft {
#define GEN_PASS_DEF_MERGEPROJECTIONS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static WeightRefOp weightOf(Value value) { return value ? value.getDefiningOp<WeightRefOp>() : WeightRefOp(); }

/// Whether the value reaches only products of activations, through ops that move elements or rotate positions.
static bool feedsAttention(Value value) {
  if (value.use_empty())
    return false;
  for (Operation *user : value.getUsers()) {
    std::optional<AnchorKind> kind = anchorOf(user);
    if (kind == AnchorKind::Attention || isa<MatMulOp>(user))
      continue;
    bool moves = kind == AnchorKind::Index || isa<RopeOp>(user);
    bool scales = isa<MulOp>(user) && constantOf(user->getOperand(1));
    if ((!moves && !scales) || !llvm::all_of(user->getResults(), [](Value result) { return result.use_empty() || feedsAttention(result); }))
      return false;
  }
  return true;
}

/// What two layers must share to be merged.
static bool mergeable(LinearOp a, LinearOp b) {
  return a.getX() == b.getX() && a.getTransposed() == b.getTransposed() &&
         weightOf(a.getWeight()).getLayer() == weightOf(b.getWeight()).getLayer();
}

static bool isCandidate(LinearOp op) {
  WeightRefOp weight = weightOf(op.getWeight()), bias = weightOf(op.getBias());
  if (!weight || (op.getBias() && (!bias || bias.getLayer() != weight.getLayer())))
    return false;
  return op.getType().getDim(-1).getStatic() && feedsAttention(op.getResult());
}

namespace {
struct MergeProjectionsPass final : weft::impl::MergeProjectionsBase<MergeProjectionsPass> {
  void runOnOperation() override {
    WeightBuilder weights(getOperation());
    for (auto graph : getOperation().getOps<GraphOp>())
      for (Block *block : computeBlocks(graph))
        runOnBlock(*block, weights);
  }

private:
  static void runOnBlock(Block &block, WeightBuilder &weights) {
    SmallVector<SmallVector<LinearOp>> groups;
    for (auto op : block.getOps<LinearOp>()) {
      if (!isCandidate(op))
        continue;
      auto group = llvm::find_if(groups, [&](auto &members) { return mergeable(members.front(), op); });
      if (group != groups.end())
        group->push_back(op);
      else
        groups.push_back({op});
    }
    for (ArrayRef<LinearOp> group : groups)
      if (group.size() > 1)
        merge(group, weights);
  }

  static void merge(ArrayRef<LinearOp> group, WeightBuilder &weights) {
    LinearOp first = group.front();
    IRRewriter rewriter(first);
    SmallVector<WeightRefOp> refs, biasRefs;
    SmallVector<NamedTensorType> types, biasTypes, pieces;
    SmallVector<Location> locs;
    DimExpr width;
    for (LinearOp op : group) {
      refs.push_back(weightOf(op.getWeight()));
      types.push_back(refs.back().getType());
      biasRefs.push_back(weightOf(op.getBias()));
      pieces.push_back(op.getType());
      biasTypes.push_back(op.getType().withDims({op.getType().getExpr(-1)}));
      locs.push_back(op.getLoc());
      width = width + op.getType().getExpr(-1);
    }
    Value weight = weights.concat(refs, types, first.getTransposed() ? 1 : 0, first);
    bool anyBias = llvm::any_of(biasRefs, [](WeightRefOp ref) { return static_cast<bool>(ref); });
    Value bias = anyBias ? weights.concat(biasRefs, biasTypes, 0, first) : Value();
    SmallVector<DimExpr> dims = first.getType().getExprs();
    dims.back() = width;
    Location loc = rewriter.getFusedLoc(locs);
    auto merged = LinearOp::create(rewriter, loc, first.getType().withDims(dims), first.getX(), weight, bias, first.getTransposed());
    int64_t axis = first.getType().getRank() - 1;
    auto split = SplitOp::create(rewriter, loc, llvm::to_vector_of<Type>(pieces), merged, rewriter.getI64IntegerAttr(axis));
    emitRemark(first.getLoc()) << "merged " << group.size() << " projections of one input";
    for (auto [op, piece] : llvm::zip(group, split.getPieces())) {
      LinearOp old = op;
      rewriter.replaceAllUsesWith(old.getResult(), piece);
      eraseDead(old, rewriter);
    }
  }
};
} // namespace
