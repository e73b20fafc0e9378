// Every pass keeps what a model computes: the oracle runs each tests/passes/pipeline-*.mlir before the passes and after each of them.
// The memory plan, which the oracle does not see, is played through: a launch finds in its operands' slots what was written there for it.
// LINK: weft_passes weft_ir
#include "RandomStore.h"
#include "ir/reference/Interpreter.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"
#include "llvm/ADT/StringExtras.h"
#include <gtest/gtest.h>
#include <random>

using namespace mlir;
using namespace weft;
using reference::Tensor;
using weft::test::RandomStore;

namespace {

using Tensors = llvm::StringMap<Tensor>;

/// batch 3, frames 6, everything else 5 long; ids and lengths from 1 to 5.
Tensors randomInputs(GraphOp graph) {
  reference::Sizes sizes;
  for (auto dim : graph->getParentOfType<ModelOp>().getOps<DimOp>())
    sizes.set(dim.getSymName(), dim.getSymName() == "batch" ? 3 : dim.getSymName() == "frames" ? 6 : 5);
  Tensors inputs;
  std::mt19937 random(7);
  for (auto [arg, name] : llvm::zip(graph.getBody().getArguments(), graph.getInputNames())) {
    auto type = cast<NamedTensorType>(arg.getType());
    SmallVector<int64_t> shape = cantFail(sizes.shape(type));
    std::vector<double> values(reference::countOf(shape));
    for (double &value : values)
      value = type.isF32() ? static_cast<float>(std::normal_distribution<double>()(random)) : 1 + static_cast<int>(random() % 5);
    inputs[cast<StringAttr>(name).getValue()] = Tensor(reference::elementOf(type), shape, values);
  }
  return inputs;
}

GraphOp graphOf(ModelOp model) { return *model.getOps<GraphOp>().begin(); }

Tensors outputsOf(ModelOp model, const RandomStore &store) {
  llvm::Expected<Tensors> outputs = reference::run(graphOf(model), randomInputs(graphOf(model)), store);
  if (!outputs) {
    ADD_FAILURE() << toString(outputs.takeError());
    return {};
  }
  return std::move(*outputs);
}

void expectSame(const Tensors &expected, const Tensors &actual, StringRef when) {
  ASSERT_EQ(expected.size(), actual.size()) << when.str();
  for (const auto &entry : expected) {
    const Tensor &want = entry.second, &have = actual.lookup(entry.getKey());
    ASSERT_EQ(want.dims(), have.dims()) << when.str();
    double largest = 1e-30, error = 0;
    for (int64_t i = 0; i < want.size(); ++i) {
      largest = std::max(largest, std::abs(want[i]));
      error = std::max(error, std::abs(want[i] - have[i]));
    }
    EXPECT_LE(error / largest, 1e-9) << entry.getKey().str() << " after " << when.str();
  }
}

/// What lies in each slot while the program runs; stacks run twice, since a second layer finds what the first one left.
class PlanPlayer {
public:
  explicit PlanPlayer(GraphOp graph) : slots(graph->getAttrOfType<ArrayAttr>("weft.plan").size()) { play(graph.getBody().front()); }

private:
  void play(Block &block) {
    for (Operation &op : block) {
      for (Value operand : op.getOperands())
        expectPresent(operand, op);
      if (auto launch = dyn_cast<LaunchOp>(op))
        write(&op, *launch.getSlots());
      if (auto move = dyn_cast<MoveRowsOp>(op))
        write(&op, *move.getSlots());
      if (auto encoder = dyn_cast<EncoderOp>(op))
        playStack(op, *encoder.getSlots());
      if (auto decoder = dyn_cast<DecoderOp>(op))
        playStack(op, *decoder.getSlots());
    }
  }
  void playStack(Operation &op, ArrayRef<int64_t> where) {
    Block &body = op.getRegion(0).front();
    auto carry = [&](ValueRange from, ValueRange to) {
      for (auto [source, target, slot] : llvm::zip_equal(from, to, where)) {
        EXPECT_EQ(placeOf.lookup(source), slot) << "a carried value is not where its stack has it";
        EXPECT_EQ(slots[slot], source);
      }
      for (auto [target, slot] : llvm::zip_equal(to, where))
        put(target, slot);
    };
    carry(op.getOperands(), body.getArguments().drop_front());
    play(body);
    carry(body.getTerminator()->getOperands(), body.getArguments().drop_front());
    play(body);
    carry(body.getTerminator()->getOperands(), op.getResults());
  }
  void write(Operation *launch, ArrayRef<int64_t> where) {
    for (auto [result, slot] : llvm::zip_equal(launch->getResults(), where)) {
      for (Value operand : launch->getOperands())
        EXPECT_FALSE(slot >= 0 && placeOf.count(operand) && placeOf.lookup(operand) == slot) << "a launch writes what it reads";
      if (slot >= 0)
        put(result, slot);
      else
        EXPECT_EQ(graphOutput(launch, -1 - slot), result);
    }
  }
  static Value graphOutput(Operation *launch, int64_t index) {
    return launch->getParentOfType<GraphOp>().getOutputOp()->getOperand(index);
  }
  void put(Value value, int64_t slot) {
    placeOf[value] = slot;
    slots[slot] = value;
  }
  void expectPresent(Value value, Operation &reader) {
    if (auto found = placeOf.find(value); found != placeOf.end())
      EXPECT_EQ(slots[found->second], value) << "a value is overwritten before " << reader.getName().getStringRef().str() << " reads it";
  }
  std::vector<Value> slots;
  DenseMap<Value, int64_t> placeOf;
};

std::string textOf(Operation *op) {
  std::string text;
  llvm::raw_string_ostream stream(text);
  op->print(stream);
  return text;
}

/// After every pass: same outputs, and the text parses back to itself.
class Watcher final : public PassInstrumentation {
public:
  Watcher(Tensors expected, const RandomStore &store) : expected(std::move(expected)), store(store) {}
  void runAfterPass(Pass *pass, Operation *op) override {
    auto model = dyn_cast<ModelOp>(op);
    if (!model)
      return;
    expectSame(expected, outputsOf(model, store), pass->getArgument());
    std::string text = textOf(model->getParentOp());
    OwningOpRef<ModuleOp> again = parseSourceString<ModuleOp>(text, op->getContext());
    ASSERT_TRUE(again) << pass->getArgument().str();
    EXPECT_EQ(textOf(*again), text);
  }

private:
  Tensors expected;
  const RandomStore &store;
};

class Pipeline : public testing::TestWithParam<const char *> {
protected:
  Pipeline() {
    context.loadDialect<WeftDialect>();
    context.disableMultithreading();
    // Remarks are checked by the text tests.
    context.getDiagEngine().registerHandler([](Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        ADD_FAILURE() << diagnostic.str();
    });
    module = parseSourceFile<ModuleOp>(std::string(WEFT_SOURCE_DIR "/tests/passes/pipeline-") + GetParam() + ".mlir", &context);
  }
  ModelOp model() { return *module->getOps<ModelOp>().begin(); }
  void run(Phase last, std::unique_ptr<PassInstrumentation> watcher = nullptr) {
    PassManager manager(&context);
    buildPipeline(manager, {last});
    if (watcher)
      manager.addInstrumentation(std::move(watcher));
    ASSERT_TRUE(succeeded(manager.run(*module)));
  }
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
};

TEST_P(Pipeline, KeepsTheOutputsAfterEachPass) {
  ASSERT_TRUE(module);
  RandomStore store(model());
  run(Phase::Kernels, std::make_unique<Watcher>(outputsOf(model(), store), store));
}

TEST_P(Pipeline, PlansMemoryWithoutOverwriting) {
  ASSERT_TRUE(module);
  run(Phase::Kernels);
  PlanPlayer player(graphOf(model()));
}

TEST_P(Pipeline, GoesOnFromItsOwnOutput) {
  ASSERT_TRUE(module);
  for (Phase phase : {Phase::Simplified, Phase::Fused, Phase::Kernels}) {
    run(phase);
    std::string once = textOf(*module);
    run(phase);
    EXPECT_EQ(textOf(*module), once);
  }
}

INSTANTIATE_TEST_SUITE_P(Models, Pipeline, testing::Values("bert", "gpt", "llama", "t5", "odd"),
                         [](const auto &info) { return std::string(info.param); });

} // namespace
