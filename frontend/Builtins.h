// The table of built-in operations (Builtins.def), with its parameters read.
#ifndef WEFT_FRONTEND_BUILTINS_H
#define WEFT_FRONTEND_BUILTINS_H

#include "Values.h"

namespace weft {

struct BoundCall;

enum class ParamKind {
  F32, I32, Tensor, Tensors, Value, Count, Size, Int, Number, Amount, Flag, Text, Counts, Sizes, Ints, Shape, Pieces, Offset, Mask, Bias, Cap
};

struct Param {
  std::string name;
  ParamKind kind = ParamKind::Value;
  /// Without a default, the argument must be given.
  bool hasDefault = false;
  /// The default if it is a constant or `none`; else the argument is absent.
  std::optional<Value> defaultValue;
};

struct Builtin {
  llvm::StringRef name;
  std::vector<Param> params;
  bool readsWeights = false;
  Value (IRGen::*method)(const BoundCall &) = nullptr;
  /// "linear(x, out, bias = true, transposed = false)", for notes.
  std::string signature;
};

/// A call whose arguments fit the parameters; what `IRGen`'s methods take.
struct BoundCall {
  const Builtin &builtin;
  SourceRange range;
  /// One a parameter; nothing for an absent argument. For Tensors: a List.
  std::vector<std::optional<Value>> args;
  /// What each argument is written as; without a place if it is not written.
  std::vector<SourceRange> argRanges;
  /// The call's weight scope, with `layerMark` for the layer number.
  std::string weightScope;
  mlir::Location loc;

  bool has(unsigned i) const { return args[i].has_value(); }
  const Value &operator[](unsigned i) const { return *args[i]; }
  mlir::Value tensor(unsigned i) const { return args[i]->tensor; }
  NamedTensorType type(unsigned i) const { return args[i]->type(); }
  int64_t integer(unsigned i) const { return *args[i]->asInteger(); }
  double number(unsigned i) const { return args[i]->asNumber()->toDouble(); }
  bool flag(unsigned i) const { return *args[i]->asBool(); }
  llvm::StringRef text(unsigned i) const { return *args[i]->asString(); }
  /// Where to show what is wrong with an argument: the whole call when it is not written.
  SourceRange placeOf(unsigned i) const { return argRanges[i].isValid() ? argRanges[i] : range; }
};

class Builtins {
public:
  Builtins();
  /// The forms of a name; empty if there is no such operation.
  llvm::ArrayRef<Builtin> find(llvm::StringRef name) const;
  std::vector<llvm::StringRef> names() const;

private:
  std::vector<Builtin> rows; // sorted by name, shorter forms first
};

} // namespace weft

#endif // WEFT_FRONTEND_BUILTINS_H
