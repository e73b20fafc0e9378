// weft.broadcast: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.broadcast %x : (!weft.tensor<[1, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[1, 4], f32>) inputs ["x"] {
    %y = weft.broadcast %x : (!weft.tensor<[1, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[2, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{[2, 4] does not stretch to [1, 4]}}
    %y = weft.broadcast %x : (!weft.tensor<[2, 4], f32>) -> !weft.tensor<[1, 4], f32>
    weft.output names []
  }
}
