// weft.less: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.less %a, %b : (!weft.tensor<[batch, seq], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch, seq], i1>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[batch, seq], f32>, %b: !weft.tensor<[], f32>) inputs ["a", "b"] {
    %y = weft.less %a, %b : (!weft.tensor<[batch, seq], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch, seq], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[batch], i1>, %b: !weft.tensor<[], i1>) inputs ["a", "b"] {
    // expected-error@+1 {{bool has no order}}
    %y = weft.less %a, %b : (!weft.tensor<[batch], i1>, !weft.tensor<[], i1>) -> !weft.tensor<[batch], i1>
    weft.output names []
  }
}
