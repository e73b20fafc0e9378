// One kernel, in text, against the oracle: random arguments in the layouts that the kernel states, every schedule and target, the work
// whole and in parts. Results must be within `tolerance` of the largest reference value and the same bytes however the work is divided.
#ifndef WEFT_TESTS_SUPPORT_KERNELCASE_H
#define WEFT_TESTS_SUPPORT_KERNELCASE_H

#include "KernelJit.h"
#include "ir/reference/Interpreter.h"
#include "runtime/Descriptor.h"
#include "mlir/IR/MLIRContext.h"
#include "mlir/Parser/Parser.h"
#include <cmath>
#include <gtest/gtest.h>
#include <map>
#include <random>

namespace weft::test {

class KernelCase {
public:
  explicit KernelCase(llvm::StringRef kernelText) {
    context.loadDialect<WeftDialect>();
    module = mlir::parseSourceString<mlir::ModuleOp>(("weft.model @m {\n" + kernelText + "\n}").str(), &context);
    EXPECT_TRUE(module) << kernelText.str();
    if (module)
      module->walk([&](KernelOp op) { kernel = op; });
  }

  /// Values of an i32 argument: lower..upper, both included. f32 arguments are in -1..1 times `scale`.
  void ints(unsigned argument, int lower, int upper) { ranges[argument] = {lower, upper}; }
  void values(unsigned argument, std::vector<double> fixed) { given[argument] = std::move(fixed); }
  double tolerance = 3e-6, scale = 1;
  std::vector<std::string> targets = {"native"};
  bool plain = true;

  void run(std::map<std::string, int64_t> dims) {
    ASSERT_TRUE(kernel);
    sizes = {};
    for (auto &[name, size] : dims)
      sizes.set(name, size);
    makeArguments();
    ASSERT_FALSE(HasFatalFailure());
    reference();
    for (const std::string &name : targets)
      check(name, false, dims);
    if (plain)
      check(targets.front(), true, dims);
  }

  KernelOp kernel;

private:
  using Tensor = reference::Tensor;
  static bool HasFatalFailure() { return ::testing::Test::HasFatalFailure(); }

  LayoutAttr layout(mlir::ArrayAttr layouts, unsigned index) {
    return layouts ? llvm::dyn_cast<LayoutAttr>(layouts[index]) : LayoutAttr();
  }

  void makeArguments() {
    arguments.clear();
    std::mt19937 random(7);
    for (mlir::BlockArgument argument : kernel.getBody().front().getArguments()) {
      auto type = llvm::cast<NamedTensorType>(argument.getType());
      auto shape = llvm::cantFail(sizes.shape(type));
      Tensor tensor(reference::elementOf(type), shape);
      double *out = tensor.mutableData();
      unsigned index = argument.getArgNumber();
      auto range = ranges.count(index) ? ranges[index] : std::pair(0, 1);
      for (int64_t i = 0; i < tensor.size(); ++i) {
        if (given.count(index))
          out[i] = given[index][i % given[index].size()];
        else if (type.isF32())
          out[i] = float(scale * (double(random() % 20001) / 10000 - 1));
        else
          out[i] = range.first + int(random() % unsigned(range.second - range.first + 1));
      }
      arguments.push_back(std::move(tensor));
    }
  }

  void reference() {
    llvm::DenseMap<mlir::Value, Tensor> values;
    for (auto [argument, tensor] : llvm::zip(kernel.getBody().front().getArguments(), arguments))
      values[argument] = tensor;
    for (mlir::Operation &op : kernel.getBody().front().without_terminator()) {
      llvm::SmallVector<Tensor> operands;
      for (mlir::Value operand : op.getOperands())
        operands.push_back(values[operand]);
      auto results = reference::evaluate(&op, operands, sizes);
      ASSERT_TRUE(bool(results)) << llvm::toString(results.takeError());
      for (auto [value, tensor] : llvm::zip(op.getResults(), *results))
        values[value] = tensor;
    }
    expected.clear();
    for (mlir::Value value : kernel.getYield().getValues())
      expected.push_back(values[value]);
  }

  /// Writes a tensor in its layout; the padding of rows is NaN.
  GuardedBuffer store(const Tensor &tensor, LayoutAttr layout, bool fill) {
    size_t element = tensor.element() == Tensor::Element::Bool ? 1 : 4;
    if (layout && layout.getPanel() && tensor.rank() == 4)
      return storeKeys(tensor, layout.getPanel());
    if (layout && layout.getPanel()) {
      int64_t n = tensor.dim(layout.getPanelDim()), depth = tensor.size() / n, width = layout.getPanel(), panels = (n + width - 1) / width;
      GuardedBuffer buffer(panels * depth * width * 4, true);
      for (int64_t p = 0; p < panels; ++p)
        for (int64_t k = 0; k < depth; ++k)
          for (int64_t i = 0; i < width; ++i) {
            int64_t column = p * width + i, from = layout.getPanelDim() == 0 ? column * depth + k : k * n + column;
            reinterpret_cast<float *>(buffer.data())[(p * depth + k) * width + i] = column < n ? float(tensor[from]) : 0;
          }
      return buffer;
    }
    int64_t width = tensor.rank() ? tensor.dim(-1) : 1, rows = width ? tensor.size() / width : 0;
    int64_t stride = layout && layout.getRowStride() && tensor.rank() > 1 ? layout.getRowStride() : width;
    GuardedBuffer buffer((layout && layout.getPadded() ? rows * stride : std::max<int64_t>(0, (rows - 1) * stride + width)) * element,
                         layout && layout.getPadded());
    memset(buffer.data(), 0xff, buffer.size());
    if (fill)
      for (int64_t i = 0; i < tensor.size(); ++i) {
        char *to = buffer.data() + (i / width * stride + i % width) * element;
        if (tensor.element() == Tensor::Element::F32)
          *reinterpret_cast<float *>(to) = float(tensor[i]);
        else if (tensor.element() == Tensor::Element::I32)
          *reinterpret_cast<int32_t *>(to) = int32_t(tensor[i]);
        else
          *to = tensor[i] != 0;
      }
    return buffer;
  }

