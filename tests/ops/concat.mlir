// weft.concat: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.concat %a, %b axis 1 : (!weft.tensor<[batch, 1, 4], f32>, !weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "seq+1", 4], f32>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[batch, 1, 4], f32>, %b: !weft.tensor<[batch, seq, 4], f32>) inputs ["a", "b"] {
    %y = weft.concat %a, %b axis 1 : (!weft.tensor<[batch, 1, 4], f32>, !weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "seq+1", 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[batch, 1, 5], f32>, %b: !weft.tensor<[batch, seq, 4], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{[batch, 1, 5] and [batch, seq, 4] differ in dimension 2: 5 and 4}}
    %y = weft.concat %a, %b axis 1 : (!weft.tensor<[batch, 1, 5], f32>, !weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "seq+1", 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{joins at least one tensor}}
    %y = weft.concat axis 1 : () -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}
