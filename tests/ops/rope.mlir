// weft.rope: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.rope %x heads 2 theta 1.000000e+04 style half width 4 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
// CHECK: weft.rope %x offset %o heads 2 theta 1.000000e+04 style interleaved width 2 : (!weft.tensor<[batch, seq, 8], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 8], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 8], f32>, %o: !weft.tensor<[batch], i32>) inputs ["x", "o"] {
    %y = weft.rope %x heads 2 theta 1.000000e+04 style half width 4 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    %z = weft.rope %x offset %o heads 2 theta 1.000000e+04 style interleaved width 2 : (!weft.tensor<[batch, seq, 8], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 8], f32>
    // CHECK: weft.rope %x heads 2 theta 1.000000e+04 style half width 4 {factor = 8.000000e+00 : f64, ramp = array<f64: 1.000000e+00, 4.000000e+00, 8.192000e+03>}
    %l = weft.rope %x heads 2 theta 1.000000e+04 style half width 4 {factor = 8.0 : f64, ramp = array<f64: 1.0, 4.0, 8192.0>} : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{needs a positive factor}}
    %y = weft.rope %x heads 2 theta 1.0 style half width 4 {factor = 0.0 : f64} : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{needs a ramp of three positive numbers, low, high and context, with low below high}}
    %y = weft.rope %x heads 2 theta 1.0 style half width 4 {factor = 2.0 : f64, ramp = array<f64: 4.0, 4.0, 100.0>} : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{the features of a head that turn must be an even number up to its 4, not 3}}
    %y = weft.rope %x heads 2 theta 1.0 style half width 3 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    // expected-error@+1 {{needs a positive theta}}
    %y = weft.rope %x heads 2 theta -1.0 style half width 4 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 8], f32>, %o: !weft.tensor<[src], i32>) inputs ["x", "o"] {
    // expected-error@+1 {{the offset has src rows for a batch of batch}}
    %y = weft.rope %x offset %o heads 2 theta 1.0 style half width 4 : (!weft.tensor<[batch, seq, 8], f32>, !weft.tensor<[src], i32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}
