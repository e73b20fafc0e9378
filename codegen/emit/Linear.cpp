// Contractions. One form serves all: accumulators over (column in tile, rows, tile), so that packed weights are read as they lie and
// the schedule's register tile is the accumulator's own shape.
#include "codegen/emit/Emit.h"

using namespace mlir;
using llvm::Error;
namespace weft {

namespace {
/// result(n, rows) = sum over k of left(k, rows) * right.
struct Product {
  Value result;
  DimExpr depth;
  std::function<hl::Expr(hl::Expr k, const Index &rows)> left;
  std::function<hl::Expr(hl::Expr n, hl::Expr k, const Index &rows)> right;
  std::optional<hl::ImageParam> packed; ///< instead of right
};
} // namespace

/// Accumulators and the sum as a Func of the result's own index.
static hl::Func emitProduct(Operation *op, KernelGraph &graph, const Product &product) {
  std::vector<DimExpr> extents = extentsOf(product.result);
  DimExpr columns = extents[0];
  hl::Var column("i"), panel("p");
  Vars vars = varsFor(product.result), rows(vars.begin() + 1, vars.end());
  hl::RDom k(0, graph.size(product.depth), graph.name("k"));
  Vars args = {column};
  args.insert(args.end(), rows.begin(), rows.end());
  args.push_back(panel);

  // The accumulators' columns are those of the register tile: a whole panel, or an even part of one.
  int tile = graph.target.tileColumns(), parts = int(panelColumns) / tile;
  hl::Expr right;
  if (product.packed) {
    right = (*product.packed)(panel % parts * tile + column, k.x, panel / parts);
  } else {
    hl::Expr n = panel * tile + column;
    auto constant = columns.constant();
    if (!constant || *constant % tile)
      n = hl::min(n, graph.size(columns) - 1); // the last panel's rest
    right = product.right(n, k.x, toIndex(rows));
  }
  hl::Func acc(graph.name("acc"));
  acc(args) = 0.0f;
  acc(args) += product.left(k.x, toIndex(rows)) * right;

  hl::Expr n = vars[0];
  Index index = {n % tile};
  index.insert(index.end(), rows.begin(), rows.end());
  index.push_back(n / tile);
  hl::Func sum(graph.name("product"));
  sum(vars) = acc(index);

  std::vector<DimExpr> size(extents.begin() + 1, extents.end());
  size.push_back(columns + DimExpr(2 * panelColumns)); // whole panels, and more than enough
  graph.stage(acc, Role::Accumulator, op->getLoc(), size);
  graph.contractions.push_back(Contraction{acc, k, column, panel, rows, product.depth.constant().value_or(-1), columns.constant().value_or(-1),
                                  product.packed ? product.packed->name() : "", product.result, "", nullptr});
  return sum;
}

std::optional<hl::ImageParam> packedBehind(Value weight, bool transposed, const KernelGraph &graph) {
  auto found = graph.panels.find(weight);
  if (found == graph.panels.end())
    return std::nullopt;
  auto kernel = cast<KernelOp>(cast<BlockArgument>(weight).getOwner()->getParentOp());
  auto layout = cast<LayoutAttr>((*kernel.getArgLayouts())[cast<BlockArgument>(weight).getArgNumber()]);
  return layout.getPanelDim() == (transposed ? 1 : 0) ? std::optional(found->second) : std::nullopt;
}

/// weft.linear, and weft.strassen of few rows.
template <typename OpT> static Error emitLinear(OpT op, KernelGraph &graph) {
  bool transposed = op.getTransposed();
  Value x = op.getX(), weight = op.getWeight();
  Product product;
  product.result = op.getResult();
  product.depth = typeOf(x).getExpr(-1);
  product.packed = packedBehind(weight, transposed, graph);
  product.left = [&](hl::Expr k, const Index &rows) {
    Index index = {k};
    index.insert(index.end(), rows.begin(), rows.end());
    return graph.at(x, index);
  };
  product.right = [&](hl::Expr n, hl::Expr k, const Index &) { return transposed ? graph.func(weight)(n, k) : graph.func(weight)(k, n); };
  hl::Func sum = emitProduct(op, graph, product);
  hl::Func func = sum;
  if (Value bias = op.getBias()) {
    Vars vars = varsFor(op.getResult());
    func = hl::Func(graph.name("linear"));
    func(vars) = sum(vars) + graph.func(bias)(vars[0]);
    graph.stage(func, Role::Pointwise, op->getLoc(), extentsOf(op.getResult()));
  }
  graph.define(op.getResult(), func);
  return Error::success();
}

static Error emitEitherStrassen(StrassenOp op, KernelGraph &graph) {
  graph.panelsInUnit = 2;
  return graph.halves ? emitStrassen(op, graph) : emitLinear(op, graph);
}

static Error emitMatMul(MatMulOp op, KernelGraph &graph) {
  Value lhs = op.getLhs(), rhs = op.getRhs();
  Product product;
  product.result = op.getResult();
  product.depth = typeOf(lhs).getExpr(-1);
  product.packed = packedBehind(rhs, true, graph);
  if (auto transpose = rhs.getDefiningOp<TransposeOp>(); transpose && rankOf(rhs) == 2 && transpose.getPermutation()[0] == 1)
    product.packed = packedBehind(transpose.getX(), false, graph);
  product.left = [&](hl::Expr k, const Index &rows) {
    Index index = {k};
    index.insert(index.end(), rows.begin(), rows.end());
    return graph.at(lhs, index);
  };
  product.right = [&](hl::Expr n, hl::Expr k, const Index &rows) {
    Index index = {n, k};
    index.insert(index.end(), rows.begin() + 1, rows.end());
    return graph.at(rhs, index);
  };
  graph.define(op.getResult(), emitProduct(op, graph, product));
  return Error::success();
}

/// x at `position * stride + tap - pad`, 0 outside.
static hl::Expr padded(hl::Expr index, hl::Expr size, bool needed, hl::Expr &inside) {
  if (!needed)
    return index;
  hl::Expr in = index >= 0 && index < size;
  inside = inside.defined() ? inside && in : in;
  return hl::clamp(index, 0, size - 1);
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

void addLinearEmitters(EmitterTable &table) {
  table.add<LinearOp>(emitLinear<LinearOp>);
  table.add<StrassenOp>(emitEitherStrassen);
  table.add<MatMulOp>(emitMatMul);
  table.add<Conv1dOp>(emitConv1d);
  table.add<Conv2dOp>(emitConv2d);
}

} // namespace weft
