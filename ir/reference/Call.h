// One call of a reference function, and what the functions share. Internal to the oracle.
#ifndef WEFT_IR_REFERENCE_CALL_H
#define WEFT_IR_REFERENCE_CALL_H

#include "Tensor.h"

namespace weft::reference {

/// Results in order, or the run-time error.
using Results = llvm::Expected<llvm::SmallVector<Tensor>>;

struct Call {
  mlir::Operation *op;
  llvm::ArrayRef<Tensor> operands; ///< those present, in order, of the shapes that their types say
  llvm::ArrayRef<llvm::SmallVector<int64_t>> shapes; ///< of the results
  const Sizes &sizes;

  /// The tensor of an operand.
  const Tensor &operator[](mlir::Value value) const { return *find(value); }
  /// The tensor of an optional operand, null where it is absent.
  const Tensor *find(mlir::Value value) const;
  /// Zeros of a result's shape.
  Tensor make(unsigned result = 0) const;
};

using Function = Results (*)(const Call &);
/// The op's function; null if the op has none.
Function findFunction(mlir::OperationName name);

/// The one result.
inline Results just(Tensor tensor) { return llvm::SmallVector<Tensor>{std::move(tensor)}; }

/// A run-time error: "index 7 lies outside 0..3".
llvm::Error outside(llvm::StringRef what, double value, int64_t lower, int64_t upper);

/// Walks `dims` in row-major order: row(offset, offset...) gets the offsets in every operand of each innermost row.
template <size_t N, typename Row>
void forEachRow(llvm::ArrayRef<int64_t> dims, const std::array<llvm::SmallVector<int64_t>, N> &strides, Row row) {
  std::array<int64_t, N> at{};
  if (countOf(dims) == 0)
    return;
  llvm::SmallVector<int64_t> index(dims.size());
  while (true) {
    row(at);
    int64_t axis = static_cast<int64_t>(dims.size()) - 2;
    for (; axis >= 0; --axis) {
      for (size_t n = 0; n < N; ++n)
        at[n] += strides[n][axis];
      if (++index[axis] < dims[axis])
        break;
      index[axis] = 0;
      for (size_t n = 0; n < N; ++n)
        at[n] -= strides[n][axis] * dims[axis];
    }
    if (axis < 0)
      return;
  }
}

/// Strides of a dense tensor.
llvm::SmallVector<int64_t> denseStrides(llvm::ArrayRef<int64_t> dims);
/// Strides that read a dense tensor of shape `from` as broadcast to `to`.
llvm::SmallVector<int64_t> broadcastStrides(llvm::ArrayRef<int64_t> from, llvm::ArrayRef<int64_t> to);
/// to[index · toStrides] = from[index · fromStrides] for every index in dims.
void copyStrided(const double *from, llvm::ArrayRef<int64_t> fromStrides, double *to, llvm::ArrayRef<int64_t> toStrides,
                 llvm::ArrayRef<int64_t> dims);
/// The tensor stretched to a shape.
Tensor broadcastTo(const Tensor &x, llvm::ArrayRef<int64_t> dims);

// The functions, by family.
Results linear(const Call &), strassen(const Call &), matmul(const Call &), conv1d(const Call &), conv2d(const Call &), windows(const Call &);
Results splitHeads(const Call &), mergeHeads(const Call &), repeatHeads(const Call &), rope(const Call &);
Results causalMask(const Call &), windowMask(const Call &), paddingMask(const Call &), maskAnd(const Call &);
Results masked(const Call &), softmax(const Call &), maskedSoftmax(const Call &), attention(const Call &);
Results relativeBias(const Call &), alibi(const Call &), positions(const Call &), sinusoidal(const Call &);
Results layerNorm(const Call &), rmsNorm(const Call &), l2Normalize(const Call &), residualNorm(const Call &);
Results add(const Call &), sub(const Call &), mul(const Call &), div(const Call &), unary(const Call &);
Results constant(const Call &), where(const Call &), equal(const Call &), less(const Call &), convert(const Call &);
Results reshape(const Call &), broadcast(const Call &), transpose(const Call &), concat(const Call &);
Results split(const Call &), slice(const Call &), interleave(const Call &), dimSize(const Call &);
Results lookup(const Call &), take(const Call &), last(const Call &), reduce(const Call &), meanPool(const Call &), moveRows(const Call &);
Results cacheRead(const Call &);

} // namespace weft::reference

#endif
