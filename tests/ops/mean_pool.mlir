// weft.mean_pool: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.mean_pool %x, %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    %y = weft.mean_pool %x, %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    // expected-error@+1 {{needs [batch, time, ...], but got [batch]}}
    %y = weft.mean_pool %x, %l : (!weft.tensor<[batch], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch], f32>
    weft.output names []
  }
}
