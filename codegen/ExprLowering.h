// ExprLowering: sizes as LLVM IR. Dimensions were checked by the runtime; a quotient that is not whole (only possible for a size that
// no constraint names) rounds up.
#ifndef WEFT_CODEGEN_EXPRLOWERING_H
#define WEFT_CODEGEN_EXPRLOWERING_H

#include "Dim.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/IR/IRBuilder.h"

namespace weft {

class ExprLowering {
public:
  /// `sizes` holds the i64 value of each dimension's name.
  ExprLowering(llvm::IRBuilder<> &builder, llvm::StringMap<llvm::Value *> sizes = {}) : builder(builder), sizes(std::move(sizes)) {}

  void define(llvm::StringRef symbol, llvm::Value *size) { sizes[symbol] = size; }
  llvm::Value *sizeOf(llvm::StringRef symbol) const { return sizes.lookup(symbol); }

  /// The expression's value, i64. Computed once per text where it was first asked for: ask in a block that dominates all uses.
  llvm::Value *lower(const DimExpr &expr);
  llvm::Value *lowerI32(const DimExpr &expr) { return builder.CreateTrunc(lower(expr), builder.getInt32Ty()); }

private:
  llvm::Value *compute(const DimExpr &expr);
  llvm::Value *power(llvm::StringRef symbol, int exponent);

  llvm::IRBuilder<> &builder;
  llvm::StringMap<llvm::Value *> sizes, known;
};

} // namespace weft

#endif
