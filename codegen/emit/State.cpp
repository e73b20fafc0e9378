// Reads of states: rows and pages are looked up where the elements are read.
#include "codegen/emit/Emit.h"

using namespace mlir;
using llvm::Error;
namespace weft {

/// Positions of a page, which lie in one row.
static constexpr int pagePositions = 16;

static Error emitCacheRead(CacheReadOp op, KernelGraph &graph) {
  Vars vars = varsFor(op.getResult());
  Index index = toIndex(vars);
  hl::Func state = graph.func(op.getState());
  bool joined = rankOf(op.getState()) == 4 && rankOf(op.getResult()) == 3;
  if (Value table = op.getRows()) {
    hl::Func rows = graph.func(table);
    hl::Expr row = rankOf(table) == 2 ? rows(vars[1] / pagePositions, vars.back()) : rows(vars.back());
    index.back() = hl::unsafe_promise_clamped(row, 0, graph.size(op.getState(), 0) - 1);
  }
  if (joined) {
    int width = int(*typeOf(op.getState()).getExpr(3).constant());
    std::optional<int64_t> ring = typeOf(op.getState()).getExpr(2).constant();
    bool turns = ring && rankOf(op.getRows()) == 2;
    index = {vars[0] % width, turns ? hl::Expr(vars[1] % int(*ring)) : hl::Expr(vars[1]), vars[0] / width, index.back()};
  }
  hl::Func read(graph.name("cache"));
  read(vars) = state(index);
  graph.define(op.getResult(), read);
  graph.stage(read, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  return Error::success();
}

void addStateEmitters(EmitterTable &table) { table.add<CacheReadOp>(emitCacheRead); }

} // namespace weft
