// weft.matmul: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.matmul %a, %b : (!weft.tensor<[batch, 2, query, 8], f32>, !weft.tensor<[8, key], f32>) -> !weft.tensor<[batch, 2, query, key], f32>
weft.model @m {
  weft.graph @good(%a: !weft.tensor<[batch, 2, query, 8], f32>, %b: !weft.tensor<[8, key], f32>) inputs ["a", "b"] {
    %y = weft.matmul %a, %b : (!weft.tensor<[batch, 2, query, 8], f32>, !weft.tensor<[8, key], f32>) -> !weft.tensor<[batch, 2, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[query, 8], f32>, %b: !weft.tensor<[4, key], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{[query, 8] and [4, key] differ in the summed dimension: 8 and 4}}
    %y = weft.matmul %a, %b : (!weft.tensor<[query, 8], f32>, !weft.tensor<[4, key], f32>) -> !weft.tensor<[query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[src, 4, 8], f32>, %b: !weft.tensor<[tgt, 8, 4], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{the leading dimensions of [src, 4, 8] and [tgt, 8, 4] do not match: [src] and [tgt] differ in dimension 0: src and tgt}}
    %y = weft.matmul %a, %b : (!weft.tensor<[src, 4, 8], f32>, !weft.tensor<[tgt, 8, 4], f32>) -> !weft.tensor<[src, 4, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%a: !weft.tensor<[8], f32>, %b: !weft.tensor<[8, key], f32>) inputs ["a", "b"] {
    // expected-error@+1 {{a matrix product needs at least two dimensions, but got [8]}}
    %y = weft.matmul %a, %b : (!weft.tensor<[8], f32>, !weft.tensor<[8, key], f32>) -> !weft.tensor<[key], f32>
    weft.output names []
  }
}
