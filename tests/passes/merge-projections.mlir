// RUN: weft-opt --weft-merge-projections --verify-diagnostics --split-input-file %s | FileCheck %s

!x = !weft.tensor<[batch, seq, 8], f32>
!y = !weft.tensor<[batch, seq, 4], f32>
!w = !weft.tensor<[8, 8], f32>
!u = !weft.tensor<[4, 8], f32>
!b = !weft.tensor<[8], f32>
// Queries, keys and values, keys without a bias.
// CHECK-LABEL: weft.model @self_attention
weft.model @self_attention {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  // CHECK: weft.weight @merged.wq.wk.wv layers 2 : !weft.tensor<[16, 8], f32>
  // CHECK-NEXT: ^bb0(%[[I:.*]]: index)
  // CHECK-NEXT: %[[Q:.*]] = weft.weight_ref @wq[%[[I]]]
  // CHECK-NEXT: %[[K:.*]] = weft.weight_ref @wk[%[[I]]]
  // CHECK-NEXT: %[[V:.*]] = weft.weight_ref @wv[%[[I]]]
  // CHECK-NEXT: weft.concat %[[Q]], %[[K]], %[[V]] axis 0
  weft.weight @wq "{i}.q" layers 2 : !w
  // CHECK: weft.weight @merged.bq.zeros4.bv layers 2 : !weft.tensor<[16], f32>
  // CHECK: weft.constant 0.0
  weft.weight @bq "{i}.qb" layers 2 : !b
  weft.weight @wk "{i}.k" layers 2 : !u
  weft.weight @wv "{i}.v" layers 2 : !u
  weft.weight @bv "{i}.vb" layers 2 : !weft.tensor<[4], f32>
  weft.graph @forward(%start: !x) inputs ["start"] {
    %y = weft.encoder "y" layers 2 (%i, %x = %start) : (!x) {
      // CHECK: %[[W:.*]] = weft.weight_ref @merged.wq.wk.wv[%layer]
      // CHECK: %[[B:.*]] = weft.weight_ref @merged.bq.zeros4.bv[%layer]
      // CHECK: %[[ALL:.*]] = weft.linear %[[X:.*]], %[[W]] bias %[[B]]
      // CHECK: %[[PIECES:.*]]:3 = weft.split %[[ALL]] axis 2
      // CHECK: weft.attention %[[PIECES]]#0, %[[PIECES]]#1, %[[PIECES]]#2
      // CHECK-NOT: weft.linear
      %wq = weft.weight_ref @wq[%i] : !w
      %bq = weft.weight_ref @bq[%i] : !b
      // expected-remark@+1 {{merged 3 projections of one input}}
      %q = weft.linear %x, %wq bias %bq : (!x, !w, !b) -> !x
      %wk = weft.weight_ref @wk[%i] : !u
      %k = weft.linear %x, %wk : (!x, !u) -> !y
      %wv = weft.weight_ref @wv[%i] : !u
      %bv = weft.weight_ref @bv[%i] : !weft.tensor<[4], f32>
      %v = weft.linear %x, %wv bias %bv : (!x, !u, !weft.tensor<[4], f32>) -> !y
      %a = weft.attention %q, %k, %v heads 2 kv_heads 1 scale 0.5 : (!x, !y, !y) -> !x
      weft.yield %a : !x
    }
    weft.output %y : !x names ["y"]
  }
}

// -----

// The twins: other inputs, other layouts, results that something else reads, a gate and its partner stay apart.
!x = !weft.tensor<[batch, seq, 8], f32>
!w = !weft.tensor<[8, 8], f32>
// CHECK-LABEL: weft.model @apart
weft.model @apart {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @a "a" : !w
  weft.weight @b "b" : !w
  weft.weight @c "c" : !w
  weft.graph @forward(%x: !x, %memory: !x) inputs ["x", "memory"] {
    // CHECK-COUNT-5: weft.linear
    // CHECK-NOT: weft.split
    %a = weft.weight_ref @a : !w
    %b = weft.weight_ref @b : !w
    %c = weft.weight_ref @c : !w
    %q = weft.linear %x, %a : (!x, !w) -> !x
    %k = weft.linear %memory, %b : (!x, !w) -> !x
    %v = weft.linear %x, %c transposed : (!x, !w) -> !x
    %y = weft.attention %q, %k, %v heads 2 kv_heads 2 scale 0.5 : (!x, !x, !x) -> !x
    %gate = weft.linear %y, %a : (!x, !w) -> !x
    %open = weft.unary silu %gate : (!x) -> !x
    %up = weft.linear %y, %b : (!x, !w) -> !x
    %gated = weft.mul %open, %up : (!x, !x) -> !x
    weft.output %gated : !x names ["y"]
  }
}
