// Builds @encode: what depends on the source alone, computed once a source and kept; see Incremental.h.
// A prompt of one token is then a step behind it: decoding's kernels do that position, not those that are shaped for long prompts.
// It is a clone of the full-sequence graph that fills these states and gives nothing; of its stacks only what the states need is left.
#include "passes/Incremental.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SmallBitVector.h"

using namespace mlir;
using namespace weft;

/// Carried values of a stack that reach a result which is read, or an effect in a layer.
static llvm::SmallBitVector neededSlots(Operation *stack) {
  Block &body = stack->getRegion(0).front();
  llvm::SmallBitVector needed(stack->getNumResults());
  SmallVector<Value> open;
  DenseSet<Value> seen;
  auto need = [&](unsigned slot) {
    needed.set(slot);
    open.push_back(body.getTerminator()->getOperand(slot));
  };
  for (OpResult result : stack->getResults())
    if (!result.use_empty())
      need(result.getResultNumber());
  for (Operation &op : body.without_terminator())
    if (!isMemoryEffectFree(&op))
      llvm::append_range(open, op.getOperands());
  while (!open.empty()) {
    Value value = open.pop_back_val();
    if (!seen.insert(value).second)
      continue;
    auto argument = dyn_cast<BlockArgument>(value);
    if (!argument)
      llvm::append_range(open, value.getDefiningOp()->getOperands());
    else if (argument.getOwner() == &body && argument.getArgNumber() > 0 && !needed[argument.getArgNumber() - 1])
      need(argument.getArgNumber() - 1);
  }
  return needed;
}

/// The stack with these of its carried values.
static void narrowStack(Operation *stack, const llvm::SmallBitVector &slots) {
  Block &body = stack->getRegion(0).front();
  SmallVector<Value> starts, next;
  llvm::BitVector dropped(body.getNumArguments());
  for (unsigned slot = 0; slot < slots.size(); ++slot) {
    if (!slots[slot]) {
      dropped.set(slot + 1);
      continue;
    }
    starts.push_back(stack->getOperand(slot));
    next.push_back(body.getTerminator()->getOperand(slot));
  }
  body.getTerminator()->setOperands(next);
  eraseDeadIn(body);
  body.eraseArguments(dropped);
  OpBuilder builder(stack);
  OperationState state(stack->getLoc(), stack->getName(), starts, TypeRange(ValueRange(starts)), stack->getAttrs());
  state.addRegion()->takeBody(stack->getRegion(0));
  Operation *narrow = builder.create(state);
  for (unsigned slot = 0, kept = 0; slot < slots.size(); ++slot)
    if (slots[slot])
      stack->getResult(slot).replaceAllUsesWith(narrow->getResult(kept++));
  stack->erase();
}

GraphOp weft::buildEncode(const GenerateSite &site, const States &states) {
  auto ofSource = [](const auto &entry) { return !entry.second.isStream; };
  if (llvm::none_of(states.all(), ofSource))
    return {};
  IRMapping mapping;
  GraphOp forward = site.forward;
  auto graph = cast<GraphOp>(forward->clone(mapping));
  graph.setSymName("encode");
  OpBuilder builder(graph.getContext());
  builder.setInsertionPointAfter(forward);
  builder.insert(graph);
  GraphArguments arguments(graph);
  BlockArgument source = arguments.add("source", NamedTensorType::get(builder.getContext(), {site.batch}, builder.getI32Type()), "source");
  for (const auto &entry : llvm::make_filter_range(states.all(), ofSource))
    writeSource(builder, mapping.lookup(entry.first.first), entry.second, source);
  OutputOp output = graph.getOutputOp();
  builder.setInsertionPoint(output);
  OutputOp::create(builder, site.generate->getLoc(), ValueRange(), builder.getArrayAttr({}), ArrayAttr());
  output.erase();
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(graph.getBody().front())))
    if (isOpTriviallyDead(&op))
      op.erase();
    else if (isa<EncoderOp, DecoderOp>(op))
      narrowStack(&op, neededSlots(&op));
  for (BlockArgument argument : graph.getBody().getArguments()) // its reader went with the stream
    if (llvm::all_of(argument.getUsers(), llvm::IsaPred<CheckOp>))
      for (Operation *check : llvm::to_vector(argument.getUsers()))
        check->erase();
  arguments.finish(BlockArgument());
  return graph;
}
