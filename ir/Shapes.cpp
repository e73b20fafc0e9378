// Shape functions of element-wise ops, contractions and norms, and the broadcasting that all of them share.
#include "Shapes.h"
#include "ShapesDetail.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace weft;
using namespace weft::shapes;

//===-- Shared --------------------------------------------------------------------------------------------------------===//

std::string weft::shapeText(Exprs dims) {
  std::string text = "[";
  for (const DimExpr &dim : dims)
    text += (text.size() > 1 ? ", " : "") + dim.text();
  return text + "]";
}

StringRef weft::elementText(Type element) {
  if (element.isF32())
    return "f32";
  return element.isInteger(1) ? "bool" : "i32";
}

LogicalResult shapes::fail(std::string &why, const Twine &text) {
  why = text.str();
  return failure();
}

LogicalResult shapes::needElement(NamedTensorType x, Type element, StringRef what, std::string &why) {
  if (x.getElementType() == element)
    return success();
  return fail(why, what + " must be " + elementText(element) + ", not " + elementText(x.getElementType()));
}

LogicalResult shapes::needF32(NamedTensorType x, StringRef what, std::string &why) {
  return needElement(x, Float32Type::get(x.getContext()), what, why);
}

LogicalResult shapes::needI32(NamedTensorType x, StringRef what, std::string &why) {
  return needElement(x, IntegerType::get(x.getContext(), 32), what, why);
}

LogicalResult shapes::needBool(NamedTensorType x, StringRef what, std::string &why) {
  return needElement(x, IntegerType::get(x.getContext(), 1), what, why);
}

LogicalResult shapes::needRank(NamedTensorType x, int64_t rank, StringRef shape, std::string &why) {
  if (x.getRank() == rank)
    return success();
  return fail(why, "needs " + shape + ", but got " + x.shapeText());
}

LogicalResult shapes::needShape(NamedTensorType x, Exprs dims, StringRef what, std::string &why) {
  if (llvm::equal(x.getExprs(), dims))
    return success();
  return fail(why, what + " must be " + shapeText(dims) + ", not " + x.shapeText());
}

FailureOr<int64_t> weft::normalizeAxis(int64_t axis, NamedTensorType x, std::string &why) {
  int64_t rank = x.getRank();
  if (axis < -rank || axis >= rank)
    return fail(why, "axis " + Twine(axis) + " is outside " + x.shapeText());
  return axis < 0 ? axis + rank : axis;
}

InferredDims weft::broadcastDims(Exprs lhs, Exprs rhs, std::string &why) {
  size_t rank = std::max(lhs.size(), rhs.size());
  SmallVector<DimExpr> result(rank);
  DimExpr one(1);
  for (size_t fromEnd = 1; fromEnd <= rank; ++fromEnd) {
    const DimExpr &a = fromEnd <= lhs.size() ? lhs[lhs.size() - fromEnd] : one;
    const DimExpr &b = fromEnd <= rhs.size() ? rhs[rhs.size() - fromEnd] : one;
    if (a != b && a != one && b != one) {
      int64_t index = lhs.size() == rhs.size() ? static_cast<int64_t>(rank - fromEnd) : -static_cast<int64_t>(fromEnd);
      return fail(why, shapeText(lhs) + " and " + shapeText(rhs) + " differ in dimension " + Twine(index) + ": " + a.text() +
                           " and " + b.text());
    }
    result[rank - fromEnd] = a == one ? b : a;
  }
  return result;
}

LogicalResult weft::broadcastsTo(Exprs from, Exprs to, std::string &why) {
  InferredDims both = broadcastDims(from, to, why);
  if (failed(both))
    return failure();
  if (ArrayRef<DimExpr>(*both) != to)
    return fail(why, shapeText(from) + " does not stretch to " + shapeText(to));
  return success();
}

//===-- Element-wise --------------------------------------------------------------------------------------------------===//

static Inferred broadcastTypes(NamedTensorType lhs, NamedTensorType rhs, Type element, std::string &why) {
  InferredDims dims = broadcastDims(lhs.getExprs(), rhs.getExprs(), why);
  if (failed(dims))
    return failure();
  return NamedTensorType::get(lhs.getContext(), *dims, element);
}

/// The user's words for what arithmetic can't take.
static LogicalResult needNumbers(NamedTensorType x, std::string &why) {
  if (x.isF32())
    return success();
  return fail(why, "arithmetic needs f32, not " + elementText(x.getElementType()) +
                       (x.isI32() ? "; f32(x) converts" : ""));
}

