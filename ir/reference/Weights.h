// Weights as values: found in the checkpoint under the model's prefixes, or computed by their initializer.
#ifndef WEFT_IR_REFERENCE_WEIGHTS_H
#define WEFT_IR_REFERENCE_WEIGHTS_H

#include "Tensor.h"
#include "WeightStore.h"

namespace weft {

/// A weight at compile time, row-major: a view of the checkpoint where that holds it as aligned f32 (no copy), else owned.
/// 4-byte elements: f32, or i32 for i32 and bool (0 or 1) weights.
class WeightValue {
public:
  llvm::ArrayRef<int64_t> shape() const { return sizes; }
  int64_t size() const { return count; }
  llvm::ArrayRef<float> f32() const { return {static_cast<const float *>(data), static_cast<size_t>(count)}; }
  llvm::ArrayRef<int32_t> i32() const { return {static_cast<const int32_t *>(data), static_cast<size_t>(count)}; }
  /// The elements as they lie in memory, whatever they are.
  const uint32_t *words() const { return static_cast<const uint32_t *>(data); }
  /// Whether the numbers live in the checkpoint.
  bool isView() const { return !owned; }

private:
  friend llvm::Expected<WeightValue> evaluateWeight(WeightOp, std::optional<int64_t>, const WeightStore &);
  llvm::SmallVector<int64_t, 4> sizes;
  int64_t count = 0;
  const void *data = nullptr;
  std::shared_ptr<std::vector<uint32_t>> owned;
};

/// The checkpoint's tensor for a weight with a path: `{i}` becomes the layer, the model's prefixes are tried in order. Fails where it
/// is missing, or has another shape or a type that does not widen; the message names file, path, and both shapes.
llvm::Expected<WeightTensor> resolveWeight(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store);

/// The weight's value rounded to its type: read from the checkpoint, or its initializer evaluated in double precision.
llvm::Expected<WeightValue> evaluateWeight(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store);
/// By symbol.
llvm::Expected<WeightValue> evaluateWeight(ModelOp model, llvm::StringRef symbol, std::optional<int64_t> layer,
                                           const WeightStore &store);

namespace reference {
/// The same for the interpreter: f32 widened to double. An initializer's result is rounded to f32 first, as the compiler does.
llvm::Expected<Tensor> weightTensor(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store);
} // namespace reference

} // namespace weft

#endif
