// Makes weights that are computed from others at compile time; see WeightBuilder.h.
#include "passes/WeightBuilder.h"
#include "mlir/IR/IRMapping.h"

using namespace mlir;
using namespace weft;

/// A reference to the same weight inside an initializer, at the layer of its argument.
static Value refInside(OpBuilder &builder, Location loc, WeightRefOp ref, Value layer) {
  return WeightRefOp::create(builder, loc, ref.getType(), ref.getWeightAttr(), ref.getLayer() ? layer : Value());
}

static Value number(OpBuilder &builder, Location loc, double value) {
  auto scalar = NamedTensorType::get(builder.getContext(), ArrayRef<DimExpr>{}, builder.getF32Type());
  return ConstantOp::create(builder, loc, scalar, builder.getF64FloatAttr(value));
}

void WeightBuilder::define(StringRef name, WeightOp after, Location loc, NamedTensorType type, Body body) {
  if (symbols.lookup<WeightOp>(name))
    return;
  OpBuilder builder(model.getContext());
  if (after)
    builder.setInsertionPointAfter(after);
  else
    builder.setInsertionPoint(*model.getOps<GraphOp>().begin());
  IntegerAttr layers = after ? after.getLayersAttr() : IntegerAttr();
  auto weight = WeightOp::create(builder, loc, builder.getStringAttr(name), StringAttr(), layers, TypeAttr::get(type));
  Block &block = weight.getInit().emplaceBlock();
  Value layer = layers ? block.addArgument(builder.getIndexType(), loc) : Value();
  builder.setInsertionPointToStart(&block);
  Value value = body(builder, loc, layer);
  YieldOp::create(builder, loc, value);
  symbols.insert(weight);
}

Value WeightBuilder::reference(StringRef name, WeightRefOp like, Operation *before, NamedTensorType type, Body body) {
  define(name, symbols.lookup<WeightOp>(like.getWeight()), like.getLoc(), type, body);
  OpBuilder builder(before);
  return WeightRefOp::create(builder, like.getLoc(), type, name, like.getLayer());
}

Value WeightBuilder::table(SinusoidalOp op, int64_t rows) {
  DimExpr width = op.getType().getExpr(-1);
  NamedTensorType type = op.getType().withDims({DimExpr(rows), width});
  std::string name = ("sinusoidal." + stringifyPairStyle(op.getStyle()) + "." + Twine(rows) + "x" + width.text()).str();
  define(name, WeightOp(), op.getLoc(), type, [&](OpBuilder &builder, Location loc, Value) -> Value {
    return SinusoidalOp::create(builder, loc, type, Value(), op.getStyle());
  });
  OpBuilder builder(op);
  return WeightRefOp::create(builder, op.getLoc(), type, name, Value());
}

Value WeightBuilder::concat(ArrayRef<WeightRefOp> refs, ArrayRef<NamedTensorType> types, int64_t axis, Operation *before) {
  SmallVector<DimExpr> dims = types.front().getExprs();
  for (NamedTensorType type : types.drop_front())
    dims[axis] = dims[axis] + type.getExpr(axis);
  std::string name = "merged";
  for (auto [ref, type] : llvm::zip(refs, types))
    name += "." + (ref ? WeightRefOp(ref).getWeight().str() : "zeros" + std::to_string(type.getDim(axis).getStatic().value_or(0)));
  WeightRefOp like = *llvm::find_if(refs, [](WeightRefOp ref) { return static_cast<bool>(ref); });
  NamedTensorType type = types.front().withDims(dims);
  return reference(name, like, before, type, [&](OpBuilder &builder, Location loc, Value layer) -> Value {
    SmallVector<Value> pieces;
    for (auto [ref, pieceType] : llvm::zip(refs, types))
      pieces.push_back(ref ? refInside(builder, loc, ref, layer) : BroadcastOp::create(builder, loc, pieceType, number(builder, loc, 0)));
    return ConcatOp::create(builder, loc, type, pieces, builder.getI64IntegerAttr(axis));
  });
}

