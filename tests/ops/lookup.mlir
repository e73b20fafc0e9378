// weft.lookup: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.lookup %t, %i : (!weft.tensor<[100, 4], f32>, !weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%t: !weft.tensor<[100, 4], f32>, %i: !weft.tensor<[batch, seq], i32>) inputs ["t", "i"] {
    %y = weft.lookup %t, %i : (!weft.tensor<[100, 4], f32>, !weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%t: !weft.tensor<[100], f32>, %i: !weft.tensor<[batch, seq], i32>) inputs ["t", "i"] {
    // expected-error@+1 {{needs a table [rows, width], but got [100]}}
    %y = weft.lookup %t, %i : (!weft.tensor<[100], f32>, !weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}
