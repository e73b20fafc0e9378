// Simplify: constants, dead code, common subexpressions, redundant shapes; products with weights become linear layers.
// Consumes a model at any level, produces the same model smaller. Reciprocals: x / c becomes x * (1/c), which differs by
// at most one unit in the last place; everything else is exact in the reals and folds numbers in double precision.
#include "passes/Passes.h"
#include "passes/Rewriting.h"
#include "Shapes.h"
#include "mlir/IR/Dominance.h"
#include "mlir/IR/PatternMatch.h"
#include "mlir/Transforms/CSE.h"
#include "mlir/Transforms/GreedyPatternRewriteDriver.h"
#include <cmath>

namespace weft {
#define GEN_PASS_DEF_SIMPLIFY
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static Value makeConstant(RewriterBase &rewriter, Location loc, double value) {
  auto scalar = NamedTensorType::get(rewriter.getContext(), ArrayRef<DimExpr>{}, rewriter.getF32Type());
  return ConstantOp::create(rewriter, loc, scalar, rewriter.getF64FloatAttr(value));
}

static bool isWeightMatrix(Value value) {
  return value.getDefiningOp<WeightRefOp>() && cast<NamedTensorType>(value.getType()).getRank() == 2;
}

/// The weight under a transposition of its two dimensions, if there is one.
static Value untransposed(Value value) {
  auto transpose = value.getDefiningOp<TransposeOp>();
  bool swapped = transpose && transpose.getPermutation() == ArrayRef<int64_t>{1, 0};
  return swapped && isWeightMatrix(transpose.getX()) ? transpose.getX() : Value();
}

namespace {

/// matmul(x, transpose(w)) -> linear(x, w); matmul(x, w) -> linear(x, w) transposed
struct MatMulOfWeight final : OpRewritePattern<MatMulOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(MatMulOp op, PatternRewriter &rewriter) const override {
    Value weight = untransposed(op.getRhs());
    bool transposed = !weight;
    if (!weight && isWeightMatrix(op.getRhs()))
      weight = op.getRhs();
    if (!weight)
      return rewriter.notifyMatchFailure(op, "the right side is no weight");
    rewriter.replaceOpWithNewOp<LinearOp>(op, op.getType(), op.getLhs(), weight, Value(), transposed);
    return success();
  }
};

/// linear(x, transpose(w)) -> linear(x, w) with the other orientation
struct LinearOfTransposed final : OpRewritePattern<LinearOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(LinearOp op, PatternRewriter &rewriter) const override {
    Value weight = untransposed(op.getWeight());
    if (!weight)
      return rewriter.notifyMatchFailure(op, "the weight is not transposed");
    rewriter.replaceOpWithNewOp<LinearOp>(op, op.getType(), op.getX(), weight, op.getBias(), !op.getTransposed());
    return success();
  }
};

/// add(linear(x, w), b) -> linear(x, w) bias b, where b is a weight of [out]
struct BiasIntoLinear final : OpRewritePattern<AddOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(AddOp op, PatternRewriter &rewriter) const override {
    for (auto [x, bias] : {std::pair(op.getLhs(), op.getRhs()), std::pair(op.getRhs(), op.getLhs())}) {
      auto linear = x.getDefiningOp<LinearOp>();
      auto type = cast<NamedTensorType>(bias.getType());
      if (!linear || linear.getBias() || !linear->hasOneUse() || !bias.getDefiningOp<WeightRefOp>() || type.getRank() != 1 ||
          type.getDim(0) != linear.getType().getDim(-1))
        continue;
      Location loc = rewriter.getFusedLoc({linear.getLoc(), op.getLoc()});
      auto fused = LinearOp::create(rewriter, loc, linear.getType(), linear.getX(), linear.getWeight(), bias, linear.getTransposed());
      rewriter.replaceOp(op, fused);
      return success();
    }
    return rewriter.notifyMatchFailure(op, "no linear layer plus a weight");
  }
};

/// Arithmetic on constants; x / c -> x * (1/c); (x * a) * b -> x * (a*b); x * 1, x + 0, x - 0 -> x
struct FoldNumbers final : RewritePattern {
  explicit FoldNumbers(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<AddOp, SubOp, MulOp, DivOp>(op))
      return failure();
    std::optional<double> lhs = constantOf(op->getOperand(0)), rhs = constantOf(op->getOperand(1));
    if (lhs && rhs)
      return replaceWithNumber(op, evaluate(op, *lhs, *rhs), rewriter);
    if (lhs && isa<AddOp, MulOp>(op)) { // numbers stand on the right
      rewriter.modifyOpInPlace(op, [&] {
        Value number = op->getOperand(0);
        op->setOperand(0, op->getOperand(1));
        op->setOperand(1, number);
      });
      return success();
    }
    return rhs ? withNumber(op, *rhs, rewriter) : failure();
  }

