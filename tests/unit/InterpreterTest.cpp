// The interpreter over every level: stacks, weights and initializers, groups, kernels, checks, and its errors.
// LINK: weft_ir
#include "IrText.h"
#include "reference/Weights.h"

using namespace weft;
using namespace weft::test;
using testing::ElementsAre;
using testing::HasSubstr;
using weft::reference::Tensor;

namespace {
/// Tensors by name, in memory.
class MemoryStore final : public WeightStore {
public:
  template <typename T> void add(llvm::StringRef name, WeightType type, std::vector<int64_t> shape, std::vector<T> values, size_t shift = 0) {
    Entry entry;
    entry.bytes.resize(values.size() * sizeof(T) + shift);
    memcpy(entry.bytes.data() + shift, values.data(), values.size() * sizeof(T));
    entry.shape = std::move(shape);
    entry.type = type;
    entry.shift = shift;
    entries[name] = std::move(entry);
  }
  std::optional<WeightTensor> find(llvm::StringRef name) const override {
    auto found = entries.find(name);
    if (found == entries.end())
      return std::nullopt;
    const Entry &entry = found->second;
    return WeightTensor{entry.type, {entry.shape.begin(), entry.shape.end()}, entry.bytes.data() + entry.shift,
                        entry.bytes.size() - entry.shift, "model.safetensors"};
  }
  std::vector<std::string> names() const override { return {}; }
  std::string description() const override { return "model.safetensors"; }

private:
  struct Entry {
    WeightType type;
    std::vector<int64_t> shape;
    std::vector<uint8_t> bytes;
    size_t shift;
  };
  llvm::StringMap<Entry> entries;
};

class Interpreter : public testing::Test {
protected:
  /// The numbers of output "y", or the error.
  std::vector<double> run(llvm::StringRef text, std::vector<std::pair<const char *, Tensor>> inputs, const reference::RunOptions &options = {}) {
    error.clear();
    module = ir.parse(text);
    EXPECT_TRUE(module) << ir.errors;
    if (!module)
      return {};
    GraphOp graph;
    module->walk([&](GraphOp found) { graph = found; });
    llvm::StringMap<Tensor> named;
    for (auto &[name, tensor] : inputs)
      named[name] = tensor;
    auto outputs = reference::run(graph, named, store, options);
    if (!outputs) {
      error = llvm::toString(outputs.takeError());
      return {};
    }
    return (*outputs)["y"].values().vec();
  }
  llvm::Expected<WeightValue> weight(llvm::StringRef text, llvm::StringRef symbol, std::optional<int64_t> layer = {}) {
    module = ir.parse(text);
    EXPECT_TRUE(module) << ir.errors;
    return evaluateWeight(*module->getOps<ModelOp>().begin(), symbol, layer, store);
  }
  std::string weightError(llvm::StringRef text, llvm::StringRef symbol, std::optional<int64_t> layer = {}) {
    auto value = weight(text, symbol, layer);
    return value ? "" : llvm::toString(value.takeError());
  }

  Ir ir;
  MemoryStore store;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::string error;
};

const char *const stack = R"(
weft.model @m attributes {prefixes = ["bert.", ""]} {
  weft.dim @n in 1 to 4
  weft.weight @scale "layer.{i}.scale" layers 3 : !weft.tensor<[], f32>
  weft.graph @forward(%x: !weft.tensor<[n], f32>) inputs ["x"] {
    %y = weft.encoder "h" layers 3 (%i, %h = %x) : (!weft.tensor<[n], f32>) {
      %s = weft.weight_ref @scale[%i] : !weft.tensor<[], f32>
      %z = weft.mul %h, %s : (!weft.tensor<[n], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[n], f32>
      weft.yield %z : !weft.tensor<[n], f32>
    }
    weft.output %y : !weft.tensor<[n], f32> names ["y"]
  }
})";

void addScales(MemoryStore &store) {
  store.add<float>("layer.0.scale", WeightType::F32, {}, {2});
  store.add<float>("bert.layer.1.scale", WeightType::F32, {}, {3});
  store.add<float>("layer.1.scale", WeightType::F32, {}, {100});
  store.add<float>("layer.2.scale", WeightType::F32, {}, {5});
}
} // namespace

