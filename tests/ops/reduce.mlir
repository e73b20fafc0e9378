// weft.reduce: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.reduce mean %x axis 1 keep : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
// CHECK: weft.reduce argmax %x axis -1 : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq], i32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    %y = weft.reduce mean %x axis 1 keep : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
    %z = weft.reduce argmax %x axis -1 : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq], i32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{axis 3 is outside [batch, seq, 4]}}
    %y = weft.reduce sum %x axis 3 : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, seq], i32>'}}
    %y = weft.reduce argmax %x axis 2 : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq], f32>
    weft.output names []
  }
}
