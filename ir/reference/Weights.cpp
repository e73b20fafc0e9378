// Weights as values: checkpoint look-up with prefixes, widening, and initializers.
#include "Weights.h"
#include "Machine.h"
#include "Numbers.h"

using namespace mlir;
using namespace weft;
using llvm::Error;
using llvm::Expected;

/// Initializers may read weights that have initializers; a cycle would not end.
static constexpr unsigned maxDepth = 16;

//===-- In the checkpoint ---------------------------------------------------------------------------------------------===//

static StringRef typeText(WeightType type) {
  switch (type) {
  case WeightType::F32:
    return "f32";
  case WeightType::F16:
    return "f16";
  case WeightType::BF16:
    return "bf16";
  case WeightType::F64:
    return "f64";
  case WeightType::I32:
    return "i32";
  case WeightType::I64:
    return "i64";
  case WeightType::Bool:
    return "bool";
  case WeightType::Other:
    return "another type";
  }
  llvm_unreachable("every type is listed");
}

static uint64_t elementBytes(WeightType type) {
  switch (type) {
  case WeightType::F64:
  case WeightType::I64:
    return 8;
  case WeightType::F32:
  case WeightType::I32:
    return 4;
  case WeightType::F16:
  case WeightType::BF16:
    return 2;
  default:
    return 1;
  }
}

/// Whether a checkpoint's type widens to the weight's.
static bool widens(WeightType from, NamedTensorType to) {
  if (to.isF32())
    return from == WeightType::F32 || from == WeightType::F16 || from == WeightType::BF16 || from == WeightType::F64;
  if (to.isI32())
    return from == WeightType::I32 || from == WeightType::I64;
  return from == WeightType::Bool;
}

static Expected<SmallVector<int64_t>> staticShape(WeightOp weight) {
  SmallVector<int64_t> shape;
  for (DimAttr dim : cast<NamedTensorType>(weight.getType()).getDims()) {
    std::optional<int64_t> size = dim.getStatic();
    if (!size)
      return llvm::createStringError("weight @" + weight.getSymName() + " has a dimension " + dim.getText() + " that is no number");
    shape.push_back(*size);
  }
  return shape;
}

/// The names to try, in order.
static SmallVector<std::string> candidates(WeightOp weight, std::optional<int64_t> layer) {
  std::string path = weight.getPath()->str();
  size_t hole = layer ? path.find("{i}") : std::string::npos;
  while (hole != std::string::npos) {
    std::string number = std::to_string(*layer);
    path.replace(hole, 3, number);
    hole = path.find("{i}", hole + number.size());
  }
  SmallVector<std::string> names;
  auto model = weight->getParentOfType<ModelOp>();
  if (model && model.getPrefixesAttr())
    for (Attribute prefix : model.getPrefixesAttr())
      names.push_back(cast<StringAttr>(prefix).getValue().str() + path);
  if (names.empty())
    names.push_back(path);
  return names;
}

Expected<WeightTensor> weft::resolveWeight(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store) {
  if (!weight.getPath())
    return llvm::createStringError("weight @" + weight.getSymName() + " is computed, not in the checkpoint");
  auto type = cast<NamedTensorType>(weight.getType());
  SmallVector<std::string> names = candidates(weight, layer);
  for (const std::string &name : names) {
    std::optional<WeightTensor> tensor = store.find(name);
    if (!tensor)
      continue;
    Expected<SmallVector<int64_t>> shape = staticShape(weight);
    if (!shape)
      return shape.takeError();
    if (!widens(tensor->type, type) || ArrayRef<int64_t>(tensor->shape) != ArrayRef<int64_t>(*shape))
      return llvm::createStringError(tensor->file + ": tensor '" + name + "' is " + typeText(tensor->type) + " " +
                                     reference::shapeText(tensor->shape) + ", but " + (type.isF32() ? "f32 " : type.isI32() ? "i32 " : "bool ") +
                                     type.shapeText() + " is needed");
    if (tensor->bytes != static_cast<uint64_t>(reference::countOf(*shape)) * elementBytes(tensor->type))
      return llvm::createStringError(tensor->file + ": tensor '" + name + "' has " + Twine(tensor->bytes) + " bytes, which its shape does not");
    return *tensor;
  }
  std::string all;
  for (const std::string &name : names)
    all += (all.empty() ? "'" : "' or '") + name;
  return llvm::createStringError(store.description() + " has no tensor " + all + "'");
}

//===-- As 4-byte words -----------------------------------------------------------------------------------------------===//

static void widenInto(const WeightTensor &tensor, uint32_t *out, size_t count) {
  auto *floats = reinterpret_cast<float *>(out);
  switch (tensor.type) {
  case WeightType::F16:
    return reference::widenF16(tensor.data, floats, count);
  case WeightType::BF16:
    return reference::widenBF16(tensor.data, floats, count);
  case WeightType::F64:
    return reference::narrowF64(tensor.data, floats, count);
  case WeightType::I64:
    for (size_t i = 0; i < count; ++i)
      std::memcpy(out + i, tensor.data + 8 * i, 4);
    return;
  case WeightType::Bool:
    for (size_t i = 0; i < count; ++i)
      out[i] = tensor.data[i] != 0;
    return;
  default:
    std::memcpy(out, tensor.data, 4 * count);
  }
}

