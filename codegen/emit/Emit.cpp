// The table of emitters.
#include "codegen/emit/Emit.h"
#include "codegen/Kernel.h"

namespace weft {

EmitterTable::EmitterTable() {
  addLinearEmitters(*this);
  addConvolutionEmitters(*this);
  addAttentionEmitters(*this);
  addMaskEmitters(*this);
  addNormEmitters(*this);
  addElementwiseEmitters(*this);
  addShapeEmitters(*this);
  addTableEmitters(*this);
  addStateEmitters(*this);
}

const Emitter *EmitterTable::find(llvm::StringRef opName) const {
  auto found = table.find(opName);
  return found == table.end() ? nullptr : &found->second;
}

bool hasEmitter(llvm::StringRef opName) { return EmitterTable().find(opName) != nullptr; }

} // namespace weft
