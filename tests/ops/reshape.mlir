// weft.reshape: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 2, 4], f32>
// CHECK: weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<["batch*seq", 8], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    %y = weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 2, 4], f32>
    %z = weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<["batch*seq", 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{[batch, seq, 8] has 8*batch*seq elements, but [batch, 8] has 8*batch}}
    %y = weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 8], f32>
    weft.output names []
  }
}
