// weft.rms_norm: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.rms_norm %x, %g eps 2.500000e-01 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %g: !weft.tensor<[4], f32>) inputs ["x", "g"] {
    %y = weft.rms_norm %x, %g eps 2.500000e-01 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[], f32>, %g: !weft.tensor<[4], f32>) inputs ["x", "g"] {
    // expected-error@+1 {{needs at least one dimension, but got []}}
    %y = weft.rms_norm %x, %g eps 1.0e-06 : (!weft.tensor<[], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[], f32>
    weft.output names []
  }
}
