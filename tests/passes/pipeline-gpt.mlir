// RUN: weft-opt --weft-to-kernels %s 2>&1 | FileCheck %s
// A pre-norm decoder with GPT-2's layouts: weights stored [in, out], queries, keys and values in one, the word table read twice.
!h = !weft.tensor<[batch, time, 48], f32>
!b = !weft.tensor<[48], f32>
!t = !weft.tensor<[batch, 3, time, 16], f32>
!s = !weft.tensor<[batch, 3, time, time], f32>
weft.model @gpt {
  weft.dim @batch in 1 to 4
  weft.dim @time in 1 to 16
  weft.weight @wte "wte.weight" : !weft.tensor<[50, 48], f32>
  weft.weight @wpe "wpe.weight" : !weft.tensor<[16, 48], f32>
  weft.weight @g1 "h.{i}.ln_1.weight" layers 3 : !b
  weft.weight @c1 "h.{i}.ln_1.bias" layers 3 : !b
  weft.weight @wa "h.{i}.attn.c_attn.weight" layers 3 : !weft.tensor<[48, 144], f32>
  weft.weight @ba "h.{i}.attn.c_attn.bias" layers 3 : !weft.tensor<[144], f32>
  weft.weight @wp "h.{i}.attn.c_proj.weight" layers 3 : !weft.tensor<[48, 48], f32>
  weft.weight @bp "h.{i}.attn.c_proj.bias" layers 3 : !b
  weft.weight @g2 "h.{i}.ln_2.weight" layers 3 : !b
  weft.weight @c2 "h.{i}.ln_2.bias" layers 3 : !b
  weft.weight @wf "h.{i}.mlp.c_fc.weight" layers 3 : !weft.tensor<[48, 192], f32>
  weft.weight @bf "h.{i}.mlp.c_fc.bias" layers 3 : !weft.tensor<[192], f32>
  weft.weight @wm "h.{i}.mlp.c_proj.weight" layers 3 : !weft.tensor<[192, 48], f32>
  weft.weight @bm "h.{i}.mlp.c_proj.bias" layers 3 : !b
  weft.weight @gf "ln_f.weight" : !b
  weft.weight @cf "ln_f.bias" : !b
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>) inputs ["tokens"] {
    %wte = weft.weight_ref @wte : !weft.tensor<[50, 48], f32>
    %word = weft.lookup %wte, %tokens : (!weft.tensor<[50, 48], f32>, !weft.tensor<[batch, time], i32>) -> !h
    %wpe = weft.weight_ref @wpe : !weft.tensor<[16, 48], f32>
    %place = weft.positions %wpe : (!weft.tensor<[16, 48], f32>) -> !weft.tensor<[time, 48], f32>
    %start = weft.add %word, %place : (!h, !weft.tensor<[time, 48], f32>) -> !h
    %hidden = weft.decoder "hidden" layers 3 (%i, %x = %start) : (!h) {
      %g1 = weft.weight_ref @g1[%i] : !b
      %c1 = weft.weight_ref @c1[%i] : !b
      %n1 = weft.layer_norm %x, %g1, %c1 eps 1.0e-5 : (!h, !b, !b) -> !h
      %wa = weft.weight_ref @wa[%i] : !weft.tensor<[48, 144], f32>
      %ba = weft.weight_ref @ba[%i] : !weft.tensor<[144], f32>
      %qkv = weft.linear %n1, %wa bias %ba transposed : (!h, !weft.tensor<[48, 144], f32>, !weft.tensor<[144], f32>) -> !weft.tensor<[batch, time, 144], f32>
      %q, %k, %v = weft.split %qkv axis -1 : (!weft.tensor<[batch, time, 144], f32>) -> (!h, !h, !h)
      %qh = weft.split_heads %q heads 3 : (!h) -> !t
      %kh = weft.split_heads %k heads 3 : (!h) -> !t
      %vh = weft.split_heads %v heads 3 : (!h) -> !t
      %kt = weft.transpose %kh [0, 1, 3, 2] : (!t) -> !weft.tensor<[batch, 3, 16, time], f32>
      %qk = weft.matmul %qh, %kt : (!t, !weft.tensor<[batch, 3, 16, time], f32>) -> !s
      %root = weft.constant 4.0 : !weft.tensor<[], f32>
      %scaled = weft.div %qk, %root : (!s, !weft.tensor<[], f32>) -> !s
      %causal = weft.causal_mask : () -> !weft.tensor<[time, time], i1>
      %masked = weft.masked %scaled, %causal : (!s, !weft.tensor<[time, time], i1>) -> !s
      %probs = weft.softmax %masked axis -1 : (!s) -> !s
      %context = weft.matmul %probs, %vh : (!s, !t) -> !t
      %merged = weft.merge_heads %context : (!t) -> !h
      %wp = weft.weight_ref @wp[%i] : !weft.tensor<[48, 48], f32>
      %bp = weft.weight_ref @bp[%i] : !b
      %attended = weft.linear %merged, %wp bias %bp transposed : (!h, !weft.tensor<[48, 48], f32>, !b) -> !h
      %x1 = weft.add %x, %attended : (!h, !h) -> !h
      %g2 = weft.weight_ref @g2[%i] : !b
      %c2 = weft.weight_ref @c2[%i] : !b
      %n2 = weft.layer_norm %x1, %g2, %c2 eps 1.0e-5 : (!h, !b, !b) -> !h
      %wf = weft.weight_ref @wf[%i] : !weft.tensor<[48, 192], f32>
      %bf = weft.weight_ref @bf[%i] : !weft.tensor<[192], f32>
      %inner = weft.linear %n2, %wf bias %bf transposed : (!h, !weft.tensor<[48, 192], f32>, !weft.tensor<[192], f32>) -> !weft.tensor<[batch, time, 192], f32>
      %act = weft.unary gelu_tanh %inner : (!weft.tensor<[batch, time, 192], f32>) -> !weft.tensor<[batch, time, 192], f32>
      %wm = weft.weight_ref @wm[%i] : !weft.tensor<[192, 48], f32>
      %bm = weft.weight_ref @bm[%i] : !b
      %fed = weft.linear %act, %wm bias %bm transposed : (!weft.tensor<[batch, time, 192], f32>, !weft.tensor<[192, 48], f32>, !b) -> !h
      %x2 = weft.add %x1, %fed : (!h, !h) -> !h
      weft.yield %x2 : !h
    }
    %gf = weft.weight_ref @gf : !b
    %cf = weft.weight_ref @cf : !b
    %normed = weft.layer_norm %hidden, %gf, %cf eps 1.0e-5 : (!h, !b, !b) -> !h
    %table = weft.transpose %wte [1, 0] : (!weft.tensor<[50, 48], f32>) -> !weft.tensor<[48, 50], f32>
    %logits = weft.matmul %normed, %table : (!h, !weft.tensor<[48, 50], f32>) -> !weft.tensor<[batch, time, 50], f32>
    weft.output %logits : !weft.tensor<[batch, time, 50], f32> names ["logits"]
  }
}

