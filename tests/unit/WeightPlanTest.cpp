// Packing: offsets, strides, and the bytes of every layout.
// LINK: weft_codegen
#include "codegen/pack/Panels.h"
#include "codegen/pack/RandomWeights.h"
#include "codegen/pack/WeightPlan.h"
#include "codegen/pack/WeightWriter.h"
#include "mlir/IR/BuiltinOps.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>

using namespace weft;

namespace {

constexpr const char *kModel = R"(
weft.model @m {
  weft.dim @n in 1 to 4
  weft.weight @a "layer.{i}.a" layers 3 : !weft.tensor<[50, 4], f32>
  weft.weight @b "layer.{i}.b" layers 3 : !weft.tensor<[50], f32>
  weft.weight @t "table" : !weft.tensor<[6, 5], f32>
  weft.kernel @k contraction (%x: !weft.tensor<[m, 4], f32>, %w: !weft.tensor<[50, 4], f32>, %b: !weft.tensor<[50], f32>, %t: !weft.tensor<[6, 5], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 4>, #weft.layout<rowStride = 48, panel = 48, panelDim = 0>, #weft.layout<rowStride = 50>, #weft.layout<rowStride = 8>],
                  resultLayouts = [#weft.layout<rowStride = 4>]} {
    weft.yield %x : !weft.tensor<[m, 4], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[n, 4], f32>) inputs ["x"] {
    %y = weft.encoder "e" layers 3 (%i, %h = %x) : (!weft.tensor<[n, 4], f32>) attributes {slots = array<i64: 0>} {
      %w = weft.weight_ref @a[%i] : !weft.tensor<[50, 4], f32>
      %b = weft.weight_ref @b[%i] : !weft.tensor<[50], f32>
      %t = weft.weight_ref @t : !weft.tensor<[6, 5], f32>
      %z = weft.launch @k(%h, %w, %b, %t) dims {m = #weft.dim<"n">} slots [0] : (!weft.tensor<[n, 4], f32>, !weft.tensor<[50, 4], f32>, !weft.tensor<[50], f32>, !weft.tensor<[6, 5], f32>) -> !weft.tensor<[n, 4], f32>
      weft.yield %z : !weft.tensor<[n, 4], f32>
    }
    weft.output %y : !weft.tensor<[n, 4], f32> names ["y"]
  }
}
)";

struct WeightPlanTest : testing::Test {
  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  ModelOp model;
  GraphOp graph;

  void SetUp() override {
    context.loadDialect<WeftDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(kModel, &context);
    ASSERT_TRUE(module);
    model = *module->getOps<ModelOp>().begin();
    graph = *model.getOps<GraphOp>().begin();
  }
};

TEST_F(WeightPlanTest, LayersLieTogether) {
  WeightPlan plan = llvm::cantFail(planWeights(graph));
  ASSERT_EQ(plan.weights.size(), 3u);
  const PackedWeight &a = plan.weights[0], &b = plan.weights[1], &table = plan.weights[2];
  EXPECT_EQ(a.bytes, 2u * 48 * 4 * 4); // two panels of 48 columns
  EXPECT_EQ(b.bytes, 256u);            // 50 numbers, rounded up to 64 bytes
  EXPECT_EQ(b.offset, a.offset + a.bytes);
  EXPECT_EQ(a.stride, a.bytes + b.bytes);
  EXPECT_EQ(b.stride, a.stride);
  EXPECT_EQ(table.layers, 1);
  EXPECT_EQ(table.bytes, 192u); // 6 rows of 8 numbers
  EXPECT_EQ(plan.bytes, 3 * a.stride + table.bytes);
  ASSERT_EQ(plan.order.size(), 7u);
  for (size_t i = 1; i < plan.order.size(); ++i)
    EXPECT_GT(plan.order[i].offset, plan.order[i - 1].offset);
}

TEST_F(WeightPlanTest, BytesStandWhereThePlanSays) {
  WeightPlan plan = llvm::cantFail(planWeights(graph));
  std::unique_ptr<WeightStore> store = makeRandomWeights(model, 5);
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  llvm::cantFail(writePackedWeights(plan, *store, out));
  ASSERT_EQ(bytes.size(), plan.bytes);
  auto at = [&](uint64_t offset, int64_t index) { return reinterpret_cast<const float *>(bytes.data() + offset)[index]; };
  for (int64_t layer = 0; layer < 3; ++layer) {
    std::string prefix = "layer." + std::to_string(layer);
    WeightTensor a = *store->find(prefix + ".a"), b = *store->find(prefix + ".b");
    auto *values = reinterpret_cast<const float *>(a.data);
    uint64_t base = plan.weights[0].offset + uint64_t(layer) * plan.weights[0].stride;
    for (int64_t column = 0; column < 96; ++column)
      for (int64_t k = 0; k < 4; ++k)
        EXPECT_EQ(at(base, column / 48 * 48 * 4 + k * 48 + column % 48), column < 50 ? values[column * 4 + k] : 0.0f);
    base = plan.weights[1].offset + uint64_t(layer) * plan.weights[1].stride;
    for (int64_t i = 0; i < 64; ++i)
      EXPECT_EQ(at(base, i), i < 50 ? reinterpret_cast<const float *>(b.data)[i] : 0.0f);
  }
  WeightTensor table = *store->find("table");
  for (int64_t row = 0; row < 6; ++row)
    for (int64_t i = 0; i < 8; ++i)
      EXPECT_EQ(at(plan.weights[2].offset, row * 8 + i), i < 5 ? reinterpret_cast<const float *>(table.data)[row * 5 + i] : 0.0f);
}

TEST_F(WeightPlanTest, AMissingTensorIsNamed) {
  struct Empty final : WeightStore {
    std::optional<WeightTensor> find(llvm::StringRef) const override { return std::nullopt; }
    std::vector<std::string> names() const override { return {}; }
    std::string description() const override { return "nothing"; }
  } empty;
  WeightPlan plan = llvm::cantFail(planWeights(graph));
  std::string bytes;
  llvm::raw_string_ostream out(bytes);
  EXPECT_NE(llvm::toString(writePackedWeights(plan, empty, out)).find("layer.0.a"), std::string::npos);
}

TEST_F(WeightPlanTest, RandomWeightsFollowTheSeed) {
  auto one = makeRandomWeights(model, 1), same = makeRandomWeights(model, 1), other = makeRandomWeights(model, 2);
  auto first = [](const WeightStore &store) { return *reinterpret_cast<const float *>(store.find("table")->data); };
  EXPECT_EQ(first(*one), first(*same));
  EXPECT_NE(first(*one), first(*other));
  WeightTensor a = *one->find("layer.1.a");
  EXPECT_EQ(a.shape, (llvm::SmallVector<int64_t, 4>{50, 4}));
  double sum = 0, squares = 0;
  for (int i = 0; i < 200; ++i) {
    float value = reinterpret_cast<const float *>(a.data)[i];
    sum += value;
    squares += double(value) * value;
  }
  EXPECT_NEAR(sum / 200, 0, 0.01);
  EXPECT_NEAR(std::sqrt(squares / 200), 0.05, 0.01); // a tall table
  float before = first(*one);
  one->release(*one->find("table"));
  EXPECT_EQ(first(*one), before);
}

TEST(Panels, ColumnsOfATransposedMatrix) {
  std::vector<uint32_t> matrix(5 * 20), panel(5 * 16, 99);
  for (size_t i = 0; i < matrix.size(); ++i)
    matrix[i] = uint32_t(i);
  packColumnsPanel({matrix.data(), 5, 20}, 16, 16, panel.data());
  for (uint32_t k = 0; k < 5; ++k)
    for (uint32_t j = 0; j < 16; ++j)
      EXPECT_EQ(panel[k * 16 + j], j < 4 ? k * 20 + 16 + j : 0);
}

} // namespace
