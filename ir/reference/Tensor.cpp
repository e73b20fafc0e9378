// Tensors of the oracle and the sizes of named dimensions.
#include "Tensor.h"

using namespace llvm;
using namespace weft;
using namespace weft::reference;

/// Beyond this a tensor is a mistake in the input, not a model.
static constexpr int64_t maxHeld = int64_t(1) << 31;

int64_t reference::countOf(ArrayRef<int64_t> dims) {
  int64_t count = 1;
  for (int64_t dim : dims)
    count *= dim;
  return count;
}

std::string reference::shapeText(ArrayRef<int64_t> dims) {
  std::string text = "[";
  for (int64_t dim : dims)
    text += (text.size() > 1 ? ", " : "") + std::to_string(dim);
  return text + "]";
}

Tensor::Element reference::elementOf(NamedTensorType type) {
  if (type.isF32())
    return Tensor::Element::F32;
  return type.isBool() ? Tensor::Element::Bool : Tensor::Element::I32;
}

Tensor::Tensor(Element element, ArrayRef<int64_t> dims)
    : kind(element), sizes(dims), numbers(std::make_shared<std::vector<double>>(countOf(dims))) {}

Tensor::Tensor(Element element, ArrayRef<int64_t> dims, std::vector<double> values)
    : kind(element), sizes(dims), numbers(std::make_shared<std::vector<double>>(std::move(values))) {
  assert(countOf(dims) == size() && "as many numbers as the shape has");
}

double *Tensor::mutableData() {
  if (numbers.use_count() > 1)
    numbers = std::make_shared<std::vector<double>>(*numbers);
  return numbers->data();
}

Tensor Tensor::reshaped(ArrayRef<int64_t> dims) const {
  assert(countOf(dims) == size() && "a reshape keeps the number of elements");
  Tensor result = *this;
  result.sizes.assign(dims.begin(), dims.end());
  return result;
}

int64_t Tensor::stride(int64_t axis) const {
  return countOf(ArrayRef<int64_t>(sizes).drop_front((axis < 0 ? axis + rank() : axis) + 1));
}

std::optional<int64_t> Sizes::find(StringRef name) const {
  auto found = sizes.find(name.str());
  return found == sizes.end() ? std::nullopt : std::optional<int64_t>(found->second);
}

Expected<int64_t> Sizes::evaluate(const DimExpr &dim) const {
  for (const std::string &name : dim.symbols())
    if (!find(name))
      return createStringError("dimension " + name + " has no size");
  std::optional<int64_t> size = dim.evaluate([&](StringRef name) { return find(name); });
  if (!size)
    return createStringError("dimension " + dim.text() + " is not whole, or too large");
  return *size;
}

Expected<SmallVector<int64_t>> Sizes::shape(NamedTensorType type) const {
  SmallVector<int64_t> dims;
  int64_t count = 1;
  for (const DimExpr &dim : type.getExprs()) {
    Expected<int64_t> size = evaluate(dim);
    if (!size)
      return size.takeError();
    if (*size < 0)
      return createStringError("dimension " + dim.text() + " is negative: " + std::to_string(*size));
    if (*size > maxHeld || (count *= std::max<int64_t>(*size, 1)) > maxHeld)
      return createStringError("a tensor " + type.shapeText() + " of these sizes is too large");
    dims.push_back(*size);
  }
  return dims;
}
