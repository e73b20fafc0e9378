// weft.masked: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.masked %s, %m : (!weft.tensor<[batch, 2, query, key], f32>, !weft.tensor<[batch, 1, 1, key], i1>) -> !weft.tensor<[batch, 2, query, key], f32>
weft.model @m {
  weft.graph @good(%s: !weft.tensor<[batch, 2, query, key], f32>, %m: !weft.tensor<[batch, 1, 1, key], i1>) inputs ["s", "m"] {
    %y = weft.masked %s, %m : (!weft.tensor<[batch, 2, query, key], f32>, !weft.tensor<[batch, 1, 1, key], i1>) -> !weft.tensor<[batch, 2, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%s: !weft.tensor<[query, key], f32>, %m: !weft.tensor<[batch, query, key], i1>) inputs ["s", "m"] {
    // expected-error@+1 {{[batch, query, key] does not stretch to [query, key]}}
    %y = weft.masked %s, %m : (!weft.tensor<[query, key], f32>, !weft.tensor<[batch, query, key], i1>) -> !weft.tensor<[query, key], f32>
    weft.output names []
  }
}
