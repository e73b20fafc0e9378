// weft.take: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.take %x, %i axis 1 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %i: !weft.tensor<[batch], i32>) inputs ["x", "i"] {
    %y = weft.take %x, %i axis 1 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %i: !weft.tensor<[batch], i32>) inputs ["x", "i"] {
    // expected-error@+1 {{axis 0 is the batch, which has one index a row}}
    %y = weft.take %x, %i axis 0 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %i: !weft.tensor<[seq], i32>) inputs ["x", "i"] {
    // expected-error@+1 {{[batch, seq, 4] and [seq] differ in dimension 0: batch and seq}}
    %y = weft.take %x, %i axis 1 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq], i32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}
