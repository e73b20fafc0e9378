// Schedules: one function an anchor kind. They place stages by role, look at target facts, and never name an op.
#ifndef WEFT_CODEGEN_SCHEDULE_SCHEDULE_H
#define WEFT_CODEGEN_SCHEDULE_SCHEDULE_H

#include "codegen/KernelGraph.h"

namespace weft {

/// The kernel's result: one Func, of tuples when the kernel yields several values of one shape.
struct Output {
  hl::Func func;
  Vars vars;
  std::vector<DimExpr> extents; ///< innermost first
  hl::Param<int> begin, end;    ///< the units to compute
};

enum class ScheduleKind { Plain, Contraction, Attention, AttentionStep, RowReduction, Pointwise, Strassen };

/// The schedule that a graph takes: its anchor's, or Plain when its stages have another shape than the anchor's schedule places.
ScheduleKind chooseSchedule(const KernelGraph &graph, const Output &output);

/// How the host program may divide the kernel's work.
struct Division {
  int64_t dim = -1;     ///< of the result, innermost first; -1: not at all
  int64_t unit = 1;     ///< elements of that dimension in one unit
  DimExpr units{1};
};
Division divide(const KernelGraph &graph, const Output &output, ScheduleKind kind);

/// Bytes of memory that the stages take beyond the stack, an upper bound for every target.
DimExpr scratchBytes(const KernelGraph &graph, ScheduleKind kind);

void schedulePlain(KernelGraph &graph, Output &output);
void scheduleContraction(KernelGraph &graph, Output &output);
void scheduleAttention(KernelGraph &graph, Output &output);
void scheduleAttentionStep(KernelGraph &graph, Output &output);
void scheduleRowReduction(KernelGraph &graph, Output &output);
void schedulePointwise(KernelGraph &graph, Output &output);
void scheduleStrassen(KernelGraph &graph, Output &output);

/// What weft.strassen keeps for one block of rows, with halves of a sum `depth` deep.
DimExpr strassenScratchBytes(int64_t depth, const DimExpr &rows);

/// The widest power of two up to the target's vector that divides the extent; the whole vector when the extent is not constant.
int vectorFor(const DimExpr &extent, const TargetInfo &target);
/// Vectorizes a stage's loop, with masked ends where the extent does not divide.
void vectorizeRow(hl::Stage stage, hl::Var var, const DimExpr &extent, const TargetInfo &target);

/// Asks for the next panel of packed weights, spread evenly over the tiles of this one (in the k loops split by 4 of the contractions).
hl::Internal::IRMutator *makePrefetchPass(const KernelGraph &graph, const Output &output);
/// Asks for the next head's keys and values while a step reads this one's.
hl::Internal::IRMutator *makeNextHeadPass(const KernelGraph &graph);
/// Turns the queries of attention from rows to lanes in registers.
hl::Internal::IRMutator *makeTurnPass(const KernelGraph &graph);
/// Moves what Halide would allocate into the scratch argument.
hl::Internal::IRMutator *makeScratchPass();

} // namespace weft

#endif
