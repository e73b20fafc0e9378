// weft.padding_mask: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, key], i1>
// CHECK: weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, key], i1>
weft.model @m {
  weft.graph @good(%l: !weft.tensor<[batch], i32>) inputs ["l"] {
    %m = weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, key], i1>
    %n = weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%l: !weft.tensor<[batch, seq], i32>) inputs ["l"] {
    // expected-error@+1 {{needs lengths [batch], but got [batch, seq]}}
    %m = weft.padding_mask %l : (!weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, 1, 1, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%l: !weft.tensor<[batch], i32>) inputs ["l"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, 1, 1, key], i1>'}}
    %m = weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 2, 1, key], i1>
    weft.output names []
  }
}
