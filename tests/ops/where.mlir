// weft.where: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.where %c, %a, %b : (!weft.tensor<[batch, seq, 1], i1>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%c: !weft.tensor<[batch, seq, 1], i1>, %a: !weft.tensor<[batch, seq, 4], f32>, %b: !weft.tensor<[], f32>) inputs ["c", "a", "b"] {
    %y = weft.where %c, %a, %b : (!weft.tensor<[batch, seq, 1], i1>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%c: !weft.tensor<[], i1>, %a: !weft.tensor<[batch, seq, 4], f32>, %b: !weft.tensor<[], i32>) inputs ["c", "a", "b"] {
    // expected-error@+1 {{the branches are f32 and i32}}
    %y = weft.where %c, %a, %b : (!weft.tensor<[], i1>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%c: !weft.tensor<[src], i1>, %a: !weft.tensor<[tgt], f32>, %b: !weft.tensor<[], f32>) inputs ["c", "a", "b"] {
    // expected-error@+1 {{[src] and [tgt] differ in dimension 0: src and tgt}}
    %y = weft.where %c, %a, %b : (!weft.tensor<[src], i1>, !weft.tensor<[tgt], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[tgt], f32>
    weft.output names []
  }
}
