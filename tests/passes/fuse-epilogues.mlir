// RUN: weft-opt --weft-fuse-epilogues --verify-diagnostics --split-input-file %s | FileCheck %s
// RUN: not weft-opt --weft-fuse-epilogues=require-fusion --split-input-file %s 2>&1 | FileCheck --check-prefix=REQUIRED %s

!x = !weft.tensor<[batch, seq, 8], f32>
!w = !weft.tensor<[8, 8], f32>
// A contraction takes activation, gate and residual; of two contractions the later takes the product.
// CHECK-LABEL: weft.model @contraction
weft.model @contraction {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @a "a" : !w
  weft.weight @b "b" : !w
  weft.graph @forward(%x: !x, %r: !x) inputs ["x", "r"] {
    %a = weft.weight_ref @a : !w
    %b = weft.weight_ref @b : !w
    // CHECK: %[[OPEN:.*]] = weft.group contraction {
    // CHECK-NEXT: %[[GATE:.*]] = weft.linear
    // CHECK-NEXT: %[[SILU:.*]] = weft.unary silu %[[GATE]]
    // CHECK-NEXT: weft.yield %[[SILU]]
    %gate = weft.linear %x, %a : (!x, !w) -> !x
    // expected-remark@+1 {{fused linear + silu}}
    %open = weft.unary silu %gate : (!x) -> !x
    // CHECK: %[[SUM:.*]] = weft.group contraction {
    // CHECK-NEXT: %[[UP:.*]] = weft.linear
    // CHECK-NEXT: %[[GATED:.*]] = weft.mul %[[OPEN]], %[[UP]]
    // CHECK-NEXT: weft.add %[[GATED]], %r
    %up = weft.linear %x, %b : (!x, !w) -> !x
    %gated = weft.mul %open, %up : (!x, !x) -> !x
    // expected-remark@+1 {{fused linear + mul + add}}
    %sum = weft.add %gated, %r : (!x, !x) -> !x
    // CHECK: weft.output %[[SUM]]
    weft.output %sum : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!w = !weft.tensor<[8, 8], f32>
// The twins: a value with two readers, one of another shape, features that a rotation mixes.
// CHECK-LABEL: weft.model @apart
weft.model @apart {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @a "a" : !w
  weft.graph @forward(%x: !x, %r: !weft.tensor<[3, batch, seq, 8], f32>) inputs ["x", "r"] {
    // CHECK-NOT: weft.group
    %a = weft.weight_ref @a : !w
    %twice = weft.linear %x, %a : (!x, !w) -> !x
    // REQUIRED: error: epilogue not fused: the contraction's result has another use
    // expected-remark@+1 {{epilogue not fused: the contraction's result has another use}}
    %y = weft.unary relu %twice : (!x) -> !x
    %small = weft.linear %y, %a : (!x, !w) -> !x
    %wide = weft.add %small, %r : (!x, !weft.tensor<[3, batch, seq, 8], f32>) -> !weft.tensor<[3, batch, seq, 8], f32>
    %mixed = weft.linear %y, %a : (!x, !w) -> !x
    %turned = weft.rope %mixed heads 2 theta 1.0e4 style half width 4 : (!x) -> !x
    // expected-note@+1 {{here}}
    weft.output %twice, %wide, %turned : !x, !weft.tensor<[3, batch, seq, 8], f32>, !x names ["twice", "wide", "turned"]
  }
}

// -----

!i = !weft.tensor<[batch, seq], i32>
!x = !weft.tensor<[batch, seq, 8], f32>
!b = !weft.tensor<[8], f32>
!t = !weft.tensor<[50, 8], f32>
// Lookups and sums join the norm that reads them; a norm takes no contraction.
// CHECK-LABEL: weft.model @rows
weft.model @rows {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @t "t" : !t
  weft.weight @g "g" : !b
  weft.weight @w "w" : !weft.tensor<[8, 8], f32>
  weft.graph @forward(%ids: !i, %kinds: !i) inputs ["ids", "kinds"] {
    %t = weft.weight_ref @t : !t
    %g = weft.weight_ref @g : !b
    // CHECK: %[[N:.*]] = weft.group row_reduction {
    // CHECK-NEXT: weft.lookup
    // CHECK-NEXT: weft.lookup
    // CHECK-NEXT: weft.add
    // CHECK-NEXT: weft.rms_norm
    // CHECK: weft.linear %[[N]]
    // CHECK-NEXT: weft.rms_norm
    %a = weft.lookup %t, %ids : (!t, !i) -> !x
    %b = weft.lookup %t, %kinds : (!t, !i) -> !x
    %c = weft.add %a, %b : (!x, !x) -> !x
    // expected-remark@+1 {{fused lookup + lookup + add + rms_norm}}
    %n = weft.rms_norm %c, %g eps 1.0e-6 : (!x, !b) -> !x
    %w = weft.weight_ref @w : !weft.tensor<[8, 8], f32>
    %p = weft.linear %n, %w : (!x, !weft.tensor<[8, 8], f32>) -> !x
    %m = weft.rms_norm %p, %g eps 1.0e-6 : (!x, !b) -> !x
    weft.output %m : !x names ["y"]
  }
}