private:
  static double evaluate(Operation *op, double lhs, double rhs) {
    if (isa<AddOp>(op))
      return lhs + rhs;
    if (isa<SubOp>(op))
      return lhs - rhs;
    return isa<MulOp>(op) ? lhs * rhs : lhs / rhs;
  }
  static LogicalResult replaceWithNumber(Operation *op, double value, PatternRewriter &rewriter) {
    if (cast<NamedTensorType>(op->getResult(0).getType()).getRank() != 0)
      return failure();
    rewriter.replaceOp(op, makeConstant(rewriter, op->getLoc(), value));
    return success();
  }
  static LogicalResult withNumber(Operation *op, double number, PatternRewriter &rewriter) {
    Value x = op->getOperand(0);
    if (number == (isa<MulOp, DivOp>(op) ? 1.0 : 0.0) && x.getType() == op->getResult(0).getType()) {
      rewriter.replaceOp(op, x);
      return success();
    }
    auto multiply = [&](Value operand, double factor, Location loc) {
      Value constant = makeConstant(rewriter, loc, factor);
      rewriter.replaceOpWithNewOp<MulOp>(op, op->getResult(0).getType(), operand, constant);
      return success();
    };
    if (isa<DivOp>(op) && number != 0 && std::isfinite(1 / number))
      return multiply(x, 1 / number, op->getLoc());
    auto inner = x.getDefiningOp<MulOp>();
    std::optional<double> factor = inner ? constantOf(inner.getRhs()) : std::nullopt;
    if (isa<MulOp>(op) && factor && inner->hasOneUse())
      return multiply(inner.getLhs(), *factor * number, rewriter.getFusedLoc({inner.getLoc(), op->getLoc()}));
    return failure();
  }
};

/// op(x, broadcast(y)) -> op(x, y), where broadcasting gives the same shape
struct ImplicitBroadcast final : RewritePattern {
  explicit ImplicitBroadcast(MLIRContext *context) : RewritePattern(MatchAnyOpTypeTag(), 1, context) {}
  LogicalResult matchAndRewrite(Operation *op, PatternRewriter &rewriter) const override {
    if (!isa<AddOp, SubOp, MulOp, DivOp>(op))
      return failure();
    for (int side : {0, 1}) {
      auto broadcast = op->getOperand(side).getDefiningOp<BroadcastOp>();
      if (!broadcast)
        continue;
      auto other = cast<NamedTensorType>(op->getOperand(1 - side).getType());
      auto small = cast<NamedTensorType>(broadcast.getX().getType());
      std::string why;
      InferredDims dims = broadcastDims(other.getExprs(), small.getExprs(), why);
      if (failed(dims) || *dims != cast<NamedTensorType>(op->getResult(0).getType()).getExprs())
        continue;
      rewriter.modifyOpInPlace(op, [&] { op->setOperand(side, broadcast.getX()); });
      return success();
    }
    return failure();
  }
};

/// The size of a dimension that is a number -> a constant
struct StaticDimSize final : OpRewritePattern<DimSizeOp> {
  using OpRewritePattern::OpRewritePattern;
  LogicalResult matchAndRewrite(DimSizeOp op, PatternRewriter &rewriter) const override {
    std::optional<int64_t> size = op.getDim().getStatic();
    if (!size)
      return failure();
    rewriter.replaceOpWithNewOp<ConstantOp>(op, op.getType(), rewriter.getF64FloatAttr(*size));
    return success();
  }
};

/// A stack without layers gives its start values.
template <typename StackOp> struct EmptyStack final : OpRewritePattern<StackOp> {
  using OpRewritePattern<StackOp>::OpRewritePattern;
  LogicalResult matchAndRewrite(StackOp op, PatternRewriter &rewriter) const override {
    if (op.getLayers() != 0)
      return failure();
    rewriter.replaceOp(op, op.getStarts());
    return success();
  }
};

struct SimplifyPass final : weft::impl::SimplifyBase<SimplifyPass> {
  LogicalResult initialize(MLIRContext *context) override {
    RewritePatternSet set(context);
    set.add<MatMulOfWeight, LinearOfTransposed, BiasIntoLinear, FoldNumbers, ImplicitBroadcast, StaticDimSize,
            EmptyStack<EncoderOp>, EmptyStack<DecoderOp>>(context);
    patterns = std::move(set);
    return success();
  }
  void runOnOperation() override {
    GreedyRewriteConfig config;
    config.setMaxIterations(GreedyRewriteConfig::kNoLimit).setUseTopDownTraversal(true);
    if (failed(applyPatternsGreedily(getOperation(), patterns, config)))
      return signalPassFailure();
    IRRewriter rewriter(&getContext());
    DominanceInfo dominance(getOperation());
    eliminateCommonSubExpressions(rewriter, dominance, getOperation());
  }
  FrozenRewritePatternSet patterns;
};

} // namespace
