// weft.transpose: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.transpose %x [0, 2, 1] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    %y = weft.transpose %x [0, 2, 1] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{[0, 2, 2] does not order the dimensions of [batch, seq, 4]}}
    %y = weft.transpose %x [0, 2, 2] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 4, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{counts dimensions from the front}}
    %y = weft.transpose %x [0, 2, -2] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq], f32>
    weft.output names []
  }
}
