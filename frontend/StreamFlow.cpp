// Propagation of positions through ops and stacks.
#include "StreamFlow.h"

using namespace llvm;

namespace weft {

void StreamFlow::seed(mlir::Value value, int64_t dim) {
  tracks.push_back({dim, 0, nullptr, nullptr, ""});
  states[value].tracks.push_back(&tracks.back());
}

/// Keeps the track that is furthest ahead for each dimension.
void StreamFlow::addTrack(State &state, Track track) {
  for (const Track *&other : state.tracks)
    if (other->dim == track.dim) {
      if (other->shift >= track.shift)
        return;
      tracks.push_back(track);
      other = &tracks.back();
      return;
    }
  tracks.push_back(track);
  state.tracks.push_back(&tracks.back());
}

SmallVector<const Leak *, 1> StreamFlow::leaksOf(const Track &track) {
  SmallVector<const Leak *, 1> found;
  // Back to the last operation that got ahead: what comes after did not bring the positions back.
  for (const Track *step = &track; step && step->shift > 0; step = step->from) {
    int64_t before = step->from ? std::max<int64_t>(step->from->shift, 0) : 0;
    if (step->shift <= before)
      continue;
    leaks.push_back({step->op, step->from, step->reason, step->shift - before});
    found.push_back(&leaks.back());
  }
  std::reverse(found.begin(), found.end());
  return found;
}

void StreamFlow::flow(mlir::Operation &op, unsigned operand, unsigned result, State &into, bool suppress) {
  auto streams = mlir::cast<StreamOpInterface>(op);
  State before = states.lookup(op.getOperand(operand));
  for (const Track *track : before.tracks) {
    StreamRelation relation = streams.getStreamRelation(operand, track->dim, result);
    bool mixes = relation.kind == StreamRelation::Mixing;
    if (relation.kind == StreamRelation::Absent)
      continue;
    if (!mixes) {
      addTrack(into, {relation.resultDim, track->shift + relation.shift, &op, track, relation.reason});
    } else if (!suppress) {
      leaks.push_back({&op, track, relation.reason});
      into.leaks.push_back(&leaks.back());
      into.fresh = true;
    }
  }
}

void StreamFlow::visit(mlir::Operation &op) {
  if (mlir::isa<EncoderOp, DecoderOp>(op))
    return visitStack(op);
  if (!mlir::isa<StreamOpInterface>(op))
    return;
  bool anyFresh = false, anyClean = false;
  SmallVector<const Leak *, 2> carried;
  for (mlir::Value operand : op.getOperands()) {
    State state = states.lookup(operand);
    anyFresh |= state.fresh;
    for (const Leak *leak : state.leaks)
      if (!llvm::is_contained(carried, leak))
        carried.push_back(leak);
  }
  for (auto [r, result] : llvm::enumerate(op.getResults())) {
    State into;
    for (unsigned i = 0; i < op.getNumOperands(); ++i) {
      size_t tracksBefore = into.tracks.size();
      flow(op, i, r, into, /*suppress=*/anyFresh);
      anyClean |= into.tracks.size() > tracksBefore && !states.lookup(op.getOperand(i)).fresh;
    }
    if (!carried.empty()) {
      into.leaks.append(carried.begin(), carried.end());
      into.fresh |= anyFresh && !(anyClean && op.getNumOperands() > 1);
    }
    if (!into.empty())
      states[result] = std::move(into);
  }
}

void StreamFlow::visitStack(mlir::Operation &op) {
  mlir::Block &body = op.getRegion(0).front();
  for (auto [start, carried] : llvm::zip(op.getOperands(), body.getArguments().drop_front()))
    if (State state = states.lookup(start); !state.empty())
      states[carried] = state;
  walk(body);
  for (auto [start, next, result] : llvm::zip(op.getOperands(), body.getTerminator()->getOperands(), op.getResults())) {
    State before = states.lookup(start), after = states.lookup(next);
    for (const Track *track : before.tracks)
      addTrack(after, *track);
    // What moves ahead in one layer moves on in the next.
    for (const Track *track : after.tracks)
      for (const Track *first : before.tracks)
        if (first->dim == track->dim && track->shift > first->shift && track->shift > 0)
          llvm::append_range(after.leaks, leaksOf(*track));
    for (const Leak *leak : before.leaks)
      if (!llvm::is_contained(after.leaks, leak))
        after.leaks.push_back(leak);
    if (!after.empty())
      states[result] = std::move(after);
  }
}

void StreamFlow::walk(mlir::Block &block) {
  for (mlir::Operation &op : block)
    visit(op);
}

} // namespace weft
