// Follows packed values from the weft.move_rows that made them; see PackedRows.h.
#include "PackedRows.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace weft;

namespace {
/// Goes back along values; each once, for text that is not verified yet may hold cycles.
struct Search {
  DenseSet<Value> seen;

  Value of(Value value) {
    while (value && seen.insert(value).second) {
      if (auto argument = dyn_cast<BlockArgument>(value)) {
        value = startOf(argument);
        continue;
      }
      Operation *op = value.getDefiningOp();
      if (auto move = dyn_cast<MoveRowsOp>(op))
        return move.getMove() == RowMove::Pack ? Value(move.getLengths()) : Value();
      if (auto launch = dyn_cast<LaunchOp>(op))
        return of(launch);
      value = isa<EncoderOp, DecoderOp>(op) ? op->getOperand(cast<OpResult>(value).getResultNumber()) : Value();
    }
    return {};
  }

  Value of(LaunchOp launch) {
    if (launch.getPacked())
      for (Value operand : launch.getOperands())
        if (Value lengths = of(operand))
          return lengths;
    return {};
  }

  /// What a stack carries is packed as its start is.
  static Value startOf(BlockArgument argument) {
    Operation *stack = argument.getOwner()->getParentOp();
    unsigned number = argument.getArgNumber(); // the layer comes first
    return isa<EncoderOp, DecoderOp>(stack) && number > 0 && number <= stack->getNumOperands() ? stack->getOperand(number - 1) : Value();
  }
};
} // namespace

Value weft::packedBy(Value value) { return Search().of(value); }
Value weft::packedBy(LaunchOp launch) { return Search().of(launch); }

DimExpr weft::paddedRows(LaunchOp launch) {
  auto type = cast<NamedTensorType>(launch.getResult(0).getType());
  return type.getExpr(0) * type.getExpr(1);
}
