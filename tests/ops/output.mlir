// weft.output: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // CHECK: weft.output %x, %x : !weft.tensor<[4], f32>, !weft.tensor<[4], f32> names ["a", "b"] {docs = ["first", ""]}
    weft.output %x, %x : !weft.tensor<[4], f32>, !weft.tensor<[4], f32> names ["a", "b"] {docs = ["first", ""]}
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // expected-error@+1 {{names 2 outputs for 1 values}}
    weft.output %x : !weft.tensor<[4], f32> names ["a", "b"]
  }
}
