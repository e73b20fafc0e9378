// Enumerations of the dialect.
#ifndef WEFT_ENUMS_TD
#define WEFT_ENUMS_TD

include "WeftDialect.td"
include "mlir/IR/EnumAttr.td"

class Weft_Enum<string name, string summary, list<I32EnumAttrCase> cases> : I32EnumAttr<name, summary, cases> {
  let cppNamespace = "::weft";
  let genSpecializedAttr = 0;
}
class Weft_EnumAttr<EnumInfo info, string mnemonic> : EnumAttr<Weft_Dialect, info, mnemonic> {
  let assemblyFormat = "$value";
}

def Weft_Activation : Weft_Enum<"Activation", "element-wise function of one operand", [
  I32EnumAttrCase<"Relu", 0, "relu">, I32EnumAttrCase<"Gelu", 1, "gelu">, I32EnumAttrCase<"GeluTanh", 2, "gelu_tanh">,
  I32EnumAttrCase<"QuickGelu", 3, "quick_gelu">, I32EnumAttrCase<"Silu", 4, "silu">, I32EnumAttrCase<"Tanh", 5, "tanh">,
  I32EnumAttrCase<"Sigmoid", 6, "sigmoid">, I32EnumAttrCase<"Exp", 7, "exp">, I32EnumAttrCase<"Log", 8, "log">,
  I32EnumAttrCase<"Sqrt", 9, "sqrt">, I32EnumAttrCase<"Neg", 10, "neg">]>;
def Weft_ActivationAttr : Weft_EnumAttr<Weft_Activation, "activation">;

def Weft_Reduction : Weft_Enum<"Reduction", "reduction along one axis", [
  I32EnumAttrCase<"Mean", 0, "mean">, I32EnumAttrCase<"Sum", 1, "sum">, I32EnumAttrCase<"Max", 2, "max">,
  I32EnumAttrCase<"ArgMax", 3, "argmax">]>;
def Weft_ReductionAttr : Weft_EnumAttr<Weft_Reduction, "reduction">;

def Weft_NormKind : Weft_Enum<"NormKind", "normalization", [
  I32EnumAttrCase<"Layer", 0, "layer_norm">, I32EnumAttrCase<"Rms", 1, "rms_norm">]>;
def Weft_NormKindAttr : Weft_EnumAttr<Weft_NormKind, "norm">;

/// "half": all sines, then all cosines (Marian; for rope: the halves of a head rotate). "interleaved": the paper's order.
def Weft_PairStyle : Weft_Enum<"PairStyle", "how sine and cosine features lie", [
  I32EnumAttrCase<"Interleaved", 0, "interleaved">, I32EnumAttrCase<"Half", 1, "half">]>;
def Weft_PairStyleAttr : Weft_EnumAttr<Weft_PairStyle, "pairs">;

def Weft_RowMove : Weft_Enum<"RowMove", "whether rows come together or go back to their places", [
  I32EnumAttrCase<"Pack", 0, "pack">, I32EnumAttrCase<"Unpack", 1, "unpack">]>;
def Weft_RowMoveAttr : Weft_EnumAttr<Weft_RowMove, "row_move">;

/// The order is the strength: a kernel's anchor is its strongest op.
def Weft_AnchorKind : Weft_Enum<"AnchorKind", "what decides a kernel's schedule", [
  I32EnumAttrCase<"Index", 0, "index">, I32EnumAttrCase<"Pointwise", 1, "pointwise">, I32EnumAttrCase<"Gather", 2, "gather">,
  I32EnumAttrCase<"RowReduction", 3, "row_reduction">, I32EnumAttrCase<"Attention", 4, "attention">,
  I32EnumAttrCase<"Contraction", 5, "contraction">]>;
def Weft_AnchorKindAttr : Weft_EnumAttr<Weft_AnchorKind, "anchor">;

#endif
