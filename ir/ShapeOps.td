// Shapes, tables, gathers and reductions.
#ifndef WEFT_SHAPEOPS_TD
#define WEFT_SHAPEOPS_TD

include "LinearOps.td"

def Weft_ReshapeOp : Weft_TensorOp<"reshape"> {
  let summary = "the same elements in row-major order under other dimensions";
  let description = [{
    Row-major order stays; the products of both shapes must be equal as expressions.
    Example:
    ```mlir
    %y = weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 2, 4], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_BroadcastOp : Weft_TensorOp<"broadcast"> {
  let summary = "repeats dimensions of size 1 and missing leading ones";
  let description = [{
    `y[.., i, j] = x[.., i or 0, j or 0]`.
    Example:
    ```mlir
    %y = weft.broadcast %x : (!weft.tensor<[1, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_TransposeOp : Weft_TensorOp<"transpose"> {
  let summary = "permutes dimensions: result dimension i is operand dimension permutation[i]";
  let description = [{
    `y[i_0, i_1, ..] = x` with i_d at dimension permutation[d]. Dimensions count from the front.
    Example:
    ```mlir
    %y = weft.transpose %x [0, 2, 1] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x $permutation attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_ConcatOp : Weft_TensorOp<"concat"> {
  let summary = "joins tensors along one axis";
  let description = [{
    All inputs agree in the other dimensions; the sizes along `axis` (negative from the end) add up.
    Example:
    ```mlir
    %y = weft.concat %a, %b axis 1 : (!weft.tensor<[batch, 1, 4], f32>, !weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "seq+1", 4], f32>
    ```
  }];
  let arguments = (ins Variadic<Weft_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_SplitOp : Weft_TensorOp<"split"> {
  let summary = "cuts along one axis into consecutive pieces, whose sizes the result types give";
  let description = [{
    The sizes along `axis` (negative from the end) add up to the operand's.
    Example:
    ```mlir
    %q, %k = weft.split %x axis -1 : (!weft.tensor<[batch, seq, 8], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    ```
  }];
  let arguments = (ins Weft_Tensor:$x, I64Attr:$axis);
  let results = (outs Variadic<Weft_Tensor>:$pieces);
  let assemblyFormat = "$x `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_SliceOp : Weft_TensorOp<"slice"> {
  let summary = "positions from `start` on along one axis, as many as the result has";
  let description = [{
    `start` is a dimension expression, so that the end of a run-time dimension can be named. The rank stays; an index of the language is a
    slice of one and a reshape. Outside the operand it is an error: of verification where that is known, else at run time.
    Example:
    ```mlir
    %y = weft.slice %x axis 1 start <"seq-1"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x, I64Attr:$axis, Weft_DimAttr:$start);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x `axis` $axis `start` $start attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_InterleaveOp : Weft_TensorOp<"interleave"> {
  let summary = "a0 b0 a1 b1 ... along one axis";
  let description = [{
    `y[.., n * i + j, ..] = inputs[j][.., i, ..]` for n inputs of one shape.
    Example:
    ```mlir
    %y = weft.interleave %a, %b axis 1 : (!weft.tensor<[batch, time, 4], f32>, !weft.tensor<[batch, time, 4], f32>) -> !weft.tensor<[batch, "2*time", 4], f32>
    ```
  }];
  let arguments = (ins Variadic<Weft_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_LookupOp : Weft_TensorOp<"lookup"> {
  let summary = "a row of the table for each id";
  let description = [{
    `result[..., w] = table[ids[...], w]`. An id outside the table is a run-time error code (weft.check).
    Example:
    ```mlir
    %y = weft.lookup %table, %ids : (!weft.tensor<[100, 4], f32>, !weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$table, Weft_I32:$ids);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$table `,` $ids attr-dict `:` functional-type(operands, results)";
}

def Weft_TakeOp : Weft_TensorOp<"take"> {
  let summary = "one position along an axis for each batch row; the axis goes";
  let description = [{
    `y[b, ..] = x[b, .., index[b], ..]` at `axis`, at least 1. An index outside is a run-time error code (weft.check).
    Example:
    ```mlir
    %y = weft.take %x, %index axis 1 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x, Weft_I32:$index, I64Attr:$axis);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x `,` $index `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def Weft_LastOp : Weft_TensorOp<"last"> {
  let summary = "the position lengths - 1 of [batch, time, ...] for each batch row";
  let description = [{
    `y[b, ...] = x[b, lengths[b] - 1, ...]`. A length of 0 is a run-time error code (weft.check).
    Example:
    ```mlir
    %y = weft.last %x, %lengths : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x, Weft_I32:$lengths);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x `,` $lengths attr-dict `:` functional-type(operands, results)";
}

def Weft_PositionsOp : Weft_TensorOp<"positions"> {
  let summary = "rows of a learned position table, from `start` on";
  let description = [{
    `y[t, w] = table[start + offset + t, w]`; the length comes from the use. `start` is the description's constant offset; `offset` (a scalar, or
    one per batch row, then the result is [batch, length, width]) counts on during generation. Rows outside are a run-time error code.
    Example:
    ```mlir
    %y = weft.positions %table {start = 2 : i64} : (!weft.tensor<[514, 4], f32>) -> !weft.tensor<[seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$table, Optional<Weft_I32>:$offset, DefaultValuedAttr<I64Attr, "0">:$start);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$table (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_SinusoidalOp : Weft_TensorOp<"sinusoidal"> {
  let summary = "the sine and cosine position table of Vaswani et al. 2017";
  let description = [{
    `interleaved`: feature 2i of position p is sin(p / 10000^(2i/width)), 2i+1 its cosine; `half`: sines first, then cosines (of an odd width,
    the sines have one more). The result is [length, width]; offsets as in weft.positions.
    Example:
    ```mlir
    %y = weft.sinusoidal interleaved : () -> !weft.tensor<[seq, 512], f32>
    ```
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, Weft_PairStyleAttr:$style);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "`` $style (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_DimSizeOp : Weft_TensorOp<"dim_size"> {
  let summary = "a dimension expression as an i32 scalar";
  let description = [{
    The value of the expression in this run.
    Example:
    ```mlir
    %n = weft.dim_size <"seq-1"> : !weft.tensor<[], i32>
    ```
  }];
  let arguments = (ins Weft_DimAttr:$dim);
  let results = (outs Weft_I32:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
}

def Weft_ReduceOp : Weft_TensorOp<"reduce"> {
  let summary = "mean, sum, max or argmax along one axis";
  let description = [{
    The axis (negative from the end) goes, or stays with size 1 with `keep`. argmax gives i32, the first of equals. Over nothing: a sum is 0, a
    maximum minus infinity, a mean NaN, argmax 0.
    Example:
    ```mlir
    %y = weft.reduce mean %x axis 1 keep : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
    ```
  }];
  let arguments = (ins Weft_ReductionAttr:$kind, Weft_F32:$x, I64Attr:$axis, UnitAttr:$keep);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "`` $kind $x `axis` $axis (`keep` $keep^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_MeanPoolOp : Weft_TensorOp<"mean_pool"> {
  let summary = "mean of [batch, time, width] over the first lengths[batch] positions; a length of 0 gives zeros";
  let description = [{
    `y[b, ...] = sum_{t < lengths[b]} x[b, t, ...] / lengths[b]`; a length of 0 gives zeros.
    Example:
    ```mlir
    %y = weft.mean_pool %x, %lengths : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Weft_I32:$lengths);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $lengths attr-dict `:` functional-type(operands, results)";
}

#endif
