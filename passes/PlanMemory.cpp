// PlanMemory: slots of the arena, places of outputs, row strides. Consumes outlined kernels and launches, produces `slots`, `weft.plan`
// and layouts. Slots, not offsets: the arena is laid out at run time from the actual sizes, so that short inputs stay close together.
// Larger values choose first; each takes the first slot whose values never live with it. Launches never write what they read.
#include "passes/Layout.h"
#include "passes/Lifetimes.h"
#include "passes/Passes.h"
#include "passes/Rewriting.h"

namespace weft {
#define GEN_PASS_DEF_PLANMEMORY
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

/// a <= b for all sizes of the dimensions.
static bool neverExceeds(const DimExpr &a, const DimExpr &b) {
  DimExpr difference = b - a;
  return llvm::all_of(difference.terms(), [](const auto &term) { return term.second.num >= 0; });
}

namespace {
/// A slot and who uses it.
struct Slot {
  SmallVector<const Lifetime *> places;
  SmallVector<DimExpr> sizes; ///< whose maximum it needs
  bool isFree(const Lifetime &place) const {
    return llvm::none_of(places, [&](const Lifetime *other) { return other->overlaps(place); });
  }
  void add(const Lifetime &place, const DimExpr &bytes) {
    places.push_back(&place);
    if (llvm::any_of(sizes, [&](const DimExpr &size) { return neverExceeds(bytes, size); }))
      return;
    llvm::erase_if(sizes, [&](const DimExpr &size) { return neverExceeds(size, bytes); });
    sizes.push_back(bytes);
  }
};

/// Kernels by what they were before layouts, and the layouts.
class KernelVariants {
public:
  explicit KernelVariants(ModelOp model) : symbols(model) {}
  /// Makes the launch run its kernel with these layouts, a copy of it where it has others already.
  void choose(LaunchOp launch, ArrayAttr args, ArrayAttr results) {
    auto kernel = symbols.lookup<KernelOp>(launch.getKernel());
    KernelOp &variant = variants[{kernel, ArrayAttr::get(launch.getContext(), {args, results})}];
    if (!variant) {
      variant = kernel;
      if (!claimed.insert(kernel).second) {
        variant = cast<KernelOp>(kernel->clone());
        symbols.insert(variant, std::next(kernel->getIterator()));
      }
      variant.setArgLayoutsAttr(args);
      variant.setResultLayoutsAttr(results);
    }
    launch.setKernelAttr(FlatSymbolRefAttr::get(variant));
  }

private:
  SymbolTable symbols;
  DenseMap<std::pair<Operation *, Attribute>, KernelOp> variants;
  DenseSet<Operation *> claimed;
};

struct PlanMemoryPass final : weft::impl::PlanMemoryBase<PlanMemoryPass> {
  void runOnOperation() override {
    KernelVariants variants(getOperation());
    for (auto graph : getOperation().getOps<GraphOp>()) {
      if (failed(checkLevel(graph)))
        return signalPassFailure();
      plan(graph);
      graph.walk([&](LaunchOp launch) { layOut(launch, variants); });
    }
  }

private:
  /// Nothing but launches computes, and every value that must have a place is written by one (FormKernels sees to it).
  static LogicalResult checkLevel(GraphOp graph) {
    WalkResult result = graph.walk([&](Operation *op) -> WalkResult {
      bool known = isa<GraphOp, LaunchOp, EncoderOp, DecoderOp, WeightRefOp, LayerNumberOp, StateRefOp, CacheWriteOp, CheckOp, MoveRowsOp, OutputOp, YieldOp>(op);
      if (!known)
        return op->emitOpError("is no kernel's launch: memory is planned after weft-outline-kernels");
      bool places = isa<EncoderOp, DecoderOp, OutputOp, YieldOp>(op);
      for (Value operand : op->getOperands()) {
        Operation *source = operand.getDefiningOp();
        bool written = source && (isa<LaunchOp, MoveRowsOp>(source) || (op->getNumRegions() && isa<EncoderOp, DecoderOp>(source)));
        if (places && (!written || source->getBlock() != op->getBlock() || !operand.hasOneUse()) && !isa<YieldOp>(op))
          return op->emitOpError("needs a launch of its own for each operand: memory is planned after weft-form-kernels");
        if (isa<YieldOp>(op) && (!written || source->getBlock() != op->getBlock()))
          return op->emitOpError("must yield what launches in it write: memory is planned after weft-form-kernels");
      }
      return WalkResult::advance();
    });
    return failure(result.wasInterrupted());
  }

