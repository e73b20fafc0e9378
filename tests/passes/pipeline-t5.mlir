// RUN: weft-opt --weft-to-kernels %s 2>&1 | FileCheck %s
// An encoder and a decoder with T5's relative biases and no scale; keys and values of the memory are projected together.
!h = !weft.tensor<[batch, src, 32], f32>
!g = !weft.tensor<[batch, tgt, 32], f32>
!b = !weft.tensor<[32], f32>
!w = !weft.tensor<[32, 32], f32>
!r = !weft.tensor<[8, 2], f32>
!hs = !weft.tensor<[batch, 2, src, 16], f32>
!gs = !weft.tensor<[batch, 2, tgt, 16], f32>
!ss = !weft.tensor<[batch, 2, src, src], f32>
!tt = !weft.tensor<[batch, 2, tgt, tgt], f32>
!ts = !weft.tensor<[batch, 2, tgt, src], f32>
weft.model @t5 {
  weft.dim @batch in 1 to 4
  weft.dim @src in 1 to 16
  weft.dim @tgt in 1 to 16
  weft.weight @shared "shared.weight" : !weft.tensor<[40, 32], f32>
  weft.weight @eb "encoder.bias" : !r
  weft.weight @db "decoder.bias" : !r
  weft.weight @eg "encoder.{i}.norm.weight" layers 2 : !b
  weft.weight @eq "encoder.{i}.q.weight" layers 2 : !w
  weft.weight @ek "encoder.{i}.k.weight" layers 2 : !w
  weft.weight @ev "encoder.{i}.v.weight" layers 2 : !w
  weft.weight @eo "encoder.{i}.o.weight" layers 2 : !w
  weft.weight @dg "decoder.{i}.norm.weight" layers 2 : !b
  weft.weight @dq "decoder.{i}.q.weight" layers 2 : !w
  weft.weight @dk "decoder.{i}.k.weight" layers 2 : !w
  weft.weight @dv "decoder.{i}.v.weight" layers 2 : !w
  weft.weight @do "decoder.{i}.o.weight" layers 2 : !w
  weft.weight @cg "decoder.{i}.cross.norm.weight" layers 2 : !b
  weft.weight @cq "decoder.{i}.cross.q.weight" layers 2 : !w
  weft.weight @ck "decoder.{i}.cross.k.weight" layers 2 : !w
  weft.weight @ckb "decoder.{i}.cross.k.bias" layers 2 : !b
  weft.weight @cv "decoder.{i}.cross.v.weight" layers 2 : !w
  weft.weight @co "decoder.{i}.cross.o.weight" layers 2 : !w
  weft.graph @forward(%source: !weft.tensor<[batch, src], i32>, %lengths: !weft.tensor<[batch], i32>, %target: !weft.tensor<[batch, tgt], i32>) inputs ["source", "lengths", "target"] {
    %shared = weft.weight_ref @shared : !weft.tensor<[40, 32], f32>
    %e0 = weft.lookup %shared, %source : (!weft.tensor<[40, 32], f32>, !weft.tensor<[batch, src], i32>) -> !h
    %eb = weft.weight_ref @eb : !r
    %bias = weft.relative_bias %eb max_distance 12 bidirectional : (!r) -> !weft.tensor<[2, src, src], f32>
    %memory = weft.encoder "memory" layers 2 (%i, %x = %e0) : (!h) {
      %eg = weft.weight_ref @eg[%i] : !b
      %n = weft.rms_norm %x, %eg eps 1.0e-6 : (!h, !b) -> !h
      %eq = weft.weight_ref @eq[%i] : !w
      %q = weft.linear %n, %eq : (!h, !w) -> !h
      %ek = weft.weight_ref @ek[%i] : !w
      %k = weft.linear %n, %ek : (!h, !w) -> !h
      %ev = weft.weight_ref @ev[%i] : !w
      %v = weft.linear %n, %ev : (!h, !w) -> !h
      %qh = weft.split_heads %q heads 2 : (!h) -> !hs
      %kh = weft.split_heads %k heads 2 : (!h) -> !hs
      %vh = weft.split_heads %v heads 2 : (!h) -> !hs
      %kt = weft.transpose %kh [0, 1, 3, 2] : (!hs) -> !weft.tensor<[batch, 2, 16, src], f32>
      %qk = weft.matmul %qh, %kt : (!hs, !weft.tensor<[batch, 2, 16, src], f32>) -> !ss
      %biased = weft.add %qk, %bias : (!ss, !weft.tensor<[2, src, src], f32>) -> !ss
      %mask = weft.padding_mask %lengths : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, src], i1>
      %masked = weft.masked %biased, %mask : (!ss, !weft.tensor<[batch, 1, 1, src], i1>) -> !ss
      %probs = weft.softmax %masked axis -1 : (!ss) -> !ss
      %context = weft.matmul %probs, %vh : (!ss, !hs) -> !hs
      %merged = weft.merge_heads %context : (!hs) -> !h
      %eo = weft.weight_ref @eo[%i] : !w
      %o = weft.linear %merged, %eo : (!h, !w) -> !h
      %x1 = weft.add %x, %o : (!h, !h) -> !h
      weft.yield %x1 : !h
    }
    %d0 = weft.lookup %shared, %target : (!weft.tensor<[40, 32], f32>, !weft.tensor<[batch, tgt], i32>) -> !g
    %state = weft.decoder "state" layers 2 (%i, %y = %d0) : (!g) {
      %dg = weft.weight_ref @dg[%i] : !b
      %n = weft.rms_norm %y, %dg eps 1.0e-6 : (!g, !b) -> !g
      %dq = weft.weight_ref @dq[%i] : !w
      %q = weft.linear %n, %dq : (!g, !w) -> !g
      %dk = weft.weight_ref @dk[%i] : !w
      %k = weft.linear %n, %dk : (!g, !w) -> !g
      %dv = weft.weight_ref @dv[%i] : !w
      %v = weft.linear %n, %dv : (!g, !w) -> !g
      %qh = weft.split_heads %q heads 2 : (!g) -> !gs
      %kh = weft.split_heads %k heads 2 : (!g) -> !gs
      %vh = weft.split_heads %v heads 2 : (!g) -> !gs
      %kt = weft.transpose %kh [0, 1, 3, 2] : (!gs) -> !weft.tensor<[batch, 2, 16, tgt], f32>
      %qk = weft.matmul %qh, %kt : (!gs, !weft.tensor<[batch, 2, 16, tgt], f32>) -> !tt
      %db = weft.weight_ref @db : !r
      %bias2 = weft.relative_bias %db max_distance 12 : (!r) -> !weft.tensor<[2, tgt, tgt], f32>
      %biased = weft.add %bias2, %qk : (!weft.tensor<[2, tgt, tgt], f32>, !tt) -> !tt
      %mask = weft.causal_mask : () -> !weft.tensor<[tgt, tgt], i1>
      %masked = weft.masked %biased, %mask : (!tt, !weft.tensor<[tgt, tgt], i1>) -> !tt
      %probs = weft.softmax %masked axis -1 : (!tt) -> !tt
      %context = weft.matmul %probs, %vh : (!tt, !gs) -> !gs
      %merged = weft.merge_heads %context : (!gs) -> !g
      %do = weft.weight_ref @do[%i] : !w
      %o = weft.linear %merged, %do : (!g, !w) -> !g
      %y1 = weft.add %y, %o : (!g, !g) -> !g
      %cg = weft.weight_ref @cg[%i] : !b
      %n2 = weft.rms_norm %y1, %cg eps 1.0e-6 : (!g, !b) -> !g
      %cq = weft.weight_ref @cq[%i] : !w
      %q2 = weft.linear %n2, %cq : (!g, !w) -> !g
      %ck = weft.weight_ref @ck[%i] : !w
      %ckb = weft.weight_ref @ckb[%i] : !b
      %k2 = weft.linear %memory, %ck bias %ckb : (!h, !w, !b) -> !h
      %cv = weft.weight_ref @cv[%i] : !w
      %v2 = weft.linear %memory, %cv : (!h, !w) -> !h
      %q2h = weft.split_heads %q2 heads 2 : (!g) -> !gs
      %k2h = weft.split_heads %k2 heads 2 : (!h) -> !hs
      %v2h = weft.split_heads %v2 heads 2 : (!h) -> !hs
      %k2t = weft.transpose %k2h [0, 1, 3, 2] : (!hs) -> !weft.tensor<[batch, 2, 16, src], f32>
      %qk2 = weft.matmul %q2h, %k2t : (!gs, !weft.tensor<[batch, 2, 16, src], f32>) -> !ts
      %mask2 = weft.padding_mask %lengths : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, src], i1>
      %masked2 = weft.masked %qk2, %mask2 : (!ts, !weft.tensor<[batch, 1, 1, src], i1>) -> !ts
      %probs2 = weft.softmax %masked2 axis -1 : (!ts) -> !ts
      %context2 = weft.matmul %probs2, %v2h : (!ts, !hs) -> !gs
      %merged2 = weft.merge_heads %context2 : (!gs) -> !g
      %co = weft.weight_ref @co[%i] : !w
      %o2 = weft.linear %merged2, %co : (!g, !w) -> !g
      %y2 = weft.add %y1, %o2 : (!g, !g) -> !g
      weft.yield %y2 : !g
    }
    %table = weft.transpose %shared [1, 0] : (!weft.tensor<[40, 32], f32>) -> !weft.tensor<[32, 40], f32>
    %scale = weft.constant 0.17677669529663687 : !weft.tensor<[], f32>
    %small = weft.mul %state, %scale : (!g, !weft.tensor<[], f32>) -> !g
    %logits = weft.matmul %small, %table : (!g, !weft.tensor<[32, 40], f32>) -> !weft.tensor<[batch, tgt, 40], f32>
    weft.output %logits : !weft.tensor<[batch, tgt, 40], f32> names ["logits"]
  }
}

