// weft.sinusoidal: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.sinusoidal interleaved : () -> !weft.tensor<[seq, 512], f32>
// CHECK: weft.sinusoidal half offset %o : (!weft.tensor<[], i32>) -> !weft.tensor<[seq, 512], f32>
weft.model @m {
  weft.graph @good(%o: !weft.tensor<[], i32>) inputs ["o"] {
    %p = weft.sinusoidal interleaved : () -> !weft.tensor<[seq, 512], f32>
    %q = weft.sinusoidal half offset %o : (!weft.tensor<[], i32>) -> !weft.tensor<[seq, 512], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{gives [length, width] with a constant width, not [seq, width]}}
    %p = weft.sinusoidal half : () -> !weft.tensor<[seq, width], f32>
    weft.output names []
  }
}
