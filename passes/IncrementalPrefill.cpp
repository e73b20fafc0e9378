// Builds @prefill: the full-sequence graph over prompts of different lengths, padded on the right; see Incremental.h.
// It is a clone that also fills the states; what only the logits need after the last attention runs for each row's last position alone. For
// that the last layer of the last stack stands outside of it: a twelfth of GPT-2's prompt is most of that layer.
#include "passes/Incremental.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

namespace {
class PrefillBuilder {
public:
  PrefillBuilder(const GenerateSite &site, const GenerateFlow &flow, const States &states)
      : site(site), flow(flow), states(states), builder(site.tokens.getContext()) {}
  GraphOp build();

private:
  NamedTensorType i32(ArrayRef<DimExpr> dims) { return NamedTensorType::get(builder.getContext(), dims, builder.getI32Type()); }
  void write(Value value, const KeptValue &kept);
  void replaceLengths();
  void findTail();
  void findLastStack();
  bool joinsTail(Operation &op) const;
  void peelLastLayer();
  Value inPrefill(Value value) const { return peeled.lookupOrDefault(mapping.lookup(value)); }
  Value lastPosition(Value value);
  Value buildTail();

  const GenerateSite &site;
  const GenerateFlow &flow;
  const States &states;
  OpBuilder builder;
  GraphOp graph;
  IRMapping mapping; ///< from the full-sequence graph
  IRMapping peeled;  ///< from a layer in the stack to the last one behind it
  Operation *lastStack = nullptr; ///< of the full-sequence graph, if its last layer is peeled off
  BlockArgument lengths, rows, source;
  DenseSet<Operation *> tail; ///< of the full-sequence graph
};
} // namespace

/// Writes the value where it is computed.
void PrefillBuilder::write(Value value, const KeptValue &kept) {
  Value copy = mapping.lookup(value);
  if (!kept.isStream)
    return writeSource(builder, copy, kept, source);
  StateOp state = kept.state;
  builder.setInsertionPointAfterValue(copy);
  writeState(builder, stateRef(builder, value.getLoc(), state, layerAt(copy)), copy, {rows, {}, lengths});
}

/// An input with which the description pads the stream, and nothing else, is the length of the prompts.
void PrefillBuilder::replaceLengths() {
  auto padsStream = [&](Operation *user) {
    auto mask = dyn_cast<PaddingMaskOp>(user);
    return isa<CheckOp>(user) || (mask && typeOf(mask.getResult()).getExpr(-1) == site.time);
  };
  for (BlockArgument arg : graph.getBody().getArguments())
    if (arg != lengths && llvm::any_of(arg.getUsers(), llvm::IsaPred<PaddingMaskOp>) && llvm::all_of(arg.getUsers(), padsStream))
      arg.replaceAllUsesWith(lengths);
}

//===-- The last position alone ---------------------------------------------------------------------------------------===//

/// The op works position by position on values that can be cut to one position, and only the logits come after it.
bool PrefillBuilder::joinsTail(Operation &op) const {
  if (!flow.isNeeded(&op) || op.getNumRegions() > 0 || isa<YieldOp>(op) || GenerateFlow::isTable(&op))
    return false;
  if (auto attention = dyn_cast<AttentionOp>(op); attention && flow.of(attention.getKey()).moves())
    return false;
  bool follows = false;
  for (Value operand : op.getOperands()) {
    Flow at = flow.of(operand);
    Operation *from = operand.getDefiningOp();
    // A value that follows the stream without reading it is a table, which counts positions from 0.
    bool counted = from && at.any() && llvm::none_of(from->getOperands(), [&](Value each) { return flow.of(each).moves(); });
    if (counted || at.keys >= 0 || (at.moves() && at.stream != 1))
      return false;
    follows |= at.moves();
  }
  if (!follows)
    return false;
  return llvm::all_of(op.getUsers(), [&](Operation *user) {
    if (isa<OutputOp, YieldOp>(user))
      return true;
    Operation *reader = op.getBlock()->findAncestorOpInBlock(*user);
    return !flow.isNeeded(reader) || tail.contains(reader);
  });
}

void PrefillBuilder::findTail() {
  GraphOp forward = site.forward;
  for (Operation &op : llvm::reverse(forward.getBody().front()))
    if (joinsTail(op))
      tail.insert(&op);
  findLastStack();
}

