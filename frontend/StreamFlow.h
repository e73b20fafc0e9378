// Where the positions of one dimension of one value flow: the analysis behind StackCheck.
//
// Each value has tracks (a dimension of it follows the positions, `shift` positions ahead at most) and leaks (an operation on the way
// mixed positions). A leak is found once: what only carries it on is no leak of its own, until it is joined with clean positions
// again (a residual), after which a second un-masked attention is a second mistake.
#ifndef WEFT_FRONTEND_STREAMFLOW_H
#define WEFT_FRONTEND_STREAMFLOW_H

#include "ir/Weft.h"

#include "llvm/ADT/DenseMap.h"

#include <deque>

namespace weft {

/// A dimension that follows the positions, and how it came about.
struct Track {
  int64_t dim = 0;
  /// Position t depends on positions up to t + shift.
  int64_t shift = 0;
  mlir::Operation *op = nullptr; ///< null at the start
  const Track *from = nullptr;
  std::string reason;
};

/// An operation that let position t see later ones.
struct Leak {
  mlir::Operation *op = nullptr;
  const Track *from = nullptr;
  std::string reason;
  /// How many later positions.
  int64_t shift = 1;
};

class StreamFlow {
public:
  struct State {
    llvm::SmallVector<const Track *, 2> tracks;
    llvm::SmallVector<const Leak *, 1> leaks;
    /// Leaks that no clean positions have joined since.
    bool fresh = false;
    bool empty() const { return tracks.empty() && leaks.empty(); }
  };

  /// Positions start at a dimension of `value`.
  void seed(mlir::Value value, int64_t dim);
  /// Follows them through a block, stacks included.
  void walk(mlir::Block &block);
  const State &get(mlir::Value value) { return states[value]; }
  State &state(mlir::Value value) { return states[value]; }
  /// Turns a track that is ahead into leaks of the operations that got it there, first to last.
  llvm::SmallVector<const Leak *, 1> leaksOf(const Track &track);

private:
  void visit(mlir::Operation &op);
  void visitStack(mlir::Operation &op);
  void flow(mlir::Operation &op, unsigned operand, unsigned result, State &into, bool suppress);
  void addTrack(State &state, Track track);

  llvm::DenseMap<mlir::Value, State> states;
  std::deque<Track> tracks;
  std::deque<Leak> leaks;
};

} // namespace weft

#endif // WEFT_FRONTEND_STREAMFLOW_H