TEST_F(Interpreter, StacksReadTheWeightsOfTheirLayer) {
  addScales(store); // the first prefix that has the tensor wins, tensor by tensor
  EXPECT_THAT(run(stack, {{"x", tensor({2}, {1, -1})}}), ElementsAre(30, -30));
}

TEST_F(Interpreter, ObserversSeeEachLayer) {
  addScales(store);
  std::vector<std::string> seen;
  reference::RunOptions options;
  options.observe = [&](const reference::Observation &observation) {
    seen.push_back(observation.op->getName().getStringRef().str() + (observation.layer ? " " + std::to_string(*observation.layer) : "") + " " +
                   std::to_string(static_cast<int>(observation.results[0][0])));
  };
  run(stack, {{"x", tensor({1}, {1})}}, options);
  EXPECT_THAT(seen, ElementsAre("weft.mul 0 2", "weft.mul 1 6", "weft.mul 2 30", "weft.encoder 30"));
}

TEST_F(Interpreter, InputsMustFit) {
  addScales(store);
  run(stack, {{"x", tensor({5}, {1, 2, 3, 4, 5})}});
  EXPECT_EQ(error, "dimension n is 5, outside 1..4");
  run(stack, {{"x", tensor({1, 1}, {1})}});
  EXPECT_EQ(error, "input x needs shape [n], but has [1, 1]");
  run(stack, {});
  EXPECT_EQ(error, "input x is missing");
  run(stack, {{"x", tensor({1}, {1})}, {"z", tensor({1}, {1})}});
  EXPECT_EQ(error, "there is no input z");
}

TEST_F(Interpreter, MissingWeightsNameWhatWasTried) {
  store.add<float>("layer.0.scale", WeightType::F32, {}, {2});
  run(stack, {{"x", tensor({1}, {1})}});
  EXPECT_EQ(error, "model.safetensors has no tensor 'bert.layer.1.scale' or 'layer.1.scale'");
}

TEST_F(Interpreter, ExpressionsOfDimensionsAreSolved) {
  const char *text = R"(
weft.model @m {
  weft.graph @forward(%a: !weft.tensor<["frames/2"], f32>, %b: !weft.tensor<[frames, "n+1"], f32>) inputs ["a", "b"] {
    %y = weft.dim_size <"frames+n"> : !weft.tensor<[], i32>
    weft.output %y : !weft.tensor<[], i32> names ["y"]
  }
})";
  EXPECT_THAT(run(text, {{"a", tensor({2}, {0, 0})}, {"b", tensor({4, 1}, {0, 0, 0, 0})}}), ElementsAre(4));
  run(text, {{"a", tensor({2}, {0, 0})}, {"b", tensor({6, 1}, std::vector<double>(6))}});
  EXPECT_EQ(error, "input a is [2], but [frames/2] is [3] here");
}

TEST_F(Interpreter, ChecksAreRunTimeErrors) {
  const char *text = R"(
weft.model @m {
  weft.graph @forward(%lengths: !weft.tensor<[batch], i32>, %x: !weft.tensor<[batch, seq], f32>) inputs ["lengths", "x"] {
    weft.check %lengths in <"0"> to <"seq"> what "length" : !weft.tensor<[batch], i32>
    weft.output %x : !weft.tensor<[batch, seq], f32> names ["y"]
  }
})";
  Tensor x = tensor({2, 1}, {7, 8});
  EXPECT_THAT(run(text, {{"lengths", Tensor(Tensor::Element::I32, {2}, {0, 1})}, {"x", x}}), ElementsAre(7, 8));
  run(text, {{"lengths", Tensor(Tensor::Element::I32, {2}, {0, 2})}, {"x", x}});
  EXPECT_EQ(error, "length at [1], 2 lies outside 0..1");
  run(text, {{"lengths", tensor({2}, {0, 2})}, {"x", x}});
  EXPECT_EQ(error, "input lengths has another element type than [batch]");
}

