// FormKernels: afterwards graphs and stacks hold nothing but groups (future kernels), stacks, checks and weights.
// Consumes fused ops and groups. Every computing op gets a group; index ops move into the groups of their users, once for each;
// values that need a place of their own get copies. The one decision: contractions and attention take only those index ops
// whose elements they can address with strides; others are written to memory first, since they would be computed again for every panel.
#include "passes/Clusters.h"
#include "passes/Passes.h"

namespace weft {
#define GEN_PASS_DEF_FORMKERNELS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

/// The op's result addresses its operand with strides.
static bool isStrided(Operation *op) {
  if (isa<SplitHeadsOp, RepeatHeadsOp, CacheReadOp, WindowsOp>(op))
    return true;
  auto stream = cast<StreamOpInterface>(op);
  NamedTensorType from = typeOf(op->getOperand(0));
  for (int64_t dim = 0; dim < from.getRank(); ++dim)
    if (from.getDim(dim).getStatic() != 1 && stream.getStreamRelation(0, dim, 0).kind != StreamRelation::PerPosition)
      return false;
  return true;
}

/// An operand that a contraction or attention reads again and again: what gives it must be addressable with strides.
static bool isReadOften(OpOperand &use) {
  std::optional<AnchorKind> user = anchorOf(use.getOwner());
  bool attentionBias = user == AnchorKind::Attention && use.getOperandNumber() >= 3;
  return (user == AnchorKind::Contraction || user == AnchorKind::Attention) && !attentionBias;
}

namespace {
struct FormKernelsPass final : weft::impl::FormKernelsBase<FormKernelsPass> {
  void runOnOperation() override {
    for (auto graph : getOperation().getOps<GraphOp>()) {
      eraseDeadIn(graph.getBody().front());
      SmallVector<Block *> blocks = computeBlocks(graph);
      for (Block *block : blocks) {
        for (const Cluster &cluster : clusterOps(*block))
          if (!isa<GroupOp>(cluster.root()->getParentOp()))
            single(cluster);
        for (auto group : block->getOps<GroupOp>())
          sinkInto(group);
      }
      for (Block *block : llvm::reverse(blocks))
        wrapIndexOps(*block);
      for (Block *block : blocks)
        placeStacks(*block);
      placeOutputs(graph);
    }
  }

private:
  static void single(const Cluster &cluster) {
    for (Operation *op : cluster.ops)
      formGroup({{op}, *anchorOf(op)});
  }

  /// An operand in a group; `readOften` also for what index ops in front of such an operand read.
  struct Reader {
    OpOperand *use;
    bool readOften;
    bool takes(Operation *index) const {
      return !readOften || index->getNumOperands() == 0 || typeOf(use->get()).isBool() || isStrided(index);
    }
  };

  /// Clones the index ops that the group reads into it, theirs before them.
  static void sinkInto(GroupOp group) {
    Block &body = group.getBody().front();
    DenseMap<Operation *, Operation *> clones;
    SmallVector<Reader> pending;
    auto collect = [&](Operation *op, bool readOften) {
      for (OpOperand &operand : op->getOpOperands())
        pending.push_back({&operand, readOften || isReadOften(operand)});
    };
    for (Operation &op : llvm::reverse(body))
      collect(&op, false);
    while (!pending.empty()) {
      Reader reader = pending.pop_back_val();
      OpOperand &use = *reader.use;
      Operation *index = use.get().getDefiningOp();
      if (!isIndexOp(index) || index->getBlock() == &body || !reader.takes(index))
        continue;
      Operation *&clone = clones[index];
      if (!clone) {
        OpBuilder builder(use.getOwner());
        clone = builder.clone(*index);
        collect(clone, reader.readOften);
      } else if (use.getOwner()->isBeforeInBlock(clone)) {
        clone->moveBefore(use.getOwner());
      }
      use.set(clone->getResult(cast<OpResult>(use.get()).getResultNumber()));
    }
    settleOrder(body);
  }

