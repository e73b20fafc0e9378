// RUN: weft-opt --weft-to-kernels %s 2>&1 | FileCheck %s
// What the families do not show together: a convolution front end with a class token, heads by reshape and transpose, probabilities as an
// output, carried values that change places, a value read while the next is written, inputs and weights as outputs.
!h = !weft.tensor<[batch, "frames/2+1", 32], f32>
!p = !weft.tensor<[batch, "frames/2", 32], f32>
!c = !weft.tensor<[batch, 32, "frames/2"], f32>
!b = !weft.tensor<[32], f32>
!w = !weft.tensor<[32, 32], f32>
!r = !weft.tensor<[batch, "frames/2+1", 2, 16], f32>
!q = !weft.tensor<[batch, 2, "frames/2+1", 16], f32>
!k = !weft.tensor<[batch, 2, 16, "frames/2+1"], f32>
!s = !weft.tensor<[batch, 2, "frames/2+1", "frames/2+1"], f32>
weft.model @odd {
  weft.dim @batch in 1 to 4
  weft.dim @frames in 2 to 16
  weft.weight @conv "conv.weight" : !weft.tensor<[32, 5, 3], f32>
  weft.weight @convb "conv.bias" : !b
  weft.weight @class "class" : !weft.tensor<[1, 1, 32], f32>
  weft.weight @places "positions.weight" : !weft.tensor<[20, 32], f32>
  weft.weight @wq "{i}.q.weight" layers 2 : !w
  weft.weight @bq "{i}.q.bias" layers 2 : !b
  weft.weight @wk "{i}.k.weight" layers 2 : !w
  weft.weight @wv "{i}.v.weight" layers 2 : !w
  weft.weight @bv "{i}.v.bias" layers 2 : !b
  weft.weight @wf "{i}.f.weight" layers 2 : !w
  weft.weight @lone "lone.weight" : !w
  weft.weight @gain "norm.weight" : !b
  weft.weight @shift "norm.bias" : !b
  weft.graph @forward(%audio: !weft.tensor<[batch, 5, frames], f32>) inputs ["audio"] {
    %conv = weft.weight_ref @conv : !weft.tensor<[32, 5, 3], f32>
    %convb = weft.weight_ref @convb : !b
    %c0 = weft.conv1d %audio, %conv bias %convb stride 2 pad 1 : (!weft.tensor<[batch, 5, frames], f32>, !weft.tensor<[32, 5, 3], f32>, !b) -> !c
    %c1 = weft.unary gelu %c0 : (!c) -> !c
    %c2 = weft.transpose %c1 [0, 2, 1] : (!c) -> !p
    %class = weft.weight_ref @class : !weft.tensor<[1, 1, 32], f32>
    %first = weft.broadcast %class : (!weft.tensor<[1, 1, 32], f32>) -> !weft.tensor<[batch, 1, 32], f32>
    %seq = weft.concat %first, %c2 axis 1 : (!weft.tensor<[batch, 1, 32], f32>, !p) -> !h
    %places = weft.weight_ref @places : !weft.tensor<[20, 32], f32>
    %place = weft.positions %places {start = 2 : i64} : (!weft.tensor<[20, 32], f32>) -> !weft.tensor<["frames/2+1", 32], f32>
    %start = weft.add %seq, %place : (!h, !weft.tensor<["frames/2+1", 32], f32>) -> !h
    %a, %z = weft.encoder "a" layers 2 (%i, %x = %start, %y = %start) : (!h, !h) {
      %wq = weft.weight_ref @wq[%i] : !w
      %bq = weft.weight_ref @bq[%i] : !b
      %q = weft.linear %x, %wq bias %bq : (!h, !w, !b) -> !h
      %wk = weft.weight_ref @wk[%i] : !w
      %k = weft.linear %x, %wk : (!h, !w) -> !h
      %wv = weft.weight_ref @wv[%i] : !w
      %v0 = weft.matmul %x, %wv : (!h, !w) -> !h
      %bv = weft.weight_ref @bv[%i] : !b
      %v = weft.add %v0, %bv : (!h, !b) -> !h
      %qr = weft.reshape %q : (!h) -> !r
      %kr = weft.reshape %k : (!h) -> !r
      %vr = weft.reshape %v : (!h) -> !r
      %qh = weft.transpose %qr [0, 2, 1, 3] : (!r) -> !q
      %kh = weft.transpose %kr [0, 2, 1, 3] : (!r) -> !q
      %kt = weft.transpose %kh [0, 1, 3, 2] : (!q) -> !k
      %vh = weft.transpose %vr [0, 2, 1, 3] : (!r) -> !q
      %scale = weft.constant 0.25 : !weft.tensor<[], f32>
      %qs = weft.mul %qh, %scale : (!q, !weft.tensor<[], f32>) -> !q
      %qk = weft.matmul %qs, %kt : (!q, !k) -> !s
      %probs = weft.softmax %qk axis -1 : (!s) -> !s
      %context = weft.matmul %probs, %vh : (!s, !q) -> !q
      %back = weft.transpose %context [0, 2, 1, 3] : (!q) -> !r
      %merged = weft.reshape %back : (!r) -> !h
      %wf = weft.weight_ref @wf[%i] : !w
      %f0 = weft.linear %x, %wf : (!h, !w) -> !h
      %f = weft.unary relu %f0 : (!h) -> !h
      %both = weft.add %merged, %f : (!h, !h) -> !h
      %next = weft.add %x, %both : (!h, !h) -> !h
      weft.yield %y, %next : !h, !h
    }
    %lone = weft.weight_ref @lone : !w
    %g = weft.linear %a, %lone : (!h, !w) -> !h
    %gh = weft.split_heads %g heads 2 : (!h) -> !q
    %zh = weft.split_heads %z heads 2 : (!h) -> !q
    %zt = weft.transpose %zh [0, 1, 3, 2] : (!q) -> !k
    %scores = weft.matmul %gh, %zt : (!q, !k) -> !s
    %bias = weft.alibi heads 2 : () -> !weft.tensor<[2, "frames/2+1", "frames/2+1"], f32>
    %biased = weft.add %scores, %bias : (!s, !weft.tensor<[2, "frames/2+1", "frames/2+1"], f32>) -> !s
    %seen = weft.causal_mask {shift = -1 : i64} : () -> !weft.tensor<["frames/2+1", "frames/2+1"], i1>
    %masked = weft.masked %biased, %seen : (!s, !weft.tensor<["frames/2+1", "frames/2+1"], i1>) -> !s
    %probs2 = weft.softmax %masked axis -1 : (!s) -> !s
    %context2 = weft.matmul %probs2, %zh : (!s, !q) -> !q
    %merged2 = weft.merge_heads %context2 : (!q) -> !h
    %pooled = weft.slice %merged2 axis 1 start <"frames/2"> : (!h) -> !weft.tensor<[batch, 1, 32], f32>
    %flat = weft.reshape %pooled : (!weft.tensor<[batch, 1, 32], f32>) -> !weft.tensor<[batch, 32], f32>
    %classified = weft.linear %flat, %lone : (!weft.tensor<[batch, 32], f32>, !w) -> !weft.tensor<[batch, 32], f32>
    %gain = weft.weight_ref @gain : !b
    %shift = weft.weight_ref @shift : !b
    %total = weft.add %a, %z : (!h, !h) -> !h
    %n = weft.layer_norm %total, %gain, %shift eps 1.0e-5 : (!h, !b, !b) -> !h
    %mean = weft.reduce mean %n axis 1 : (!h) -> !weft.tensor<[batch, 32], f32>
    %turned = weft.transpose %total [0, 2, 1] : (!h) -> !weft.tensor<[batch, 32, "frames/2+1"], f32>
    %length = weft.dim_size <"frames/2"> : !weft.tensor<[], i32>
    weft.output %probs2, %classified, %mean, %turned, %audio, %lone, %length, %mean : !s, !weft.tensor<[batch, 32], f32>, !weft.tensor<[batch, 32], f32>, !weft.tensor<[batch, 32, "frames/2+1"], f32>, !weft.tensor<[batch, 5, frames], f32>, !w, !weft.tensor<[], i32>, !weft.tensor<[batch, 32], f32> names ["probs", "classified", "mean", "turned", "audio", "lone", "length", "mean_again"]
  }
}

// CHECK: remark: fused attention
// CHECK: remark: attention not fused: the probabilities have another use
// CHECK: weft.kernel @linear_gelu_{{[0-9x]*}} contraction
// CHECK: weft.kernel @concat_add_32 pointwise
// CHECK: weft.attention %{{.*}} heads 2 kv_heads 2 scale 1.000000e+00
// CHECK: weft.kernel @linear_relu_add_32x32 contraction
// Probabilities that are an output: products, a masked softmax, and merged heads that no contraction could address.
// CHECK: weft.kernel @matmul_add contraction
// CHECK: weft.kernel @masked_softmax row_reduction
// CHECK: weft.kernel @merge_heads_slice_32 pointwise
// CHECK: weft.encoder "a"
// CHECK: weft.yield
// CHECK: weft.launch @copy(%audio) dims {d0 = #weft.dim<"frames">, m = #weft.dim<"5*batch">} slots [-5]
