// The dimensions of a kernel in its own names. Consumes a group with what it reads, produces the types and attributes that its kernel has.
//
// Where every op treats the leading dimensions of the results alike (StreamOpInterface: position t reads position t), they become one,
// `m`: the kernel then serves [batch, seq, 384] and [batch, 384]. All others are d0, d1, ... in order of appearance; an expression such
// as frames/2 whose names appear nowhere else in the kernel counts as one dimension.
#ifndef WEFT_PASSES_KERNELSHAPE_H
#define WEFT_PASSES_KERNELSHAPE_H

#include "passes/Rewriting.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/StringMap.h"
#include <map>

namespace weft {

class KernelShape {
public:
  /// `args` are the values from outside, in order.
  KernelShape(GroupOp group, llvm::ArrayRef<mlir::Value> args);

  /// The type that a value of the group has in the kernel.
  NamedTensorType typeOf(mlir::Value value) const;
  /// Rewrites an attribute of `op`: axes where leading dimensions merged, dimension expressions to the kernel's names.
  mlir::NamedAttribute translate(mlir::Operation *op, mlir::NamedAttribute attribute) const;
  /// The kernel's names in terms of the graph's.
  mlir::DictionaryAttr dims() const;

private:
  bool tryMerge(llvm::ArrayRef<DimAttr> leading, llvm::ArrayRef<mlir::Value> args);
  bool opKeepsLeading(mlir::Operation *op);
  bool operandKeepsLeading(mlir::Operation *op, unsigned operand, bool &carries);
  bool attributesAllowMerging(mlir::Operation *op) const;
  bool setCarrying(mlir::Value value, bool carries);
  bool startsWithLeading(mlir::Value value) const;
  llvm::SmallVector<DimExpr> mergedDims(mlir::Value value) const;
  void nameDims(llvm::ArrayRef<mlir::Value> args);
  DimExpr rename(const DimExpr &expr) const;

  GroupOp group;
  llvm::SmallVector<DimAttr> leading;               ///< merged into `m`; empty: nothing is
  llvm::DenseMap<mlir::Value, bool> carrying;       ///< whether a value starts with the leading dimensions
  std::map<std::string, std::string> symbols;           ///< graph's name → kernel's
  llvm::StringMap<std::string> wholes;              ///< expression's text → kernel's name
  llvm::SmallVector<std::pair<std::string, DimExpr>> meanings; ///< kernel's name → expression
};

} // namespace weft

#endif
