// RUN: weft-opt --weft-fuse-residual-norm --verify-diagnostics --split-input-file %s | FileCheck %s
// RUN: not weft-opt --weft-fuse-residual-norm=require-fusion --split-input-file %s 2>&1 | FileCheck --check-prefix=REQUIRED %s

!x = !weft.tensor<[batch, 4], f32>
!b = !weft.tensor<[4], f32>
// CHECK-LABEL: weft.model @post_norm
weft.model @post_norm {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x, %r: !x, %g: !b, %b: !b) inputs ["x", "r", "g", "b"] {
    // CHECK: %[[NORM:.*]], %{{.*}} = weft.residual_norm layer_norm %x, %r, %g bias %b eps 1.000000e-05
    // CHECK-NEXT: weft.output %[[NORM]]
    %s = weft.add %x, %r : (!x, !x) -> !x
    // expected-remark@+1 {{fused residual + norm}}
    %y = weft.layer_norm %s, %g, %b eps 1.0e-5 : (!x, !b, !b) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// A pre-norm stack goes on with the sum.
!x = !weft.tensor<[batch, 4], f32>
!b = !weft.tensor<[4], f32>
// CHECK-LABEL: weft.model @pre_norm
weft.model @pre_norm {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x, %r: !x, %g: !b) inputs ["x", "r", "g"] {
    // CHECK: %[[NORM:.*]], %[[SUM:.*]] = weft.residual_norm rms_norm %x, %r, %g eps
    // CHECK-NEXT: weft.mul %[[SUM]], %[[NORM]]
    %s = weft.add %x, %r : (!x, !x) -> !x
    // expected-remark@+1 {{fused residual + norm}}
    %y = weft.rms_norm %s, %g eps 1.0e-6 : (!x, !b) -> !x
    %z = weft.mul %s, %y : (!x, !x) -> !x
    weft.output %z : !x names ["z"]
  }
}

// -----

// The twin: the sum is needed before its norm can run.
!x = !weft.tensor<[batch, 4], f32>
!b = !weft.tensor<[4], f32>
// CHECK-LABEL: weft.model @sum_first
weft.model @sum_first {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x, %r: !x, %b: !b) inputs ["x", "r", "b"] {
    // CHECK: weft.add
    // CHECK: weft.rms_norm
    %s = weft.add %x, %r : (!x, !x) -> !x
    // expected-note@+1 {{here}}
    %g = weft.reduce mean %s axis 0 : (!x) -> !b
    // REQUIRED: error: residual + norm not fused: the sum is used before its norm
    // expected-remark@+1 {{residual + norm not fused: the sum is used before its norm}}
    %y = weft.rms_norm %s, %g eps 1.0e-6 : (!x, !b) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// Two norms of one sum: the first takes it.
!x = !weft.tensor<[batch, 4], f32>
!b = !weft.tensor<[4], f32>
// CHECK-LABEL: weft.model @two_norms
weft.model @two_norms {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x, %r: !x, %g: !b) inputs ["x", "r", "g"] {
    // CHECK: %{{.*}}, %[[SUM:.*]] = weft.residual_norm
    // CHECK: weft.rms_norm %[[SUM]]
    %s = weft.add %x, %r : (!x, !x) -> !x
    // expected-note@+2 {{here}}
    // expected-remark@+1 {{fused residual + norm}}
    %y = weft.rms_norm %s, %g eps 1.0e-6 : (!x, !b) -> !x
    // expected-remark@+1 {{residual + norm not fused: the sum belongs to another norm already}}
    %z = weft.rms_norm %s, %g eps 1.0e-5 : (!x, !b) -> !x
    weft.output %y, %z : !x, !x names ["y", "z"]
  }
}

// -----

// A position table is no residual: it is stretched.
!x = !weft.tensor<[batch, seq, 4], f32>
!b = !weft.tensor<[4], f32>
// CHECK-LABEL: weft.model @stretched
weft.model @stretched {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 4
  weft.graph @forward(%x: !x, %r: !weft.tensor<[seq, 4], f32>, %g: !b) inputs ["x", "r", "g"] {
    // CHECK: weft.add
    // CHECK: weft.rms_norm
    %s = weft.add %x, %r : (!x, !weft.tensor<[seq, 4], f32>) -> !x
    %y = weft.rms_norm %s, %g eps 1.0e-6 : (!x, !b) -> !x
    weft.output %y : !x names ["y"]
  }
}
