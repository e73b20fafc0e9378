// Attention, its pieces, masks and biases.
//
// attention(q, k, v, ...) is written out as a person would:
//   scores = split_heads(q) x transpose(split_heads(k)) * scale;  softcap;  + bias;  masked;  softmax;  x split_heads(v);  merge_heads
// so that both ways meet in one form before the passes fuse it.
#include "IRGen.h"

#include <cmath>

using namespace llvm;

namespace weft {

static NamedTensorType typeOf(mlir::Value value) { return mlir::cast<NamedTensorType>(value.getType()); }

/// What attention(...) was called with, operands split into heads.
struct IRGen::AttentionParts {
  const BoundCall &call;
  mlir::Value query, key, value;
  ScoreShape scores;
};

enum AttentionArg : unsigned { Query, Key, ValueArg, Heads, MaskArg, KvHeads, Scale, BiasArg, Softcap };

//===----------------------------------------------------------------------===//
// attention(...)
//===----------------------------------------------------------------------===//

mlir::Location IRGen::pieceOf(const BoundCall &call, StringRef piece) {
  auto named = mlir::dyn_cast<mlir::NameLoc>(call.loc);
  if (!named)
    return call.loc;
  StringRef name = named.getName().getValue();
  name.consume_back(call.builtin.name);
  name.consume_back(".");
  std::string text = name.empty() ? piece.str() : (name + "." + piece).str();
  return mlir::NameLoc::get(builder.getStringAttr(text), named.getChildLoc());
}

/// The scores after scale and softcap, before bias and mask.
mlir::Value IRGen::scaledScores(const AttentionParts &parts) {
  const BoundCall &call = parts.call;
  mlir::Location loc = pieceOf(call, "scores");
  std::string why;
  Inferred keyType = inferTranspose(typeOf(parts.key), {0, 1, 3, 2}, why);
  mlir::Value keys = TransposeOp::create(builder, pieceOf(call, "keys"), *keyType, parts.key, ArrayRef<int64_t>{0, 1, 3, 2});
  Inferred type = inferMatMul(typeOf(parts.query), *keyType, why);
  if (!admit(type, why, call))
    return {};
  mlir::Value scores = MatMulOp::create(builder, loc, *type, parts.query, keys);
  int64_t width = *typeOf(parts.query).getDim(-1).getStatic();
  double scale = call.has(Scale) ? call.number(Scale) : 1 / std::sqrt(double(width));
  mlir::Type f32 = builder.getF32Type();
  scores = MulOp::create(builder, loc, *type, scores, scalar(scale, f32, loc));
  if (call[Softcap].is(ValueKind::None))
    return scores;
  mlir::Value cap = scalar(call.number(Softcap), f32, loc);
  scores = DivOp::create(builder, loc, *type, scores, cap);
  scores = UnaryOp::create(builder, loc, *type, Activation::Tanh, scores);
  return MulOp::create(builder, loc, *type, scores, cap);
}

/// softmax of the masked and biased scores times the values, heads merged.
mlir::Value IRGen::weighted(const AttentionParts &parts, mlir::Value scores) {
  const BoundCall &call = parts.call;
  mlir::Location loc = pieceOf(call, "scores");
  std::string why;
  if (!call[BiasArg].is(ValueKind::None)) {
    mlir::Value bias = biasTensor(call[BiasArg], parts.scores, call.range);
    if (!bias)
      return {};
    std::vector<Note> notes;
    if (failed(broadcastsTo(typeOf(bias).getExprs(), typeOf(scores).getExprs(), why))) {
      reporter.error(call.range, "the bias does not fit [batch, heads, query, key]: " + why,
                     {{call[BiasArg].range, "this is " + typeText(typeOf(bias))}});
      return {};
    }
    scores = AddOp::create(builder, loc, scores.getType(), scores, bias);
  }
  if (!call[MaskArg].is(ValueKind::None)) {
    mlir::Value mask = materialize(*call[MaskArg].mask, parts.scores, call.range);
    if (!mask)
      return {};
    if (failed(inferMasked(typeOf(scores), typeOf(mask), why))) {
      reporter.error(call.range, "the mask does not fit [batch, heads, query, key]: " + why,
                     {{call[MaskArg].range, "this is " + typeText(typeOf(mask))}});
      return {};
    }
    scores = MaskedOp::create(builder, loc, scores.getType(), scores, mask);
  }
  mlir::Value probs = SoftmaxOp::create(builder, pieceOf(call, "probs"), scores.getType(), scores, 3);
  Inferred mixed = inferMatMul(typeOf(probs), typeOf(parts.value), why);
  if (!admit(mixed, why, call))
    return {};
  mlir::Value mix = MatMulOp::create(builder, pieceOf(call, "mixed"), *mixed, probs, parts.value);
  return MergeHeadsOp::create(builder, call.loc, *inferMergeHeads(*mixed, why), mix);
}

Value IRGen::attention(const BoundCall &call) {
  int64_t heads = call.integer(Heads), kvHeads = call.has(KvHeads) ? call.integer(KvHeads) : heads;
  AttentionShape shape{call.type(Query), call.type(Key), call.type(ValueArg), {}, {}, heads, kvHeads};
  std::string why;
  if (Inferred type = inferAttention(shape, why); !admit(type, why, call))
    return Value::error();
  if (call.has(Softcap) && !call[Softcap].is(ValueKind::None) && call.number(Softcap) <= 0) {
    reporter.error(call.range, "a softcap must be above 0");
    return Value::error();
  }
  auto split = [&](unsigned arg, int64_t count) -> mlir::Value {
    Inferred type = inferSplitHeads(call.type(arg), count, why);
    mlir::Location loc = pieceOf(call, arg == Query ? "query" : arg == Key ? "key" : "value");
    mlir::Value x = SplitHeadsOp::create(builder, loc, *type, call.tensor(arg), count);
    if (count == heads)
      return x;
    int64_t times = heads / count;
    return RepeatHeadsOp::create(builder, loc, *inferRepeatHeads(*type, times, why), x, times);
  };
  AttentionParts parts{call, split(Query, heads), split(Key, kvHeads), split(ValueArg, kvHeads), {}};
  parts.scores = {shape.query.getExpr(1), shape.key.getExpr(1), 4};
  mlir::Value scores = scaledScores(parts);
  return scores ? Value::ofTensor(weighted(parts, scores), call.range) : Value::error();
}

//===----------------------------------------------------------------------===//
// The pieces
//===----------------------------------------------------------------------===//

Value IRGen::splitHeads(const BoundCall &call) {
  std::string why;
  Inferred type = inferSplitHeads(call.type(0), call.integer(1), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(SplitHeadsOp::create(builder, call.loc, *type, call.tensor(0), call.integer(1)), call.range);
}

Value IRGen::mergeHeads(const BoundCall &call) {
  std::string why;
  Inferred type = inferMergeHeads(call.type(0), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(MergeHeadsOp::create(builder, call.loc, *type, call.tensor(0)), call.range);
}

Value IRGen::repeatHeads(const BoundCall &call) {
  std::string why;
  Inferred type = inferRepeatHeads(call.type(0), call.integer(1), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(RepeatHeadsOp::create(builder, call.loc, *type, call.tensor(0), call.integer(1)), call.range);
}

Value IRGen::masked(const BoundCall &call) {
  if (call[1].is(ValueKind::None))
    return call[0];
  NamedTensorType scores = call.type(0);
  if (scores.getRank() < 2) {
    reportShape("scores need at least [query, key], but got " + scores.shapeText(), call.range, {&call[0]});
    return Value::error();
  }
  mlir::Value mask = materialize(*call[1].mask, {scores.getExpr(-2), scores.getExpr(-1), scores.getRank()}, call.range);
  if (!mask)
    return Value::error();
  std::string why;
  Inferred type = inferMasked(scores, typeOf(mask), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(MaskedOp::create(builder, call.loc, *type, call.tensor(0), mask), call.range);
}

Value IRGen::softmax(const BoundCall &call) {
  std::string why;
  Inferred type = inferSoftmax(call.type(0), call.integer(1), why);
  if (!admit(type, why, call))
    return Value::error();
  int64_t axis = *normalizeAxis(call.integer(1), *type, why);
  return Value::ofTensor(SoftmaxOp::create(builder, call.loc, *type, call.tensor(0), axis), call.range);
}

//===----------------------------------------------------------------------===//
// Masks
//===----------------------------------------------------------------------===//

Value IRGen::causal(const BoundCall &call) {
  MaskPart part;
  part.range = call.range;
  if (std::optional<int64_t> shift = call[0].asInteger()) {
    part.shift = *shift;
  } else if (call[0].is(ValueKind::Dim)) {
    auto type = NamedTensorType::get(builder.getContext(), ArrayRef<DimExpr>(), builder.getI32Type());
    part.offset = DimSizeOp::create(builder, call.loc, type, DimAttr::get(builder.getContext(), call[0].dim));
  } else {
    part.offset = call.tensor(0);
    std::string why;
    Inferred type = inferIndexMask(builder.getContext(), call.type(0), {DimExpr(1), DimExpr(1), 4}, why);
    if (!admit(type, why, call))
      return Value::error();
  }
  return Value::ofMask({part}, call.range);
}

Value IRGen::padding(const BoundCall &call) {
  std::string why;
  Inferred type = inferPaddingMask(call.type(0), {DimExpr(1), DimExpr(1), 4}, why);
  if (!admit(type, why, call))
    return Value::error();
  MaskPart part;
  part.kind = MaskPart::Padding;
  part.tensor = call.tensor(0);
  part.range = call.range;
  return Value::ofMask({part}, call.range);
}

Value IRGen::windowMask(const BoundCall &call, int64_t before, int64_t after) {
  MaskPart part;
  part.kind = MaskPart::Window;
  part.before = before;
  part.after = after;
  part.range = call.range;
  return Value::ofMask({part}, call.range);
}

/// A distance under n on both sides.
Value IRGen::window(const BoundCall &call) { return windowMask(call, call.integer(0) - 1, call.integer(0) - 1); }

Value IRGen::windowBetween(const BoundCall &call) { return windowMask(call, call.integer(0), call.integer(1)); }

mlir::Value IRGen::materializePart(const MaskPart &part, const ScoreShape &scores, SourceRange range) {
  mlir::Location loc = locate(part.range, "mask");
  std::string why;
  if (part.kind == MaskPart::Tensor)
    return part.tensor;
  if (part.kind == MaskPart::Padding) {
    Inferred type = inferPaddingMask(typeOf(part.tensor), scores, why);
    if (!admit(type, why, range, {}))
      return {};
    addRunTimeCheck(part.tensor, DimExpr(0), scores.key, "length");
    return PaddingMaskOp::create(builder, loc, *type, part.tensor);
  }
  auto offsetType = part.offset ? typeOf(part.offset) : NamedTensorType();
  Inferred type = inferIndexMask(builder.getContext(), offsetType, scores, why);
  if (!admit(type, why, range, {}))
    return {};
  if (part.kind == MaskPart::Causal)
    return CausalMaskOp::create(builder, loc, *type, part.offset, part.shift);
  return WindowMaskOp::create(builder, loc, *type, part.offset, part.before, part.after, part.shift);
}

mlir::Value IRGen::materialize(const Mask &mask, const ScoreShape &scores, SourceRange range) {
  const MaskPart *shifting = llvm::find_if(mask, [](const MaskPart &part) {
                               return part.kind == MaskPart::Causal && (part.shift != 0 || part.offset);
                             }).base();
  bool shifted = shifting != mask.data() + mask.size();
  mlir::Value result;
  for (MaskPart part : mask) {
    if (part.kind == MaskPart::Window && shifted) {
      part.shift = shifting->shift;
      part.offset = shifting->offset;
    }
    mlir::Value next = materializePart(part, scores, range);
    if (!next)
      return {};
    if (!result) {
      result = next;
      continue;
    }
    std::string why;
    Inferred type = inferMaskAnd(typeOf(result), typeOf(next), why);
    if (!admit(type, why, range, {}))
      return {};
    result = MaskAndOp::create(builder, locate(range, "mask"), *type, result, next);
  }
  return result;
}

Value IRGen::joinMasks(const ast::BinaryExpr &expr, const Value &lhs, const Value &rhs) {
  if (lhs.is(ValueKind::Tensor) && rhs.is(ValueKind::Tensor)) {
    std::string why;
    Inferred type = inferMaskAnd(lhs.type(), rhs.type(), why);
    if (!admit(type, why, expr.range, {&lhs, &rhs}))
      return Value::error();
    return Value::ofTensor(MaskAndOp::create(builder, locate(expr.range, nameHint), *type, lhs.tensor, rhs.tensor), expr.range);
  }
  Mask parts;
  for (const Value *side : {&lhs, &rhs}) {
    if (side->is(ValueKind::Mask)) {
      parts.insert(parts.end(), side->mask->begin(), side->mask->end());
    } else if (side->is(ValueKind::Tensor) && side->type().isBool()) {
      MaskPart part;
      part.kind = MaskPart::Tensor;
      part.tensor = side->tensor;
      part.range = side->range;
      parts.push_back(part);
    } else if (!side->is(ValueKind::None)) {
      reporter.error((side == &lhs ? expr.lhs : expr.rhs)->range, "'&' joins masks and bool tensors, not " + side->describe());
      return Value::error();
    }
  }
  if (parts.size() > maxMaskParts) {
    reporter.error(expr.range, "a mask joins at most " + Twine(maxMaskParts) + " masks");
    return Value::error();
  }
  return parts.empty() ? Value::none(expr.range) : Value::ofMask(std::move(parts), expr.range);
}

//===----------------------------------------------------------------------===//
// Biases
//===----------------------------------------------------------------------===//

Value IRGen::relativeBias(const BoundCall &call) {
  int64_t maxDistance = call.integer(2);
  bool bidirectional = call.flag(3);
  // A quarter of the buckets, or half of them, hold one distance each; the others share what is farther, up to the maximum.
  int64_t least = bidirectional ? 4 : 2, exact = call.integer(1) / least;
  if (exact < 1 || maxDistance <= exact) {
    unsigned wrong = exact < 1 ? 1 : 2;
    std::string needed = exact < 1 ? "'buckets' of 'relative_bias' must be at least " + std::to_string(least)
                                   : "'max_distance' of 'relative_bias' must be above " + std::to_string(exact) + ", the distances with a bucket of their own";
    reporter.error(call.argRanges[wrong], needed + ", not " + Twine(call.integer(wrong)));
    return Value::error();
  }
  mlir::Value table = readWeight(call, "weight", {DimExpr(call.integer(1)), DimExpr(call.integer(0))});
  if (!table)
    return Value::error();
  mlir::Location loc = call.loc;
  auto make = [=](IRGen &gen, const Use &use) -> mlir::Value {
    std::string why;
    Inferred type = inferRelativeBias(typeOf(table), {}, use.scores, why);
    if (!gen.admit(type, why, use.range, {}))
      return {};
    return RelativeBiasOp::create(gen.builder, loc, *type, table, mlir::Value(), maxDistance, bidirectional);
  };
  return Value::ofDeferred(ValueKind::Bias, {make}, call.range);
}

Value IRGen::alibi(const BoundCall &call) {
  int64_t heads = call.integer(0);
  mlir::Location loc = call.loc;
  auto make = [=](IRGen &gen, const Use &use) -> mlir::Value {
    std::string why;
    Inferred type = inferAlibi(gen.builder.getContext(), {}, heads, use.scores, why);
    if (!gen.admit(type, why, use.range, {}))
      return {};
    return AlibiOp::create(gen.builder, loc, *type, mlir::Value(), heads);
  };
  return Value::ofDeferred(ValueKind::Bias, {make}, call.range);
}

mlir::Value IRGen::biasTensor(const Value &bias, const ScoreShape &scores, SourceRange range) {
  if (bias.is(ValueKind::Tensor))
    return bias.tensor;
  return bias.deferred->make(*this, Use{scores.query, scores, range});
}

} // namespace weft
