// RUN: weft-opt --weft-fold-weights --verify-diagnostics --split-input-file %s | FileCheck %s

!x = !weft.tensor<[batch, seq, 8], f32>
!w = !weft.tensor<[8, 8], f32>
!b = !weft.tensor<[8], f32>
// A power of two changes only exponents.
// CHECK-LABEL: weft.model @power_of_two
weft.model @power_of_two {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  // CHECK: weft.weight @"w*0.5" : !weft.tensor<[8, 8], f32>
  // CHECK: weft.mul
  weft.weight @w "w" : !w
  // CHECK: weft.weight @"b*0.5" : !weft.tensor<[8], f32>
  weft.weight @b "b" : !b
  weft.graph @forward(%x: !x, %k: !x) inputs ["x", "k"] {
    // CHECK-DAG: %[[W:.*]] = weft.weight_ref @"w*0.5"
    // CHECK-DAG: %[[B:.*]] = weft.weight_ref @"b*0.5"
    // CHECK: %[[Q:.*]] = weft.linear %x, %[[W]] bias %[[B]]
    // CHECK: weft.attention %[[Q]], %k, %k heads 2 kv_heads 2 scale 1.000000e+00
    %w = weft.weight_ref @w : !w
    %b = weft.weight_ref @b : !b
    %q = weft.linear %x, %w bias %b : (!x, !w, !b) -> !x
    // expected-remark@+1 {{folded the scale 0.5 into the query's weight}}
    %y = weft.attention %q, %k, %k heads 2 kv_heads 2 scale 0.5 : (!x, !x, !x) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// The twins: another scale would round, a query that something else reads would change.
!x = !weft.tensor<[batch, seq, 8], f32>
!w = !weft.tensor<[8, 8], f32>
// CHECK-LABEL: weft.model @not_exact
weft.model @not_exact {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @w "w" : !w
  weft.graph @forward(%x: !x, %k: !x) inputs ["x", "k"] {
    // CHECK-NOT: weft.mul
    // CHECK: scale 3.000000e-01
    // CHECK: scale 2.500000e-01
    %w = weft.weight_ref @w : !w
    %q = weft.linear %x, %w : (!x, !w) -> !x
    %y = weft.attention %q, %k, %k heads 2 kv_heads 2 scale 0.3 : (!x, !x, !x) -> !x
    %p = weft.linear %y, %w : (!x, !w) -> !x
    %z = weft.attention %p, %k, %p heads 2 kv_heads 2 scale 0.25 : (!x, !x, !x) -> !x
    weft.output %z : !x names ["z"]
  }
}
