// What a description reads, held against a checkpoint: prefixes, missing tensors with the nearest names, shapes and types.
// LINK: weft_frontend
#include "SemaRules.h"
#include "llvm/ADT/StringMap.h"

using namespace weft;
using namespace weft::testing;

namespace {

class MemoryWeights : public WeightStore {
public:
  void add(llvm::StringRef name, llvm::ArrayRef<int64_t> shape, WeightType type = WeightType::F32) {
    WeightTensor tensor{type, {}, nullptr, 0, "part.safetensors"};
    tensor.shape.assign(shape.begin(), shape.end());
    tensors[name] = tensor;
  }
  std::optional<WeightTensor> find(llvm::StringRef name) const override {
    auto it = tensors.find(name);
    return it == tensors.end() ? std::nullopt : std::optional<WeightTensor>(it->second);
  }
  std::vector<std::string> names() const override {
    std::vector<std::string> result;
    for (const auto &entry : tensors)
      result.push_back(entry.first().str());
    return result;
  }
  std::string description() const override { return "model.safetensors"; }

private:
  llvm::StringMap<WeightTensor> tensors;
};

struct Bound : CheckedModel {
  Bound(llvm::StringRef body, const WeightStore &weights) : CheckedModel(body) {
    if (module)
      checkWeights(*module->getOps<ModelOp>().begin(), weights, sources, diagnostics);
  }
};

constexpr llvm::StringLiteral twoLayers = "prefix \"bert.\", \"\"\n"
                                          "encoder e(y = x) repeat 2 as i @ \"layer.{i}\" { y = linear(y, 8) @ \"fc\" }\n"
                                          "output z = layer_norm(e) @ \"norm\"";

TEST(CheckWeights, EveryTensorTriesThePrefixes) {
  MemoryWeights weights;
  for (llvm::StringRef name : {"bert.layer.0.fc", "layer.1.fc"}) {
    weights.add((name + ".weight").str(), {8, 8}, WeightType::BF16);
    weights.add((name + ".bias").str(), {8}, WeightType::F16);
  }
  weights.add("norm.weight", {8}, WeightType::F64);
  weights.add("bert.norm.bias", {8});
  Bound bound(twoLayers, weights);
  EXPECT_FALSE(bound.diagnostics.hasErrors()) << bound.text();
}

TEST(CheckWeights, AllMissingOnesAtOnceWithTheNearestNames) {
  MemoryWeights weights;
  weights.add("bert.layer.0.fc.weight", {8, 8});
  weights.add("bert.layer.1.fc.weight", {8, 8});
  weights.add("bert.nrom.weight", {8});
  Bound bound(twoLayers, weights);
  EXPECT_EQ(errorsOf(bound).size(), 3u) << bound.text();
  EXPECT_TRUE(holds(errorsOf(bound), "the weight 'bert.layer.0.fc.bias' is not in 'model.safetensors' (nor in 1 more of its layers)"));
  EXPECT_TRUE(holds(errorsOf(bound), "the weight 'bert.norm.weight' is not in 'model.safetensors'"));
  EXPECT_TRUE(holds(notesOf(bound), "the nearest name is 'bert.nrom.weight'"));
  EXPECT_TRUE(holds(notesOf(bound), "nor is 'norm.weight'"));
  EXPECT_EQ(bound.diagnostics.getSorted()[0].range.getText(), llvm::StringRef("linear(y, 8)")) << bound.text();
}

TEST(CheckWeights, TheNearestNameIsOneThatNothingReads) {
  MemoryWeights weights;
  for (llvm::StringRef name : {"layer.0.fc", "layer.1.fd"})
    weights.add((name + ".weight").str(), {8, 8});
  for (llvm::StringRef name : {"layer.0.fc.bias", "layer.1.fc.bias", "norm.weight", "norm.bias"})
    weights.add(name, {8});
  Bound bound(twoLayers, weights);
  EXPECT_EQ(errorsOf(bound).size(), 1u) << bound.text();
  EXPECT_TRUE(holds(notesOf(bound), "the nearest name is 'layer.1.fd.weight'")) << bound.text();
}

TEST(CheckWeights, TransposedIsForLinearLayersOnly) {
  MemoryWeights weights;
  weights.add("t.weight", {8, 9});
  Bound bound("output y = embedding(ids, 9, 8) @ \"t\"", weights);
  EXPECT_TRUE(holds(errorsOf(bound), "the weight 't.weight' is f32[8, 9] in 'part.safetensors', but f32[9, 8] here")) << bound.text();
  EXPECT_FALSE(holds(notesOf(bound), "transposed")) << bound.text();
}

TEST(CheckWeights, ShapesAndTypes) {
  MemoryWeights weights;
  weights.add("a.weight", {8, 4});
  weights.add("n.weight", {8}, WeightType::I32);
  weights.add("n.bias", {8});
  Bound bound("let a = linear(x, 4, bias = false) @ \"a\"\noutput y = layer_norm(x) @ \"n\"", weights);
  EXPECT_EQ(errorsOf(bound).size(), 2u) << bound.text();
  EXPECT_TRUE(holds(errorsOf(bound), "the weight 'a.weight' is f32[8, 4] in 'part.safetensors', but f32[4, 8] here"));
  EXPECT_TRUE(holds(notesOf(bound), "'transposed' of linear"));
  EXPECT_TRUE(holds(errorsOf(bound), "the weight 'n.weight' is i32[8] in 'part.safetensors', but f32[8] here"));
}

TEST(CheckWeights, OtherSizesThroughoutAreOneError) {
  MemoryWeights weights;
  for (llvm::StringRef name : {"layer.0.fc", "layer.1.fc"}) {
    weights.add((name + ".weight").str(), {6, 6});
    weights.add((name + ".bias").str(), {6});
  }
  weights.add("norm.weight", {6});
  weights.add("norm.bias", {6});
  Bound bound(twoLayers, weights);
  EXPECT_EQ(errorsOf(bound).size(), 1u) << bound.text();
  EXPECT_TRUE(holds(errorsOf(bound), "most weights of 'm' (4 of 4) are not in 'model.safetensors' with the shapes that they have here")) << bound.text();
  EXPECT_TRUE(holds(notesOf(bound), "'layer.0.fc.weight' is f32[6, 6], but f32[8, 8] here")) << bound.text();
}

} // namespace
