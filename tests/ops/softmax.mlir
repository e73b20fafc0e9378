// weft.softmax: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.softmax %x axis -1 : (!weft.tensor<[batch, query, key], f32>) -> !weft.tensor<[batch, query, key], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, query, key], f32>) inputs ["x"] {
    %y = weft.softmax %x axis -1 : (!weft.tensor<[batch, query, key], f32>) -> !weft.tensor<[batch, query, key], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, query, key], f32>) inputs ["x"] {
    // expected-error@+1 {{axis 3 is outside [batch, query, key]}}
    %y = weft.softmax %x axis 3 : (!weft.tensor<[batch, query, key], f32>) -> !weft.tensor<[batch, query, key], f32>
    weft.output names []
  }
}
