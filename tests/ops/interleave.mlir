// weft.interleave: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.interleave %a, %b axis 1 : (!weft.tensor<[batch, time, 4], f32>, !weft.tensor<[batch, time, 4], f32>) -> !weft.tensor<[batch, "2*time", 4], f32>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[batch, time, 4], f32>, %b: !weft.tensor<[batch, time, 4], f32>) inputs ["a", "b"] {
    %y = weft.interleave %a, %b axis 1 : (!weft.tensor<[batch, time, 4], f32>, !weft.tensor<[batch, time, 4], f32>) -> !weft.tensor<[batch, "2*time", 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[batch, time, 4], f32>, %b: !weft.tensor<[batch, seq, 4], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{differ in dimension 1: time and seq}}
    %y = weft.interleave %a, %b axis 1 : (!weft.tensor<[batch, time, 4], f32>, !weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "2*time", 4], f32>
    weft.output names []
  }
}
