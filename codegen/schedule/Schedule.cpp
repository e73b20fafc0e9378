// Choosing a schedule, dividing work among threads, and the memory that stages take.
#include "codegen/schedule/Schedule.h"

using namespace mlir;
namespace weft {

static bool hasRole(const KernelGraph &graph, Role role) {
  return llvm::any_of(graph.stages, [&](const Stage &stage) { return stage.role == role; });
}

/// Whether everything between the anchor's result and the kernel's is element by element, so that the tile of one is the tile of the other.
static bool reachesOutput(Value anchor, const Output &output) {
  for (Operation *user : anchor.getUsers()) {
    if (isa<YieldOp>(user))
      continue;
    auto kernelOp = dyn_cast<KernelOpInterface>(user);
    if (!kernelOp || kernelOp.getAnchorKind() != AnchorKind::Pointwise)
      return false;
    for (Value result : user->getResults())
      if (extentsOf(result) != output.extents || !reachesOutput(result, output))
        return false;
  }
  return extentsOf(anchor) == output.extents;
}

ScheduleKind chooseSchedule(const KernelGraph &graph, const Output &output) {
  bool reductions = hasRole(graph, Role::Reduction), rows = hasRole(graph, Role::Row);
  if (graph.attention || graph.attentionStep) {
    Value result = graph.attention ? graph.attention->result : graph.attentionStep->result;
    bool fits = graph.contractions.empty() && !reductions && !rows && reachesOutput(result, output);
    ScheduleKind tuned = graph.attention ? ScheduleKind::Attention : ScheduleKind::AttentionStep;
    return fits ? tuned : ScheduleKind::Plain;
  }
  if (!graph.contractions.empty()) {
    bool fits = !reductions && !rows && llvm::all_of(graph.contractions, [&](const Contraction &contraction) {
      return reachesOutput(contraction.result, output);
    });
    return fits ? ScheduleKind::Contraction : ScheduleKind::Plain;
  }
  if (!reductions)
    return ScheduleKind::Pointwise;
  bool along = false, across = false;
  for (const Stage &stage : graph.stages)
    if (stage.role == Role::Reduction)
      (stage.alongRow ? along : across) = true;
  return along && across ? ScheduleKind::Plain : ScheduleKind::RowReduction;
}

Division divide(const KernelGraph &graph, const Output &output, ScheduleKind kind) {
  Division division;
  int64_t rank = output.extents.size();
  if (kind == ScheduleKind::Plain || rank == 0)
    return division;
  if (kind == ScheduleKind::Contraction && graph.contractions[0].columns > 0) {
    int64_t unit = graph.contractions[0].panelWidth * graph.panelsInUnit;
    return {0, unit, DimExpr((graph.contractions[0].columns + unit - 1) / unit)};
  }
  if (kind == ScheduleKind::Attention)
    return {0, graph.attention->valueWidth, output.extents[0].dividedBy(DimExpr(graph.attention->valueWidth)).value()};
  if (kind == ScheduleKind::AttentionStep) {
    int64_t unit = graph.attentionStep->valueWidth * graph.attentionStep->group;
    return {0, unit, output.extents[0].dividedBy(DimExpr(unit)).value()};
  }
  if (rank == 1)
    return division;
  // Rows: the outermost dimension, or the one before it when that is the batch of something longer.
  int64_t dim = rank - 1;
  if (rank >= 3 && !output.extents[rank - 2].isConstant())
    dim = rank - 2;
  return {dim, 1, output.extents[dim]};
}

static DimExpr product(const std::vector<DimExpr> &extents, size_t count) {
  DimExpr size(1);
  for (size_t i = 0; i < std::min(count, extents.size()); ++i)
    size = size * extents[i];
  return size;
}

DimExpr scratchBytes(const KernelGraph &graph, ScheduleKind kind) {
  DimExpr bytes(0);
  if (kind == ScheduleKind::Attention) {
    // Scores and probabilities of one block, its queries by rows and turned, and its result; 64 queries are the largest block of any target.
    const Attention &attention = *graph.attention;
    DimExpr keys = attention.keys + DimExpr(48);
    bytes = DimExpr(64 * 4) * (keys * DimExpr(2) + DimExpr(2 * attention.width + attention.valueWidth)) + DimExpr(4096);
  }
  if (kind == ScheduleKind::AttentionStep) // scores and probabilities of one group of heads
    bytes = DimExpr(2 * 4 * graph.attentionStep->group) * (graph.attentionStep->keys + DimExpr(256)) + DimExpr(4096);
  if (graph.panelsInUnit > 1)
    bytes = bytes + strassenScratchBytes(graph.contractions[0].depth / 2, DimExpr(strassenBlockRows));
  bool alongRows = llvm::any_of(graph.stages, [](const Stage &stage) { return stage.alongRow; });
  for (const Stage &stage : graph.stages) {
    // At root everything; along rows one row; down columns at most what a block of columns sees of all rows. Twice the elements' bytes
    // and a constant: ends are padded to whole vectors.
    size_t kept = 0;
    if (kind == ScheduleKind::Plain)
      kept = stage.role == Role::Input ? 0 : stage.extents.size();
    else if (kind != ScheduleKind::Attention && kind != ScheduleKind::AttentionStep && (stage.role == Role::Row || stage.role == Role::Reduction))
      kept = alongRows || kind == ScheduleKind::Pointwise ? 1 : stage.extents.size();
    if (kind == ScheduleKind::Plain || kept)
      bytes = bytes + product(stage.extents, kept) * DimExpr(8) + DimExpr(1024);
  }
  return bytes;
}

int vectorFor(const DimExpr &extent, const TargetInfo &target) {
  int width = target.vectorFloats;
  if (auto constant = extent.constant())
    while (width > 1 && *constant % width)
      width /= 2;
  return width;
}

void vectorizeRow(hl::Stage stage, hl::Var var, const DimExpr &extent, const TargetInfo &target) {
  int width = vectorFor(extent, target);
  auto constant = extent.constant();
  if (constant && width < target.vectorFloats && *constant > target.vectorFloats)
    width = target.vectorFloats; // long odd rows: whole vectors and a masked end
  if (width > 1)
    stage.vectorize(var, width, constant && *constant % width == 0 ? hl::TailStrategy::RoundUp : hl::TailStrategy::GuardWithIf);
}

void schedulePlain(KernelGraph &graph, Output &output) {
  for (Stage &stage : graph.stages)
    if (stage.role != Role::Input)
      stage.func.compute_root();
}

} // namespace weft
