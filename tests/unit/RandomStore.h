// Random f32 tensors for all weights that a model reads, the same for the same name.
#ifndef WEFT_TESTS_UNIT_RANDOMSTORE_H
#define WEFT_TESTS_UNIT_RANDOMSTORE_H

#include "Weft.h"
#include "WeightStore.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/xxhash.h"
#include <random>

namespace weft::test {

class RandomStore final : public WeightStore {
public:
  explicit RandomStore(ModelOp model) {
    llvm::StringRef prefix;
    if (model.getPrefixes() && !model.getPrefixes()->empty())
      prefix = mlir::cast<mlir::StringAttr>((*model.getPrefixes())[0]).getValue();
    for (auto weight : model.getOps<WeightOp>()) {
      if (!weight.getPath())
        continue;
      for (uint64_t layer = 0; layer < weight.getLayers().value_or(1); ++layer) {
        std::string name = (prefix + *weight.getPath()).str();
        if (size_t at = name.find("{i}"); at != std::string::npos)
          name.replace(at, 3, std::to_string(layer));
        fill(name, mlir::cast<NamedTensorType>(weight.getType()));
      }
    }
  }
  std::optional<WeightTensor> find(llvm::StringRef name) const override {
    auto found = data.find(name);
    if (found == data.end())
      return std::nullopt;
    const auto &[shape, values] = found->second;
    return WeightTensor{WeightType::F32, shape, reinterpret_cast<const uint8_t *>(values.data()), values.size() * 4, "random"};
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto &entry : data)
      result.push_back(entry.getKey().str());
    return result;
  }
  std::string description() const override { return "random weights"; }

private:
  void fill(const std::string &name, NamedTensorType type) {
    std::mt19937 random(llvm::xxh3_64bits(name));
    std::normal_distribution<float> normal(0, 0.3f);
    auto &[shape, values] = data[name];
    shape.clear();
    values.clear();
    size_t count = 1;
    for (DimAttr dim : type.getDims()) {
      shape.push_back(*dim.getStatic());
      count *= *dim.getStatic();
    }
    for (size_t i = 0; i < count; ++i)
      values.push_back(normal(random));
  }
  llvm::StringMap<std::pair<llvm::SmallVector<int64_t, 4>, std::vector<float>>> data;
};

} // namespace weft::test

#endif
