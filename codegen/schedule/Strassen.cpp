// weft.strassen of many rows: pairs of panels outermost, one of each half; in them the seven products one after the other, each over row tiles
// with its accumulators in registers, stored for a panel (they stay in the caches) and read by later ones and by the four quarters' stores.
// The sums of rows are made once a call. Measured: docs/schedules.md.
#include "codegen/schedule/Schedule.h"

namespace weft {

static void scheduleProduct(const Strassen &stages, hl::Func acc, hl::Func product, hl::Func out, hl::Var no, const TargetInfo &target) {
  int columns = target.tileFor(widePanel).columns, width = target.vectorFloats;
  hl::Var mo("mo"), mi("mi"), nj("nj"), ni("ni");
  product.compute_at(out, no).bound_extent(stages.column, int(widePanel)).bound_extent(stages.panel, 1);
  product.split(stages.row, mo, mi, target.tileRows, hl::TailStrategy::ShiftInwards).split(stages.column, nj, ni, columns);
  product.reorder(ni, mi, nj, mo).vectorize(ni, width).unroll(ni).unroll(mi);
  acc.compute_at(product, nj).store_in(hl::MemoryType::Stack).bound_extent(stages.column, columns).bound_extent(stages.panel, 1);
  acc.vectorize(stages.column, width).unroll(stages.column).unroll(stages.row);
  hl::RVar ko("ko"), ki("ki");
  hl::Stage update = acc.update();
  update.split(stages.sum.x, ko, ki, 4).reorder(stages.column, stages.row, ki, ko);
  update.vectorize(stages.column, width).unroll(stages.column).unroll(stages.row).unroll(ki);
}

void scheduleStrassen(KernelGraph &graph, Output &output) {
  Strassen &stages = *graph.strassen;
  const TargetInfo &target = graph.target;
  hl::Var no("no"), ni("ni");
  hl::Var n = output.vars[0], m = output.vars[1], right = output.vars[2], lower = output.vars[3];
  output.func.split(n, no, ni, int(widePanel), hl::TailStrategy::RoundUp).reorder(ni, m, right, lower, no);
  output.func.vectorize(ni, target.vectorFloats).unroll(ni).unroll(right).unroll(lower);
  for (Contraction &contraction : graph.contractions)
    contraction.unrolled = 4;
  for (auto &[acc, product] : stages.products)
    scheduleProduct(stages, acc, product, output.func, no, target);
  // Sums of rows lie 16 floats further apart than they are long: no two alias one cache set.
  stages.rowSums.compute_root().vectorize(stages.k, vectorFor(DimExpr(stages.depth), target)).align_storage(stages.k, int(stages.depth + 16));
}

DimExpr strassenScratchBytes(int64_t depth, const DimExpr &rows) {
  const int64_t margin = 32; // tiles at the ends, whole vectors
  DimExpr floats = (rows + DimExpr(margin)) * DimExpr(4 * (depth + 16) + 7 * widePanel);
  return floats * DimExpr(4) + DimExpr(8192);
}

} // namespace weft
