// weft.positions: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.positions %t : (!weft.tensor<[512, 4], f32>) -> !weft.tensor<[seq, 4], f32>
// CHECK: weft.positions %t offset %o {start = 2 : i64} : (!weft.tensor<[512, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%t: !weft.tensor<[512, 4], f32>, %o: !weft.tensor<[batch], i32>) inputs ["t", "o"] {
    %p = weft.positions %t : (!weft.tensor<[512, 4], f32>) -> !weft.tensor<[seq, 4], f32>
    %q = weft.positions %t offset %o {start = 2 : i64} : (!weft.tensor<[512, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%t: !weft.tensor<[512, 4], f32>) inputs ["t"] {
    // expected-error@+1 {{511 positions from 2 on are outside the table [512, 4]}}
    %p = weft.positions %t {start = 2 : i64} : (!weft.tensor<[512, 4], f32>) -> !weft.tensor<[511, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%t: !weft.tensor<[512, 4], f32>) inputs ["t"] {
    // expected-error@+1 {{gives [length, width], not [4]}}
    %p = weft.positions %t : (!weft.tensor<[512, 4], f32>) -> !weft.tensor<[4], f32>
    weft.output names []
  }
}
