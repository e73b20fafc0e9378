// Contractions: panels of columns outermost (each read from memory once), row tiles inside, accumulators in registers, epilogues inlined
// into the tile's store. Row tiles come in all heights up to the target's: ceil(rows / tiles) rows each, so that 33 rows cost 35 and not 40,
// and fewer rows than a tile have a kernel of exactly their height. Neighbouring tiles overlap (ShiftInwards): no row is written past the end.
#include "codegen/schedule/Schedule.h"

namespace weft {

namespace {
struct Loops {
  hl::Var no{"no"}, ni{"ni"}, nj{"nj"}, mo{"mo"}, mi{"mi"};
};
} // namespace

static void tileOutput(hl::Stage stage, const Output &output, const TargetInfo &target, const Contraction &contraction, const Loops &loops, int rows) {
  int columns = target.tileFor(contraction.panelWidth).columns, panel = int(contraction.panelWidth);
  bool exact = contraction.columns > 0 && contraction.columns % panel == 0;
  hl::Var n = output.vars[0];
  std::vector<hl::VarOrRVar> order = {loops.ni};
  stage.split(n, loops.no, loops.ni, panel, exact ? hl::TailStrategy::RoundUp : hl::TailStrategy::GuardWithIf);
  if (rows)
    order.push_back(loops.mi);
  if (columns < panel) {
    stage.split(loops.ni, loops.nj, loops.ni, columns);
    order.push_back(loops.nj);
  }
  if (rows) {
    stage.split(output.vars[1], loops.mo, loops.mi, rows, hl::TailStrategy::ShiftInwards);
    order.push_back(loops.mo);
    order.insert(order.end(), output.vars.begin() + 2, output.vars.end());
  }
  order.push_back(loops.no);
  stage.reorder(order).vectorize(loops.ni, target.vectorFloats).unroll(loops.ni).never_partition(loops.no);
  if (rows)
    stage.unroll(loops.mi);
}

/// Steps of k in one turn of a loop of `extent` (negative: unknown): four, or a small odd kernel's all.
static int stepsOf(int64_t extent) {
  for (int steps : {4, 3, 2})
    if (extent > 0 && extent % steps == 0 && (steps != 3 || extent == 3))
      return steps;
  return extent == 5 || extent == 7 ? int(extent) : 1;
}

/// Cuts the innermost loop over k by `ki`; returns all of them, innermost first.
static std::vector<hl::VarOrRVar> splitDepth(hl::Stage update, Contraction &contraction, hl::RVar ki) {
  hl::RVar ko("ko");
  contraction.unrolled = stepsOf(contraction.extents[0]);
  update.split(contraction.k[0], ko, ki, contraction.unrolled);
  std::vector<hl::VarOrRVar> loops = {ki, ko};
  for (int i = 1; i < contraction.k.dimensions(); ++i)
    loops.push_back(contraction.k[i]);
  return loops;
}

static void placeAccumulators(Contraction &contraction, Output &output, const TargetInfo &target, const Loops &loops) {
  int columns = target.tileFor(contraction.panelWidth).columns, width = target.vectorFloats;
  bool hasRows = !contraction.rows.empty();
  hl::Var level = columns < contraction.panelWidth ? loops.nj : hasRows ? loops.mo : loops.no;
  hl::Func acc = contraction.acc;
  acc.compute_at(output.func, level).store_in(hl::MemoryType::Stack).bound_extent(contraction.column, columns).bound_extent(contraction.panel, 1);
  acc.vectorize(contraction.column, width).unroll(contraction.column);
  hl::Stage update = acc.update();
  std::vector<hl::VarOrRVar> order = {contraction.column};
  if (hasRows)
    order.push_back(contraction.rows[0]);
  hl::RVar ki("ki");
  llvm::append_range(order, splitDepth(update, contraction, ki));
  update.reorder(order).vectorize(contraction.column, width).unroll(contraction.column);
  if (hasRows) {
    acc.unroll(contraction.rows[0]);
    update.unroll(contraction.rows[0]);
  }
  update.unroll(ki);
}

void scheduleContraction(KernelGraph &graph, Output &output) {
  const TargetInfo &target = graph.target;
  const Contraction &first = graph.contractions[0];
  Loops loops;
  if (output.vars.size() == 1) {
    tileOutput(output.func, output, target, first, loops, 0);
  } else {
    int most = target.tileFor(first.panelWidth).rows;
    hl::Expr rows = graph.size(output.extents[1]), tiles = (rows + (most - 1)) / most;
    hl::Expr height = (rows + tiles - 1) / tiles;
    if (auto constant = output.extents[1].constant()) {
      int64_t count = (*constant + most - 1) / most;
      tileOutput(output.func, output, target, first, loops, int((*constant + count - 1) / count));
    } else {
      for (int r = most; r >= 1; --r)
        tileOutput(output.func.specialize(height == r), output, target, first, loops, r);
      output.func.specialize_fail("height out of range");
    }
  }
  for (Contraction &contraction : graph.contractions)
    placeAccumulators(contraction, output, target, loops);
}

} // namespace weft
