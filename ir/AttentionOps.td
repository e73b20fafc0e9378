// Attention, its pieces, masks and biases.
#ifndef WEFT_ATTENTIONOPS_TD
#define WEFT_ATTENTIONOPS_TD

include "LinearOps.td"

def Weft_SplitHeadsOp : Weft_TensorOp<"split_heads"> {
  let summary = "[batch, time, heads*width] to [batch, heads, time, width]";
  let arguments = (ins Weft_F32:$x, I64Attr:$heads);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `heads` $heads attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_MergeHeadsOp : Weft_TensorOp<"merge_heads"> {
  let summary = "[batch, heads, time, width] to [batch, time, heads*width]";
  let arguments = (ins Weft_F32:$x);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_RepeatHeadsOp : Weft_TensorOp<"repeat_heads"> {
  let summary = "each head of [batch, heads, time, width] n times in a row";
  let arguments = (ins Weft_F32:$x, I64Attr:$times);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `times` $times attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_RopeOp : Weft_TensorOp<"rope"> {
  let summary = "rotary positions on [batch, time, heads*width]";
  let description = [{
    Rotates pairs of features of the first `width` features of each head by position * theta^(-2i/width). `half` pairs feature i
    with i + width/2, `interleaved` 2i with 2i+1. Positions start at `offset` (a scalar or one per batch row), 0 without it.
    Source: Su et al. 2021.
  }];
  let arguments = (ins Weft_F32:$x, Optional<Weft_I32>:$offset, I64Attr:$heads, F64Attr:$theta, Weft_PairStyleAttr:$style, I64Attr:$width);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x (`offset` $offset^)? `heads` $heads `theta` $theta `style` $style `width` $width attr-dict `:` functional-type(operands, results)";
}

def Weft_CausalMaskOp : Weft_TensorOp<"causal_mask"> {
  let summary = "true where key <= query + shift";
  let description = [{
    The result is [query, key], or [batch, 1, query, key] with an `offset` tensor of the batch; shift is the `shift` attribute plus the
    offset (a scalar or one per batch row).
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, DefaultValuedAttr<I64Attr, "0">:$shift);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "(`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_WindowMaskOp : Weft_TensorOp<"window_mask"> {
  let summary = "true where query + shift - before <= key <= query + shift + after";
  let description = [{
    The result is [query, key], or [batch, 1, query, key] with an `offset` tensor of the batch (see causal_mask).
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, I64Attr:$before, I64Attr:$after, DefaultValuedAttr<I64Attr, "0">:$shift);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "`before` $before `after` $after (`offset` $offset^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_PaddingMaskOp : Weft_TensorOp<"padding_mask"> {
  let summary = "[batch, 1, 1, key]: true where key < lengths[batch]";
  let arguments = (ins Weft_I32:$lengths);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lengths attr-dict `:` functional-type(operands, results)";
}

def Weft_MaskAndOp : Weft_TensorOp<"mask_and", [Commutative]> {
  let summary = "visible where both masks say so, with broadcasting";
  let arguments = (ins Weft_Bool:$lhs, Weft_Bool:$rhs);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_MaskedOp : Weft_TensorOp<"masked"> {
  let summary = "minus infinity where the mask hides";
  let arguments = (ins Weft_F32:$scores, Weft_Bool:$mask);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$scores `,` $mask attr-dict `:` functional-type(operands, results)";
}

def Weft_SoftmaxOp : Weft_TensorOp<"softmax"> {
  let summary = "softmax along one axis; a row of minus infinities gives zeros";
  let arguments = (ins Weft_F32:$x, I64Attr:$axis);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$x `axis` $axis attr-dict `:` functional-type(operands, results)";
}

def Weft_MaskedSoftmaxOp : Weft_TensorOp<"masked_softmax"> {
  let summary = "softmax over the last axis that sees only what its mask admits; a row with nothing visible gives zeros";
  let arguments = (ins Weft_F32:$scores, Weft_Bool:$mask);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$scores `,` $mask attr-dict `:` functional-type(operands, results)";
}

def Weft_AttentionOp : Weft_TensorOp<"attention", [AttrSizedOperandSegments]> {
  let summary = "scaled dot-product attention over heads, masked, in one op";
  let description = [{
    query [batch, q, heads*width], key [batch, k, kv_heads*width], value [batch, k, kv_heads*value width] give
    [batch, q, heads*value width]:
    `softmax(mask(softcap(scale * q kT) + bias)) v`, head by head; query head h reads key head h / (heads/kv_heads). `bias` and `mask`
    broadcast to [batch, heads, q, k]. A row with no visible key gives zeros. Source: Vaswani et al. 2017.
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
    `table` is [buckets, heads]. key - query, shifted by `offset` (the position of query 0), falls into buckets: half of them exact, half logarithmic up to
    `maxDistance`; `bidirectional` uses half for each sign. Source: Raffel et al. 2020 and its code. With an offset of the batch: [batch, heads, query, key].
  }];
  let arguments = (ins Weft_F32:$table, Optional<Weft_I32>:$offset, I64Attr:$maxDistance, UnitAttr:$bidirectional);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$table (`offset` $offset^)? `max_distance` $maxDistance (`bidirectional` $bidirectional^)? attr-dict `:` functional-type(operands, results)";
}

def Weft_AlibiOp : Weft_TensorOp<"alibi"> {
  let summary = "-slope_h * |query - key|, [heads, query, key]";
  let description = [{
    Slopes as in the authors' code (Press et al. 2022): 2^(-8i/n) for n a power of two, interleaved halves otherwise.
  }];
  let arguments = (ins Optional<Weft_I32>:$offset, I64Attr:$heads);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "(`offset` $offset^)? `heads` $heads attr-dict `:` functional-type(operands, results)";
}

#endif
