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
  std::function<hl::Expr(const Index &k, const Index &rows)> left;
  std::function<hl::Expr(hl::Expr n, hl::Expr k, const Index &rows)> right;
  std::optional<PanelArgument> packed;   ///< instead of right
  std::vector<int64_t> digits;          ///< what k counts, innermost first: `left` gets an index for each; empty: k itself
};

/// The loops over k: a domain of one dimension for each digit that counts beyond 0.
struct Depth {
  Depth(KernelGraph &graph, const Product &product);
  hl::RDom domain;
  std::vector<int64_t> extents; ///< of the domain's dimensions; negative: unknown
  Index digits;
  hl::Expr k;
};
} // namespace

Depth::Depth(KernelGraph &graph, const Product &product) {
  std::vector<int64_t> counted = product.digits;
  if (counted.empty())
    counted.push_back(product.depth.constant().value_or(-1));
  hl::Region region;
  for (int64_t extent : counted)
    if (extent != 1)
      extents.push_back(extent);
  bool onlyOnes = extents.empty(); // a sum of one term is a loop still: schedules split it
  if (onlyOnes)
    extents.push_back(1);
  for (int64_t extent : extents)
    region.push_back({0, extent < 0 ? graph.size(product.depth) : hl::Expr(int(extent))});
  domain = hl::RDom(region, graph.name("k"));
  int next = 0, stride = 1;
  for (int64_t extent : counted) {
    bool looped = extent != 1 || (onlyOnes && digits.empty());
    digits.push_back(looped ? hl::Expr(domain[next++]) : hl::Expr(0));
    k = k.defined() ? k + digits.back() * stride : digits.back();
    stride *= int(extent);
  }
}

/// Accumulators and the sum as a Func of the result's own index.
static hl::Func emitProduct(Operation *op, KernelGraph &graph, const Product &product) {
  std::vector<DimExpr> extents = extentsOf(product.result);
  DimExpr columns = extents[0];
  hl::Var column("i"), panel("p");
  Vars vars = varsFor(product.result), rows(vars.begin() + 1, vars.end());
  Depth depth(graph, product);
  Vars args = {column};
  args.insert(args.end(), rows.begin(), rows.end());
  args.push_back(panel);

  // The accumulators' columns are those of the register tile: a whole panel, or an even part of one.
  int64_t panelWidth = product.packed ? product.packed->panelWidth : widePanel;
  int tile = graph.target.tileFor(panelWidth).columns, parts = int(panelWidth) / tile;
  hl::Expr right;
  if (product.packed) {
    right = product.packed->param(panel % parts * tile + column, depth.k, panel / parts);
  } else {
    hl::Expr n = panel * tile + column;
    auto constant = columns.constant();
    if (!constant || *constant % tile)
      n = hl::min(n, graph.size(columns) - 1); // the last panel's rest
    right = product.right(n, depth.k, toIndex(rows));
  }
  hl::Func acc(graph.name("acc"));
  acc(args) = 0.0f;
  acc(args) += product.left(depth.digits, toIndex(rows)) * right;

  hl::Expr n = vars[0];
  Index index = {n % tile};
  index.insert(index.end(), rows.begin(), rows.end());
  index.push_back(n / tile);
  hl::Func sum(graph.name("product"));
  sum(vars) = acc(index);

  std::vector<DimExpr> size(extents.begin() + 1, extents.end());
  size.push_back(columns + DimExpr(2 * widePanel)); // whole panels, and more than enough
  graph.stage(acc, Role::Accumulator, op->getLoc(), size);
  graph.contractions.push_back(Contraction{acc, depth.domain, column, panel, rows, product.depth.constant().value_or(-1), columns.constant().value_or(-1),
                                  product.packed ? product.packed->param.name() : "", product.result, nullptr, depth.extents, panelWidth, 0});
  return sum;
}

std::optional<PanelArgument> packedBehind(Value weight, bool transposed, const KernelGraph &graph) {
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
  auto windows = graph.windows.find(x);
  if (windows != graph.windows.end())
    product.digits = windows->second.extents;
  product.left = [&](Index k, const Index &rows) {
    if (windows != graph.windows.end())
      return windows->second.at(k, rows);
    k.insert(k.end(), rows.begin(), rows.end());
    return graph.at(x, k);
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
  product.left = [&](Index k, const Index &rows) {
    k.insert(k.end(), rows.begin(), rows.end());
    return graph.at(lhs, k);
  };
  product.right = [&](hl::Expr n, hl::Expr k, const Index &rows) {
    Index index = {n, k};
    index.insert(index.end(), rows.begin() + 1, rows.end());
    return graph.at(rhs, index);
  };
  graph.define(op.getResult(), emitProduct(op, graph, product));
  return Error::success();
}

void addLinearEmitters(EmitterTable &table) {
  table.add<LinearOp>(emitLinear<LinearOp>);
  table.add<StrassenOp>(emitEitherStrassen);
  table.add<MatMulOp>(emitMatMul);
}

} // namespace weft
