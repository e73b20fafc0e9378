// Custom lowering passes: the prefetch of the next panel, and scratch instead of allocations. Both emit calls that KernelModule's prelude
// defines and LLVM inlines.
#include "codegen/schedule/Schedule.h"

namespace hi = Halide::Internal;
namespace weft {

namespace {
constexpr int lineBytes = 64, linesInStep = 12; ///< of a panel of 48 columns in 4 steps of k
constexpr int prefetchMargin = 4096; ///< weft_prefetch asks from here on behind `end`

/// In the k loop of a tile: weft_prefetch(weights, where the next panel begins in bytes, how far this tile has come in it, tiles).
class PrefetchPass : public hi::IRMutator {
public:
  PrefetchPass(const KernelGraph &graph, const Output &output) : target(graph.target) {
    for (const Contraction &contraction : graph.contractions)
      if (!contraction.weights.empty() && contraction.depth > 0 && contraction.depth % 4 == 0)
        contractions.push_back(contraction);
    begin = output.begin * int(graph.strassen ? 1 : graph.panelsInUnit);
    prefixes.push_back(output.func.name() + ".");
    if (graph.strassen)
      for (const auto &[acc, product] : graph.strassen->products)
        prefixes.push_back(product.name() + ".");
  }

private:
  using hi::IRMutator::visit;
  hi::Stmt visit(const hi::For *op) override {
    const hl::Expr outerPanel = panel, outerTile = tile, outerTiles = tiles; // loops that follow see nothing of this one's variable
    if (llvm::any_of(prefixes, [&](const std::string &prefix) { return hi::starts_with(op->name, prefix); }))
      enterOutputLoop(op);
    for (const Contraction &contraction : contractions)
      if (hi::starts_with(op->name, contraction.acc.name() + ".s1.") && hi::ends_with(op->name, ".ko") && panel.defined() && tile.defined())
        return withPrefetch(op, contraction);
    hi::Stmt result = hi::IRMutator::visit(op);
    panel = outerPanel;
    tile = outerTile;
    tiles = outerTiles;
    return result;
  }

  void enterOutputLoop(const hi::For *op) {
    hl::Expr variable = hi::Variable::make(hl::Int(32), op->name);
    if (hi::ends_with(op->name, ".no")) {
      panel = variable + begin;
      tile = tiles = hl::Expr();
    } else if (hi::ends_with(op->name, ".mo")) {
      tile = variable - op->min;
      tiles = op->extent;
    } else if (hi::ends_with(op->name, ".nj") && tile.defined()) {
      int parts = int(panelColumns) / target.tileColumns();
      tile = tile * parts + variable;
      tiles = tiles * parts;
    }
  }

  hi::Stmt withPrefetch(const hi::For *op, const Contraction &contraction) {
    hl::Expr step = tile * int(contraction.depth / 4) + hi::Variable::make(hl::Int(32), op->name) - op->min;
    hl::Expr end = hl::cast<int64_t>(panel + 1) * hl::cast<int64_t>(int(contraction.depth * panelColumns * 4));
    if (contraction.nextBytes)
      end = contraction.nextBytes(panel) - prefetchMargin;
    const std::string &next = contraction.next.empty() ? contraction.weights : contraction.next;
    std::string name = op->name + ".rate";
    hl::Expr ahead = step * hi::Variable::make(hl::Int(32), name);
    hl::Expr call = hi::Call::make(hl::Int(32), "weft_prefetch", {hi::Variable::make(hl::Handle(), next), end, ahead, tiles}, hi::Call::Extern);
    hi::Stmt loop = hi::For::make(op->name, op->min, op->extent, op->for_type, op->partition_policy, op->device_api,
                                  hi::Block::make(hi::Evaluate::make(call), op->body));
    return hi::LetStmt::make(name, (lineBytes * linesInStep - 1 + tiles) / tiles, loop);
  }

  const TargetInfo &target;
  std::vector<Contraction> contractions;
  std::vector<std::string> prefixes;
  hl::Expr begin, panel, tile, tiles;
};

/// allocate x[n] -> x = weft_scratch(scratch, bytes of the enclosing ones).
class ScratchPass : public hi::IRMutator {
  using hi::IRMutator::visit;
  hi::Stmt visit(const hi::Allocate *op) override {
    bool onStack = op->memory_type == hl::MemoryType::Stack || op->memory_type == hl::MemoryType::Register ||
                   (op->constant_allocation_size() > 0 && op->constant_allocation_size() * op->type.bytes() <= 16 * 1024);
    if (onStack || op->new_expr.defined())
      return hi::IRMutator::visit(op);
    hl::Expr bytes = hl::cast<int64_t>(op->type.bytes());
    for (const hl::Expr &extent : op->extents)
      bytes = bytes * hl::cast<int64_t>(extent);
    bytes = (bytes + 64 + 63) / 64 * 64; // a vector more: loads may run past the end
    hl::Expr here = used.defined() ? used : hi::make_zero(hl::Int(64));
    std::string name = op->name + ".scratch_end";
    hl::Expr before = used;
    used = hi::Variable::make(hl::Int(64), name);
    hi::Stmt body = mutate(op->body);
    used = before;
    hl::Expr pointer = hi::Call::make(hl::Handle(), "weft_scratch", {hi::Variable::make(hl::Handle(), "scratch"), here}, hi::Call::Extern);
    hi::Stmt allocate = hi::Allocate::make(op->name, op->type, hl::MemoryType::Heap, op->extents, op->condition, body, pointer, "halide_free", op->padding);
    return hi::LetStmt::make(name, hi::simplify(here + bytes), allocate);
  }
  hl::Expr used;
};
} // namespace

hi::IRMutator *makePrefetchPass(const KernelGraph &graph, const Output &output) { return new PrefetchPass(graph, output); }
hi::IRMutator *makeScratchPass() { return new ScratchPass(); }

} // namespace weft
