// The table of emitters: one function an op, that defines the Funcs of its results from those of its operands.
#ifndef WEFT_CODEGEN_EMIT_EMIT_H
#define WEFT_CODEGEN_EMIT_EMIT_H

#include "codegen/KernelGraph.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"

namespace weft {

using Emitter = std::function<llvm::Error(mlir::Operation *, KernelGraph &)>;

class EmitterTable {
public:
  /// All families.
  EmitterTable();
  template <typename OpT> void add(llvm::Error (*emit)(OpT, KernelGraph &)) {
    table[OpT::getOperationName()] = [emit](mlir::Operation *op, KernelGraph &graph) { return emit(llvm::cast<OpT>(op), graph); };
  }
  /// Null when the op has no emitter.
  const Emitter *find(llvm::StringRef opName) const;

private:
  llvm::StringMap<Emitter> table;
};

/// Whether this is attention of a generation's step, over keys that a state holds in pages.
bool isAttentionStep(AttentionOp op, const KernelGraph &graph);
void emitAttentionStep(AttentionOp op, KernelGraph &graph);

/// The packed argument that lies behind a weight, when its panels run over the wanted dimension (0: [N, K], 1: [K, N]).
std::optional<PanelArgument> packedBehind(mlir::Value weight, bool transposed, const KernelGraph &graph);
llvm::Error emitStrassen(StrassenOp op, KernelGraph &graph);
/// What a kernel with a weft.strassen yields at (n, m) of one of the four quarters of its result; everything between is inlined.
llvm::Expected<hl::Expr> quarterOf(hl::Expr yielded, const Vars &vars, hl::Var right, hl::Var lower, KernelGraph &graph, DimExpr columns);

void addLinearEmitters(EmitterTable &table);
void addConvolutionEmitters(EmitterTable &table);
void addAttentionEmitters(EmitterTable &table);
void addMaskEmitters(EmitterTable &table);
void addNormEmitters(EmitterTable &table);
void addElementwiseEmitters(EmitterTable &table);
void addShapeEmitters(EmitterTable &table);
void addTableEmitters(EmitterTable &table);
void addStateEmitters(EmitterTable &table);

} // namespace weft

#endif
