// Draws weights tensor by tensor, on demand; release() gives the memory back.
#include "codegen/pack/RandomWeights.h"
#include "codegen/host/ModelInfo.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/xxhash.h"
#include <cmath>
#include <mutex>

using namespace mlir;
using namespace weft;

namespace {

/// SplitMix64: one well-mixed word a counter value.
uint64_t mix(uint64_t state) {
  state += 0x9e3779b97f4a7c15;
  state = (state ^ (state >> 30)) * 0xbf58476d1ce4e5b9;
  state = (state ^ (state >> 27)) * 0x94d049bb133111eb;
  return state ^ (state >> 31);
}

/// Nearly normal with mean 0 and deviation 1: the sum of four uniform numbers of 16 bits each.
float normal(uint64_t word) {
  int64_t sum = int64_t(word & 0xffff) + int64_t(word >> 16 & 0xffff) + int64_t(word >> 32 & 0xffff) + int64_t(word >> 48);
  return float(double(sum - 2 * 65535) * (std::sqrt(3.0) / 65536.0));
}

class RandomWeights final : public WeightStore {
public:
  RandomWeights(ModelOp model, uint64_t seed) : seed(seed) {
    std::string prefix;
    if (model.getPrefixes() && !model.getPrefixes()->empty())
      prefix = cast<StringAttr>((*model.getPrefixes())[0]).getValue().str();
    for (WeightOp weight : model.getOps<WeightOp>()) {
      if (!weight.getPath())
        continue;
      for (int64_t layer = 0, count = int64_t(weight.getLayers().value_or(1)); layer < count; ++layer)
        addTensor(prefix + pathAt(weight, layer), cast<NamedTensorType>(weight.getType()));
    }
  }

  std::optional<WeightTensor> find(StringRef name) const override {
    auto found = tensors.find(name);
    if (found == tensors.end())
      return std::nullopt;
    const Tensor &tensor = found->second;
    std::lock_guard<std::mutex> lock(mutex);
    std::unique_ptr<float[]> &values = drawn[name];
    if (!values) {
      values.reset(new float[std::max<size_t>(tensor.elements, 1)]);
      draw(name, tensor, values.get());
    }
    auto *data = reinterpret_cast<const uint8_t *>(values.get());
    return WeightTensor{tensor.isInteger ? WeightType::I32 : WeightType::F32, tensor.shape, data, tensor.elements * 4,
                        "random weights"};
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> all;
    for (const auto &entry : tensors)
      all.push_back(entry.getKey().str());
    llvm::sort(all);
    return all;
  }
  std::string description() const override { return "random weights"; }
  void release(const WeightTensor &released) const override {
    std::lock_guard<std::mutex> lock(mutex);
    for (auto &entry : drawn)
      if (reinterpret_cast<const uint8_t *>(entry.second.get()) == released.data)
        entry.second.reset();
  }

private:
  struct Tensor {
    SmallVector<int64_t, 4> shape;
    size_t elements;
    bool isInteger;
  };

  static std::string pathAt(WeightOp weight, int64_t layer) {
    std::string path = weight.getPath()->str();
    for (size_t at; (at = path.find("{i}")) != std::string::npos;)
      path.replace(at, 3, std::to_string(layer));
    return path;
  }

  void addTensor(const std::string &name, NamedTensorType type) {
    Tensor tensor{{}, 1, !type.isF32()};
    for (DimAttr dim : type.getDims()) {
      tensor.shape.push_back(dim.getStatic().value_or(0));
      tensor.elements *= size_t(tensor.shape.back());
    }
    tensors[name] = std::move(tensor);
  }

  void draw(StringRef name, const Tensor &tensor, float *values) const {
    float mean = 0, deviation = 0.02f;
    if (tensor.isInteger)
      deviation = 0; // zero bits are zeros
    else if (tensor.shape.size() < 2)
      mean = name.ends_with("bias") ? 0.0f : 1.0f;
    else if (tensor.shape[0] > 8 * tensor.shape[1])
      deviation = 0.05f;
    else
      deviation = 1.0f / std::sqrt(float(std::max<size_t>(tensor.elements / std::max<int64_t>(tensor.shape[0], 1), 1)));
    uint64_t state = mix(seed) ^ llvm::xxh3_64bits(name);
    for (size_t i = 0; i < tensor.elements; ++i)
      values[i] = mean + deviation * normal(mix(state + i * 0x9e3779b97f4a7c15));
  }

  uint64_t seed;
  llvm::StringMap<Tensor> tensors;
  mutable std::mutex mutex;
  mutable llvm::StringMap<std::unique_ptr<float[]>> drawn;
};

} // namespace

std::unique_ptr<WeightStore> weft::makeRandomWeights(ModelOp model, uint64_t seed) {
  return std::make_unique<RandomWeights>(model, seed);
}
