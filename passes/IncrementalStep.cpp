// Builds @step: the full-sequence graph for one position of every row; see Incremental.h.
// What depends on the stream is cloned with its dimension 1; keys and values are appended to their states and read back with all
// earlier ones; what depends on the source alone is read from the states that @prefill filled.
#include "passes/Incremental.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

namespace {
class StepBuilder {
public:
  StepBuilder(const GenerateSite &site, const GenerateFlow &flow, States &states)
      : site(site), flow(flow), states(states), cloner(site, flow, states.capacity()), builder(site.tokens.getContext()) {}
  FailureOr<GraphOp> build();

private:
  NamedTensorType i32(ArrayRef<DimExpr> dims) { return NamedTensorType::get(builder.getContext(), dims, builder.getI32Type()); }
  void declare(GraphArguments &arguments);
  LogicalResult visit(Block &block);
  LogicalResult visitStack(Operation *stack);
  LogicalResult visitAttention(AttentionOp op);
  LogicalResult visitMask(Operation *op);
  LogicalResult visitOp(Operation *op);
  FailureOr<Value> get(Value value);
  FailureOr<Value> history(Value value, StateKind kind, int64_t heads);
  FailureOr<Value> kept(Value value, StateKind kind, int64_t heads);
  void map(Value from, Value to) {
    mapping[from] = to;
    scope.push_back(from);
  }

  const GenerateSite &site;
  const GenerateFlow &flow;
  States &states;
  PositionCloner cloner;
  OpBuilder builder;
  GraphOp graph;
  BlockArgument tokens, position, rows, source;
  DenseMap<Value, Value> mapping; ///< by value of the full-sequence graph; a null value: a mask that hides nothing
  DenseMap<std::pair<Value, int>, Value> histories;
  SmallVector<Value> scope; ///< what was mapped in the block that is built
};
} // namespace

void StepBuilder::declare(GraphArguments &arguments) {
  tokens = arguments.add(site.generate->getAttrOfType<StringAttr>("input").getValue(), i32({site.batch, DimExpr(1)}), "tokens");
  position = arguments.add("position", i32({site.batch}), "position");
  rows = arguments.add("rows", i32({site.batch, states.pages}), "rows");
  source = arguments.add("source", i32({site.batch}), "source");
}

FailureOr<GraphOp> StepBuilder::build() {
  builder.setInsertionPointAfter(site.forward);
  GenerateOp generate = site.generate;
  graph = GraphOp::create(builder, generate.getLoc(), builder.getStringAttr("step"), builder.getArrayAttr({}), ArrayAttr());
  builder.setInsertionPointToStart(&graph.getBody().emplaceBlock());
  GraphArguments arguments(graph);
  declare(arguments);
  map(site.tokens, tokens);
  GraphOp forward = site.forward;
  if (failed(visit(forward.getBody().front()))) {
    graph.erase();
    return failure();
  }
  OutputOp::create(builder, generate.getLoc(), ValueRange{mapping.lookup(site.logits)}, builder.getArrayAttr({generate.getOutputAttr()}), ArrayAttr());
  arguments.finish(tokens);
  return graph;
}

LogicalResult StepBuilder::visit(Block &block) {
  for (Operation &op : block) {
    if (!flow.isNeeded(&op) || isa<YieldOp, OutputOp, WeightRefOp>(op) ||
        llvm::none_of(op.getResults(), [&](Value result) { return flow.of(result).any(); }))
      continue;
    LogicalResult visited = success();
    if (isa<EncoderOp, DecoderOp>(op))
      visited = visitStack(&op);
    else if (auto attention = dyn_cast<AttentionOp>(op))
      visited = visitAttention(attention);
    else if (isa<PaddingMaskOp, MaskAndOp>(op))
      visited = visitMask(&op);
    else
      visited = visitOp(&op);
    if (failed(visited))
      return failure();
  }
  return success();
}

/// The stack over the carried values that follow the stream; the others are read from states where layers need them.
LogicalResult StepBuilder::visitStack(Operation *stack) {
  Block &body = stack->getRegion(0).front();
  SmallVector<unsigned> moving;
  SmallVector<Value> starts;
  for (unsigned i = 0; i < stack->getNumOperands(); ++i) {
    if (!flow.of(stack->getResult(i)).any())
      continue;
    FailureOr<Value> start = get(stack->getOperand(i));
    if (failed(start))
      return failure();
    moving.push_back(i);
    starts.push_back(*start);
  }
  OperationState state(stack->getLoc(), stack->getName());
  state.addOperands(starts);
  state.addTypes(ValueRange(starts).getTypes());
  state.addAttributes(stack->getAttrs());
  state.addRegion();
  Operation *clone = builder.create(state);
  Block &copy = clone->getRegion(0).emplaceBlock();
  SmallVector<Value> outer;
  std::swap(outer, scope);
  map(body.getArgument(0), copy.addArgument(builder.getIndexType(), stack->getLoc()));
  for (auto [i, start] : llvm::zip(moving, starts))
    map(body.getArgument(i + 1), copy.addArgument(start.getType(), body.getArgument(i + 1).getLoc()));
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&copy);
  if (failed(visit(body)))
    return failure();
  SmallVector<Value> next;
  for (unsigned i : moving) {
    FailureOr<Value> value = get(body.getTerminator()->getOperand(i));
    if (failed(value))
      return failure();
    next.push_back(*value);
  }
  YieldOp::create(builder, stack->getLoc(), next);
  for (Value inner : scope)
    mapping.erase(inner);
  std::swap(outer, scope);
  for (auto [i, result] : llvm::zip(moving, clone->getResults()))
    map(stack->getResult(i), result);
  return success();
}

