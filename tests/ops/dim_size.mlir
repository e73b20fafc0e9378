// weft.dim_size: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.dim_size <"seq-1"> : <[], i32>
weft.model @m {
  weft.graph @good() inputs [] {
    %n = weft.dim_size <"seq-1"> : !weft.tensor<[], i32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{gives a scalar, not [1]}}
    %n = weft.dim_size <"seq"> : !weft.tensor<[1], i32>
    weft.output names []
  }
}
