// weft.linear: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.linear %x, %w bias %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
// CHECK: weft.linear %x, %v transposed : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %w: !weft.tensor<[8, 4], f32>, %b: !weft.tensor<[8], f32>, %v: !weft.tensor<[4, 8], f32>) inputs ["x", "w", "b", "v"] {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    %z = weft.linear %x, %v transposed : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %w: !weft.tensor<[8, 5], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{[batch, seq, 4] and the weight [8, 5] differ in the input width: 4 and 5}}
    %y = weft.linear %x, %w : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 5], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %w: !weft.tensor<[8, 4], f32>, %b: !weft.tensor<[4], f32>) inputs ["x", "w", "b"] {
    // expected-error@+1 {{the bias must be [8], not [4]}}
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %w: !weft.tensor<[8, 4], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, seq, 8], f32>', but its result is written as '!weft.tensor<[batch, seq, 4], f32>'}}
    %y = weft.linear %x, %w : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}
