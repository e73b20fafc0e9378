// The table of reference functions, and the loops that they share.
#include "Call.h"
#include <cstring>

using namespace llvm;
using namespace weft;
using namespace weft::reference;

const Tensor *Call::find(mlir::Value value) const {
  for (unsigned i = 0; i < op->getNumOperands(); ++i)
    if (value && op->getOperand(i) == value)
      return &operands[i];
  return nullptr;
}

Tensor Call::make(unsigned result) const {
  return Tensor(elementOf(cast<NamedTensorType>(op->getResult(result).getType())), shapes[result]);
}

Error reference::outside(StringRef what, double value, int64_t lower, int64_t upper) {
  return createStringError((what + " " + Twine(static_cast<int64_t>(value)) + " lies outside " + Twine(lower) + ".." + Twine(upper)).str());
}

SmallVector<int64_t> reference::denseStrides(ArrayRef<int64_t> dims) {
  SmallVector<int64_t> strides(dims.size(), 1);
  for (size_t i = dims.size(); i > 1; --i)
    strides[i - 2] = strides[i - 1] * dims[i - 1];
  return strides;
}

SmallVector<int64_t> reference::broadcastStrides(ArrayRef<int64_t> from, ArrayRef<int64_t> to) {
  SmallVector<int64_t> dense = denseStrides(from), strides(to.size(), 0);
  size_t lead = to.size() - from.size();
  for (size_t i = 0; i < from.size(); ++i)
    strides[lead + i] = from[i] == to[lead + i] ? dense[i] : 0;
  return strides;
}

void reference::copyStrided(const double *from, ArrayRef<int64_t> fromStrides, double *to, ArrayRef<int64_t> toStrides,
                            ArrayRef<int64_t> dims) {
  if (dims.empty()) {
    *to = *from;
    return;
  }
  int64_t length = dims.back(), step = fromStrides.back(), toStep = toStrides.back();
  std::array<SmallVector<int64_t>, 2> strides = {SmallVector<int64_t>(fromStrides), SmallVector<int64_t>(toStrides)};
  forEachRow<2>(dims, strides, [&](const std::array<int64_t, 2> &at) {
    if (step == 1 && toStep == 1) {
      std::memcpy(to + at[1], from + at[0], length * sizeof(double));
      return;
    }
    for (int64_t i = 0; i < length; ++i)
      to[at[1] + i * toStep] = from[at[0] + i * step];
  });
}

Tensor reference::broadcastTo(const Tensor &x, ArrayRef<int64_t> dims) {
  if (x.dims() == dims)
    return x;
  Tensor result(x.element(), dims);
  if (result.size() > 0)
    copyStrided(x.data(), broadcastStrides(x.dims(), dims), result.mutableData(), denseStrides(dims), dims);
  return result;
}

Function reference::findFunction(mlir::OperationName name) {
  static constexpr std::pair<StringLiteral, Function> table[] = {
      {LinearOp::getOperationName(), linear},
      {StrassenOp::getOperationName(), strassen},
      {MatMulOp::getOperationName(), matmul},
      {Conv1dOp::getOperationName(), conv1d},
      {Conv2dOp::getOperationName(), conv2d},
      {WindowsOp::getOperationName(), windows},
      {SplitHeadsOp::getOperationName(), splitHeads},
      {MergeHeadsOp::getOperationName(), mergeHeads},
      {RepeatHeadsOp::getOperationName(), repeatHeads},
      {RopeOp::getOperationName(), rope},
      {CausalMaskOp::getOperationName(), causalMask},
      {WindowMaskOp::getOperationName(), windowMask},
      {PaddingMaskOp::getOperationName(), paddingMask},
      {MaskAndOp::getOperationName(), maskAnd},
      {MaskedOp::getOperationName(), masked},
      {SoftmaxOp::getOperationName(), softmax},
      {MaskedSoftmaxOp::getOperationName(), maskedSoftmax},
      {AttentionOp::getOperationName(), attention},
      {RelativeBiasOp::getOperationName(), relativeBias},
      {AlibiOp::getOperationName(), alibi},
      {PositionsOp::getOperationName(), positions},
      {SinusoidalOp::getOperationName(), sinusoidal},
      {LayerNormOp::getOperationName(), layerNorm},
      {RmsNormOp::getOperationName(), rmsNorm},
      {L2NormalizeOp::getOperationName(), l2Normalize},
      {ResidualNormOp::getOperationName(), residualNorm},
      {AddOp::getOperationName(), add},
      {SubOp::getOperationName(), sub},
      {MulOp::getOperationName(), mul},
      {DivOp::getOperationName(), div},
      {UnaryOp::getOperationName(), unary},
      {ConstantOp::getOperationName(), constant},
      {WhereOp::getOperationName(), where},
      {EqualOp::getOperationName(), equal},
      {LessOp::getOperationName(), less},
      {CastOp::getOperationName(), convert},
      {ReshapeOp::getOperationName(), reshape},
      {BroadcastOp::getOperationName(), broadcast},
      {TransposeOp::getOperationName(), transpose},
      {ConcatOp::getOperationName(), concat},
      {SplitOp::getOperationName(), split},
      {SliceOp::getOperationName(), slice},
      {InterleaveOp::getOperationName(), interleave},
      {DimSizeOp::getOperationName(), dimSize},
      {LookupOp::getOperationName(), lookup},
      {TakeOp::getOperationName(), take},
      {LastOp::getOperationName(), last},
      {ReduceOp::getOperationName(), reduce},
      {MeanPoolOp::getOperationName(), meanPool},
      {MoveRowsOp::getOperationName(), moveRows},
      {CacheReadOp::getOperationName(), cacheRead},
  };
  for (const auto &[key, function] : table)
    if (key == name.getStringRef())
      return function;
  return nullptr;
}
