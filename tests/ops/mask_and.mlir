// weft.mask_and: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.mask_and %a, %b : (!weft.tensor<[query, key], i1>, !weft.tensor<[batch, 1, 1, key], i1>) -> !weft.tensor<[batch, 1, query, key], i1>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[query, key], i1>, %b: !weft.tensor<[batch, 1, 1, key], i1>) inputs ["a", "b"] {
    %m = weft.mask_and %a, %b : (!weft.tensor<[query, key], i1>, !weft.tensor<[batch, 1, 1, key], i1>) -> !weft.tensor<[batch, 1, query, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[src], i1>, %b: !weft.tensor<[tgt], i1>) inputs ["a", "b"] {
    // expected-error@+1 {{[src] and [tgt] differ in dimension 0: src and tgt}}
    %m = weft.mask_and %a, %b : (!weft.tensor<[src], i1>, !weft.tensor<[tgt], i1>) -> !weft.tensor<[src], i1>
    weft.output names []
  }
}