Value WeightBuilder::scaled(WeightRefOp ref, double factor, Operation *before) {
  std::string name = (ref.getWeight() + "*" + numberText(factor)).str();
  return reference(name, ref, before, ref.getType(), [&](OpBuilder &builder, Location loc, Value layer) -> Value {
    return MulOp::create(builder, loc, ref.getType(), refInside(builder, loc, ref, layer), number(builder, loc, factor));
  });
}

Value WeightBuilder::strassenSums(WeightRefOp ref, bool transposed, Operation *before) {
  NamedTensorType whole = ref.getType();
  int64_t alongK = transposed ? 0 : 1, n = *whole.getDim(1 - alongK).getStatic(), k = *whole.getDim(alongK).getStatic();
  auto typeOf = [&](int64_t columns, int64_t depth) {
    return whole.withDims(transposed ? SmallVector<DimExpr>{DimExpr(depth), DimExpr(columns)} : SmallVector<DimExpr>{DimExpr(columns), DimExpr(depth)});
  };
  NamedTensorType quarter = typeOf(n / 2, k / 2), type = typeOf(n / 2, 2 * k);
  return reference((ref.getWeight() + ".sums").str(), ref, before, type, [&](OpBuilder &builder, Location loc, Value layer) -> Value {
    auto slice = [&](Value x, NamedTensorType type, int64_t axis, int64_t start) -> Value {
      return SliceOp::create(builder, loc, type, x, axis, DimAttr::get(builder.getContext(), DimExpr(start)));
    };
    auto minus = [&](Value a, Value b) -> Value { return SubOp::create(builder, loc, quarter, a, b); };
    Value weight = refInside(builder, loc, ref, layer);
    Value left = slice(weight, typeOf(n / 2, k), 1 - alongK, 0), right = slice(weight, typeOf(n / 2, k), 1 - alongK, n / 2);
    Value b11 = slice(left, quarter, alongK, 0), b21 = slice(left, quarter, alongK, k / 2);
    Value b12 = slice(right, quarter, alongK, 0), b22 = slice(right, quarter, alongK, k / 2);
    Value t1 = minus(b12, b11), t2 = minus(b22, t1), t3 = minus(b22, b12), minusT4 = minus(b21, t2);
    return ConcatOp::create(builder, loc, type, ValueRange{t1, t2, t3, minusT4}, builder.getI64IntegerAttr(alongK));
  });
}

std::string WeightBuilder::nameFor(StringRef base, StringRef key) {
  auto [found, fresh] = names.try_emplace(key, base.str());
  for (int n = 1; fresh && symbols.lookup(found->second); ++n)
    found->second = (base + "_" + Twine(n)).str();
  return found->second;
}

Value WeightBuilder::computed(OpResult result) {
  Operation *op = result.getOwner();
  WeightRefOp like;
  std::string key;
  llvm::raw_string_ostream text(key);
  text << op->getName() << result.getResultNumber() << op->getAttrDictionary() << op->getResultTypes();
  for (Value operand : op->getOperands()) {
    auto ref = operand.getDefiningOp<WeightRefOp>();
    if (ref && (!like || (ref.getLayer() && !like.getLayer())))
      like = ref;
    text << '(' << (ref ? ref.getWeightAttr() : operand.getDefiningOp()->getAttr("value")) << ')';
  }
  std::string base = (like.getWeight() + "." + op->getName().stripDialect()).str();
  if (op->getNumResults() > 1)
    base += std::to_string(result.getResultNumber());
  auto type = cast<NamedTensorType>(result.getType());
  return reference(nameFor(base, key), like, op, type, [&](OpBuilder &builder, Location loc, Value layer) -> Value {
    IRMapping mapping;
    for (Value operand : op->getOperands()) {
      auto ref = operand.getDefiningOp<WeightRefOp>();
      mapping.map(operand, ref ? refInside(builder, loc, ref, layer) : builder.clone(*operand.getDefiningOp())->getResult(0));
    }
    return builder.clone(*op, mapping)->getResult(result.getResultNumber());
  });
}
