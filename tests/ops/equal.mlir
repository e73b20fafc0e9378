// weft.equal: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.equal %a, %b : (!weft.tensor<[batch, seq], i32>, !weft.tensor<[], i32>) -> !weft.tensor<[batch, seq], i1>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[batch, seq], i32>, %b: !weft.tensor<[], i32>) inputs ["a", "b"] {
    %y = weft.equal %a, %b : (!weft.tensor<[batch, seq], i32>, !weft.tensor<[], i32>) -> !weft.tensor<[batch, seq], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[batch], i32>, %b: !weft.tensor<[], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{compares i32 with f32}}
    %y = weft.equal %a, %b : (!weft.tensor<[batch], i32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch], i1>
    weft.output names []
  }
}
