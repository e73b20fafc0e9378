// weft.slice: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.slice %x axis 1 start <"seq-1"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
// CHECK: weft.slice %x axis 1 start <"1"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "seq-1", 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    %y = weft.slice %x axis 1 start <"seq-1"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
    %z = weft.slice %x axis 1 start <"1"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, "seq-1", 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{2 positions from 3 on are outside dimension 2 of [batch, seq, 4]}}
    %y = weft.slice %x axis 2 start <"3"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 2], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{of [batch, seq, 4] keeps the number of dimensions, unlike [batch, 4]}}
    %y = weft.slice %x axis 1 start <"0"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{1 positions from seq on are outside dimension 1 of [batch, seq, 4]}}
    %y = weft.slice %x axis 1 start <"seq"> : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, 1, 4], f32>
    weft.output names []
  }
}
