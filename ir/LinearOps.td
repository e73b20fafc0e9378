// Contractions: linear layers, matrix products, convolutions.
#ifndef WEFT_LINEAROPS_TD
#define WEFT_LINEAROPS_TD

include "WeftTypes.td"
include "WeftEnums.td"
include "WeftInterfaces.td"

/// The base of every op that computes tensors from tensors.
class Weft_TensorOp<string mnemonic, list<Trait> traits = []>
    : Weft_Op<mnemonic, !listconcat([Pure, DeclareOpInterfaceMethods<Weft_StreamOpInterface>,
                                     DeclareOpInterfaceMethods<Weft_KernelOpInterface>,
                                     DeclareOpInterfaceMethods<Weft_CostOpInterface>], traits)> {
  let hasVerifier = 1;
}

def Weft_LinearOp : Weft_TensorOp<"linear"> {
  let summary = "x times the transpose of a weight, plus a bias";
  let description = [{
    `y[..., n] = sum_k x[..., k] * weight[n, k] + bias[n]`; the weight is [out, in] as in PyTorch, [in, out] with `transposed`.
    Example:
    ```mlir
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$weight, Optional<Weft_F32>:$bias, UnitAttr:$transposed);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? (`transposed` $transposed^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_StrassenOp : Weft_TensorOp<"strassen"> {
  let summary = "weft.linear by seven products of half the size, where there are many rows";
  let description = [{
    What weft.linear computes, by one level of Strassen's algorithm in Winograd's form: with at least `rows` rows, the quarters of x and of the
    weight are multiplied seven times instead of eight. `sums` holds what that needs of the weight's quarters, known at compile time: with
    B11, B21 (first and second half of k, first half of n) and B12, B22 (second half of n), T1 = B12 - B11, T2 = B22 - T1, T3 = B22 - B12,
    T4 = T2 - B21, side by side along k as T1, T2, T3, -T4: [n/2, 2*k], or [2*k, n/2] with `transposed`. An odd number of rows is cut into halves that share the row in the
    middle. Rounding errors are a few times those of weft.linear, relative to the largest values. Source: Winograd 1971; Higham 2002, section 23.
    Example:
    ```mlir
    %y = weft.strassen %x, %w, %s bias %b rows 128 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[4, 8], f32>, !weft.tensor<[8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$weight, Weft_F32:$sums, Optional<Weft_F32>:$bias, UnitAttr:$transposed, I64Attr:$rows);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $weight `,` $sums (`bias` $bias^)? (`transposed` $transposed^)? `rows` $rows attr-dict `:` functional-type(operands, results)";
}

def Weft_MatMulOp : Weft_TensorOp<"matmul"> {
  let summary = "matrix product over the last two dimensions, leading ones broadcast";
  let description = [{
    `y[..., m, n] = sum_k a[..., m, k] * b[..., k, n]`. Leading dimensions broadcast as in NumPy; both operands have at least two
    dimensions.
    Example:
    ```mlir
    %y = weft.matmul %a, %b : (!weft.tensor<[batch, 2, query, 8], f32>, !weft.tensor<[batch, 2, 8, key], f32>) -> !weft.tensor<[batch, 2, query, key], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$lhs, Weft_F32:$rhs);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_Conv1dOp : Weft_TensorOp<"conv1d"> {
  let summary = "convolution over [batch, channels, length]";
  let description = [{
    `y[b, o, t] = sum_{i, k} x[b, i, t * stride + k - pad] * weight[o, i, k] + bias[o]`, zero outside x. The weight is [out, in, kernel] as in
    PyTorch. The result has floor((length + 2 pad - kernel) / stride) + 1 positions; a run-time length must be a multiple of the stride.
    Example:
    ```mlir
    %y = weft.conv1d %x, %w bias %b stride 2 pad 1 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[384, 80, 3], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, 384, "frames/2"], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$weight, Optional<Weft_F32>:$bias, I64Attr:$stride, I64Attr:$pad);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? `stride` $stride `pad` $pad attr-dict `:` functional-type(operands, results)";
}

def Weft_Conv2dOp : Weft_TensorOp<"conv2d"> {
  let summary = "convolution over [batch, channels, height, width]";
  let description = [{
    `y[b, o, v, h] = sum x[b, i, v * stride + k - pad, ...] * weight[o, i, k, l] + bias[o]`, zero outside x. The weight is [out, in, kernel height,
    kernel width]; stride and padding are [vertical, horizontal]. Sizes are as for weft.conv1d.
    Example:
    ```mlir
    %y = weft.conv2d %x, %w stride [16, 16] pad [0, 0] : (!weft.tensor<[batch, 3, 224, 224], f32>, !weft.tensor<[768, 3, 16, 16], f32>) -> !weft.tensor<[batch, 768, 14, 14], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_F32:$weight, Optional<Weft_F32>:$bias, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $weight (`bias` $bias^)? `stride` $stride `pad` $pad attr-dict `:` functional-type(operands, results)";
}

def Weft_WindowsOp : Weft_TensorOp<"windows"> {
  let summary = "what a convolution sees from each position, as rows";
  let description = [{
    `y[b, t, i * kernel + k] = x[b, i, t * stride + k - pad]`, zero outside x, over [batch, channels, length] or [batch, channels, height, width]:
    one number a spatial dimension. The features of a row lie as a convolution's weight does, so that a convolution is a linear layer of
    windows; with `channels_inner` as x does where its channels lie side by side: `y[b, t, k * channels + i]`. Sizes are as for weft.conv1d.
    Example:
    ```mlir
    %y = weft.windows %x kernel [3] stride [2] pad [1] : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, "frames/2", 240], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, DenseI64ArrayAttr:$kernel, DenseI64ArrayAttr:$stride, DenseI64ArrayAttr:$pad, UnitAttr:$channelsInner);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `kernel` $kernel `stride` $stride `pad` $pad (`channels_inner` $channelsInner^)? attr-dict `:` functional-type(operands, results)";
}

#endif
