// The weft dialect: Transformers as their papers draw them. This file holds the dialect and what every op shares.
#ifndef WEFT_DIALECT_TD
#define WEFT_DIALECT_TD

include "mlir/IR/OpBase.td"
include "mlir/Interfaces/SideEffectInterfaces.td"

def Weft_Dialect : Dialect {
  let name = "weft";
  let cppNamespace = "::weft";
  let summary = "attention-aware dialect of the weft compiler";
  let description = [{
    Values are `!weft.tensor`s whose dimensions keep the names that the description gave them. A model moves through three levels,
    all of them in this dialect: as lowered (ops of the language), fused (`weft.masked_softmax`, `weft.attention`,
    `weft.residual_norm`, `weft.group`), and kernels (`weft.kernel`, `weft.launch`). Weights are symbols; their bytes stay
    outside the text.
  }];
  let hasConstantMaterializer = 1;
  let useDefaultTypePrinterParser = 1;
  let useDefaultAttributePrinterParser = 1;
  let extraClassDeclaration = [{ void registerOps(); }];
}

class Weft_Op<string mnemonic, list<Trait> traits = []> : Op<Weft_Dialect, mnemonic, traits>;

#endif
