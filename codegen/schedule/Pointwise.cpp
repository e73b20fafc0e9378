// Pointwise kernels and gathers: vectors along the innermost dimension, everything inlined, tables of a row computed once a row.
#include "codegen/schedule/Schedule.h"

namespace weft {

void schedulePointwise(KernelGraph &graph, Output &output) {
  if (output.vars.empty())
    return;
  vectorizeRow(output.func, output.vars[0], output.extents[0], graph.target);
  for (Stage &stage : graph.stages) {
    if (stage.role != Role::Row)
      continue;
    if (output.vars.size() > 1)
      stage.func.compute_at(output.func, output.vars[1]);
    else
      stage.func.compute_root();
  }
}

} // namespace weft
