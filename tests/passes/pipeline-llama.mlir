// RUN: weft-opt --weft-to-kernels %s 2>&1 | FileCheck %s
// RMSNorm, rotary positions, fewer key than query heads, a gate, a sliding window, softcap: what modern decoders add.
!h = !weft.tensor<[batch, time, 48], f32>
!kv = !weft.tensor<[batch, time, 24], f32>
!f = !weft.tensor<[batch, time, 80], f32>
!b = !weft.tensor<[48], f32>
!t = !weft.tensor<[batch, 4, time, 12], f32>
!u = !weft.tensor<[batch, 2, time, 12], f32>
!s = !weft.tensor<[batch, 4, time, time], f32>
!m = !weft.tensor<[time, time], i1>
!c = !weft.tensor<[], f32>
weft.model @llama {
  weft.dim @batch in 1 to 4
  weft.dim @time in 1 to 16
  weft.weight @table "embed_tokens.weight" : !weft.tensor<[50, 48], f32>
  weft.weight @g1 "layers.{i}.input_layernorm.weight" layers 2 : !b
  weft.weight @wq "layers.{i}.q_proj.weight" layers 2 : !weft.tensor<[48, 48], f32>
  weft.weight @wk "layers.{i}.k_proj.weight" layers 2 : !weft.tensor<[24, 48], f32>
  weft.weight @wv "layers.{i}.v_proj.weight" layers 2 : !weft.tensor<[24, 48], f32>
  weft.weight @wo "layers.{i}.o_proj.weight" layers 2 : !weft.tensor<[48, 48], f32>
  weft.weight @g2 "layers.{i}.post_attention_layernorm.weight" layers 2 : !b
  weft.weight @wg "layers.{i}.gate_proj.weight" layers 2 : !weft.tensor<[80, 48], f32>
  weft.weight @wu "layers.{i}.up_proj.weight" layers 2 : !weft.tensor<[80, 48], f32>
  weft.weight @wd "layers.{i}.down_proj.weight" layers 2 : !weft.tensor<[48, 80], f32>
  weft.weight @gf "norm.weight" : !b
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>, %lengths: !weft.tensor<[batch], i32>) inputs ["tokens", "lengths"] {
    %table = weft.weight_ref @table : !weft.tensor<[50, 48], f32>
    %start = weft.lookup %table, %tokens : (!weft.tensor<[50, 48], f32>, !weft.tensor<[batch, time], i32>) -> !h
    %hidden = weft.decoder "hidden" layers 2 (%i, %x = %start) : (!h) {
      %g1 = weft.weight_ref @g1[%i] : !b
      %n1 = weft.rms_norm %x, %g1 eps 1.0e-6 : (!h, !b) -> !h
      %wq = weft.weight_ref @wq[%i] : !weft.tensor<[48, 48], f32>
      %q = weft.linear %n1, %wq : (!h, !weft.tensor<[48, 48], f32>) -> !h
      %wk = weft.weight_ref @wk[%i] : !weft.tensor<[24, 48], f32>
      %k = weft.linear %n1, %wk : (!h, !weft.tensor<[24, 48], f32>) -> !kv
      %wv = weft.weight_ref @wv[%i] : !weft.tensor<[24, 48], f32>
      %v = weft.linear %n1, %wv : (!h, !weft.tensor<[24, 48], f32>) -> !kv
      %qr = weft.rope %q heads 4 theta 1.0e4 style half width 12 : (!h) -> !h
      %kr = weft.rope %k heads 2 theta 1.0e4 style half width 12 : (!kv) -> !kv
      %qh = weft.split_heads %qr heads 4 : (!h) -> !t
      %k1 = weft.split_heads %kr heads 2 : (!kv) -> !u
      %v1 = weft.split_heads %v heads 2 : (!kv) -> !u
      %kh = weft.repeat_heads %k1 times 2 : (!u) -> !t
      %vh = weft.repeat_heads %v1 times 2 : (!u) -> !t
      %kt = weft.transpose %kh [0, 1, 3, 2] : (!t) -> !weft.tensor<[batch, 4, 12, time], f32>
      %qk = weft.matmul %qh, %kt : (!t, !weft.tensor<[batch, 4, 12, time], f32>) -> !s
      %scale = weft.constant 0.25 : !c
      %scaled = weft.mul %qk, %scale : (!s, !c) -> !s
      %cap = weft.constant 5.0 : !c
      %over = weft.div %scaled, %cap : (!s, !c) -> !s
      %bent = weft.unary tanh %over : (!s) -> !s
      %capped = weft.mul %bent, %cap : (!s, !c) -> !s
      %causal = weft.causal_mask : () -> !m
      %window = weft.window_mask before 3 after 0 : () -> !m
      %both = weft.mask_and %causal, %window : (!m, !m) -> !m
      %masked = weft.masked %capped, %both : (!s, !m) -> !s
      %probs = weft.softmax %masked axis 3 : (!s) -> !s
      %context = weft.matmul %probs, %vh : (!s, !t) -> !t
      %merged = weft.merge_heads %context : (!t) -> !h
      %wo = weft.weight_ref @wo[%i] : !weft.tensor<[48, 48], f32>
      %attended = weft.linear %merged, %wo : (!h, !weft.tensor<[48, 48], f32>) -> !h
      %x1 = weft.add %x, %attended : (!h, !h) -> !h
      %g2 = weft.weight_ref @g2[%i] : !b
      %n2 = weft.rms_norm %x1, %g2 eps 1.0e-6 : (!h, !b) -> !h
      %wg = weft.weight_ref @wg[%i] : !weft.tensor<[80, 48], f32>
      %gate = weft.linear %n2, %wg : (!h, !weft.tensor<[80, 48], f32>) -> !f
      %open = weft.unary silu %gate : (!f) -> !f
      %wu = weft.weight_ref @wu[%i] : !weft.tensor<[80, 48], f32>
      %up = weft.linear %n2, %wu : (!h, !weft.tensor<[80, 48], f32>) -> !f
      %gated = weft.mul %open, %up : (!f, !f) -> !f
      %wd = weft.weight_ref @wd[%i] : !weft.tensor<[48, 80], f32>
      %fed = weft.linear %gated, %wd : (!f, !weft.tensor<[48, 80], f32>) -> !h
      %x2 = weft.add %x1, %fed : (!h, !h) -> !h
      weft.yield %x2 : !h
    }
    %gf = weft.weight_ref @gf : !b
    %normed = weft.rms_norm %hidden, %gf eps 1.0e-6 : (!h, !b) -> !h
    %end = weft.last %normed, %lengths : (!h, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 48], f32>
    %logits = weft.linear %end, %table : (!weft.tensor<[batch, 48], f32>, !weft.tensor<[50, 48], f32>) -> !weft.tensor<[batch, 50], f32>
    %next = weft.reduce argmax %logits axis -1 : (!weft.tensor<[batch, 50], f32>) -> !weft.tensor<[batch], i32>
    weft.output %logits, %next : !weft.tensor<[batch, 50], f32>, !weft.tensor<[batch], i32> names ["logits", "next"]
  }
}

// The gate's product is an epilogue of the second projection; rope is a kernel over queries and one over keys.
// CHECK: weft.kernel @linear_48x96 contraction
// CHECK: weft.kernel @rope_48 pointwise
// CHECK: weft.kernel @rope_24 pointwise
// CHECK: weft.kernel @attention_48 attention
// CHECK: weft.mask_and
// CHECK: weft.attention {{.*}} heads 4 kv_heads 2 scale 2.500000e-01 softcap 5.000000e+00
// CHECK: weft.kernel @residual_norm_48 row_reduction
// CHECK: weft.kernel @linear_silu_48x80 contraction
// CHECK: weft.kernel @linear_mul_48x80 contraction
// CHECK: weft.kernel @linear_add_80x48 contraction
// CHECK: weft.kernel @last_48 gather
// CHECK: weft.kernel @argmax row_reduction
// CHECK: weft.check %lengths in <"1"> to <"time"> what "length"
