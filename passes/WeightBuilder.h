// Makes weights that are computed from others at compile time, and their references; equal ones are made once.
// Consumes weight_refs of one layer number, produces weft.weight symbols with initializer regions.
#ifndef WEFT_PASSES_WEIGHTBUILDER_H
#define WEFT_PASSES_WEIGHTBUILDER_H

#include "passes/Rewriting.h"
#include "llvm/ADT/StringMap.h"

namespace weft {

class WeightBuilder {
public:
  explicit WeightBuilder(ModelOp model) : model(model), symbols(model) {}

  /// The weights behind `refs` (same layer number) joined along `axis`; a null ref is zeros of the type given for it.
  /// `types` are the pieces' types. Inserts the reference before `before`.
  mlir::Value concat(llvm::ArrayRef<WeightRefOp> refs, llvm::ArrayRef<NamedTensorType> types, int64_t axis, mlir::Operation *before);
  /// A result of an op over weights (with one layer number, or none) and constants, computed at compile time.
  mlir::Value computed(mlir::OpResult result);
  /// The first `rows` rows of a position table that is a formula.
  mlir::Value table(SinusoidalOp op, int64_t rows);
  /// What weft.strassen needs of a weight's quarters: [n/2, 2*k], or [2*k, n/2] with `transposed`.
  mlir::Value strassenSums(WeightRefOp ref, bool transposed, mlir::Operation *before);
  /// The weight times a number.
  mlir::Value scaled(WeightRefOp ref, double factor, mlir::Operation *before);

private:
  using Body = llvm::function_ref<mlir::Value(mlir::OpBuilder &, mlir::Location, mlir::Value layer)>;
  /// The name of the weight that is made like this: one that exists already, or a fresh one.
  std::string nameFor(llvm::StringRef base, llvm::StringRef key);
  mlir::Value reference(llvm::StringRef name, WeightRefOp like, mlir::Operation *before, NamedTensorType type, Body body);
  /// Makes the weight if it isn't there, behind `after` or in front of the graphs.
  void define(llvm::StringRef name, WeightOp after, mlir::Location loc, NamedTensorType type, Body body);

  ModelOp model;
  mlir::SymbolTable symbols;
  llvm::StringMap<std::string> names; ///< of computed weights, by how they are made
};

} // namespace weft

#endif
