// Row reductions: the rows of the result one after another, each reduction in vector accumulators and one horizontal step, what is read
// twice kept for the row. Reductions over another dimension run down the columns, a block of columns at a time.
#include "codegen/schedule/Schedule.h"

namespace weft {

/// Splits a reduction along a row into lanes: 4 vectors of partial results where the row is long.
static void reduceInVectors(Stage &stage, const DimExpr &extent, const TargetInfo &target, hl::LoopLevel level) {
  int lanes = vectorFor(extent, target);
  auto constant = extent.constant();
  if (constant && *constant % (lanes * 4) == 0)
    lanes *= 4;
  if (lanes < 2)
    return;
  hl::RVar ro("ro"), ri("ri");
  hl::Var lane("lane");
  int width = std::min(lanes, target.vectorFloats);
  hl::Stage update = stage.func.update();
  update.split(stage.domain->x, ro, ri, lanes);
  hl::Func partial = update.rfactor(ri, lane);
  partial.compute_at(level).vectorize(lane, width).unroll(lane);
  partial.update().reorder(lane, ro).vectorize(lane, width).unroll(lane);
  stage.func.update().atomic().vectorize(ri, lanes);
}

static DimExpr rowExtent(const KernelGraph &graph, const Stage &stage, const Output &output) {
  // The domain's length, as a constant where it is one.
  if (auto constant = hl::Internal::as_const_int(hl::Internal::simplify(stage.domain->x.extent())))
    return DimExpr(*constant);
  return DimExpr::symbol("r");
}

static void alongRows(KernelGraph &graph, Output &output) {
  size_t reduced = 0; // dimensions of the reductions' results
  for (Stage &stage : graph.stages)
    if (stage.role == Role::Reduction)
      reduced = std::max(reduced, stage.extents.size());
  // The loop around one row: the dimension after the row where the result has it, else the innermost.
  size_t loop = output.vars.size() > reduced ? 1 : 0;
  bool root = loop >= output.vars.size();
  auto place = [&](hl::Func func) {
    if (root)
      func.compute_root();
    else
      func.compute_at(output.func, output.vars[loop]);
  };
  if (loop == 1)
    vectorizeRow(output.func, output.vars[0], output.extents[0], graph.target);
  for (Stage &stage : graph.stages) {
    if (stage.role == Role::Row) {
      place(stage.func);
      if (stage.extents.size() > reduced)
        vectorizeRow(stage.func, stage.func.args()[0], stage.extents[0], graph.target);
    } else if (stage.role == Role::Reduction) {
      place(stage.func);
      hl::LoopLevel level = root ? hl::LoopLevel::root() : hl::LoopLevel(output.func, output.vars[loop]);
      reduceInVectors(stage, rowExtent(graph, stage, output), graph.target, level);
    }
  }
}

/// Whether a reduction's result serves several rows of the output (a softmax down the columns): its block of columns is outermost then.
static bool sharedByRows(const KernelGraph &graph, const Output &output) {
  return llvm::any_of(graph.stages, [&](const Stage &stage) {
    return stage.role == Role::Reduction && stage.extents.size() < output.vars.size();
  });
}

static void downColumns(KernelGraph &graph, Output &output) {
  hl::Var no("no"), ni("ni"), n = output.vars[0];
  int width = vectorFor(output.extents[0], graph.target);
  auto constant = output.extents[0].constant();
  int block = constant && *constant % (width * 4) == 0 ? width * 4 : width;
  output.func.split(n, no, ni, block, constant ? hl::TailStrategy::RoundUp : hl::TailStrategy::GuardWithIf);
  if (sharedByRows(graph, output)) {
    std::vector<hl::VarOrRVar> order = {ni};
    order.insert(order.end(), output.vars.begin() + 1, output.vars.end());
    order.push_back(no);
    output.func.reorder(order);
  }
  if (width > 1)
    output.func.vectorize(ni, width);
  for (Stage &stage : graph.stages) {
    if (stage.role == Role::Row)
      stage.func.compute_at(output.func, no);
    if (stage.role != Role::Reduction)
      continue;
    stage.func.compute_at(output.func, no);
    std::vector<hl::Var> vars = stage.func.args();
    if (vars.empty() || width == 1)
      continue;
    stage.func.vectorize(vars[0], width, hl::TailStrategy::GuardWithIf);
    std::vector<hl::VarOrRVar> inner = {vars[0]};
    for (int i = 0; i < stage.domain->dimensions(); ++i)
      inner.push_back((*stage.domain)[i]);
    stage.func.update().reorder(inner).vectorize(vars[0], width, hl::TailStrategy::GuardWithIf);
  }
}

void scheduleRowReduction(KernelGraph &graph, Output &output) {
  bool along = llvm::any_of(graph.stages, [](const Stage &stage) { return stage.role == Role::Reduction && stage.alongRow; });
  if (output.vars.empty())
    return schedulePlain(graph, output);
  along ? alongRows(graph, output) : downColumns(graph, output);
}

} // namespace weft
