// Header: NAME.h, the C interface of one compiled model. Self-contained: the shared types of weft.h stand in it behind that file's
// own include guard, so an object and its header suffice, and headers of many models meet in one program.
#ifndef WEFT_CODEGEN_ARTIFACT_HEADER_H
#define WEFT_CODEGEN_ARTIFACT_HEADER_H

#include "codegen/host/ModelInfo.h"

namespace weft {

struct HeaderFacts {
  uint64_t weightsBytes = 0;
  bool externalWeights = false; ///< in NAME.weights
  std::string precision;
  std::vector<std::string> targets;
  int64_t arenaBytes = 0; ///< at the bounds, one thread; 0: unknown
};

/// The text of NAME.h.
std::string headerText(const ModelInfo &info, const HeaderFacts &facts);

} // namespace weft

#endif
