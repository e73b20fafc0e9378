// weft.residual_norm: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.residual_norm layer_norm %x, %r, %g bias %b eps 1.000000e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
// CHECK: weft.residual_norm rms_norm %x, %r, %g eps 1.000000e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq, 4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %r: !weft.tensor<[seq, 4], f32>, %g: !weft.tensor<[4], f32>, %b: !weft.tensor<[4], f32>) inputs ["x", "r", "g", "b"] {
    %y, %s = weft.residual_norm layer_norm %x, %r, %g bias %b eps 1.000000e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    %z, %u = weft.residual_norm rms_norm %x, %r, %g eps 1.000000e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq, 4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %r: !weft.tensor<[batch, seq, 4], f32>, %g: !weft.tensor<[4], f32>) inputs ["x", "r", "g"] {
    // expected-error@+1 {{of kind layer_norm needs a bias}}
    %y, %s = weft.residual_norm layer_norm %x, %r, %g eps 1.0e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %r: !weft.tensor<[batch, seq, 4], f32>, %g: !weft.tensor<[4], f32>, %b: !weft.tensor<[4], f32>) inputs ["x", "r", "g", "b"] {
    // expected-error@+1 {{of kind rms_norm takes no bias}}
    %y, %s = weft.residual_norm rms_norm %x, %r, %g bias %b eps 1.0e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %r: !weft.tensor<[batch, tgt, 4], f32>, %g: !weft.tensor<[4], f32>) inputs ["x", "r", "g"] {
    // expected-error@+1 {{[batch, tgt, 4] and [batch, seq, 4] differ in dimension 1: tgt and seq}}
    %y, %s = weft.residual_norm rms_norm %x, %r, %g eps 1.0e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, tgt, 4], f32>, !weft.tensor<[4], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    weft.output names []
  }
}
