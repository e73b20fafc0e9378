// Streams packed weights, tensor by tensor.
#include "codegen/pack/WeightWriter.h"
#include "codegen/pack/Panels.h"
#include "reference/Weights.h"

using namespace mlir;
using namespace weft;

namespace {

/// Writes one tensor of 4-byte elements in a layout.
class TensorWriter {
public:
  TensorWriter(NamedTensorType type, LayoutAttr layout, raw_ostream &out)
      : type(type), layout(layout), out(out), elements(type.getNumElements().constant().value_or(0)) {}

  void write(const uint32_t *values) {
    if (elements == 0)
      return;
    if (layout && layout.getPanel() > 0)
      writePanels(values);
    else if (type.isBool())
      writeRows(narrow(values).data(), 1);
    else
      writeRows(values, 4);
  }

private:
  std::vector<uint8_t> narrow(const uint32_t *values) const {
    return std::vector<uint8_t>(values, values + elements);
  }

  void writeRows(const void *values, int64_t elementBytes) {
    auto *bytes = static_cast<const char *>(values);
    int64_t row = type.getRank() == 0 ? 1 : type.getExpr(-1).constant().value_or(1);
    int64_t stride = layout && layout.getRowStride() > 0 ? layout.getRowStride() : row;
    if (row == stride) {
      out.write(bytes, size_t(elements * elementBytes));
      return;
    }
    for (int64_t first = 0; first < elements; first += row) {
      out.write(bytes + first * elementBytes, size_t(row * elementBytes));
      out.write_zeros(unsigned((stride - row) * elementBytes));
    }
  }

  void writePanels(const uint32_t *values) {
    int64_t panel = layout.getPanel(), columns = type.getExpr(layout.getPanelDim()).constant().value_or(1);
    int64_t depth = elements / columns;
    std::vector<uint32_t> block(size_t(depth * panel));
    bool isFirst = layout.getPanelDim() == 0;
    for (int64_t first = 0; first < columns; first += panel) {
      if (isFirst)
        packRowsPanel({values, columns, depth}, first, panel, block.data());
      else
        packColumnsPanel({values, depth, columns}, first, panel, block.data());
      out.write(reinterpret_cast<const char *>(block.data()), block.size() * 4);
    }
  }

  NamedTensorType type;
  LayoutAttr layout;
  raw_ostream &out;
  int64_t elements;
};

} // namespace

/// Gives back the checkpoint's pages that a weight was made from.
static void releaseSources(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store) {
  if (weight.getPath()) {
    if (llvm::Expected<WeightTensor> tensor = resolveWeight(weight, layer, store))
      store.release(*tensor);
    else
      llvm::consumeError(tensor.takeError());
    return;
  }
  weight->walk([&](WeightRefOp ref) {
    if (auto source = SymbolTable::lookupNearestSymbolFrom<WeightOp>(weight->getParentOp(), ref.getWeightAttr()))
      releaseSources(source, source.getLayers() ? layer : std::nullopt, store);
  });
}

static llvm::Error writeTensor(const PackedWeight &packed, int64_t layer, const WeightStore &store, raw_ostream &out) {
  WeightOp weight = packed.weight;
  std::optional<int64_t> at = weight.getLayers() ? std::optional<int64_t>(layer) : std::nullopt;
  llvm::Expected<WeightValue> value = evaluateWeight(weight, at, store);
  if (!value)
    return value.takeError();
  TensorWriter(cast<NamedTensorType>(weight.getType()), packed.layout, out).write(value->words());
  releaseSources(weight, at, store);
  return llvm::Error::success();
}

llvm::Error weft::writePackedWeights(const WeightPlan &plan, const WeightStore &store, raw_ostream &out) {
  uint64_t begin = out.tell();
  for (const PackedTensor &tensor : plan.order) {
    const PackedWeight &packed = plan.weights[tensor.weight];
    if (llvm::Error error = writeTensor(packed, tensor.layer, store, out))
      return error;
    uint64_t end = tensor.offset + packed.bytes, written = out.tell() - begin;
    assert(written <= end && "a tensor is larger than planned");
    out.write_zeros(unsigned(end - written));
  }
  return llvm::Error::success();
}
