// Convolutions: the windows that their linear layers read, and the plain sums of those whose filters come at run time.
#include "codegen/emit/Emit.h"

using namespace mlir;
using llvm::Error;
namespace weft {

/// The index, clamped to 0..size - 1 where padding may lead it out; `inside` learns the condition.
static hl::Expr padded(hl::Expr index, hl::Expr size, bool needed, hl::Expr &inside) {
  if (!needed)
    return index;
  hl::Expr in = index >= 0 && index < size;
  inside = inside.defined() ? inside && in : in;
  return hl::clamp(hl::likely(index), 0, size - 1);
}

/// Rows of windows are read where they lie, nothing is copied. A contraction counts channels and taps in loops of their own, so that no
/// step divides. `likely`: loops are cut where windows leave x, so that most of them test nothing.
static Error emitWindows(WindowsOp op, KernelGraph &graph) {
  Value x = op.getX();
  size_t axes = op.getKernel().size();
  std::optional<int64_t> channels = typeOf(x).getExpr(1).constant();
  Windows windows;
  for (int64_t taps : llvm::reverse(op.getKernel()))
    windows.extents.push_back(taps);
  windows.extents.insert(op.getChannelsInner() ? windows.extents.begin() : windows.extents.end(), channels.value_or(-1));
  windows.at = [op, axes, &graph](const Index &digits, const Index &rows) mutable {
    Value x = op.getX();
    size_t channel = op.getChannelsInner() ? 0 : axes, tap = op.getChannelsInner() ? 1 : 0;
    Index index;
    hl::Expr inside;
    for (size_t i = 0; i < axes; ++i) { // innermost first
      size_t axis = axes - 1 - i;
      int64_t pad = op.getPad()[axis];
      hl::Expr position = rows[i] * int(op.getStride()[axis]) + digits[tap + i] - int(pad);
      index.push_back(padded(position, graph.size(x, int64_t(axis) + 2), pad > 0, inside));
    }
    index.push_back(digits[channel]);
    index.push_back(rows.back());
    hl::Expr in = graph.func(x)(index);
    return inside.defined() ? hl::select(inside, hl::likely(in), 0.0f) : in;
  };
  Vars vars = varsFor(op.getResult());
  Index digits;
  hl::Expr feature = vars[0];
  for (auto [i, extent] : llvm::enumerate(windows.extents)) {
    bool last = i + 1 == windows.extents.size();
    digits.push_back(last ? feature : feature % int(extent));
    if (!last)
      feature = feature / int(extent);
  }
  hl::Func func(graph.name("windows"));
  func(vars) = windows.at(digits, Index(vars.begin() + 1, vars.end()));
  graph.stage(func, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  graph.define(op.getResult(), func);
  if (channels)
    graph.windows[op.getResult()] = windows;
  return Error::success();
}

static Error emitConv1d(Conv1dOp op, KernelGraph &graph) {
  Value x = op.getX(), weight = op.getWeight();
  hl::Var t("n"), o("m"), b("u");
  hl::RDom r(0, graph.size(weight, 2), 0, graph.size(weight, 1), graph.name("tap"));
  hl::Expr inside, at = padded(t * int(op.getStride()) + r.x - int(op.getPad()), graph.size(x, 2), op.getPad() > 0, inside);
  hl::Expr in = graph.func(x)(at, r.y, b);
  hl::Func sum(graph.name("conv")), result(graph.name("conv1d"));
  sum(t, o, b) = 0.0f;
  sum(t, o, b) += (inside.defined() ? hl::select(inside, in, 0.0f) : in) * graph.func(weight)(r.x, r.y, o);
  result(t, o, b) = op.getBias() ? sum(t, o, b) + graph.func(op.getBias())(o) : sum(t, o, b);
  graph.reduction(sum, r, false, op->getLoc(), extentsOf(op.getResult()));
  graph.stage(result, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  graph.define(op.getResult(), result);
  return Error::success();
}

static Error emitConv2d(Conv2dOp op, KernelGraph &graph) {
  Value x = op.getX(), weight = op.getWeight();
  auto stride = op.getStride(), pad = op.getPad();
  hl::Var w("n"), h("m"), o("u"), b("v");
  hl::RDom r(0, graph.size(weight, 3), 0, graph.size(weight, 2), 0, graph.size(weight, 1), graph.name("tap"));
  hl::Expr inside, column = padded(w * int(stride[1]) + r.x - int(pad[1]), graph.size(x, 3), pad[1] > 0, inside);
  hl::Expr row = padded(h * int(stride[0]) + r.y - int(pad[0]), graph.size(x, 2), pad[0] > 0, inside);
  hl::Expr in = graph.func(x)(column, row, r.z, b);
  hl::Func sum(graph.name("conv")), result(graph.name("conv2d"));
  sum(w, h, o, b) = 0.0f;
  sum(w, h, o, b) += (inside.defined() ? hl::select(inside, in, 0.0f) : in) * graph.func(weight)(r.x, r.y, r.z, o);
  result(w, h, o, b) = op.getBias() ? sum(w, h, o, b) + graph.func(op.getBias())(o) : sum(w, h, o, b);
  graph.reduction(sum, r, false, op->getLoc(), extentsOf(op.getResult()));
  graph.stage(result, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  graph.define(op.getResult(), result);
  return Error::success();
}

void addConvolutionEmitters(EmitterTable &table) {
  table.add<WindowsOp>(emitWindows);
  table.add<Conv1dOp>(emitConv1d);
  table.add<Conv2dOp>(emitConv2d);
}

} // namespace weft