/// The last stack that follows the stream, where only the tail reads it and something of its layers can join the tail.
void PrefillBuilder::findLastStack() {
  GraphOp forward = site.forward;
  auto follows = [&](Value value) { return flow.of(value).moves(); };
  Operation *stack = nullptr;
  for (Operation &op : forward.getBody().front())
    if (isa<EncoderOp, DecoderOp>(op) && flow.isNeeded(&op) && llvm::any_of(op.getResults(), follows))
      stack = &op;
  if (!stack || stack->getAttrOfType<IntegerAttr>("layers").getInt() < 1)
    return;
  for (Operation *user : stack->getUsers())
    if (flow.isNeeded(user) && !tail.contains(user))
      return;
  for (Operation &op : llvm::reverse(stack->getRegion(0).front()))
    if (joinsTail(op)) {
      tail.insert(&op);
      lastStack = stack;
    }
}

/// The stack runs one layer less; that layer follows it, without what joins the tail.
void PrefillBuilder::peelLastLayer() {
  Operation *stack = mapping.lookup(lastStack);
  Block &body = stack->getRegion(0).front();
  int64_t layers = stack->getAttrOfType<IntegerAttr>("layers").getInt();
  DenseSet<Operation *> skipped;
  for (Operation &op : lastStack->getRegion(0).front())
    if (tail.contains(&op))
      skipped.insert(mapping.lookup(&op));
  builder.setInsertionPointAfter(stack);
  peeled.map(body.getArgument(0), LayerNumberOp::create(builder, stack->getLoc(), builder.getIndexType(), layers - 1).getResult());
  for (auto [arg, result] : llvm::zip(body.getArguments().drop_front(), stack->getResults()))
    peeled.map(arg, result);
  for (Operation &op : body.without_terminator())
    if (!skipped.contains(&op))
      builder.clone(op, peeled);
  stack->setAttr("layers", builder.getI64IntegerAttr(layers - 1));
}

/// [batch, time, ...] to [batch, 1, ...]
Value PrefillBuilder::lastPosition(Value value) {
  SmallVector<DimExpr> dims = typeOf(value).getExprs();
  dims.erase(dims.begin() + 1);
  auto last = LastOp::create(builder, value.getLoc(), typeOf(value).withDims(dims), value, lengths);
  dims.insert(dims.begin() + 1, DimExpr(1));
  return ReshapeOp::create(builder, value.getLoc(), typeOf(value).withDims(dims), last);
}

/// The tail for one position; gives the logits [batch, 1, vocabulary].
Value PrefillBuilder::buildTail() {
  PositionCloner cloner(site, flow, site.time);
  DenseMap<Value, Value> cut;
  GraphOp forward = site.forward;
  auto get = [&](Value value) {
    if (lastStack && value.getDefiningOp() == lastStack)
      value = lastStack->getRegion(0).front().getTerminator()->getOperand(cast<OpResult>(value).getResultNumber());
    if (!flow.of(value).moves())
      return inPrefill(value);
    Value &at = cut[value];
    if (!at)
      at = lastPosition(inPrefill(value));
    return at;
  };
  SmallVector<Operation *> ops;
  for (Operation &op : forward.getBody().front()) {
    if (&op == lastStack)
      for (Operation &inner : op.getRegion(0).front())
        ops.push_back(&inner);
    ops.push_back(&op);
  }
  for (Operation *each : ops) {
    Operation &op = *each;
    if (!tail.contains(&op))
      continue;
    SmallVector<Value> operands = llvm::map_to_vector(op.getOperands(), get);
    FailureOr<Operation *> clone = cloner.clone(&op, operands, Value(), builder);
    assert(succeeded(clone) && "tables, which may fail, do not join the tail");
    for (auto [from, to] : llvm::zip(op.getResults(), (*clone)->getResults()))
      cut[from] = to;
  }
  return get(site.logits);
}

GraphOp PrefillBuilder::build() {
  GraphOp forward = site.forward;
  GenerateOp generate = site.generate;
  graph = cast<GraphOp>(forward->clone(mapping));
  graph.setSymName("prefill");
  builder.setInsertionPointAfter(forward);
  builder.insert(graph);
  GraphArguments arguments(graph);
  lengths = arguments.add("prompt_len", i32({site.batch}), "prompt_len");
  rows = arguments.add("rows", i32({site.batch, states.pages}), "rows");
  source = arguments.add("source", i32({site.batch}), "source");
  for (const auto &[key, kept] : states.all())
    write(key.first, kept);
  replaceLengths();
  findTail();
  if (lastStack)
    peelLastLayer();
  OutputOp output = graph.getOutputOp();
  builder.setInsertionPoint(output);
  Value logits = buildTail();
  OutputOp::create(builder, generate.getLoc(), ValueRange{logits}, builder.getArrayAttr({generate.getOutputAttr()}), ArrayAttr());
  output.erase();
  eraseDeadIn(graph.getBody().front());
  arguments.finish(cast<BlockArgument>(mapping.lookup(site.tokens)));
  return graph;
}

GraphOp weft::buildPrefill(const GenerateSite &site, const GenerateFlow &flow, const States &states) {
  return PrefillBuilder(site, flow, states).build();
}