// CHECK: weft.kernel @lookup_add_48 gather
// CHECK: weft.kernel @layer_norm_48 row_reduction
// CHECK: weft.kernel @linear_48x144 contraction
// CHECK-SAME: #weft.layout<rowStride = 48, panel = 48, panelDim = 1>
// CHECK: weft.kernel @attention_48 attention
// CHECK-NEXT: weft.causal_mask
// The stream goes on as the sum: both results of the norm are written.
// CHECK: weft.kernel @residual_norm_48 row_reduction
// CHECK: weft.yield %{{.*}}, %{{.*}} :
// CHECK: weft.kernel @linear_gelu_tanh_48x192 contraction
// CHECK: weft.kernel @linear_add_192x48 contraction
// The word table: rows for the lookup, panels for the logits, which go to the caller's rows of 50.
// CHECK: weft.kernel @linear_48x50 contraction
// CHECK-SAME: #weft.layout<rowStride = 32, panel = 32>], resultLayouts = [#weft.layout<rowStride = 50, padded = false>]
// CHECK-NOT: weft.kernel
// CHECK: %[[TABLE:.*]] = weft.weight_ref @wte
// CHECK: weft.launch @lookup_add_48(%[[TABLE]],
// CHECK: weft.launch @linear_48x50(%{{.*}}, %[[TABLE]]) {{.*}} slots [-1]
