// Reshapes, joins and cuts of the oracle: copies with strides.
#include "Call.h"

using namespace weft;
using namespace weft::reference;
using llvm::ArrayRef;
using llvm::SmallVector;

Results reference::reshape(const Call &call) { return just(call.operands[0].reshaped(call.shapes[0])); }

Results reference::broadcast(const Call &call) { return just(broadcastTo(call.operands[0], call.shapes[0])); }

Results reference::transpose(const Call &call) {
  const Tensor &x = call.operands[0];
  Tensor y = call.make();
  SmallVector<int64_t> strides;
  for (int64_t axis : llvm::cast<TransposeOp>(call.op).getPermutation())
    strides.push_back(x.stride(axis));
  if (y.size())
    copyStrided(x.data(), strides, y.mutableData(), denseStrides(y.dims()), y.dims());
  return just(y);
}

static int64_t fromFront(int64_t axis, const Tensor &x) { return axis < 0 ? axis + x.rank() : axis; }

/// The part of x from `start` on along an axis, with the shape of `y`.
static void copyPart(const Tensor &x, int64_t axis, int64_t start, Tensor &y) {
  if (y.size())
    copyStrided(x.data() + start * x.stride(axis), denseStrides(x.dims()), y.mutableData(), denseStrides(y.dims()), y.dims());
}

Results reference::concat(const Call &call) {
  Tensor y = call.make();
  int64_t axis = fromFront(llvm::cast<ConcatOp>(call.op).getAxis(), y);
  double *out = y.mutableData();
  for (const Tensor &x : call.operands) {
    if (x.size())
      copyStrided(x.data(), denseStrides(x.dims()), out, denseStrides(y.dims()), x.dims());
    out += x.dim(axis) * y.stride(axis);
  }
  return just(y);
}

Results reference::interleave(const Call &call) {
  Tensor y = call.make();
  int64_t axis = fromFront(llvm::cast<InterleaveOp>(call.op).getAxis(), y);
  SmallVector<int64_t> strides = denseStrides(y.dims());
  double *out = y.mutableData();
  int64_t step = strides[axis];
  strides[axis] *= static_cast<int64_t>(call.operands.size());
  for (const Tensor &x : call.operands) {
    if (x.size())
      copyStrided(x.data(), denseStrides(x.dims()), out, strides, x.dims());
    out += step;
  }
  return just(y);
}

Results reference::split(const Call &call) {
  const Tensor &x = call.operands[0];
  int64_t axis = fromFront(llvm::cast<SplitOp>(call.op).getAxis(), x), start = 0;
  SmallVector<Tensor> pieces;
  for (unsigned i = 0; i < call.shapes.size(); ++i) {
    Tensor &piece = pieces.emplace_back(call.make(i));
    copyPart(x, axis, start, piece);
    start += piece.dim(axis);
  }
  return pieces;
}

Results reference::slice(const Call &call) {
  auto op = llvm::cast<SliceOp>(call.op);
  const Tensor &x = call.operands[0];
  int64_t axis = fromFront(op.getAxis(), x);
  llvm::Expected<int64_t> start = call.sizes.evaluate(op.getStart().getExpr());
  if (!start)
    return start.takeError();
  Tensor y = call.make();
  if (*start < 0 || *start + y.dim(axis) > x.dim(axis))
    return outside("slice start", *start, 0, x.dim(axis) - y.dim(axis));
  copyPart(x, axis, *start, y);
  return just(y);
}

Results reference::dimSize(const Call &call) {
  llvm::Expected<int64_t> size = call.sizes.evaluate(llvm::cast<DimSizeOp>(call.op).getDim().getExpr());
  if (!size)
    return size.takeError();
  Tensor y = call.make();
  y.mutableData()[0] = static_cast<double>(*size);
  return just(y);
}