Inferred weft::inferArithmetic(NamedTensorType lhs, NamedTensorType rhs, std::string &why) {
  if (failed(needNumbers(lhs, why)) || failed(needNumbers(rhs, why)))
    return failure();
  return broadcastTypes(lhs, rhs, lhs.getElementType(), why);
}

Inferred weft::inferUnary(NamedTensorType x, std::string &why) {
  if (failed(needNumbers(x, why)))
    return failure();
  return x;
}

Inferred weft::inferWhere(NamedTensorType condition, NamedTensorType lhs, NamedTensorType rhs, std::string &why) {
  if (failed(needBool(condition, "the condition", why)))
    return failure();
  if (lhs.getElementType() != rhs.getElementType())
    return fail(why, "the branches are " + elementText(lhs.getElementType()) + " and " + elementText(rhs.getElementType()));
  Inferred branches = broadcastTypes(lhs, rhs, lhs.getElementType(), why);
  return failed(branches) ? branches : broadcastTypes(condition, *branches, lhs.getElementType(), why);
}

Inferred weft::inferComparison(NamedTensorType lhs, NamedTensorType rhs, bool ordered, std::string &why) {
  if (lhs.getElementType() != rhs.getElementType())
    return fail(why, "compares " + elementText(lhs.getElementType()) + " with " + elementText(rhs.getElementType()));
  if (ordered && lhs.isBool())
    return fail(why, "bool has no order");
  return broadcastTypes(lhs, rhs, IntegerType::get(lhs.getContext(), 1), why);
}

Inferred weft::inferCast(NamedTensorType x, Type element, std::string &why) {
  if (!element.isF32() && !element.isInteger(32))
    return fail(why, "converts to f32 or i32 only");
  return x.withElementType(element);
}

//===-- Contractions --------------------------------------------------------------------------------------------------===//

Inferred weft::inferLinear(NamedTensorType x, NamedTensorType weight, NamedTensorType bias, bool transposed,
                           std::string &why) {
  if (failed(needF32(x, "the operand", why)) || failed(needF32(weight, "the weight", why)) ||
      failed(needRank(weight, 2, transposed ? "a weight [in, out]" : "a weight [out, in]", why)))
    return failure();
  if (x.getRank() < 1)
    return fail(why, "needs at least one dimension, but got " + x.shapeText());
  DimExpr in = weight.getExpr(transposed ? 0 : 1), out = weight.getExpr(transposed ? 1 : 0);
  if (x.getExpr(-1) != in)
    return fail(why, x.shapeText() + " and the weight " + weight.shapeText() + " differ in the input width: " +
                         x.getExpr(-1).text() + " and " + in.text());
  if (bias && (failed(needF32(bias, "the bias", why)) || failed(needShape(bias, {out}, "the bias", why))))
    return failure();
  SmallVector<DimExpr> dims = x.getExprs();
  dims.back() = out;
  return x.withDims(dims);
}

Inferred weft::inferMatMul(NamedTensorType lhs, NamedTensorType rhs, std::string &why) {
  if (failed(needF32(lhs, "the left operand", why)) || failed(needF32(rhs, "the right operand", why)))
    return failure();
  for (NamedTensorType operand : {lhs, rhs})
    if (operand.getRank() < 2)
      return fail(why, "a matrix product needs at least two dimensions, but got " + operand.shapeText());
  if (lhs.getExpr(-1) != rhs.getExpr(-2))
    return fail(why, lhs.shapeText() + " and " + rhs.shapeText() + " differ in the summed dimension: " +
                         lhs.getExpr(-1).text() + " and " + rhs.getExpr(-2).text());
  SmallVector<DimExpr> a = lhs.getExprs(), b = rhs.getExprs();
  DimExpr rows = a[a.size() - 2], columns = b.back();
  std::string differ;
  InferredDims dims = broadcastDims(ArrayRef<DimExpr>(a).drop_back(2), ArrayRef<DimExpr>(b).drop_back(2), differ);
  if (failed(dims))
    return fail(why, "the leading dimensions of " + lhs.shapeText() + " and " + rhs.shapeText() + " do not match: " + differ);
  dims->push_back(rows);
  dims->push_back(columns);
  return lhs.withDims(*dims);
}

