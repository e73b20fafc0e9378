// Built-in operations that read weights or contract: linear layers, convolutions, norms, embeddings and position tables.
#include "IRGen.h"

using namespace llvm;

namespace weft {

Value IRGen::linear(const BoundCall &call) {
  std::optional<int64_t> in = staticWidth(call, 0);
  if (!in)
    return Value::error();
  int64_t out = call.integer(1);
  bool hasBias = call.flag(2), transposed = call.flag(3);
  SmallVector<DimExpr, 2> shape = {DimExpr(transposed ? *in : out), DimExpr(transposed ? out : *in)};
  mlir::Value weight = readWeight(call, "weight", shape);
  mlir::Value bias = hasBias ? readWeight(call, "bias", {DimExpr(out)}) : mlir::Value();
  if (!weight || (hasBias && !bias))
    return Value::error();
  std::string why;
  auto biasType = hasBias ? mlir::cast<NamedTensorType>(bias.getType()) : NamedTensorType();
  Inferred type = inferLinear(call.type(0), mlir::cast<NamedTensorType>(weight.getType()), biasType, transposed, why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(LinearOp::create(builder, call.loc, *type, call.tensor(0), weight, bias, transposed), call.range);
}

Value IRGen::matmul(const BoundCall &call) {
  std::string why;
  Inferred type = inferMatMul(call.type(0), call.type(1), why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(MatMulOp::create(builder, call.loc, *type, call.tensor(0), call.tensor(1)), call.range);
}

//===----------------------------------------------------------------------===//
// Convolutions
//===----------------------------------------------------------------------===//

Value IRGen::conv(const BoundCall &call, ArrayRef<int64_t> kernel, ArrayRef<ConvAxis> axes) {
  NamedTensorType x = call.type(0);
  bool flat = axes.size() == 1;
  if (x.getRank() != static_cast<int64_t>(axes.size()) + 2) {
    StringRef shape = flat ? "[batch, channels, length]" : "[batch, channels, height, width]";
    reportShape(("needs " + shape + ", but got " + x.shapeText()).str(), call.range, {&call[0]});
    return Value::error();
  }
  std::optional<int64_t> channels = x.getDim(1).getStatic();
  if (!channels) {
    reportShape(("the channels of " + x.shapeText() + " must be known at compile time").c_str(), call.range, {&call[0]});
    return Value::error();
  }
  int64_t out = call.integer(1);
  bool hasBias = call.flag(5);
  SmallVector<DimExpr, 4> shape = {DimExpr(out), DimExpr(*channels)};
  for (int64_t size : kernel)
    shape.push_back(DimExpr(size));
  mlir::Value weight = readWeight(call, "weight", shape);
  mlir::Value bias = hasBias ? readWeight(call, "bias", {DimExpr(out)}) : mlir::Value();
  if (!weight || (hasBias && !bias))
    return Value::error();
  std::string why;
  auto biasType = hasBias ? mlir::cast<NamedTensorType>(bias.getType()) : NamedTensorType();
  Inferred type = inferConv(x, mlir::cast<NamedTensorType>(weight.getType()), biasType, axes, why);
  if (!admit(type, why, call))
    return Value::error();
  if (flat)
    return Value::ofTensor(Conv1dOp::create(builder, call.loc, *type, call.tensor(0), weight, bias, axes[0].stride, axes[0].pad),
                           call.range);
  SmallVector<int64_t, 2> strides, pads;
  for (const ConvAxis &axis : axes) {
    strides.push_back(axis.stride);
    pads.push_back(axis.pad);
  }
  return Value::ofTensor(Conv2dOp::create(builder, call.loc, *type, call.tensor(0), weight, bias, strides, pads), call.range);
}

Value IRGen::conv1d(const BoundCall &call) {
  return conv(call, {call.integer(2)}, {ConvAxis{call.integer(3), call.integer(4)}});
}

/// A number for both axes, or [h, w].
static std::pair<int64_t, int64_t> pairOf(const Value &value) {
  if (std::optional<int64_t> both = value.asInteger())
    return {*both, *both};
  return {*(*value.elements)[0].asInteger(), *(*value.elements)[1].asInteger()};
}

Value IRGen::conv2d(const BoundCall &call) {
  auto kernel = pairOf(call[2]), stride = pairOf(call[3]), pad = pairOf(call[4]);
  return conv(call, {kernel.first, kernel.second}, {ConvAxis{stride.first, pad.first}, ConvAxis{stride.second, pad.second}});
}

//===----------------------------------------------------------------------===//
// Norms
//===----------------------------------------------------------------------===//

Value IRGen::layerNorm(const BoundCall &call) {
  std::optional<int64_t> width = staticWidth(call, 0);
  if (!width)
    return Value::error();
  mlir::Value gain = readWeight(call, "weight", {DimExpr(*width)});
  mlir::Value bias = readWeight(call, "bias", {DimExpr(*width)});
  if (!gain || !bias)
    return Value::error();
  return Value::ofTensor(LayerNormOp::create(builder, call.loc, call.type(0), call.tensor(0), gain, bias, APFloat(call.number(1))),
                         call.range);
}

Value IRGen::rmsNorm(const BoundCall &call) {
  std::optional<int64_t> width = staticWidth(call, 0);
  if (!width)
    return Value::error();
  mlir::Value gain = readWeight(call, "weight", {DimExpr(*width)});
  if (!gain)
    return Value::error();
  return Value::ofTensor(RmsNormOp::create(builder, call.loc, call.type(0), call.tensor(0), gain, APFloat(call.number(1))),
                         call.range);
}

Value IRGen::l2Normalize(const BoundCall &call) {
  std::string why;
  Inferred type = inferNorm(call.type(0), {}, {}, why);
  if (!admit(type, why, call))
    return Value::error();
  return Value::ofTensor(L2NormalizeOp::create(builder, call.loc, *type, call.tensor(0), APFloat(call.number(1))), call.range);
}

//===----------------------------------------------------------------------===//
// Embeddings and gathers
//===----------------------------------------------------------------------===//

mlir::Value IRGen::lookupRows(const BoundCall &call, mlir::Value table, mlir::Value ids) {
  std::string why;
  auto tableType = mlir::cast<NamedTensorType>(table.getType());
  Inferred type = inferLookup(tableType, mlir::cast<NamedTensorType>(ids.getType()), why);
  if (!admit(type, why, call))
    return {};
  addRunTimeCheck(ids, DimExpr(0), tableType.getExpr(0) - DimExpr(1), "token id");
  return LookupOp::create(builder, call.loc, *type, table, ids);
}

Value IRGen::embedding(const BoundCall &call) {
  mlir::Value table = readWeight(call, "weight", {DimExpr(call.integer(1)), DimExpr(call.integer(2))});
  return table ? Value::ofTensor(lookupRows(call, table, call.tensor(0)), call.range) : Value::error();
}

Value IRGen::lookup(const BoundCall &call) {
  return Value::ofTensor(lookupRows(call, call.tensor(0), call.tensor(1)), call.range);
}

Value IRGen::take(const BoundCall &call) {
  std::string why;
  Inferred type = inferTake(call.type(0), call.type(1), call.integer(2), why);
  if (!admit(type, why, call))
    return Value::error();
  int64_t axis = *normalizeAxis(call.integer(2), call.type(0), why);
  addRunTimeCheck(call.tensor(1), DimExpr(0), call.type(0).getExpr(axis) - DimExpr(1), "index");
  return Value::ofTensor(TakeOp::create(builder, call.loc, *type, call.tensor(0), call.tensor(1), axis), call.range);
}

Value IRGen::last(const BoundCall &call) {
  std::string why;
  Inferred type = inferLast(call.type(0), call.type(1), why);
  if (!admit(type, why, call))
    return Value::error();
  addRunTimeCheck(call.tensor(1), DimExpr(1), call.type(0).getExpr(1), "length");
  return Value::ofTensor(LastOp::create(builder, call.loc, *type, call.tensor(0), call.tensor(1)), call.range);
}

Value IRGen::meanPool(const BoundCall &call) {
  std::string why;
  Inferred type = inferMeanPool(call.type(0), call.type(1), why);
  if (!admit(type, why, call))
    return Value::error();
  addRunTimeCheck(call.tensor(1), DimExpr(0), call.type(0).getExpr(1), "length");
  return Value::ofTensor(MeanPoolOp::create(builder, call.loc, *type, call.tensor(0), call.tensor(1)), call.range);
}

//===----------------------------------------------------------------------===//
// Position tables
//===----------------------------------------------------------------------===//

static std::optional<PairStyle> readStyle(const BoundCall &call, unsigned arg, Reporter &reporter) {
  std::optional<PairStyle> style = symbolizePairStyle(call.text(arg));
  if (!style)
    reporter.error(call.placeOf(arg),
                   "'" + call.text(arg) + "' is no style; expected \"interleaved\" or \"half\"");
  return style;
}

Value IRGen::positions(const BoundCall &call) {
  int64_t rows = call.integer(0), start = call.integer(2);
  mlir::Value table = readWeight(call, "weight", {DimExpr(rows), DimExpr(call.integer(1))});
  if (!table)
    return Value::error();
  mlir::Location loc = call.loc;
  SourceRange range = call.range;
  auto make = [=](IRGen &gen, const Use &use) -> mlir::Value {
    // Within a declared bound there are rows for every position, so that nothing is left to check at run time.
    if (gen.bound(use.length, /*upper=*/true) + double(start) > double(rows)) {
      std::string offset = start ? " after the offset " + std::to_string(start) : "";
      gen.reporter.error(use.range, "the table has " + Twine(rows) + " positions, too few for '" + use.length.text() + "'" + offset,
                         {{range, "the table is made here"}});
      return {};
    }
    std::string why;
    Inferred type = inferPositions(mlir::cast<NamedTensorType>(table.getType()), {}, start, use.length, why);
    if (!gen.admit(type, why, use.range, {}))
      return {};
    return PositionsOp::create(gen.builder, loc, *type, table, mlir::Value(), start);
  };
  return Value::ofDeferred(ValueKind::Table, {make}, range);
}

Value IRGen::sinusoidal(const BoundCall &call) {
  std::optional<PairStyle> style = readStyle(call, 1, reporter);
  if (!style)
    return Value::error();
  int64_t width = call.integer(0);
  mlir::Location loc = call.loc;
  auto make = [=](IRGen &gen, const Use &use) -> mlir::Value {
    std::string why;
    Inferred type = inferSinusoidal(gen.builder.getContext(), {}, use.length, width, why);
    if (!gen.admit(type, why, use.range, {}))
      return {};
    return SinusoidalOp::create(gen.builder, loc, *type, mlir::Value(), *style);
  };
  return Value::ofDeferred(ValueKind::Table, {make}, call.range);
}

namespace {
/// How rotations are slowed down for contexts longer than a model was trained on; weft.rope has the formula.
struct RopeScaling {
  double factor = 1;
  SmallVector<double, 3> ramp; ///< low, high, context; or empty: all pairs alike
};
} // namespace

/// The arguments from `scaling` on, under the names that config.json files give: "linear" takes a factor, "llama3" the others too.
static std::optional<RopeScaling> readScaling(const BoundCall &call, unsigned first, Reporter &reporter) {
  StringRef kind = call.text(first);
  static constexpr StringLiteral kinds[] = {"default", "linear", "llama3"};
  size_t needed = kind == "default" ? 0 : kind == "linear" ? 1 : 4;
  if (!llvm::is_contained(kinds, kind)) {
    reporter.error(call.placeOf(first), "there is no scaling \"" + kind + "\" of rotations; expected \"default\", \"linear\" or \"llama3\"");
    return std::nullopt;
  }
  SmallVector<double, 4> numbers;
  for (unsigned arg = first + 1; arg <= first + needed; ++arg) {
    StringRef name = call.builtin.params[arg].name;
    const Number *number = call[arg].asNumber();
    if (!number) {
      reporter.error(call.placeOf(first), "the scaling \"" + kind + "\" needs '" + name + "'");
      return std::nullopt;
    }
    if (!(number->toDouble() > 0)) {
      reporter.error(call.placeOf(arg), "'" + name + "' must be above 0, not " + number->text());
      return std::nullopt;
    }
    numbers.push_back(number->toDouble());
  }
  for (unsigned arg = first + 1 + needed; arg < call.args.size(); ++arg)
    if (call[arg].asNumber())
      reporter.warning(call.placeOf(arg), "the scaling \"" + kind + "\" does not use '" + call.builtin.params[arg].name + "'");
  if (needed == 4 && numbers[1] >= numbers[2]) {
    reporter.error(call.placeOf(first + 3), "'high' must be above 'low', " + call[first + 2].asNumber()->text() + ", not " + call[first + 3].asNumber()->text());
    return std::nullopt;
  }
  RopeScaling scaling;
  if (needed > 0)
    scaling.factor = numbers[0];
  if (needed == 4)
    scaling.ramp.assign(numbers.begin() + 1, numbers.end());
  return scaling;
}

Value IRGen::rope(const BoundCall &call) {
  std::optional<PairStyle> style = readStyle(call, 3, reporter);
  std::optional<int64_t> features = staticWidth(call, 0);
  std::optional<RopeScaling> scaling = readScaling(call, 5, reporter);
  if (!style || !features || !scaling)
    return Value::error();
  if (!(call.number(2) > 0)) {
    reporter.error(call.placeOf(2), "'theta' must be above 0, not " + call[2].asNumber()->text());
    return Value::error();
  }
  int64_t heads = call.integer(1);
  int64_t width = call.has(4) ? call.integer(4) : *features / heads;
  std::string why;
  Inferred type = inferRope(call.type(0), {}, heads, width, why);
  if (!admit(type, why, call))
    return Value::error();
  auto ramp = scaling->ramp.empty() ? mlir::DenseF64ArrayAttr() : builder.getDenseF64ArrayAttr(scaling->ramp);
  auto op = RopeOp::create(builder, call.loc, *type, call.tensor(0), mlir::Value(), heads, APFloat(call.number(2)), *style, width,
                           APFloat(scaling->factor), ramp);
  return Value::ofTensor(op, call.range);
}

} // namespace weft
