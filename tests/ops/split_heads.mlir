// weft.split_heads: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.split_heads %x heads 2 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 2, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    %y = weft.split_heads %x heads 2 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 2, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{3 heads do not divide the width 8 of [batch, seq, 8]}}
    %y = weft.split_heads %x heads 3 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 3, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq], f32>) inputs ["x"] {
    // expected-error@+1 {{needs [batch, time, heads*width], but got [batch, seq]}}
    %y = weft.split_heads %x heads 2 : (!weft.tensor<[batch, seq], f32>) -> !weft.tensor<[batch, 2, seq, 4], f32>
    weft.output names []
  }
}
