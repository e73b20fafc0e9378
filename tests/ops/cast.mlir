// weft.cast: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.cast %x : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch], f32>
// CHECK: weft.cast %{{.*}} : (!weft.tensor<[batch], f32>) -> !weft.tensor<[batch], i32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch], i32>) inputs ["x"] {
    %y = weft.cast %x : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch], f32>
    %z = weft.cast %y : (!weft.tensor<[batch], f32>) -> !weft.tensor<[batch], i32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch], f32>) inputs ["x"] {
    // expected-error@+1 {{converts to f32 or i32 only}}
    %y = weft.cast %x : (!weft.tensor<[batch], f32>) -> !weft.tensor<[batch], i1>
    weft.output names []
  }
}
