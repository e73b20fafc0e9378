// Normalizations over the last dimension.
#ifndef WEFT_NORMOPS_TD
#define WEFT_NORMOPS_TD

include "LinearOps.td"

def Weft_LayerNormOp : Weft_TensorOp<"layer_norm"> {
  let summary = "(x - mean) / sqrt(variance + eps) * gain + bias over the last dimension";
  let description = [{
    `y = (x - mean) / sqrt(variance + eps) * gain + bias` over the last dimension; the variance divides by the width. Source: Ba et al. 2016.
    Example:
    ```mlir
    %y = weft.layer_norm %x, %gain, %bias eps 1.0e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$gain, Weft_F32:$bias, F64Attr:$eps);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $gain `,` $bias `eps` $eps attr-dict `:` functional-type(operands, results)";
}

def Weft_RmsNormOp : Weft_TensorOp<"rms_norm"> {
  let summary = "x / sqrt(mean(x^2) + eps) * gain over the last dimension";
  let description = [{
    `y = x / sqrt(mean(x^2) + eps) * gain` over the last dimension. Source: Zhang and Sennrich 2019.
    Example:
    ```mlir
    %y = weft.rms_norm %x, %gain eps 1.0e-06 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$gain, F64Attr:$eps);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $gain `eps` $eps attr-dict `:` functional-type(operands, results)";
}

def Weft_L2NormalizeOp : Weft_TensorOp<"l2_normalize"> {
  let summary = "x / max(sqrt(sum(x^2)), eps) over the last dimension";
  let description = [{
    `y = x / max(sqrt(sum(x^2)), eps)` over the last dimension, as torch.nn.functional.normalize.
    Example:
    ```mlir
    %y = weft.l2_normalize %x eps 1.0e-12 : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, F64Attr:$eps);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `eps` $eps attr-dict `:` functional-type(operands, results)";
}

def Weft_ResidualNormOp : Weft_TensorOp<"residual_norm"> {
  let summary = "norm(x + residual) in one pass; the sum itself is the second result";
  let description = [{
    `sum = x + residual`, `result = norm(sum)` over the last dimension; the residual stretches to x. `bias` is present exactly for `layer_norm`.
    The second result is for pre-norm stacks, whose stream goes on as the sum.
    Example:
    ```mlir
    %y, %sum = weft.residual_norm layer_norm %x, %r, %gain bias %bias eps 1.0e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$residual, Weft_F32:$gain, Optional<Weft_F32>:$bias, Weft_NormKindAttr:$kind, F64Attr:$eps);
  let results = (outs Weft_F32:$result, Weft_F32:$sum);
  let assemblyFormat = "`` $kind $x `,` $residual `,` $gain (`bias` $bias^)? `eps` $eps attr-dict `:` functional-type(operands, results)";
}

#endif
