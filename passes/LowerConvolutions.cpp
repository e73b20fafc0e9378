// LowerConvolutions: a convolution becomes a linear layer of its windows, so that it is packed, tiled and fused as one.
// Consumes convolutions whose filters are weights; produces windows, which kernels compute from indices, a linear layer over a reshaped
// weight, and a transposition to channels first. Activations go in front of that transposition: they stay epilogues, and the
// transposition meets the one that descriptions usually ask for next.
#include "Shapes.h"
#include "passes/Passes.h"
#include "passes/WeightBuilder.h"

namespace weft {
#define GEN_PASS_DEF_LOWERCONVOLUTIONS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

static constexpr int64_t manyChannels = 16;

/// [batch, channels, spatial...] to [batch, spatial..., channels].
static SmallVector<int64_t> channelsLast(int64_t rank) {
  SmallVector<int64_t> order = {0};
  llvm::append_range(order, llvm::seq<int64_t>(2, rank));
  order.push_back(1);
  return order;
}

/// And back.
static SmallVector<int64_t> channelsFirst(int64_t rank) {
  SmallVector<int64_t> order = {0, rank - 1};
  llvm::append_range(order, llvm::seq<int64_t>(1, rank - 1));
  return order;
}

static NamedTensorType permuted(NamedTensorType type, ArrayRef<int64_t> order) {
  return type.withDims(llvm::map_to_vector(order, [&](int64_t dim) { return type.getExpr(dim); }));
}

namespace {
struct LowerConvolutionsPass final : weft::impl::LowerConvolutionsBase<LowerConvolutionsPass> {
  void runOnOperation() override {
    WeightBuilder weights(getOperation());
    SmallVector<Operation *> convolutions;
    getOperation().walk([&](Operation *op) {
      if (isa<Conv1dOp, Conv2dOp>(op) && op->getOperand(1).getDefiningOp<WeightRefOp>())
        convolutions.push_back(op);
    });
    for (Operation *op : convolutions)
      lower(op, weights);
  }

private:
  /// In memory the channels lie side by side, as a lowered convolution leaves them: features in that order read whole rows of x.
  static bool hasChannelsInner(Value x) {
    auto transpose = x.getDefiningOp<TransposeOp>();
    return transpose && transpose.getPermutation()[1] == typeOf(x).getRank() - 1 && typeOf(x).getDim(1).getStatic();
  }

  /// Many channels that lie far apart are as many streams of memory, more than prefetchers and TLBs follow: such an x is written once with its
  /// channels inside. That costs a pass over x and brings a third of the speed (80 channels of 3000 frames).
  static void bringChannelsInside(Operation *op) {
    Value x = op->getOperand(0);
    NamedTensorType type = typeOf(x);
    if (hasChannelsInner(x) || type.getDim(1).getStatic().value_or(0) < manyChannels)
      return;
    SmallVector<int64_t> inside = channelsLast(type.getRank());
    NamedTensorType turned = permuted(type, inside);
    OpBuilder builder(op);
    auto group = GroupOp::create(builder, op->getLoc(), TypeRange{turned}, AnchorKind::Pointwise);
    OpBuilder inner = OpBuilder::atBlockEnd(&group.getBody().emplaceBlock());
    YieldOp::create(inner, op->getLoc(), TransposeOp::create(inner, op->getLoc(), turned, x, inside).getResult());
    op->setOperand(0, TransposeOp::create(builder, op->getLoc(), type, group.getResult(0), channelsFirst(type.getRank())));
  }

  /// weft.windows with the convolution's stride and padding.
  static Value windowsOf(Operation *op, OpBuilder &builder) {
    Value x = op->getOperand(0);
    SmallVector<int64_t> kernel, stride, pad;
    for (DimAttr size : typeOf(op->getOperand(1)).getDims().drop_front(2))
      kernel.push_back(*size.getStatic());
    if (auto conv = dyn_cast<Conv1dOp>(op)) {
      stride.push_back(conv.getStride());
      pad.push_back(conv.getPad());
    } else {
      llvm::append_range(stride, cast<Conv2dOp>(op).getStride());
      llvm::append_range(pad, cast<Conv2dOp>(op).getPad());
    }
    SmallVector<ConvAxis> axes;
    for (auto [step, border] : llvm::zip(stride, pad))
      axes.push_back({step, border});
    std::string why;
    return WindowsOp::create(builder, op->getLoc(), *inferWindows(typeOf(x), kernel, axes, why), x, kernel, stride, pad, hasChannelsInner(x));
  }

  /// The weight [out, in, kernel...] as [out, in * kernel...] or, with the channels inside, [out, kernel... * in].
  static Value matrixOf(Operation *op, WeightBuilder &weights, OpBuilder &builder) {
    Value weight = op->getOperand(1);
    NamedTensorType type = typeOf(weight);
    DimExpr out = type.getExpr(0);
    auto computed = [&](Operation *formula) {
      Value result = weights.computed(formula->getResult(0));
      formula->erase();
      return result;
    };
    if (hasChannelsInner(op->getOperand(0))) {
      SmallVector<int64_t> order = channelsLast(type.getRank());
      weight = computed(TransposeOp::create(builder, op->getLoc(), permuted(type, order), weight, order));
    }
    return computed(ReshapeOp::create(builder, op->getLoc(), type.withDims({out, *type.getNumElements().dividedBy(out)}), weight));
  }

  /// The activation that alone reads the op, beside it.
  static UnaryOp activationOf(Operation *op) {
    auto unary = op->hasOneUse() ? dyn_cast<UnaryOp>(*op->user_begin()) : UnaryOp();
    return unary && unary->getBlock() == op->getBlock() ? unary : UnaryOp();
  }

  /// unary(conv(x, w, b)) -> transpose(unary(linear(windows(x), reshape(w), b)))
  static void lower(Operation *op, WeightBuilder &weights) {
    bringChannelsInside(op);
    IRRewriter builder(op);
    Value windows = windowsOf(op, builder), matrix = matrixOf(op, weights, builder);
    Value bias = op->getNumOperands() > 2 ? op->getOperand(2) : Value();
    SmallVector<DimExpr> dims = typeOf(windows).getExprs();
    dims.back() = typeOf(matrix).getExpr(0);
    NamedTensorType type = typeOf(windows).withDims(dims);
    Value rows = LinearOp::create(builder, op->getLoc(), type, windows, matrix, bias, false);
    SmallVector<Operation *> replaced{op};
    while (UnaryOp unary = activationOf(replaced.back())) {
      builder.setInsertionPoint(unary);
      rows = UnaryOp::create(builder, unary.getLoc(), type, unary.getFunction(), rows);
      replaced.push_back(unary);
    }
    Operation *last = replaced.back();
    Value turned = TransposeOp::create(builder, op->getLoc(), typeOf(last->getResult(0)), rows, channelsFirst(type.getRank()));
    builder.replaceAllUsesWith(last->getResult(0), turned);
    eraseDead(last, builder);
  }
};
} // namespace
