// weft.repeat_heads: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.repeat_heads %x times 2 : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, 2, seq, 4], f32>) inputs ["x"] {
    %y = weft.repeat_heads %x times 2 : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 2, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{repeats at least once, not 0 times}}
    %y = weft.repeat_heads %x times 0 : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, 4, seq, 4], f32>
    weft.output names []
  }
}
