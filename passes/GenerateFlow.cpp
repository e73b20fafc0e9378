// Follows the positions of a generated stream; see GenerateFlow.h.
#include "passes/GenerateFlow.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }
static bool isStack(Operation *op) { return isa<EncoderOp, DecoderOp>(op); }

//===-- The site ------------------------------------------------------------------------------------------------------===//

static bool isName(const DimExpr &dim) {
  std::vector<std::string> names = dim.symbols();
  return names.size() == 1 && dim == DimExpr::symbol(names.front());
}

static int64_t indexOf(ArrayAttr names, StringRef name) {
  auto found = llvm::find_if(names, [&](Attribute each) { return cast<StringAttr>(each).getValue() == name; });
  return found == names.end() ? -1 : found - names.begin();
}

FailureOr<GenerateSite> GenerateSite::find(GenerateOp generate) {
  GenerateSite site{generate->getParentOfType<ModelOp>(), generate, {}, {}, {}, {}, {}};
  int64_t input = -1, output = -1;
  for (auto graph : site.model.getOps<GraphOp>()) {
    input = indexOf(graph.getInputNames(), generate.getInput());
    output = indexOf(graph.getOutputOp().getNames(), generate.getOutput());
    site.forward = graph;
    if (input >= 0 && output >= 0)
      break;
  }
  if (input < 0 || output < 0)
    return generate.emitError() << "no graph has the input '" << generate.getInput() << "' and the output '" << generate.getOutput() << "'";
  site.tokens = site.forward.getBody().getArgument(input);
  site.logits = site.forward.getOutputOp().getValues()[output];
  NamedTensorType tokens = typeOf(site.tokens), logits = typeOf(site.logits);
  if (!tokens.isI32() || tokens.getRank() != 2 || !isName(tokens.getExpr(0)) || !isName(tokens.getExpr(1)))
    return generate.emitError() << "'" << generate.getInput() << "' must be i32 [batch, time] over two dims, not " << tokens.shapeText();
  site.batch = tokens.getExpr(0);
  site.time = tokens.getExpr(1);
  if (!logits.isF32() || logits.getRank() != 3 || logits.getExpr(0) != site.batch || logits.getExpr(1) != site.time || !logits.getDim(2).getStatic())
    return generate.emitError() << "'" << generate.getOutput() << "' must be f32 [" << site.batch.text() << ", " << site.time.text()
                                << ", vocabulary], not " << logits.shapeText();
  return site;
}

InFlightDiagnostic GenerateSite::fail(Location loc) const {
  InFlightDiagnostic diagnostic = emitError(loc);
  GenerateOp op = generate;
  diagnostic.attachNote(op.getLoc()) << "'" << op.getInput() << "' grows one position at a time here";
  return diagnostic;
}

//===-- What the logits need ------------------------------------------------------------------------------------------===//

void GenerateFlow::need(Value value) {
  SmallVector<Value> pending{value};
  while (!pending.empty()) {
    Operation *op = pending.pop_back_val().getDefiningOp();
    if (!op || !needed.insert(op).second)
      continue;
    llvm::append_range(pending, op->getOperands());
    if (!isStack(op))
      continue;
    Operation *yield = op->getRegion(0).front().getTerminator();
    needed.insert(yield);
    llvm::append_range(pending, yield->getOperands());
  }
}

/// Inputs that the logits need can't grow, the tokens excepted.
LogicalResult GenerateFlow::checkInputs() {
  GraphOp graph = site.forward;
  LogicalResult result = success();
  for (BlockArgument arg : graph.getBody().getArguments()) {
    if (arg == site.tokens || !llvm::any_of(arg.getUsers(), [&](Operation *user) { return isNeeded(user); }))
      continue;
    if (llvm::none_of(typeOf(arg).getExprs(), [&](const DimExpr &dim) { return site.growsWith(dim); }))
      continue;
    GenerateOp generate = site.generate;
    site.fail(arg.getLoc()) << "input '" << cast<StringAttr>(graph.getInputNames()[arg.getArgNumber()]).getValue()
                            << "' would have to grow with '" << generate.getInput() << "', but generation chooses only that: it has dimension '"
                            << site.time.text() << "' too";
    result = failure();
  }
  return result;
}

