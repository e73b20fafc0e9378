// The attention schedule: scores in register tiles, and key loops whose bounds come from the mask: hidden blocks are never computed.
// RUN: weft compile %s --emit=halide --target=x86-64-v4 -o - | FileCheck %s
weft.model @m {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 512
  // CHECK-LABEL: func attention_causal
  // CHECK-NOT: halide_malloc
  // Few queries: one vector of lanes, turned from their rows. The loops over keys end where the block's last query sees its last key.
  // CHECK: if (t <= 32) {
  // CHECK: for (out.s0.m.mo
  // CHECK: produce rows {
  // CHECK: produce query {
  // CHECK: consume rows {
  // CHECK: produce scores1 {
  // CHECK: for (scores1.s1.tile1$y, 0, [[TILES:t[0-9]+]]) {
  // CHECK: for (acc1.s1.depth1$x
  // CHECK: produce top1 {
  // CHECK: for (top1.s1.max1$x, 0, top1.s1.max1$x.new_max.s) {
  // CHECK: produce probs1 {
  // CHECK: for (probs1.s1.prob1$x, 0, probs1.s1.prob1$x.new_max.s) {
  // CHECK: for (values1.s1.value1$x, 0, t{{[0-9]+}}) {
  weft.kernel @attention_causal attention (%q: !weft.tensor<[b, t, 64], f32>) attributes {argLayouts = [#weft.layout<rowStride = 64, padded = false>],
                                                                                          resultLayouts = [#weft.layout<rowStride = 64, padded = false>]} {
    %mask = weft.causal_mask : () -> !weft.tensor<[t, t], i1>
    %y = weft.attention %q, %q, %q mask %mask heads 2 kv_heads 2 scale 1.0
      : (!weft.tensor<[b, t, 64], f32>, !weft.tensor<[b, t, 64], f32>, !weft.tensor<[b, t, 64], f32>, !weft.tensor<[t, t], i1>) -> !weft.tensor<[b, t, 64], f32>
    weft.yield %y : !weft.tensor<[b, t, 64], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 64], f32>) inputs ["x"] {
    %y = weft.launch @attention_causal(%x) dims {b = #weft.dim<"batch">, t = #weft.dim<"seq">} slots [-1]
      : (!weft.tensor<[batch, seq, 64], f32>) -> !weft.tensor<[batch, seq, 64], f32>
    weft.output %y : !weft.tensor<[batch, seq, 64], f32> names ["y"]
  }
}
