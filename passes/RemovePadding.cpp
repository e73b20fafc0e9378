// RemovePadding: what only padding would reach is not computed. Consumes fused ops over streams whose attention is masked by lengths, produces
// weft.move_rows around the ops that work row by row: these then run over sum(lengths) rows instead of batch*time.
// A value may lose its padding when nothing that reads it looks there: attention's keys and values under the mask, a mean over the lengths, ops
// that work row by row and give such values themselves. Outputs show every row, so what they hold stays whole.
#include "Masks.h"
#include "passes/Passes.h"
#include "passes/Rewriting.h"
#include "llvm/ADT/DenseSet.h"
#include "llvm/ADT/SetVector.h"

namespace weft {
#define GEN_PASS_DEF_REMOVEPADDING
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }
static bool isStack(Operation *op) { return isa<EncoderOp, DecoderOp>(op); }

namespace {
/// One stream with padding: values [batch, time, width], of which row b has lengths[b] positions.
class PaddedStream {
public:
  /// `taken`: what streams before this one pack; no second stream may.
  PaddedStream(GraphOp graph, BlockArgument lengths, DimExpr time, DenseSet<Value> &taken)
      : graph(graph), lengths(lengths), time(std::move(time)), taken(taken) {}
  void run();

private:
  bool isOfStream(Value value) const;
  void findBlind();
  bool isBlind(OpOperand &use) const;
  bool isBlind(Value value) const { return blind.contains(value); }
  bool passesRows(Operation *op, unsigned operand) const;
  bool worksByRows(Operation *op) const;
  void findPacked();
  bool keepsPacked(Operation *op) const;
  bool dropStacks();
  void rewrite();
  bool takesPacked(OpOperand &use) const;
  Value moved(Value value, RowMove move);

  GraphOp graph;
  BlockArgument lengths;
  DimExpr time;
  DenseSet<Value> &taken;
  DenseSet<Value> blind;              ///< nothing looks at the padding
  SetVector<Operation *> ops;         ///< that run over packed rows
  DenseSet<Value> packed;             ///< their results, and what stacks carry so
  DenseMap<std::pair<Value, int>, Value> moves;
};
} // namespace

bool PaddedStream::isOfStream(Value value) const {
  auto type = dyn_cast<NamedTensorType>(value.getType());
  if (taken.contains(value) || value.getDefiningOp<WeightRefOp>())
    return false;
  return type && type.isF32() && type.getRank() == 3 && type.getDim(0) == typeOf(lengths).getDim(0) && type.getExpr(1) == time && type.getDim(2).getStatic();
}

//===-- What nothing sees ---------------------------------------------------------------------------------------------===//

/// Row t of batch row b of each result comes from row t of batch row b of the operand.
bool PaddedStream::passesRows(Operation *op, unsigned operand) const {
  return isa<StreamOpInterface>(op) && leadingOf(op, operand, 2).passes && llvm::all_of(op->getResults(), [&](Value result) { return isOfStream(result); });
}

/// The op does not look at the padding of this operand.
bool PaddedStream::isBlind(OpOperand &use) const {
  Operation *op = use.getOwner();
  unsigned number = use.getOperandNumber();
  if (auto attention = dyn_cast<AttentionOp>(op)) {
    if (number == 0)
      return isOfStream(attention.getResult()) && isBlind(attention.getResult());
    return number < 3 && attention.getMask() && hidesPadding(attention.getMask(), lengths);
  }
  if (auto pool = dyn_cast<MeanPoolOp>(op))
    return number == 0 && pool.getLengths() == lengths;
  if (isa<YieldOp>(op) && isStack(op->getParentOp()))
    return isBlind(op->getBlock()->getArgument(number + 1)) && isBlind(op->getParentOp()->getResult(number));
  if (isStack(op))
    return isBlind(op->getRegion(0).front().getArgument(number + 1)) && isBlind(op->getResult(number));
  return passesRows(op, number) && llvm::all_of(op->getResults(), [&](Value result) { return result.use_empty() || isBlind(result); });
}

/// The largest set of values whose readers are blind, or give values of the set.
void PaddedStream::findBlind() {
  auto add = [&](Value value) {
    if (isOfStream(value))
      blind.insert(value);
  };
  graph.walk([&](Operation *op) {
    llvm::for_each(op->getResults(), add);
    if (isStack(op))
      llvm::for_each(op->getRegion(0).front().getArguments().drop_front(), add);
  });
  for (bool changed = true; changed;) {
    SmallVector<Value> seen;
    for (Value value : blind)
      if (!llvm::all_of(value.getUses(), [&](OpOperand &use) { return isBlind(use); }))
        seen.push_back(value);
    for (Value value : seen)
      blind.erase(value);
    changed = !seen.empty();
  }
}

//===-- What runs over packed rows ------------------------------------------------------------------------------------===//

