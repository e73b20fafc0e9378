// The text of runtime/weft.h, for headers of compiled models.
#ifndef WEFT_CODEGEN_ARTIFACT_WEFTH_H
#define WEFT_CODEGEN_ARTIFACT_WEFTH_H

#include "llvm/ADT/StringRef.h"

namespace weft {
llvm::StringRef weftHeaderText();
} // namespace weft

#endif