LogicalResult GenerateFlow::analyze() {
  need(site.logits);
  flows[site.tokens].stream = 1;
  GraphOp graph = site.forward;
  if (failed(checkInputs()) || failed(visitBlock(graph.getBody().front())))
    return failure();
  if (of(site.logits) == Flow{1, -1})
    return success();
  GenerateOp generate = site.generate;
  return generate.emitError() << "'" << generate.getOutput() << "' does not depend on '" << generate.getInput() << "' position by position";
}

//===-- Ops -----------------------------------------------------------------------------------------------------------===//

bool GenerateFlow::isTable(Operation *op) {
  return isa<CausalMaskOp, WindowMaskOp, PaddingMaskOp, RelativeBiasOp, AlibiOp, PositionsOp, SinusoidalOp>(op);
}

LogicalResult GenerateFlow::fail(Operation *op, const Twine &reason) {
  if (failedOps.insert(op).second)
    site.fail(op->getLoc()) << "can't be computed position by position: " << reason;
  return failure();
}

LogicalResult GenerateFlow::visitBlock(Block &block) {
  LogicalResult result = success();
  for (Operation &op : block) {
    if (!isNeeded(&op) || isa<WeightRefOp, YieldOp, OutputOp>(op))
      continue;
    // What follows from an error is none of its own.
    bool follows = llvm::any_of(op.getOperands(), [&](Value operand) { return failedOps.contains(operand.getDefiningOp()); });
    LogicalResult visited = follows ? failure() : isStack(&op) ? visitStack(&op) : visitOp(&op);
    if (succeeded(visited))
      continue;
    failedOps.insert(&op);
    result = failure();
  }
  return result;
}

/// A carried value follows the stream if its start or any layer's result does.
LogicalResult GenerateFlow::visitStack(Operation *stack) {
  Block &body = stack->getRegion(0).front();
  for (auto [start, arg] : llvm::zip(stack->getOperands(), body.getArguments().drop_front()))
    flows[arg] = of(start);
  for (bool changed = true; changed;) {
    changed = false;
    if (failed(visitBlock(body)))
      return failure();
    for (auto [next, arg] : llvm::zip(body.getTerminator()->getOperands(), body.getArguments().drop_front())) {
      if (of(next) == of(arg))
        continue;
      if (of(arg).any() || of(next).keys >= 0)
        return fail(stack, "a layer carries its stream on in another dimension");
      flows[arg] = of(next);
      changed = true;
    }
  }
  for (auto [arg, result] : llvm::zip(body.getArguments().drop_front(), stack->getResults()))
    flows[result] = of(arg);
  return success();
}

/// Every dimension that grows is one that was followed.
LogicalResult GenerateFlow::checkTypes(Operation *op) {
  for (NamedAttribute attribute : op->getAttrs())
    if (auto dim = dyn_cast<DimAttr>(attribute.getValue()); dim && site.growsWith(dim.getExpr()))
      return fail(op, "it depends on the length of '" + site.time.text() + "'");
  for (Value value : op->getResults())
    for (int64_t dim = 0; dim < typeOf(value).getRank(); ++dim) {
      DimExpr size = typeOf(value).getExpr(dim);
      bool followed = dim == of(value).stream || dim == of(value).keys;
      if (site.growsWith(size) && !(followed && size == site.time))
        return fail(op, "its dimension " + size.text() + " grows, but does not follow the positions of the input");
    }
  return success();
}

