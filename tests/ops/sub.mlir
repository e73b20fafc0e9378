// weft.sub: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.sub %a, %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq, 1], f32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[batch, seq, 4], f32>, %b: !weft.tensor<[seq, 1], f32>) inputs ["a", "b"] {
    %y = weft.sub %a, %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[seq, 1], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[batch, src, 512], f32>, %b: !weft.tensor<[batch, tgt, 512], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{[batch, src, 512] and [batch, tgt, 512] differ in dimension 1: src and tgt}}
    %y = weft.sub %a, %b : (!weft.tensor<[batch, src, 512], f32>, !weft.tensor<[batch, tgt, 512], f32>) -> !weft.tensor<[batch, src, 512], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[batch, 3, 4], f32>, %b: !weft.tensor<[4, 4], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{[batch, 3, 4] and [4, 4] differ in dimension -2: 3 and 4}}
    %y = weft.sub %a, %b : (!weft.tensor<[batch, 3, 4], f32>, !weft.tensor<[4, 4], f32>) -> !weft.tensor<[batch, 4, 4], f32>
    weft.output names []
  }
}
