// weft.alibi: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.alibi heads 8 : () -> !weft.tensor<[8, query, key], f32>
weft.model @m {
  weft.graph @good() inputs [] {
    %b = weft.alibi heads 8 : () -> !weft.tensor<[8, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{gives '!weft.tensor<[8, query, key], f32>'}}
    %b = weft.alibi heads 8 : () -> !weft.tensor<[4, query, key], f32>
    weft.output names []
  }
}
