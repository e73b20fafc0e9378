// Custom lowering passes: the prefetch of the next panel or of the next head, and scratch instead of allocations. All emit calls that
// KernelModule's prelude defines and LLVM inlines.
#include "codegen/schedule/Schedule.h"

namespace hi = Halide::Internal;
namespace weft {

namespace {
constexpr int prefetchMargin = 4096; ///< weft_prefetch asks from here on behind the place given

/// In the innermost k loop of a tile: weft_prefetch(weights, where the next panel begins in bytes, how far this turn is in it, tiles).
class PrefetchPass : public hi::IRMutator {
public:
  PrefetchPass(const KernelGraph &graph, const Output &output) {
    for (const Contraction &contraction : graph.contractions)
      if (!contraction.weights.empty() && contraction.depth > 0 && (contraction.unrolled == 3 || contraction.unrolled == 4))
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
    const hl::Expr outerPanel = panel, outerTile = tile, outerTiles = tiles, outerTurn = turn; // loops that follow see nothing of this one's variable
    if (llvm::any_of(prefixes, [&](const std::string &prefix) { return hi::starts_with(op->name, prefix); }))
      enterOutputLoop(op);
    const Contraction *contraction = contractionOf(op);
    if (contraction)
      turn = hi::Variable::make(hl::Int(32), op->name) - op->min + (turn.defined() ? turn * op->extent : hl::Expr(0));
    innermost = true;
    hi::Stmt body = mutate(op->body);
    if (contraction && innermost)
      body = withPrefetch(*contraction, body);
    innermost &= !contraction;
    panel = outerPanel;
    tile = outerTile;
    tiles = outerTiles;
    turn = outerTurn;
    hi::Stmt loop = hi::For::make(op->name, op->min, op->extent, op->for_type, op->partition_policy, op->device_api, body);
    bool outermost = contraction && !turn.defined();
    return outermost ? hi::LetStmt::make(rateOf(*contraction), (turnBytes(*contraction) - 1 + tiles) / tiles, loop) : loop;
  }

  /// The contraction whose sums this loop adds up inside of a tile, if it is one to prefetch for.
  const Contraction *contractionOf(const hi::For *op) const {
    if (!panel.defined() || !tile.defined())
      return nullptr;
    auto found = llvm::find_if(contractions, [&](const Contraction &contraction) { return hi::starts_with(op->name, contraction.acc.name() + ".s1."); });
    return found == contractions.end() ? nullptr : &*found;
  }

  /// Tiles count through all loops of rows.
  void enterOutputLoop(const hi::For *op) {
    hl::Expr variable = hi::Variable::make(hl::Int(32), op->name);
    if (hi::ends_with(op->name, ".no")) {
      panel = variable + begin;
      tile = tiles = hl::Expr();
      return;
    }
    if (!panel.defined() || hi::ends_with(op->name, ".ni"))
      return;
    hl::Expr from = hi::ends_with(op->name, ".nj") && !tile.defined() ? hl::Expr() : variable - op->min;
    if (!from.defined())
      return;
    tile = tile.defined() ? tile * op->extent + from : from;
    tiles = tiles.defined() ? tiles * op->extent : op->extent;
  }

  static int turnBytes(const Contraction &contraction) { return contraction.unrolled * int(contraction.panelWidth) * 4; }
  /// Bytes that a turn asks for, so that all tiles together ask for a panel: a variable, divided once a tile.
  static std::string rateOf(const Contraction &contraction) { return contraction.acc.name() + ".rate"; }

  hi::Stmt withPrefetch(const Contraction &contraction, const hi::Stmt &body) const {
    int turns = int(contraction.depth) / contraction.unrolled;
    hl::Expr end = hl::cast<int64_t>(panel + 1) * hl::cast<int64_t>(int(contraction.depth * contraction.panelWidth * 4));
    if (contraction.nextBytes)
      end = contraction.nextBytes(panel) - prefetchMargin;
    hl::Expr ahead = (tile * turns + turn) * hi::Variable::make(hl::Int(32), rateOf(contraction));
    hl::Expr call = hi::Call::make(hl::Int(32), "weft_prefetch", {hi::Variable::make(hl::Handle(), contraction.weights), end, ahead, tiles}, hi::Call::Extern);
    return hi::Block::make(hi::Evaluate::make(call), body);
  }

  std::vector<Contraction> contractions;
  std::vector<std::string> prefixes;
  hl::Expr begin, panel, tile, tiles, turn;
  bool innermost = true; ///< no loop of a contraction's lies in the loop that was left last
};

/// In the loops over keys and values of a step: asks for the same place of the next head, or of the next sequence's first. Heads lie as
/// far apart as the cache has room for, so that no prefetcher of the processor's follows from one to the next. Only of short histories:
/// the head after a long one would be gone from the near caches before its turn.
class NextHeadPass : public hi::IRMutator {
public:
  explicit NextHeadPass(const AttentionStep &step) : step(step) {}

private:
  using hi::IRMutator::visit;
  hi::Stmt visit(const hi::Store *op) override {
    asked.clear();
    hi::Stmt store = hi::IRMutator::visit(op);
    return asked.empty() ? store : hi::Block::make(hi::Block::make(asked), store);
  }

  hl::Expr visit(const hi::Load *op) override {
    bool isKey = op->name == step.keyCache, isValue = op->name == step.valueCache;
    hl::Expr from = op->index;
    while (const hi::Ramp *ramp = from.as<hi::Ramp>())
      from = ramp->base;
    if ((isKey || isValue) && from.type().is_scalar()) {
      hl::Expr next = hl::cast<int64_t>(from) + hl::cast<int64_t>(isKey ? step.keyReach : step.valueReach);
      hl::Expr call = hi::Call::make(hl::Int(32), "weft_ask", {hi::Variable::make(hl::Handle(), op->name), next * 4}, hi::Call::Extern);
      asked.push_back(hi::Evaluate::make(call));
    }
    return hi::IRMutator::visit(op);
  }

  const AttentionStep &step;
  std::vector<hi::Stmt> asked; ///< in front of the store that is visited
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
hi::IRMutator *makeNextHeadPass(const KernelGraph &graph) { return new NextHeadPass(*graph.attentionStep); }
hi::IRMutator *makeScratchPass() { return new ScratchPass(); }

} // namespace weft
