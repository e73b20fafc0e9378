// Checks that the shape functions share. Each one's failure leaves its words in `why`.
#ifndef WEFT_IR_SHAPESDETAIL_H
#define WEFT_IR_SHAPESDETAIL_H

#include "Shapes.h"
#include "llvm/ADT/Twine.h"

namespace weft::shapes {

/// Leaves the text in `why`; always fails.
mlir::LogicalResult fail(std::string &why, const llvm::Twine &text);
mlir::LogicalResult needElement(NamedTensorType x, mlir::Type element, llvm::StringRef what, std::string &why);
mlir::LogicalResult needF32(NamedTensorType x, llvm::StringRef what, std::string &why);
mlir::LogicalResult needI32(NamedTensorType x, llvm::StringRef what, std::string &why);
mlir::LogicalResult needBool(NamedTensorType x, llvm::StringRef what, std::string &why);
/// `shape` is how the needed shape reads: "[batch, time, width]".
mlir::LogicalResult needRank(NamedTensorType x, int64_t rank, llvm::StringRef shape, std::string &why);
mlir::LogicalResult needShape(NamedTensorType x, Exprs dims, llvm::StringRef what, std::string &why);

} // namespace weft::shapes

#endif
