// weft.constant: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.constant 2.500000e+00 : <[], f32>
// CHECK: weft.constant 3.000000e+00 : <[], i32>
weft.model @m {
  weft.graph @good() inputs [] {
    %a = weft.constant 2.500000e+00 : !weft.tensor<[], f32>
    %b = weft.constant 3.000000e+00 : !weft.tensor<[], i32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{is a scalar, not [4]}}
    %a = weft.constant 2.0 : !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{is no i32}}
    %a = weft.constant 2.5 : !weft.tensor<[], i32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{of type bool is 0 or 1}}
    %a = weft.constant 2.0 : !weft.tensor<[], i1>
    weft.output names []
  }
}