/// floor((size + 2 pad - kernel) / stride) + 1, where the run-time part of the size divides by the stride.
static FailureOr<DimExpr> convSize(const DimExpr &size, int64_t kernel, const ConvAxis &axis, std::string &why) {
  int64_t slack, fixed = 0;
  if (axis.stride < 1 || axis.pad < 0 || kernel < 1)
    return fail(why, "needs kernel and stride of at least 1 and no negative padding");
  for (const auto &[monomial, coefficient] : size.terms())
    if (monomial.empty() && coefficient.den == 1)
      fixed = coefficient.num;
  if (axis.pad > 1 << 30 || llvm::AddOverflow(fixed, 2 * axis.pad, slack) || llvm::SubOverflow(slack, kernel, slack))
    return fail(why, "sizes overflow");
  DimExpr moving = size - DimExpr(fixed);
  if (moving == DimExpr(0) && slack < 0)
    return fail(why, "a kernel of " + Twine(kernel) + " does not fit " + Twine(fixed) + " with padding " + Twine(axis.pad));
  std::optional<DimExpr> steps = moving.dividedBy(DimExpr(axis.stride));
  return *steps + DimExpr(llvm::divideFloorSigned(slack, axis.stride) + 1);
}

Inferred weft::inferConv(NamedTensorType x, NamedTensorType weight, NamedTensorType bias, ArrayRef<ConvAxis> axes,
                         std::string &why) {
  int64_t rank = axes.size() + 2;
  bool flat = axes.size() == 1;
  if (failed(needF32(x, "the operand", why)) || failed(needF32(weight, "the weight", why)) ||
      failed(needRank(x, rank, flat ? "[batch, channels, length]" : "[batch, channels, height, width]", why)) ||
      failed(needRank(weight, rank, flat ? "a weight [out, in, kernel]" : "a weight [out, in, height, width]", why)))
    return failure();
  if (x.getExpr(1) != weight.getExpr(1))
    return fail(why, x.shapeText() + " and the weight " + weight.shapeText() + " differ in the channels: " +
                         x.getExpr(1).text() + " and " + weight.getExpr(1).text());
  if (bias && (failed(needF32(bias, "the bias", why)) || failed(needShape(bias, {weight.getExpr(0)}, "the bias", why))))
    return failure();
  SmallVector<DimExpr> dims = {x.getExpr(0), weight.getExpr(0)};
  for (auto [i, axis] : llvm::enumerate(axes)) {
    std::optional<int64_t> kernel = weight.getDim(i + 2).getStatic();
    if (!kernel)
      return fail(why, "the kernel's size must be a number, not " + weight.getExpr(i + 2).text());
    FailureOr<DimExpr> size = convSize(x.getExpr(i + 2), *kernel, axis, why);
    if (failed(size))
      return failure();
    dims.push_back(*size);
  }
  return x.withDims(dims);
}

Inferred weft::inferWindows(NamedTensorType x, ArrayRef<int64_t> kernel, ArrayRef<ConvAxis> axes, std::string &why) {
  bool flat = axes.size() == 1;
  if (failed(needF32(x, "the operand", why)) ||
      failed(needRank(x, axes.size() + 2, flat ? "[batch, channels, length]" : "[batch, channels, height, width]", why)))
    return failure();
  SmallVector<DimExpr> dims = {x.getExpr(0)};
  DimExpr features = x.getExpr(1);
  for (auto [i, axis] : llvm::enumerate(axes)) {
    FailureOr<DimExpr> size = convSize(x.getExpr(i + 2), kernel[i], axis, why);
    if (failed(size))
      return failure();
    dims.push_back(*size);
    features = features * DimExpr(kernel[i]);
  }
  dims.push_back(features);
  return x.withDims(dims);
}

//===-- Norms ---------------------------------------------------------------------------------------------------------===//

Inferred weft::inferNorm(NamedTensorType x, NamedTensorType gain, NamedTensorType bias, std::string &why) {
  if (failed(needF32(x, "the operand", why)))
    return failure();
  if (x.getRank() < 1)
    return fail(why, "needs at least one dimension, but got " + x.shapeText());
  if (gain && (failed(needF32(gain, "the gain", why)) || failed(needShape(gain, {x.getExpr(-1)}, "the gain", why))))
    return failure();
  if (bias && (failed(needF32(bias, "the bias", why)) || failed(needShape(bias, {x.getExpr(-1)}, "the bias", why))))
    return failure();
  return x;
}

Inferred weft::inferResidualNorm(NamedTensorType x, NamedTensorType residual, NamedTensorType gain, NamedTensorType bias,
                                 std::string &why) {
  if (failed(needF32(residual, "the residual", why)) || failed(broadcastsTo(residual.getExprs(), x.getExprs(), why)))
    return failure();
  return inferNorm(x, gain, bias, why);
}