  /// [rows, heads, positions, width] in squares of `side` positions and some features.
  GuardedBuffer storeKeys(const Tensor &tensor, int64_t side) {
    int64_t positions = tensor.dim(2), width = tensor.dim(3), features = WEFT_KEY_FEATURES(width);
    GuardedBuffer buffer(tensor.size() * 4, true);
    for (int64_t i = 0; i < tensor.size(); ++i) {
      int64_t outer = i / (positions * width), t = i / width % positions, d = i % width;
      reinterpret_cast<float *>(buffer.data())[outer * positions * width + t / side * side * width + (d / features * side + t % side) * features + d % features] = float(tensor[i]);
    }
    return buffer;
  }

  void compare(const Tensor &want, const GuardedBuffer &buffer, LayoutAttr layout, const std::string &what) {
    int64_t width = want.rank() ? want.dim(-1) : 1;
    int64_t stride = layout && layout.getRowStride() && want.rank() > 1 ? layout.getRowStride() : width;
    double largest = 1e-3, worst = 0;
    int64_t where = -1;
    for (int64_t i = 0; i < want.size(); ++i)
      if (std::isfinite(want[i]))
        largest = std::max(largest, std::fabs(want[i]));
    for (int64_t i = 0; i < want.size(); ++i) {
      int64_t at = i / width * stride + i % width;
      double got = want.element() == Tensor::Element::F32   ? reinterpret_cast<float *>(buffer.data())[at]
                   : want.element() == Tensor::Element::I32 ? reinterpret_cast<int32_t *>(buffer.data())[at]
                                                            : buffer.data()[at];
      double difference = std::isfinite(want[i]) ? std::fabs(got - want[i]) : got == want[i] ? 0 : 1e30;
      if (!(difference <= worst)) {
        worst = difference;
        where = i;
      }
    }
    double allowed = want.element() == Tensor::Element::F32 ? tolerance * largest : 0;
    EXPECT_LE(worst, allowed) << what << ": element " << where << " of " << want.size() << ", wanted " << (where < 0 ? 0 : want[where]);
  }

  void check(const std::string &targetName, bool plainSchedule, const std::map<std::string, int64_t> &dims) {
    std::string what = targetName + (plainSchedule ? " plain" : "");
    for (auto &[name, size] : dims)
      what += " " + name + "=" + std::to_string(size);
    std::string key = targetName + (plainSchedule ? "-plain" : "");
    if (!compiled.count(key)) {
      KernelOptions options;
      options.plain = plainSchedule;
      auto jit = JitKernel::compile(kernel, llvm::cantFail(findTarget(targetName)), options);
      ASSERT_TRUE(bool(jit)) << what << ": " << llvm::toString(jit.takeError());
      compiled.emplace(key, std::move(*jit));
    }
    const JitKernel &jit = compiled.at(key);
    std::vector<GuardedBuffer> buffers;
    for (auto [i, tensor] : llvm::enumerate(arguments))
      buffers.push_back(store(tensor, layout(kernel.getArgLayouts().value_or(nullptr), i), true));
    for (auto [i, tensor] : llvm::enumerate(expected))
      buffers.push_back(store(tensor, layout(kernel.getResultLayouts().value_or(nullptr), i), false));
    buffers.emplace_back(llvm::cantFail(sizes.evaluate(jit.abi.scratchBytes)) / 64 * 64 + 64, true);
    std::vector<void *> pointers;
    for (GuardedBuffer &buffer : buffers)
      pointers.push_back(buffer.data());
    std::vector<int64_t> numbers;
    for (const std::string &dim : jit.abi.dims)
      numbers.push_back(dims.at(dim));
    int64_t units = llvm::cantFail(sizes.evaluate(jit.abi.units));
    auto call = [&](int64_t begin, int64_t end) {
      std::vector<int64_t> all = numbers;
      all.push_back(begin);
      all.push_back(end);
      jit(pointers, all);
    };
    call(0, units);
    std::vector<std::string> whole;
    for (size_t i = 0; i < expected.size(); ++i) {
      GuardedBuffer &buffer = buffers[arguments.size() + i];
      compare(expected[i], buffer, layout(kernel.getResultLayouts().value_or(nullptr), i), what);
      whole.emplace_back(buffer.data(), buffer.size());
      memset(buffer.data(), 0xff, buffer.size());
    }
    for (int64_t part = 0; part < 3; ++part)
      if (units * part / 3 < units * (part + 1) / 3)
        call(units * part / 3, units * (part + 1) / 3);
    for (size_t i = 0; i < expected.size(); ++i) {
      GuardedBuffer &buffer = buffers[arguments.size() + i];
      EXPECT_TRUE(whole[i] == std::string(buffer.data(), buffer.size())) << what << ": parts differ from the whole";
    }
  }

  mlir::MLIRContext context;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  std::map<unsigned, std::pair<int, int>> ranges;
  std::map<unsigned, std::vector<double>> given;
  reference::Sizes sizes;
  std::vector<Tensor> arguments, expected;
  std::map<std::string, JitKernel> compiled;
};

} // namespace weft::test

#endif
