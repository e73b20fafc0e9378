// weft.relative_bias: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.relative_bias %t max_distance 128 bidirectional : (!weft.tensor<[32, 8], f32>) -> !weft.tensor<[8, query, key], f32>
// CHECK: weft.relative_bias %t offset %o max_distance 128 : (!weft.tensor<[32, 8], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 8, query, key], f32>
weft.model @m {
  weft.graph @good(%t: !weft.tensor<[32, 8], f32>, %o: !weft.tensor<[batch], i32>) inputs ["t", "o"] {
    %b = weft.relative_bias %t max_distance 128 bidirectional : (!weft.tensor<[32, 8], f32>) -> !weft.tensor<[8, query, key], f32>
    %c = weft.relative_bias %t offset %o max_distance 128 : (!weft.tensor<[32, 8], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 8, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%t: !weft.tensor<[32, 8], f32>) inputs ["t"] {
    // expected-error@+1 {{needs at least 2 buckets and a maximal distance above 16}}
    %b = weft.relative_bias %t max_distance 8 : (!weft.tensor<[32, 8], f32>) -> !weft.tensor<[8, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%t: !weft.tensor<[32], f32>) inputs ["t"] {
    // expected-error@+1 {{needs a table [buckets, heads], but got [32]}}
    %b = weft.relative_bias %t max_distance 128 : (!weft.tensor<[32], f32>) -> !weft.tensor<[8, query, key], f32>
    weft.output names []
  }
}
