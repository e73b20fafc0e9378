// weft.merge_heads: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.merge_heads %x : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, 2, seq, 4], f32>) inputs ["x"] {
    %y = weft.merge_heads %x : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[2, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{needs [batch, heads, time, width], but got [2, seq, 4]}}
    %y = weft.merge_heads %x : (!weft.tensor<[2, seq, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}