  /// Clones may have moved up past their operands' clones: restores the order of definitions.
  static void settleOrder(Block &body) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(body)))
      for (Value operand : op.getOperands())
        if (Operation *source = operand.getDefiningOp(); source && source->getBlock() == &body && op.isBeforeInBlock(source))
          source->moveBefore(&op);
  }

  /// A kernel yields values of one shape: results of other shapes come from copies of the op.
  static SmallVector<Operation *> oneShapeEach(Operation &op) {
    SmallVector<Operation *> all{&op};
    Type shape;
    for (OpResult result : op.getResults()) {
      if (result.use_empty())
        continue;
      if (!shape)
        shape = result.getType();
      if (result.getType() == shape)
        continue;
      Operation *copy = OpBuilder(&op).clone(op);
      result.replaceAllUsesWith(copy->getResult(result.getResultNumber()));
      all.push_back(copy);
    }
    return all;
  }

  /// Index ops that something else still reads become groups of their own, the others go.
  static void wrapIndexOps(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
      if (!isIndexOp(&op))
        continue;
      if (op.use_empty()) {
        op.erase();
        continue;
      }
      for (Operation *one : oneShapeEach(op))
        sinkInto(formGroup({{one}, AnchorKind::Pointwise}));
    }
  }

  /// A group that copies `value`, where the builder stands.
  static Value copyOf(Value value, OpBuilder &builder) {
    Location loc = value.getLoc();
    auto group = GroupOp::create(builder, loc, TypeRange{value.getType()}, AnchorKind::Pointwise);
    OpBuilder inner = OpBuilder::atBlockEnd(&group.getBody().emplaceBlock());
    YieldOp::create(inner, loc, value);
    return group.getResult(0);
  }

  /// A launch writes the value, and can write it anywhere.
  static bool isWritten(Value value, Block *block) {
    Operation *op = value.getDefiningOp();
    return op && op->getBlock() == block && isa<GroupOp, LaunchOp>(op);
  }

  /// Before, in and after a stack a carried value has one place: what starts it is written there, what ends a layer too.
  static void placeStacks(Block &block) {
    for (Operation &op : llvm::make_early_inc_range(block)) {
      if (!isa<EncoderOp, DecoderOp>(op))
        continue;
      OpBuilder builder(&op);
      for (OpOperand &start : op.getOpOperands()) {
        Operation *source = start.get().getDefiningOp();
        bool own = start.get().hasOneUse() && source && source->getBlock() == &block && isa<GroupOp, LaunchOp, MoveRowsOp, EncoderOp, DecoderOp>(source);
        if (!own)
          start.set(copyOf(start.get(), builder));
      }
      placeYield(op.getRegion(0).front());
    }
  }

  static void placeYield(Block &body) {
    Operation *yield = body.getTerminator();
    OpBuilder builder(yield);
    for (OpOperand &next : yield->getOpOperands()) {
      bool repeated = llvm::count(yield->getOperands(), next.get()) > 1;
      if (repeated || !isWritten(next.get(), &body))
        next.set(copyOf(next.get(), builder));
    }
    // The place holds the layer's own value as long as that is read: then the next one comes by a copy at the end.
    SmallVector<OpOperand *> late;
    for (OpOperand &next : yield->getOpOperands())
      if (isReadLate(body.getArgument(next.getOperandNumber() + 1), next.get().getDefiningOp()))
        late.push_back(&next);
    for (OpOperand *next : late)
      next->set(copyOf(next->get(), builder));
  }

  /// Whether the op that writes the next value, or one after it, reads this layer's.
  static bool isReadLate(Value carried, Operation *writer) {
    return llvm::any_of(carried.getUsers(), [&](Operation *user) {
      Operation *reader = ancestorIn(writer->getBlock(), user);
      return !reader->isBeforeInBlock(writer);
    });
  }

  /// Outputs are written in place by groups of this block that write nothing else's value; all others are copies.
  static void placeOutputs(GraphOp graph) {
    OutputOp output = graph.getOutputOp();
    OpBuilder builder(output);
    for (OpOperand &value : output->getOpOperands())
      if (!value.get().hasOneUse() || !isWritten(value.get(), output->getBlock()))
        value.set(copyOf(value.get(), builder));
  }
};
} // namespace
