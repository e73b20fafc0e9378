// The oracle's tensors: row-major double-precision numbers. i32 and bool are exact in them, so one storage serves all element types.
#ifndef WEFT_IR_REFERENCE_TENSOR_H
#define WEFT_IR_REFERENCE_TENSOR_H

#include "Weft.h"
#include "llvm/Support/Error.h"
#include <memory>

namespace weft::reference {

/// Copies share their numbers until one of them is written.
class Tensor {
public:
  enum class Element { F32, I32, Bool };

  Tensor() = default;
  /// All zeros.
  Tensor(Element element, llvm::ArrayRef<int64_t> dims);
  Tensor(Element element, llvm::ArrayRef<int64_t> dims, std::vector<double> values);

  Element element() const { return kind; }
  llvm::ArrayRef<int64_t> dims() const { return sizes; }
  int64_t dim(int64_t axis) const { return sizes[axis < 0 ? axis + rank() : axis]; }
  int64_t rank() const { return sizes.size(); }
  int64_t size() const { return numbers ? numbers->size() : 0; }
  const double *data() const { return numbers->data(); }
  llvm::ArrayRef<double> values() const { return *numbers; }
  double operator[](int64_t index) const { return (*numbers)[index]; }
  /// The numbers for writing; copied first where another tensor shares them.
  double *mutableData();
  /// The same numbers under other dimensions of the same product.
  Tensor reshaped(llvm::ArrayRef<int64_t> dims) const;
  /// Elements between one position of `axis` and the next.
  int64_t stride(int64_t axis) const;

private:
  Element kind = Element::F32;
  llvm::SmallVector<int64_t, 4> sizes;
  std::shared_ptr<std::vector<double>> numbers;
};

/// The element kind of a tensor type.
Tensor::Element elementOf(NamedTensorType type);
/// The product of sizes.
int64_t countOf(llvm::ArrayRef<int64_t> dims);
/// "[2, 3]"
std::string shapeText(llvm::ArrayRef<int64_t> dims);

/// The sizes of named dimensions in one run.
class Sizes {
public:
  void set(llvm::StringRef name, int64_t size) { sizes[name.str()] = size; }
  std::optional<int64_t> find(llvm::StringRef name) const;
  /// Fails for an unknown name or a quotient that is not exact.
  llvm::Expected<int64_t> evaluate(const DimExpr &dim) const;
  /// The shape of a type; also fails for negative sizes and tensors beyond 2^31 elements.
  llvm::Expected<llvm::SmallVector<int64_t>> shape(NamedTensorType type) const;

private:
  std::map<std::string, int64_t> sizes;
};

} // namespace weft::reference

#endif