LogicalResult GenerateFlow::visitOp(Operation *op) {
  if (auto attention = dyn_cast<AttentionOp>(op))
    return visitAttention(attention);
  if (isTable(op))
    return visitTable(op);
  if (!isa<StreamOpInterface>(op))
    return fail(op, "nothing is known of its positions");
  for (OpResult result : op->getResults()) {
    FailureOr<Flow> flow = follow(op, result.getResultNumber());
    if (failed(flow))
      return failure();
    // A value that is the same at every position, stretched along the stream.
    NamedTensorType type = typeOf(result);
    for (int64_t dim = 0; isa<BroadcastOp>(op) && dim < type.getRank(); ++dim)
      if (type.getExpr(dim) == site.time && dim != flow->keys && flow->stream < 0)
        flow->stream = dim;
    flows[result] = *flow;
  }
  return checkTypes(op);
}

/// Where the operands' positions lie in a result.
FailureOr<Flow> GenerateFlow::follow(Operation *op, unsigned result) {
  Flow flow;
  auto stream = cast<StreamOpInterface>(op);
  for (OpOperand &operand : op->getOpOperands())
    for (bool isKey : {false, true}) {
      int64_t dim = isKey ? of(operand.get()).keys : of(operand.get()).stream;
      if (dim < 0)
        continue;
      StreamRelation relation = stream.getStreamRelation(operand.getOperandNumber(), dim, result);
      if (relation.kind == StreamRelation::Absent)
        continue;
      if (relation.kind == StreamRelation::Earlier)
        return fail(op, relation.reason + ": only attention keeps what it needs of earlier positions");
      if (relation.kind == StreamRelation::Mixing || relation.resultDim < 0)
        return fail(op, relation.reason.empty() ? "it mixes positions" : relation.reason);
      if (relation.shift != 0)
        return fail(op, relation.reason.empty() ? "it moves positions" : relation.reason);
      int64_t &place = isKey ? flow.keys : flow.stream;
      if (place >= 0 && place != relation.resultDim)
        return fail(op, "positions meet positions, as in scores that are not fused into one weft.attention");
      place = relation.resultDim;
    }
  return flow;
}

LogicalResult GenerateFlow::visitTable(Operation *op) {
  Value result = op->getResult(0);
  NamedTensorType type = typeOf(result);
  int64_t rank = type.getRank();
  Flow flow;
  if (type.getExpr(rank - 2) == site.time)
    flow.stream = rank - 2;
  if (!isa<PositionsOp, SinusoidalOp>(op) && type.getExpr(rank - 1) == site.time)
    flow.keys = rank - 1;
  flows[result] = flow;
  bool shifts = !isa<PaddingMaskOp>(op) && op->getNumOperands() > (isa<RelativeBiasOp, PositionsOp>(op) ? 1u : 0u);
  if (flow.any() && shifts)
    return fail(op, "it has an offset of its own");
  return checkTypes(op);
}

LogicalResult GenerateFlow::visitAttention(AttentionOp op) {
  Flow query = of(op.getQuery()), key = of(op.getKey()), value = of(op.getValue());
  if (key.any() || value.any()) {
    StreamRelation relation = op.getStreamRelation(1, 1, 0);
    if (relation.kind != StreamRelation::Earlier || relation.shift > 0)
      return fail(op, relation.reason);
    if (!(key == Flow{1, -1}) || !(value == key) || !query.moves())
      return fail(op, "queries, keys and values do not share the stream's positions");
  }
  if (query.any() && !(query == Flow{1, -1}))
    return fail(op, "its queries are not the stream's positions");
  for (Value table : {Value(op.getMask()), Value(op.getBias())}) {
    if (!table || !of(table).any())
      continue;
    int64_t rank = typeOf(table).getRank();
    Flow flow = of(table);
    if ((flow.stream >= 0 && flow.stream != rank - 2) || (flow.keys >= 0 && (flow.keys != rank - 1 || !key.moves())) || !query.moves())
      return fail(op, "its mask or bias does not follow the stream's positions");
  }
  flows[op.getResult()] = query;
  return checkTypes(op);
}
