// Attention, its pieces, masks and biases.
#ifndef WEFT_ATTENTIONOPS_TD
#define WEFT_ATTENTIONOPS_TD

include "LinearOps.td"

def Weft_SplitHeadsOp : Weft_TensorOp<"split_heads"> {
  let summary = "[batch, time, heads*width] to [batch, heads, time, width]";
  let description = [{
    `y[b, h, t, w] = x[b, t, h * width + w]`; the heads divide the last dimension.
    Example:
    ```mlir
    %y = weft.split_heads %x heads 2 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 2, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, I64Attr:$heads);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `heads` $heads attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_MergeHeadsOp : Weft_TensorOp<"merge_heads"> {
  let summary = "[batch, heads, time, width] to [batch, time, heads*width]";
  let description = [{
    `y[b, t, h * width + w] = x[b, h, t, w]`: the inverse of weft.split_heads.
    Example:
    ```mlir
    %y = weft.merge_heads %x : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_RepeatHeadsOp : Weft_TensorOp<"repeat_heads"> {
  let summary = "each head of [batch, heads, time, width] n times in a row";
  let description = [{
    `y[b, h, t, w] = x[b, h / times, t, w]`: keys of grouped-query attention for each of their query heads.
    Example:
    ```mlir
    %y = weft.repeat_heads %x times 2 : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, I64Attr:$times);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `times` $times attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_RopeOp : Weft_TensorOp<"rope"> {
  let summary = "rotary positions on [batch, time, heads*width]";
  let description = [{
    Rotates pairs of features of the first `width` features of each head by position * theta^(-2i/width): (a, b) becomes (a cos - b sin,
    b cos + a sin). `half` pairs feature i with i + width/2, `interleaved` 2i with 2i+1. Positions start at `offset` (a scalar or one
    per batch row), 0 without it. Features from `width` on stay. Source: Su et al. 2021.

    `factor` slows rotations down, for contexts longer than a model was trained on: of all pairs (Chen et al. 2023), or with
    `ramp = [low, high, context]` of those that make at most `low` turns in `context` positions; those that make at least `high` keep their
    speed, and between them the two speeds are mixed linearly in the number of turns (Llama 3.1).
    Example:
    ```mlir
    %y = weft.rope %x heads 2 theta 10000.0 style half width 4 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, Optional<Weft_I32>:$offset, I64Attr:$heads, F64Attr:$theta, Weft_PairStyleAttr:$style, I64Attr:$width,
                       DefaultValuedAttr<F64Attr, "1.0">:$factor, OptionalAttr<DenseF64ArrayAttr>:$ramp);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x (`offset` $offset^)? `heads` $heads `theta` $theta `style` `` $style `width` $width attr-dict `:` functional-type(operands, results)";
}

def Weft_CausalMaskOp : Weft_TensorOp<"causal_mask"> {
  let summary = "true where key <= query + shift";
  let description = [{
    `y[q, k] = k <= q + shift + offset`: query i sees keys 0..i without a shift, also when the lengths differ. The result is [query, key],
    or [batch, 1.., query, key] with an `offset` tensor of the batch; a scalar offset keeps [query, key]. Both sizes come from the use.
    Example:
    ```mlir
    %mask = weft.causal_mask : () -> !weft.tensor<[query, key], i1>
    ```
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, DefaultValuedAttr<I64Attr, "0">:$shift);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "(`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_WindowMaskOp : Weft_TensorOp<"window_mask"> {
  let summary = "true where query + shift - before <= key <= query + shift + after";
  let description = [{
    `y[q, k] = p - before <= k <= p + after` where p = q + shift + offset: both ends included. Shapes as in weft.causal_mask.
    Example:
    ```mlir
    %mask = weft.window_mask before 3 after 0 : () -> !weft.tensor<[query, key], i1>
    ```
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, I64Attr:$before, I64Attr:$after, DefaultValuedAttr<I64Attr, "0">:$shift);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "`before` $before `after` $after (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_PaddingMaskOp : Weft_TensorOp<"padding_mask"> {
  let summary = "[batch, 1, 1, key]: true where key < lengths[batch]";
  let description = [{
    `y[b, .., k] = k < lengths[b]`; a length of 0 hides every key. The result is [batch, 1.., key], of the rank that the use needs.
    Example:
    ```mlir
    %mask = weft.padding_mask %lengths : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, key], i1>
    ```
  }];
  let arguments = (ins Weft_I32:$lengths);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lengths attr-dict `:` functional-type(operands, results)";
}

def Weft_MaskAndOp : Weft_TensorOp<"mask_and", [Commutative]> {
  let summary = "visible where both masks say so, with broadcasting";
  let description = [{
    `y = a and b`, with NumPy broadcasting.
    Example:
    ```mlir
    %mask = weft.mask_and %a, %b : (!weft.tensor<[query, key], i1>, !weft.tensor<[batch, 1, 1, key], i1>) -> !weft.tensor<[batch, 1, query, key], i1>
    ```
  }];
  let arguments = (ins Weft_Bool:$lhs, Weft_Bool:$rhs);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_MaskedOp : Weft_TensorOp<"masked"> {
  let summary = "minus infinity where the mask hides";
  let description = [{
    `y = mask ? scores : -inf`. The mask stretches to the scores, never the other way round.
    Example:
    ```mlir
    %y = weft.masked %scores, %mask : (!weft.tensor<[batch, heads, query, key], f32>, !weft.tensor<[batch, 1, 1, key], i1>) -> !weft.tensor<[batch, heads, query, key], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$scores, Weft_Bool:$mask);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$scores `,` $mask attr-dict `:` functional-type(operands, results)";
}

def Weft_SoftmaxOp : Weft_TensorOp<"softmax"> {
  let summary = "softmax along one axis; a row of minus infinities gives zeros";
  let description = [{
    `y[i] = exp(x[i] - max x) / sum_j exp(x[j] - max x)` along `axis` (negative from the end). Where everything is minus infinity, and on
    an axis of size 0, the result is zeros, not NaN.
    Example:
    ```mlir
    %y = weft.softmax %x axis -1 : (!weft.tensor<[batch, heads, query, key], f32>) -> !weft.tensor<[batch, heads, query, key], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$x, I64Attr:$axis);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def Weft_MaskedSoftmaxOp : Weft_TensorOp<"masked_softmax"> {
  let summary = "softmax over the last axis that sees only what its mask admits; a row with nothing visible gives zeros";
  let description = [{
    `softmax(mask ? scores : -inf)` along the last dimension, in one pass over what the mask shows. A row with nothing visible gives zeros.
    The mask stretches to the scores.
    Example:
    ```mlir
    %y = weft.masked_softmax %scores, %mask : (!weft.tensor<[batch, heads, query, key], f32>, !weft.tensor<[query, key], i1>) -> !weft.tensor<[batch, heads, query, key], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$scores, Weft_Bool:$mask);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$scores `,` $mask attr-dict `:` functional-type(operands, results)";
}

def Weft_AttentionOp : Weft_TensorOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "scaled dot-product attention over heads, masked, in one op";
  let description = [{
    query [batch, q, heads*width], key [batch, k, kv_heads*width], value [batch, k, kv_heads*value width] give
    [batch, q, heads*value width]:
    `softmax(mask(softcap(scale * q kT) + bias)) v`, head by head; query head h reads key head h / (heads/kv_heads). softcap c is
    c * tanh(s / c). `bias` and `mask` broadcast to [batch, heads, q, k]. A row with no visible key gives zeros.
    Source: Vaswani et al. 2017.
    Example:
    ```mlir
    %y = weft.attention %q, %k, %v mask %mask heads 2 kv_heads 2 scale 5.0e-01 : (!weft.tensor<[batch, seq, 8], f32>, !weft.tensor<[batch, seq, 8], f32>, !weft.tensor<[batch, seq, 8], f32>, !weft.tensor<[batch, 1, 1, seq], i1>) -> !weft.tensor<[batch, seq, 8], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$query, Weft_F32:$key, Weft_F32:$value, Optional<Weft_Bool>:$mask, Optional<Weft_F32>:$bias,
                       I64Attr:$heads, I64Attr:$kvHeads, F64Attr:$scale, OptionalAttr<F64Attr>:$softcap);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = [{
    $query `,` $key `,` $value (`mask` $mask^)? (`bias` $bias^)? `heads` $heads `kv_heads` $kvHeads `scale` $scale
    (`softcap` $softcap^)? attr-dict `:` functional-type(operands, results)
  }];
}

def Weft_RelativeBiasOp : Weft_TensorOp<"relative_bias"> {
  let summary = "T5's bucketed relative position bias, [heads, query, key]";
  let description = [{
    `table` is [buckets, heads]; `y[h, q, k] = table[bucket(k - q - offset), h]`. Half of the buckets are exact, half logarithmic up to `maxDistance`;
    `bidirectional` uses half for each sign, else keys behind the query share bucket 0 (ir/Biases.h has the formula). With an offset of
    the batch: [batch, heads, query, key]. Source: Raffel et al. 2020 and its code.
    Example:
    ```mlir
    %bias = weft.relative_bias %table max_distance 128 bidirectional : (!weft.tensor<[32, 8], f32>) -> !weft.tensor<[8, query, key], f32>
    ```
  }];
  let arguments = (ins Weft_F32:$table, Optional<Weft_I32>:$offset, I64Attr:$maxDistance, UnitAttr:$bidirectional);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$table (`offset` $offset^)? `max_distance` $maxDistance (`bidirectional` $bidirectional^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_AlibiOp : Weft_TensorOp<"alibi"> {
  let summary = "-slope_h * |query - key|, [heads, query, key]";
  let description = [{
    `y[h, q, k] = -slope_h * |q + offset - k|`. Slopes as in the authors' code (Press et al. 2022): 2^(-8(h+1)/n) for n a power of two, else those of the next smaller
    power followed by every other slope of twice that.
    Example:
    ```mlir
    %bias = weft.alibi heads 8 : () -> !weft.tensor<[8, query, key], f32>
    ```
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, I64Attr:$heads);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "(`offset` $offset^)? `heads` $heads attr-dict `:` functional-type(operands, results)";
}

#endif
