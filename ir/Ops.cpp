// The generated half of every op, in one file since it is one large include.
#include "Weft.h"

using namespace mlir;
using namespace weft;

void WeftDialect::registerOps() {
  addOperations<
#define GET_OP_LIST
#include "WeftOps.cpp.inc"
      >();
}

#define GET_OP_CLASSES
#include "WeftOps.cpp.inc"