TEST_F(Interpreter, KernelsRunUnderTheirOwnDimensions) {
  const char *text = R"(
weft.model @m {
  weft.kernel @last pointwise (%x: !weft.tensor<[m, n], f32>, %s: !weft.tensor<[], f32>) {
    %a = weft.slice %x axis 1 start <"n-1"> : (!weft.tensor<[m, n], f32>) -> !weft.tensor<[m, 1], f32>
    %b = weft.reshape %a : (!weft.tensor<[m, 1], f32>) -> !weft.tensor<[m], f32>
    %y = weft.add %b, %s : (!weft.tensor<[m], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[m], f32>
    weft.yield %y : !weft.tensor<[m], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 3], f32>) inputs ["x"] {
    %s = weft.constant 10.0 : !weft.tensor<[], f32>
    %y = weft.launch @last(%x, %s) dims {m = #weft.dim<"batch*seq">, n = #weft.dim<"3">} : (!weft.tensor<[batch, seq, 3], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch, seq], f32>
    weft.output %y : !weft.tensor<[batch, seq], f32> names ["y"]
  }
})";
  EXPECT_THAT(run(text, {{"x", tensor({2, 1, 3}, {0, 1, 2, 3, 4, 5})}}), ElementsAre(12, 15));
}

TEST_F(Interpreter, GroupsAreTheirOps) {
  const char *text = R"(
weft.model @m {
  weft.graph @forward(%x: !weft.tensor<[n], f32>) inputs ["x"] {
    %y = weft.group pointwise {
      %r = weft.unary relu %x : (!weft.tensor<[n], f32>) -> !weft.tensor<[n], f32>
      %z = weft.add %r, %r : (!weft.tensor<[n], f32>, !weft.tensor<[n], f32>) -> !weft.tensor<[n], f32>
      weft.yield %z : !weft.tensor<[n], f32>
    } : !weft.tensor<[n], f32>
    weft.output %y : !weft.tensor<[n], f32> names ["y"]
  }
})";
  EXPECT_THAT(run(text, {{"x", tensor({2}, {-1, 3})}}), ElementsAre(0, 6));
}

//===-- Weights -------------------------------------------------------------------------------------------------------===//

TEST_F(Interpreter, PlainWeightsAreViews) {
  const char *text = "weft.model @m {\n weft.weight @w \"w\" : !weft.tensor<[2], f32>\n}";
  store.add<float>("w", WeightType::F32, {2}, {1.5, -2});
  auto value = weight(text, "w");
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_TRUE(value->isView());
  EXPECT_THAT(value->f32(), ElementsAre(1.5f, -2.0f));
  store.add<float>("w", WeightType::F32, {2}, {1.5, -2}, /*shift=*/1);
  value = weight(text, "w");
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_FALSE(value->isView()) << "unaligned numbers are copied";
  EXPECT_THAT(value->f32(), ElementsAre(1.5f, -2.0f));
}

TEST_F(Interpreter, NarrowFloatsWiden) {
  const char *text = "weft.model @m {\n weft.weight @w \"w\" : !weft.tensor<[6], f32>\n}";
  store.add<uint16_t>("w", WeightType::F16, {6}, {0x3c00, 0xc000, 0x0001, 0x7bff, 0x7c00, 0x8000});
  auto value = weight(text, "w");
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_THAT(value->f32(), ElementsAre(1.0f, -2.0f, 0x1p-24f, 65504.0f, INFINITY, -0.0f));
  store.add<uint16_t>("w", WeightType::BF16, {6}, {0x3f80, 0xc000, 0x0001, 0x7f80, 0x4049, 0x0000});
  value = weight(text, "w");
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_THAT(value->f32(), ElementsAre(1.0f, -2.0f, 0x1p-133f, INFINITY, 3.140625f, 0.0f));
  store.add<double>("w", WeightType::F64, {6}, {0.1, 1, 2, 3, 4, 5});
  value = weight(text, "w");
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_EQ(value->f32()[0], 0.1f);
}

TEST_F(Interpreter, WeightsMustHaveTheirShapeAndType) {
  const char *text = "weft.model @m {\n weft.weight @w \"w\" : !weft.tensor<[2, 3], f32>\n weft.weight @i \"i\" : !weft.tensor<[1], i32>\n}";
  store.add<uint16_t>("w", WeightType::F16, {3, 2}, {0, 0, 0, 0, 0, 0});
  EXPECT_EQ(weightError(text, "w"), "model.safetensors: tensor 'w' is f16 [3, 2], but f32 [2, 3] is needed");
  store.add<int32_t>("w", WeightType::I32, {2, 3}, {0, 0, 0, 0, 0, 0});
  EXPECT_EQ(weightError(text, "w"), "model.safetensors: tensor 'w' is i32 [2, 3], but f32 [2, 3] is needed");
  store.add<int64_t>("i", WeightType::I64, {1}, {int64_t(1) << 40});
  EXPECT_THAT(weightError(text, "i"), HasSubstr("holds 1099511627776, which is no i32"));
  store.add<int64_t>("i", WeightType::I64, {1}, {-7});
  EXPECT_THAT(weight(text, "i")->i32(), ElementsAre(-7));
  EXPECT_EQ(weightError(text, "v"), "there is no weight @v");
}

