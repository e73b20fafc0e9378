// Plans the packed section: groups (what is outside of stacks, then each stack) in program order.
#include "codegen/pack/WeightPlan.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace weft;

constexpr uint64_t kAlignment = 64;

const PackedWeight &WeightPlan::at(WeightRefOp ref, LayoutAttr layout) const {
  Operation *weight = SymbolTable::lookupNearestSymbolFrom(ref, ref.getWeightAttr());
  auto found = index.find({weight, layout});
  assert(found != index.end() && "every weight operand of a launch is planned");
  return weights[found->second];
}

uint64_t weft::packedBytes(NamedTensorType type, LayoutAttr layout) {
  uint64_t elementBytes = type.isBool() ? 1 : 4;
  uint64_t elements = type.getNumElements().constant().value_or(0);
  if (layout && layout.getPanel() > 0) {
    uint64_t columns = type.getExpr(layout.getPanelDim()).constant().value_or(0);
    if (columns == 0)
      return 0;
    return llvm::divideCeil(columns, layout.getPanel()) * layout.getPanel() * (elements / columns) * elementBytes;
  }
  uint64_t row = type.getRank() == 0 ? 1 : type.getExpr(-1).constant().value_or(0);
  uint64_t stride = layout && layout.getRowStride() > 0 ? uint64_t(layout.getRowStride()) : row;
  return row == 0 ? 0 : elements / row * stride * elementBytes;
}

namespace weft {

class WeightPlanner {
public:
  llvm::Expected<WeightPlan> run(llvm::ArrayRef<GraphOp> graphs) {
    for (GraphOp graph : graphs)
      if (!addGraph(graph))
        return llvm::createStringError(message);
    place();
    return std::move(plan);
  }

private:
  bool addGraph(GraphOp graph) {
    WalkResult result = graph.walk([&](LaunchOp launch) {
      auto kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(launch, launch.getKernelAttr());
      for (auto [index, operand] : llvm::enumerate(launch.getOperands())) {
        auto ref = operand.getDefiningOp<WeightRefOp>();
        if (ref && !add(ref, layoutOf(kernel, index)))
          return WalkResult::interrupt();
      }
      return WalkResult::advance();
    });
    return !result.wasInterrupted();
  }

  static LayoutAttr layoutOf(KernelOp kernel, size_t index) {
    return kernel.getArgLayouts() ? dyn_cast<LayoutAttr>((*kernel.getArgLayouts())[index]) : LayoutAttr();
  }

  bool add(WeightRefOp ref, LayoutAttr layout) {
    auto weight = SymbolTable::lookupNearestSymbolFrom<WeightOp>(ref, ref.getWeightAttr());
    if (!weight) {
      message = "no weight '" + ref.getWeight().str() + "'";
      return false;
    }
    auto [place, isNew] = plan.index.try_emplace({weight.getOperation(), layout}, plan.weights.size());
    if (!isNew)
      return true;
    PackedWeight packed;
    packed.weight = weight;
    packed.layout = layout;
    packed.layers = int64_t(weight.getLayers().value_or(1));
    packed.bytes = llvm::alignTo(packedBytes(cast<NamedTensorType>(weight.getType()), layout), kAlignment);
    // A weight without layers is one tensor, also when a stack reads it: it must not be laid out once a layer.
    Operation *group = weight.getLayers() ? ref->getParentOp() : nullptr;
    groups[{group, packed.layers}].push_back(plan.weights.size());
    plan.weights.push_back(packed);
    return true;
  }

  void place() {
    for (auto &[key, members] : groups) {
      uint64_t block = 0;
      for (size_t member : members) {
        plan.weights[member].offset = plan.bytes + block;
        block += plan.weights[member].bytes;
      }
      for (size_t member : members)
        plan.weights[member].stride = block;
      for (int64_t layer = 0; layer < key.second; ++layer)
        for (size_t member : members)
          plan.order.push_back({member, layer, plan.weights[member].offset + uint64_t(layer) * block});
      plan.bytes += block * uint64_t(key.second);
    }
  }

  WeightPlan plan;
  std::string message;
  llvm::MapVector<std::pair<Operation *, int64_t>, SmallVector<size_t>> groups;
};

} // namespace weft

llvm::Expected<WeightPlan> weft::planWeights(llvm::ArrayRef<GraphOp> graphs) { return WeightPlanner().run(graphs); }