/// The same numbers meet each row, wherever it lies, through every other operand.
bool PaddedStream::worksByRows(Operation *op) const {
  std::optional<AnchorKind> kind = anchorOf(op);
  bool isKernel = kind == AnchorKind::Contraction || kind == AnchorKind::RowReduction || kind == AnchorKind::Pointwise;
  if (!isKernel || countsPositions(op))
    return false;
  for (OpOperand &operand : op->getOpOperands()) {
    unsigned number = operand.getOperandNumber();
    if (!(isOfStream(operand.get()) ? passesRows(op, number) : leadingOf(op, number, 2).apart))
      return false;
  }
  return llvm::all_of(op->getResults(), [&](Value result) { return isOfStream(result) && (result.use_empty() || isBlind(result)); });
}

/// A contraction is worth moving rows for; anything else runs packed where it reads what is packed already.
bool PaddedStream::keepsPacked(Operation *op) const {
  return anchorOf(op) == AnchorKind::Contraction || llvm::any_of(op->getOperands(), [&](Value operand) { return packed.contains(operand); });
}

/// Takes out what stacks carry on without having computed it packed.
bool PaddedStream::dropStacks() {
  bool dropped = false;
  graph.walk([&](Operation *op) {
    if (!isStack(op))
      return;
    Block &body = op->getRegion(0).front();
    for (auto [next, arg, result] : llvm::zip(body.getTerminator()->getOperands(), body.getArguments().drop_front(), op->getResults()))
      if (packed.contains(arg) && !packed.contains(next)) {
        packed.erase(arg);
        packed.erase(result);
        dropped = true;
      }
  });
  return dropped;
}

void PaddedStream::findPacked() {
  graph.walk([&](Operation *op) {
    if (isStack(op)) {
      Block &body = op->getRegion(0).front();
      for (auto [arg, result] : llvm::zip(body.getArguments().drop_front(), op->getResults()))
        if (isBlind(arg) && isBlind(result))
          packed.insert_range(ArrayRef<Value>{arg, result});
    } else if (op->getNumResults() && worksByRows(op)) {
      ops.insert(op);
      packed.insert_range(op->getResults());
    }
  });
  for (bool changed = true; changed;) {
    changed = dropStacks();
    for (Operation *op : llvm::to_vector(ops))
      if (!keepsPacked(op)) {
        ops.remove(op);
        for (Value result : op->getResults())
          packed.erase(result);
        changed = true;
      }
  }
}

//===-- Rewriting -----------------------------------------------------------------------------------------------------===//

Value PaddedStream::moved(Value value, RowMove move) {
  Value &result = moves[{value, static_cast<int>(move)}];
  if (!result) {
    OpBuilder builder(graph.getContext());
    builder.setInsertionPointAfterValue(value);
    result = MoveRowsOp::create(builder, value.getLoc(), value.getType(), move, value, lengths, DenseI64ArrayAttr(), LayoutAttr());
  }
  return result;
}

/// The operand must be packed (else its rows must be in their places).
bool PaddedStream::takesPacked(OpOperand &use) const {
  Operation *op = use.getOwner();
  if (isa<YieldOp>(op))
    return packed.contains(op->getParentOp()->getResult(use.getOperandNumber()));
  if (isStack(op))
    return packed.contains(op->getResult(use.getOperandNumber()));
  return ops.contains(op) && isOfStream(use.get());
}

void PaddedStream::rewrite() {
  SmallVector<OpOperand *> uses;
  graph.walk([&](Operation *op) {
    for (OpOperand &use : op->getOpOperands())
      if (isOfStream(use.get()) && takesPacked(use) != packed.contains(use.get()))
        uses.push_back(&use);
  });
  for (OpOperand *use : uses)
    use->set(moved(use->get(), packed.contains(use->get()) ? RowMove::Unpack : RowMove::Pack));
}

void PaddedStream::run() {
  findBlind();
  findPacked();
  if (ops.empty())
    return;
  rewrite();
  taken.insert_range(packed);
  for (const auto &[key, value] : moves)
    if (key.second == static_cast<int>(RowMove::Pack))
      taken.insert(value);
  emitRemark(lengths.getLoc()) << "padding behind these lengths is left out of " << ops.size() << " ops";
}

namespace {
struct RemovePaddingPass final : weft::impl::RemovePaddingBase<RemovePaddingPass> {
  void runOnOperation() override {
    for (auto graph : getOperation().getOps<GraphOp>()) {
      DenseSet<Value> taken;
      bool isDone = graph.walk([](MoveRowsOp) { return WalkResult::interrupt(); }).wasInterrupted();
      for (BlockArgument lengths : graph.getBody().getArguments())
        if (std::optional<DimExpr> time = isDone ? std::nullopt : paddedDim(lengths))
          PaddedStream(graph, lengths, *time, taken).run();
    }
  }

private:
  /// The dimension that the value masks as the lengths of its rows; nothing where there is none, or several.
  static std::optional<DimExpr> paddedDim(BlockArgument lengths) {
    std::optional<DimExpr> time;
    for (Operation *user : lengths.getUsers())
      if (auto mask = dyn_cast<PaddingMaskOp>(user)) {
        DimExpr masked = typeOf(mask.getResult()).getExpr(-1);
        if (typeOf(lengths).getRank() != 1 || (time && *time != masked))
          return std::nullopt;
        time = masked;
      }
    return time;
  }
};
} // namespace
