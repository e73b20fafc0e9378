// When values of a planned graph live; see Lifetimes.h.
#include "passes/Lifetimes.h"

using namespace mlir;
using namespace weft;

static bool isStack(Operation *op) { return isa<EncoderOp, DecoderOp>(op); }

Lifetimes::Lifetimes(GraphOp graph) {
  Block &body = graph.getBody().front();
  number(body);
  collect(body);
  for (Lifetime &place : places)
    for (Value value : place.values)
      place.end = std::max(place.end, lastUse(value));
  for (OpOperand &output : body.getTerminator()->getOpOperands())
    if (auto found = placeOf.find(output.get()); found != placeOf.end()) {
      Lifetime &place = places[found->second];
      if (place.values.size() == 1 && output.get().hasOneUse() && output.get().getDefiningOp()->getBlock() == &body)
        place.output = output.getOperandNumber();
    }
}

void Lifetimes::number(Block &block) {
  for (Operation &op : block) {
    int64_t begin = next++;
    if (isStack(&op))
      number(op.getRegion(0).front());
    positions[&op] = {begin, isStack(&op) ? next++ : begin};
  }
}

void Lifetimes::collect(Block &block) {
  for (Operation &op : block) {
    if (isStack(&op)) {
      collectStack(&op);
      continue;
    }
    if (!isa<LaunchOp, MoveRowsOp>(op))
      continue;
    for (Value result : op.getResults()) {
      placeOf[result] = places.size();
      int64_t at = positions.lookup(&op).first;
      places.push_back({{result}, at, at, -1});
    }
  }
}

void Lifetimes::join(Value value, Value with) {
  size_t place = placeOf.lookup(with);
  if (auto own = placeOf.find(value); own != placeOf.end())
    places[own->second].values.clear(); // a launch's result: its place was made first
  placeOf[value] = place;
  places[place].values.push_back(value);
}

void Lifetimes::collectStack(Operation *stack) {
  Block &body = stack->getRegion(0).front();
  for (auto [start, arg] : llvm::zip(stack->getOperands(), body.getArguments().drop_front()))
    join(arg, start);
  collect(body);
  for (auto [start, next, result] : llvm::zip(stack->getOperands(), body.getTerminator()->getOperands(), stack->getResults())) {
    join(next, start);
    join(result, start);
    Lifetime &place = places[placeOf.lookup(start)];
    place.end = std::max(place.end, positions.lookup(stack).second);
  }
}

int64_t Lifetimes::lastUse(Value value) const {
  int64_t last = 0;
  for (Operation *user : value.getUsers())
    if (Operation *reader = ancestorIn(value.getParentBlock(), user))
      last = std::max(last, positions.lookup(reader).second);
  return last;
}