// CHECK: weft.weight @merged.ck.cv layers 2 : !weft.tensor<[64, 32], f32>
// Keys have a bias, values none.
// CHECK: weft.weight @merged.ckb.zeros32 layers 2 : !weft.tensor<[64], f32>
// CHECK: weft.kernel @attention_32 attention
// CHECK-NEXT: weft.relative_bias %{{.*}} max_distance 12 bidirectional
// CHECK: weft.attention {{.*}} scale 1.000000e+00
// The same again for the decoder's self-attention, and over the memory.
// CHECK: weft.kernel @attention_32_0 attention
// CHECK-NEXT: weft.relative_bias %{{.*}} max_distance 12 :
// CHECK: weft.kernel @attention_32_1 attention
// CHECK-NOT: weft.relative_bias
// CHECK: weft.kernel @mul_32 pointwise
// CHECK-NEXT: weft.constant
// CHECK: weft.kernel @linear_32x40 contraction
// CHECK: weft.encoder "memory"
// A layer that ends in the sum with its own start writes it beside and copies.
// CHECK: %[[NEXT:.*]] = weft.launch @linear_add_32x32
// CHECK-NEXT: %[[COPY:.*]] = weft.launch @copy_32(%[[NEXT]])
// CHECK-NEXT: weft.yield %[[COPY]]
// CHECK: weft.decoder "state"