  void plan(GraphOp graph) {
    Lifetimes lives(graph);
    SmallVector<std::pair<double, const Lifetime *>> order;
    for (const Lifetime &place : lives.places)
      if (!place.values.empty() && place.output < 0)
        order.push_back({upperBound(arenaBytes(place.type()), getOperation()), &place});
    llvm::sort(order, [](const auto &a, const auto &b) { return a.first != b.first ? a.first > b.first : a.second < b.second; });
    SmallVector<Slot> slots;
    DenseMap<const Lifetime *, int64_t> slotOf;
    for (const auto &[size, place] : order) {
      auto free = llvm::find_if(slots, [&, place = place](const Slot &slot) { return slot.isFree(*place); });
      if (free == slots.end())
        free = &slots.emplace_back();
      free->add(*place, arenaBytes(place->type()));
      slotOf[place] = free - slots.begin();
    }
    annotate(graph, lives, slotOf);
    report(graph, slots);
  }

  static void annotate(GraphOp graph, const Lifetimes &lives, const DenseMap<const Lifetime *, int64_t> &slotOf) {
    auto slotsFor = [&](ValueRange values) {
      return llvm::map_to_vector(values, [&](Value value) {
        const Lifetime &place = lives.places[lives.placeOf.lookup(value)];
        return place.output >= 0 ? -1 - place.output : slotOf.lookup(&place);
      });
    };
    graph.walk([&](Operation *op) {
      if (auto launch = dyn_cast<LaunchOp>(op))
        launch.setSlots(slotsFor(launch.getResults()));
      if (auto move = dyn_cast<MoveRowsOp>(op)) {
        move.setSlots(slotsFor(move->getResults()));
        move.setLayoutAttr(arenaLayout(move.getType()));
      }
      if (auto encoder = dyn_cast<EncoderOp>(op))
        encoder.setSlots(slotsFor(encoder.getResults()));
      if (auto decoder = dyn_cast<DecoderOp>(op))
        decoder.setSlots(slotsFor(decoder.getResults()));
    });
  }

  void report(GraphOp graph, ArrayRef<Slot> slots) {
    MLIRContext *context = graph.getContext();
    SmallVector<Attribute> table;
    double peak = 0;
    std::string text;
    for (const Slot &slot : slots) {
      SmallVector<Attribute> sizes;
      double largest = 0;
      for (const DimExpr &size : slot.sizes) {
        sizes.push_back(DimAttr::get(context, size));
        largest = std::max(largest, upperBound(size, getOperation()));
        text += (&size == &slot.sizes.front() ? (text.empty() ? "" : " + ") : " max ") + size.text();
      }
      peak += largest;
      table.push_back(ArrayAttr::get(context, sizes));
    }
    graph->setAttr("weft.plan", ArrayAttr::get(context, table));
    emitRemark(graph.getLoc()) << "arena of @" << graph.getSymName() << ": " << slots.size() << " slots, " << static_cast<int64_t>(peak)
                               << " bytes at the bounds: " << (text.empty() ? "0" : text);
  }

  static Attribute layoutOf(Value value, bool writtenAsOutput) {
    auto type = cast<NamedTensorType>(value.getType());
    if (value.getDefiningOp<WeightRefOp>())
      return weightLayout(type);
    if (isa_and_nonnull<StateRefOp, CacheWriteOp>(value.getDefiningOp()))
      return stateLayout(value);
    auto arg = dyn_cast<BlockArgument>(value);
    if (writtenAsOutput || (arg && isa<GraphOp>(arg.getOwner()->getParentOp())))
      return denseLayout(type);
    return arenaLayout(type);
  }

  static void layOut(LaunchOp launch, KernelVariants &variants) {
    SmallVector<Attribute> args, results;
    for (Value operand : launch.getOperands())
      args.push_back(layoutOf(operand, false));
    for (auto [result, slot] : llvm::zip(launch.getResults(), *launch.getSlots()))
      results.push_back(layoutOf(result, slot < 0));
    MLIRContext *context = launch.getContext();
    variants.choose(launch, ArrayAttr::get(context, args), ArrayAttr::get(context, results));
  }
};
} // namespace