const char *const merged = R"(
weft.model @m {
  weft.weight @q "{i}.q" layers 2 : !weft.tensor<[1, 2], f32>
  weft.weight @k "{i}.k" layers 2 : !weft.tensor<[2, 2], f32>
  weft.weight @qk layers 2 : !weft.tensor<[2, 3], f32> {
  ^bb0(%i: index):
    %q = weft.weight_ref @q[%i] : !weft.tensor<[1, 2], f32>
    %k = weft.weight_ref @k[%i] : !weft.tensor<[2, 2], f32>
    %s = weft.constant 0.5 : !weft.tensor<[], f32>
    %scaled = weft.mul %q, %s : (!weft.tensor<[1, 2], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[1, 2], f32>
    %both = weft.concat %scaled, %k axis 0 : (!weft.tensor<[1, 2], f32>, !weft.tensor<[2, 2], f32>) -> !weft.tensor<[3, 2], f32>
    %turned = weft.transpose %both [1, 0] : (!weft.tensor<[3, 2], f32>) -> !weft.tensor<[2, 3], f32>
    weft.yield %turned : !weft.tensor<[2, 3], f32>
  }
  weft.weight @twice layers 2 : !weft.tensor<[2, 3], f32> {
  ^bb0(%i: index):
    %a = weft.weight_ref @qk[%i] : !weft.tensor<[2, 3], f32>
    %b = weft.add %a, %a : (!weft.tensor<[2, 3], f32>, !weft.tensor<[2, 3], f32>) -> !weft.tensor<[2, 3], f32>
    weft.yield %b : !weft.tensor<[2, 3], f32>
  }
})";

TEST_F(Interpreter, InitializersAreEvaluatedLayerByLayer) {
  store.add<float>("1.q", WeightType::F32, {1, 2}, {2, 4});
  store.add<float>("1.k", WeightType::F32, {2, 2}, {5, 6, 7, 8});
  auto value = weight(merged, "qk", 1);
  ASSERT_TRUE(static_cast<bool>(value));
  EXPECT_THAT(value->shape(), ElementsAre(2, 3));
  EXPECT_THAT(value->f32(), ElementsAre(1, 5, 7, 2, 6, 8));
  EXPECT_THAT(weight(merged, "twice", 1)->f32(), ElementsAre(2, 10, 14, 4, 12, 16));
  EXPECT_EQ(weightError(merged, "qk", 0), "model.safetensors has no tensor '0.q'");
}

TEST_F(Interpreter, WeightsOfThemselvesEnd) {
  const char *text = R"(
weft.model @m {
  weft.weight @a : !weft.tensor<[1], f32> {
    %b = weft.weight_ref @b : !weft.tensor<[1], f32>
    weft.yield %b : !weft.tensor<[1], f32>
  }
  weft.weight @b : !weft.tensor<[1], f32> {
    %a = weft.weight_ref @a : !weft.tensor<[1], f32>
    weft.yield %a : !weft.tensor<[1], f32>
  }
})";
  EXPECT_THAT(weightError(text, "a"), HasSubstr("is computed from itself"));
}

TEST_F(Interpreter, HugeSizesAreErrors) {
  const char *text = R"(
weft.model @m {
  weft.graph @forward(%x: !weft.tensor<[], f32>) inputs ["x"] {
    %y = weft.broadcast %x : (!weft.tensor<[], f32>) -> !weft.tensor<[4611686018427387904, 4], f32>
    weft.output %y : !weft.tensor<[4611686018427387904, 4], f32> names ["y"]
  }
})";
  run(text, {{"x", tensor({}, {1})}});
  EXPECT_THAT(error, HasSubstr("is too large"));
}
