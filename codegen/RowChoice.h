// RowChoice: a kernel of two forms, one for few rows and one for blocks of many.
#ifndef WEFT_CODEGEN_ROWCHOICE_H
#define WEFT_CODEGEN_ROWCHOICE_H

#include "codegen/KernelModule.h"

namespace weft {

/// Two functions of one ABI: `few` below `least` rows, else `many`, for blocks of at most `blockRows` rows (the last one may overlap the one before).
struct RowChoice {
  std::string few, many;
  DimExpr rows; ///< one dimension, or a number
  int64_t least, blockRows;
};

/// Adds the function `spec.name` that chooses between two of the module. Pointers whose second dimension is `choice.rows` move with the block.
llvm::Error addRowChoice(llvm::Module &module, const ModuleSpec &spec, const RowChoice &choice);

} // namespace weft

#endif
