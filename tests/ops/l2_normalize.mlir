// weft.l2_normalize: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.l2_normalize %x eps 2.500000e-01 : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, 4], f32>) inputs ["x"] {
    %y = weft.l2_normalize %x eps 2.500000e-01 : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, 4], f32>'}}
    %y = weft.l2_normalize %x eps 1.0e-12 : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 5], f32>
    weft.output names []
  }
}