/// Padding of the stream hides nothing: every earlier position of a row is real.
LogicalResult StepBuilder::visitMask(Operation *op) {
  if (isa<PaddingMaskOp>(op)) {
    map(op->getResult(0), Value());
    return success();
  }
  FailureOr<Value> lhs = get(op->getOperand(0)), rhs = get(op->getOperand(1));
  if (failed(lhs) || failed(rhs))
    return failure();
  if (*lhs && *rhs)
    return visitOp(op);
  map(op->getResult(0), *lhs ? *lhs : *rhs);
  return success();
}

LogicalResult StepBuilder::visitOp(Operation *op) {
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<Value> mapped = get(operand);
    if (failed(mapped))
      return failure();
    if (!*mapped)
      return site.fail(op->getLoc()) << "can't be computed position by position: padding of the stream counts only in a mask";
    operands.push_back(*mapped);
  }
  FailureOr<Operation *> clone = cloner.clone(op, operands, position, builder);
  if (failed(clone))
    return failure();
  for (auto [from, to] : llvm::zip(op->getResults(), (*clone)->getResults()))
    map(from, to);
  return success();
}

LogicalResult StepBuilder::visitAttention(AttentionOp op) {
  auto heads = static_cast<int64_t>(op.getKvHeads());
  bool self = flow.of(op.getKey()).moves();
  FailureOr<Value> query = get(op.getQuery());
  FailureOr<Value> key = self ? history(op.getKey(), StateKind::Keys, heads) : kept(op.getKey(), StateKind::Keys, heads);
  FailureOr<Value> value = self ? history(op.getValue(), StateKind::Values, heads) : kept(op.getValue(), StateKind::Values, heads);
  FailureOr<Value> mask = op.getMask() ? get(op.getMask()) : FailureOr<Value>(Value());
  FailureOr<Value> bias = op.getBias() ? get(op.getBias()) : FailureOr<Value>(Value());
  if (failed(query) || failed(key) || failed(value) || failed(mask) || failed(bias))
    return failure();
  auto clone = AttentionOp::create(builder, op.getLoc(), cloner.typeAt(op.getResult()), *query, *key, *value, *mask, *bias,
                                   op.getHeadsAttr(), op.getKvHeadsAttr(), op.getScaleAttr(), op.getSoftcapAttr());
  map(op.getResult(), clone);
  return success();
}

/// All positions of a value so far, this one included: appended where it is computed.
FailureOr<Value> StepBuilder::history(Value value, StateKind kind, int64_t heads) {
  Value &known = histories[{value, static_cast<int>(kind)}];
  if (known)
    return known;
  FailureOr<Value> mapped = get(value);
  FailureOr<KeptValue> place = states.keep(value, kind, heads);
  if (failed(mapped) || failed(place))
    return failure();
  OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(*mapped);
  StateOp state = place->state;
  Value old = stateRef(builder, value.getLoc(), state, layerAt(*mapped));
  Value written = writeState(builder, old, *mapped, {rows, position, {}});
  auto all = typeOf(value).withDims({site.batch, states.capacity(), typeOf(value).getExpr(2)});
  known = CacheReadOp::create(builder, value.getLoc(), all, written, rows);
  return known;
}

/// What depends on the source alone, from its state.
FailureOr<Value> StepBuilder::kept(Value value, StateKind kind, int64_t heads) {
  FailureOr<KeptValue> place = states.keep(value, kind, heads);
  if (failed(place))
    return site.fail(value.getLoc()) << "can't be kept from one position to the next: its shape " << typeOf(value).shapeText()
                                     << " has the batch in another place than the first";
  StateOp state = place->state;
  Value layer = layerAt(value);
  Value ref = stateRef(builder, value.getLoc(), state, layer ? mapping.lookup(layer) : Value());
  return Value(CacheReadOp::create(builder, value.getLoc(), value.getType(), ref, place->hasRows ? Value(source) : Value()));
}

/// The value in the step: cloned already, cloned now where that is cheap, else read from a state.
FailureOr<Value> StepBuilder::get(Value value) {
  if (auto found = mapping.find(value); found != mapping.end())
    return found->second;
  assert(!flow.of(value).any() && "what follows the stream is built in order");
  Operation *op = value.getDefiningOp();
  if (auto ref = dyn_cast_or_null<WeightRefOp>(op)) {
    auto clone = WeightRefOp::create(builder, ref.getLoc(), ref.getType(), ref.getWeightAttr(), ref.getLayer() ? mapping.lookup(ref.getLayer()) : Value());
    map(value, clone);
    return clone.getResult();
  }
  if (!isIndexOp(op)) {
    FailureOr<Value> read = kept(value, StateKind::Plain, 1);
    if (succeeded(read))
      map(value, *read);
    return read;
  }
  SmallVector<Value> operands;
  for (Value operand : op->getOperands()) {
    FailureOr<Value> mapped = get(operand);
    if (failed(mapped))
      return failure();
    operands.push_back(*mapped);
  }
  Operation *clone = builder.clone(*op);
  clone->setOperands(operands);
  for (auto [from, to] : llvm::zip(op->getResults(), clone->getResults()))
    map(from, to);
  return mapping.lookup(value);
}

FailureOr<GraphOp> weft::buildStep(const GenerateSite &site, const GenerateFlow &flow, States &states) {
  return StepBuilder(site, flow, states).build();
}
