// The weft dialect in C++: what every room includes.
#ifndef WEFT_IR_WEFT_H
#define WEFT_IR_WEFT_H

#include "Dim.h"
#include "mlir/Bytecode/BytecodeOpInterface.h"
#include "mlir/IR/Builders.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/BuiltinTypes.h"
#include "mlir/IR/Dialect.h"
#include "mlir/IR/OpDefinition.h"
#include "mlir/IR/OpImplementation.h"
#include "mlir/IR/RegionKindInterface.h"
#include "mlir/IR/SymbolTable.h"
#include "mlir/Interfaces/ControlFlowInterfaces.h"
#include "mlir/Interfaces/SideEffectInterfaces.h"

namespace weft {

/// Limits of any description and any IR text, so that none makes the compiler allocate or count without end.
constexpr int64_t maxLayers = 4096, maxElements = int64_t(1) << 40;

/// Positions of keys in a state that lie side by side (`panel` of its layout); WEFT_KEY_POSITIONS of the runtime.
constexpr int64_t keyPositions = 4;

class OutputOp;
class YieldOp;

/// How positions of one operand's dimension flow into a result (see StreamOpInterface).
struct StreamRelation {
  enum Kind {
    Absent,      ///< the result does not depend on the operand along this dimension's positions (only its size)
    PerPosition, ///< position t of the result reads position t + shift
    Earlier,     ///< position t reads positions up to t + shift (masked attention)
    Mixing       ///< position t may read any position
  };
  Kind kind = Mixing;
  int64_t resultDim = -1; ///< where the dimension lies in the result; -1 when it is gone
  int64_t shift = 0;      ///< how far ahead position t reads; above 0 is a leak in a decoder
  std::string reason;     ///< for notes: "un-masked attention", "mean over the dimension"
};

} // namespace weft

#include "WeftOpsEnums.h.inc"

#include "WeftOpsDialect.h.inc"

#define GET_ATTRDEF_CLASSES
#include "WeftOpsAttributes.h.inc"
#define GET_TYPEDEF_CLASSES
#include "WeftOpsTypes.h.inc"

#include "WeftInterfaces.h.inc"

#define GET_OP_CLASSES
#include "WeftOps.h.inc"

#endif
