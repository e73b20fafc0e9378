// Normalizations over the last dimension.
#ifndef WEFT_NORMOPS_TD
#define WEFT_NORMOPS_TD

include "LinearOps.td"

def Weft_LayerNormOp : Weft_TensorOp<"layer_norm"> {
  let summary = "(x - mean) / sqrt(variance + eps) * gain + bias over the last dimension";
  let arguments = (ins Weft_F32:$x, Weft_F32:$gain, Weft_F32:$bias, F64Attr:$eps);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $gain `,` $bias `eps` $eps attr-dict `:` functional-type(operands, results)";
}

def Weft_RmsNormOp : Weft_TensorOp<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + eps) * gain over the last dimension";
  let arguments = (ins Weft_F32:$x, Weft_F32:$gain, F64Attr:$eps);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $gain `eps` $eps attr-dict `:` functional-type(operands, results)";
}

def Weft_L2NormalizeOp : Weft_TensorOp<"l2_normalize"> {
  let summary = "x / max(sqrt(sum(x^2)), eps) over the last dimension";
  let arguments = (ins Weft_F32:$x, F64Attr:$eps);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `eps` $eps attr-dict `:` functional-type(operands, results)";
}

def Weft_ResidualNormOp : Weft_TensorOp<"residual_norm"> {
  let summary = "norm(x + residual) in one pass; the sum itself is the second result";
  let description = [{
    `sum = x + residual`, `result = norm(sum)`; `bias` is absent for `rms_norm`. The second result is for pre-norm stacks,
    whose stream goes on as the sum.
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$residual, Weft_F32:$gain, Optional<Weft_F32>:$bias, Weft_NormKindAttr:$kind, F64Attr:$eps);
  let results = (outs Weft_F32:$result, Weft_F32:$sum);
  let assemblyFormat = "$kind $x `,` $residual `,` $gain (`bias` $bias^)? `eps` $eps attr-dict `:` functional-type(operands, results)";
}

#endif
