// What an expression of a description evaluates to while it is checked.
//
// Checking is one walk that evaluates the tree: tensors are values of the IR that is being built, everything that is known at compile
// time stays outside of it. Masks, position tables and biases have no length of their own; they are descriptors until a use gives
// them one. An Error value is already reported: whoever meets one keeps quiet and returns one.
#ifndef WEFT_FRONTEND_VALUES_H
#define WEFT_FRONTEND_VALUES_H

#include "Consts.h"
#include "ir/Shapes.h"

#include <functional>
#include <memory>

namespace weft {

class IRGen;

enum class ValueKind {
  Error,
  None,   ///< the word `none`: no mask, no bias, no softcap
  Const,  ///< number, bool, string
  Dim,    ///< an expression over run-time dimensions
  Tensor, ///< a value of the IR
  Mask,
  Table,  ///< rows over positions: positions(...), sinusoidal(...)
  Bias,   ///< relative_bias(...), alibi(...)
  List,   ///< [a, b]
  Many,   ///< the results of split, or of a block that returns several
  Layer   ///< the layer number of a stack
};

/// One conjunct of a mask. Masks are conjunctions, so `causal(offset) & window(n)` can share the offset.
struct MaskPart {
  enum Kind { Causal, Window, Padding, Tensor } kind = Causal;
  /// Added to the query's position; `offset` is an i32 scalar or one per batch row, or null.
  int64_t shift = 0;
  mlir::Value offset;
  /// Window: keys from query - before to query + after.
  int64_t before = 0, after = 0;
  /// The lengths of Padding, the bool tensor of Tensor.
  mlir::Value tensor;
  SourceRange range;
};
using Mask = std::vector<MaskPart>;

/// Where a table or bias is put: a table asks for the length, a bias for the scores' last dimensions.
struct Use {
  DimExpr length;
  ScoreShape scores;
  SourceRange range;
};

/// A table or bias; `make` builds it at the builder's place. A null value means that the error is reported.
struct Deferred {
  std::function<mlir::Value(IRGen &, const Use &)> make;
  /// How many operations it stands for; bounded by maxDeferredSize.
  unsigned size = 1;
};
constexpr unsigned maxDeferredSize = 256;
constexpr size_t maxMaskParts = 64;

struct Value {
  ValueKind kind = ValueKind::Error;
  /// Where it comes from: what a note such as "'x' is [batch, 4] from here" points to.
  SourceRange range;

  Const constant;
  DimExpr dim;
  mlir::Value tensor;
  std::shared_ptr<const Mask> mask;
  std::shared_ptr<const Deferred> deferred;
  std::shared_ptr<const std::vector<Value>> elements;

  static Value error() { return {}; }
  static Value none(SourceRange range) { return of(ValueKind::None, range); }
  static Value layer(SourceRange range) { return of(ValueKind::Layer, range); }
  static Value ofConst(Const constant, SourceRange range);
  static Value ofDim(const DimExpr &dim, SourceRange range);
  static Value ofTensor(mlir::Value tensor, SourceRange range);
  static Value ofMask(Mask mask, SourceRange range);
  static Value ofDeferred(ValueKind kind, Deferred deferred, SourceRange range);
  static Value ofElements(ValueKind kind, std::vector<Value> elements, SourceRange range);

  bool is(ValueKind k) const { return kind == k; }
  bool isError() const { return kind == ValueKind::Error; }
  bool isDeferred() const { return kind == ValueKind::Table || kind == ValueKind::Bias; }
  const Number *asNumber() const { return is(ValueKind::Const) ? std::get_if<Number>(&constant) : nullptr; }
  const bool *asBool() const { return is(ValueKind::Const) ? std::get_if<bool>(&constant) : nullptr; }
  const std::string *asString() const { return is(ValueKind::Const) ? std::get_if<std::string>(&constant) : nullptr; }
  std::optional<int64_t> asInteger() const;
  /// A whole number or a dimension expression.
  std::optional<DimExpr> asDim() const;
  /// The type of a tensor.
  NamedTensorType type() const { return mlir::cast<NamedTensorType>(tensor.getType()); }
  /// For messages: "f32[batch, 4]", "the number 12", "a mask".
  std::string describe() const;

private:
  static Value of(ValueKind kind, SourceRange range);
};

/// "f32[batch, 4]"
std::string typeText(NamedTensorType type);

} // namespace weft

#endif // WEFT_FRONTEND_VALUES_H
