// weft.layer_norm: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.layer_norm %x, %g, %b eps 1.000000e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %g: !weft.tensor<[4], f32>, %b: !weft.tensor<[4], f32>) inputs ["x", "g", "b"] {
    %y = weft.layer_norm %x, %g, %b eps 1.000000e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %g: !weft.tensor<[5], f32>, %b: !weft.tensor<[4], f32>) inputs ["x", "g", "b"] {
    // expected-error@+1 {{the gain must be [4], not [5]}}
    %y = weft.layer_norm %x, %g, %b eps 1.0e-05 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[5], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %g: !weft.tensor<[4], f32>, %b: !weft.tensor<[4], f32>) inputs ["x", "g", "b"] {
    // expected-error@+1 {{needs a finite eps of at least 0}}
    %y = weft.layer_norm %x, %g, %b eps -1.0 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}
