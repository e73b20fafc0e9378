// Shapes, tables, gathers and reductions.
#ifndef WEFT_SHAPEOPS_TD
#define WEFT_SHAPEOPS_TD

include "LinearOps.td"

def Weft_ReshapeOp : Weft_TensorOp<"reshape"> {
  let summary = "the same elements in row-major order under other dimensions";
  let arguments = (ins Weft_Tensor:$x);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_BroadcastOp : Weft_TensorOp<"broadcast"> {
  let summary = "repeats dimensions of size 1 and missing leading ones";
  let arguments = (ins Weft_Tensor:$x);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_TransposeOp : Weft_TensorOp<"transpose"> {
  let summary = "permutes dimensions: result dimension i is operand dimension permutation[i]";
  let arguments = (ins Weft_Tensor:$x, DenseI64ArrayAttr:$permutation);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x $permutation attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_ConcatOp : Weft_TensorOp<"concat"> {
  let summary = "joins tensors along one axis";
  let arguments = (ins Variadic<Weft_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_SplitOp : Weft_TensorOp<"split"> {
  let summary = "cuts along one axis into consecutive pieces, whose sizes the result types give";
  let arguments = (ins Weft_Tensor:$x, I64Attr:$axis);
  let results = (outs Variadic<Weft_Tensor>:$pieces);
  let assemblyFormat = "$x `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_SliceOp : Weft_TensorOp<"slice"> {
  let summary = "positions from `start` on along one axis, as many as the result has";
  let description = [{
    `start` is a dimension expression, so that the end of a run-time dimension can be named. The rank stays; an index of the language is a
    slice of one and a reshape.
    Example: `%y = weft.slice %x axis 1 start #weft.dim<"seq-1"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>`
  }];
  let arguments = (ins Weft_Tensor:$x, I64Attr:$axis, Weft_DimAttr:$start);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x `axis` $axis `start` $start attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_InterleaveOp : Weft_TensorOp<"interleave"> {
  let summary = "a0 b0 a1 b1 ... along one axis";
  let arguments = (ins Variadic<Weft_Tensor>:$inputs, I64Attr:$axis);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$inputs `axis` $axis attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_LookupOp : Weft_TensorOp<"lookup"> {
  let summary = "a row of the table for each id";
  let description = [{
    `result[..., w] = table[ids[...], w]`. An id outside the table is a run-time error code (weft.check).
  }];
  let arguments = (ins Weft_F32:$table, Weft_I32:$ids);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$table `,` $ids attr-dict `:` functional-type(operands, results)";
}

def Weft_TakeOp : Weft_TensorOp<"take"> {
  let summary = "one position along an axis for each batch row; the axis goes";
  let arguments = (ins Weft_Tensor:$x, Weft_I32:$index, I64Attr:$axis);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x `,` $index `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def Weft_LastOp : Weft_TensorOp<"last"> {
  let summary = "the position lengths - 1 of [batch, time, ...] for each batch row";
  let arguments = (ins Weft_Tensor:$x, Weft_I32:$lengths);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x `,` $lengths attr-dict `:` functional-type(operands, results)";
}

def Weft_PositionsOp : Weft_TensorOp<"positions"> {
  let summary = "rows of a learned position table, from `start` on";
  let description = [{
    The result is [length, width], length from the use. `start` is the description's constant offset; `offset` (a scalar or one per batch
    row, then the result is [batch, length, width]) counts on during generation.
  }];
  let arguments = (ins Weft_F32:$table, Optional<Weft_I32>:$offset, DefaultValuedAttr<I64Attr, "0">:$start);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$table (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_SinusoidalOp : Weft_TensorOp<"sinusoidal"> {
  let summary = "the sine and cosine position table of Vaswani et al. 2017";
  let description = [{
    `interleaved`: feature 2i is sin(p / 10000^(2i/width)), 2i+1 its cosine; `half`: sines first, then cosines. The result is [length, width];
    offsets as in weft.positions.
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, Weft_PairStyleAttr:$style);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$style (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_DimSizeOp : Weft_TensorOp<"dim_size"> {
  let summary = "a dimension expression as an i32 scalar";
  let arguments = (ins Weft_DimAttr:$dim);
  let results = (outs Weft_I32:$result);
  let assemblyFormat = "$dim attr-dict `:` type($result)";
}

def Weft_ReduceOp : Weft_TensorOp<"reduce"> {
  let summary = "mean, sum, max or argmax along one axis";
  let description = [{
    The axis goes, or stays with size 1 with `keep`. argmax gives i32, the first of equals.
  }];
  let arguments = (ins Weft_ReductionAttr:$kind, Weft_F32:$x, I64Attr:$axis, UnitAttr:$keep);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$kind $x `axis` $axis (`keep` $keep^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_MeanPoolOp : Weft_TensorOp<"mean_pool"> {
  let summary = "mean of [batch, time, width] over the first lengths[batch] positions; a length of 0 gives zeros";
  let arguments = (ins Weft_F32:$x, Weft_I32:$lengths);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `,` $lengths attr-dict `:` functional-type(operands, results)";
}

#endif