/// The checkpoint holds every i64 that an i32 weight reads within 32 bits.
static Error checkIntegers(const WeightTensor &tensor, StringRef name, size_t count) {
  if (tensor.type != WeightType::I64)
    return Error::success();
  for (size_t i = 0; i < count; ++i) {
    int64_t value;
    std::memcpy(&value, tensor.data + 8 * i, 8);
    if (value != static_cast<int32_t>(value))
      return llvm::createStringError(tensor.file + ": weight @" + name + " holds " + Twine(value) + ", which is no i32");
  }
  return Error::success();
}

//===-- Initializers --------------------------------------------------------------------------------------------------===//

/// Evaluates the initializer region in double precision.
static Expected<reference::Tensor> initialize(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store, unsigned depth) {
  if (depth >= maxDepth)
    return llvm::createStringError("weight @" + weight.getSymName() + " is computed from itself, or from too many others in turn");
  reference::RunOptions options;
  reference::Machine machine(store, options, {});
  machine.depth = depth + 1;
  Block &block = weight.getInit().front();
  if (block.getNumArguments() == 1 && layer)
    machine.setLayer(block.getArgument(0), layer);
  if (Error error = machine.run(block))
    return error;
  return machine.get(block.back().getOperand(0));
}

Expected<reference::Tensor> reference::weightTensor(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store, unsigned depth) {
  auto type = cast<NamedTensorType>(weight.getType());
  if (!weight.getPath()) {
    Expected<Tensor> tensor = initialize(weight, layer, store, depth);
    if (!tensor || !type.isF32())
      return tensor;
    double *data = tensor->mutableData();
    for (int64_t i = 0; i < tensor->size(); ++i)
      data[i] = static_cast<float>(data[i]);
    return tensor;
  }
  Expected<WeightTensor> found = resolveWeight(weight, layer, store);
  if (!found)
    return found.takeError();
  std::vector<double> values(countOf(found->shape));
  if (found->type == WeightType::F32) {
    widenF32(found->data, values.data(), values.size());
  } else if (Error error = checkIntegers(*found, weight.getSymName(), values.size())) {
    return error;
  } else {
    std::vector<uint32_t> words(values.size());
    widenInto(*found, words.data(), words.size());
    for (size_t i = 0; i < words.size(); ++i)
      values[i] = type.isF32() ? llvm::bit_cast<float>(words[i]) : static_cast<double>(static_cast<int32_t>(words[i]));
  }
  store.release(*found);
  return Tensor(elementOf(type), found->shape, std::move(values));
}

Expected<reference::Tensor> reference::weightTensor(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store) {
  return weightTensor(weight, layer, store, 0);
}

Expected<WeightValue> weft::evaluateWeight(WeightOp weight, std::optional<int64_t> layer, const WeightStore &store) {
  WeightValue value;
  auto own = [&](size_t count) {
    value.count = count;
    value.owned = std::make_shared<std::vector<uint32_t>>(count);
    value.data = value.owned->data();
    return value.owned->data();
  };
  if (!weight.getPath()) {
    Expected<reference::Tensor> tensor = initialize(weight, layer, store, 0);
    if (!tensor)
      return tensor.takeError();
    value.sizes.assign(tensor->dims().begin(), tensor->dims().end());
    uint32_t *out = own(tensor->size());
    if (tensor->element() == reference::Tensor::Element::F32)
      reference::narrowDoubles(tensor->data(), reinterpret_cast<float *>(out), tensor->size());
    else
      for (int64_t i = 0; i < tensor->size(); ++i)
        out[i] = static_cast<uint32_t>(static_cast<int32_t>((*tensor)[i]));
    return value;
  }
  Expected<WeightTensor> found = resolveWeight(weight, layer, store);
  if (!found)
    return found.takeError();
  value.sizes.assign(found->shape.begin(), found->shape.end());
  value.count = reference::countOf(found->shape);
  bool aligned = reinterpret_cast<uintptr_t>(found->data) % 4 == 0;
  if (aligned && (found->type == WeightType::F32 || found->type == WeightType::I32)) {
    value.data = found->data;
    return value;
  }
  if (Error error = checkIntegers(*found, weight.getSymName(), value.count))
    return error;
  widenInto(*found, own(value.count), value.count);
  store.release(*found);
  return value;
}

Expected<WeightValue> weft::evaluateWeight(ModelOp model, StringRef symbol, std::optional<int64_t> layer, const WeightStore &store) {
  auto weight = dyn_cast_or_null<WeightOp>(SymbolTable::lookupSymbolIn(model, symbol));
  if (!weight)
    return llvm::createStringError("there is no weight @" + symbol);
  return evaluateWeight(weight, layer, store);
}
