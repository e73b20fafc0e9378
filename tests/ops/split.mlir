// weft.split: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.split %x axis -1 : (!weft.tensor<[batch, seq, 8], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    %a, %b = weft.split %x axis -1 : (!weft.tensor<[batch, seq, 8], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 4], f32>)
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{pieces of [4, 5] make 9, but dimension 2 of [batch, seq, 8] is 8}}
    %a, %b = weft.split %x axis 2 : (!weft.tensor<[batch, seq, 8], f32>) -> (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch, seq, 5], f32>)
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{cuts [batch, seq, 8] into a piece [batch, 8]}}
    %a = weft.split %x axis 2 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 8], f32>
    weft.output names []
  }
}
