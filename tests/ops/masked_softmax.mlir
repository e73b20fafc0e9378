// weft.masked_softmax: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.masked_softmax %s, %m : (!weft.tensor<[batch, 2, query, key], f32>, !weft.tensor<[query, key], i1>) -> !weft.tensor<[batch, 2, query, key], f32>
weft.model @m {
  weft.graph @good(%s: !weft.tensor<[batch, 2, query, key], f32>, %m: !weft.tensor<[query, key], i1>) inputs ["s", "m"] {
    %y = weft.masked_softmax %s, %m : (!weft.tensor<[batch, 2, query, key], f32>, !weft.tensor<[query, key], i1>) -> !weft.tensor<[batch, 2, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%s: !weft.tensor<[query, src], f32>, %m: !weft.tensor<[query, tgt], i1>) inputs ["s", "m"] {
    // expected-error@+1 {{[query, tgt] and [query, src] differ in dimension 1: tgt and src}}
    %y = weft.masked_softmax %s, %m : (!weft.tensor<[query, src], f32>, !weft.tensor<[query, tgt], i1>) -> !weft.tensor<[query, src], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%s: !weft.tensor<[], f32>, %m: !weft.tensor<[], i1>) inputs ["s", "m"] {
    // expected-error@+1 {{needs an axis to sum over}}
    %y = weft.masked_softmax %s, %m : (!weft.tensor<[], f32>, !weft.tensor<[], i1>) -> !weft.tensor<[], f32>
    weft.output names []
  }
}
