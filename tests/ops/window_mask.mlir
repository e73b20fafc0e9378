// weft.window_mask: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.window_mask before 3 after 0 : () -> !weft.tensor<[query, key], i1>
weft.model @m {
  weft.graph @good() inputs [] {
    %m = weft.window_mask before 3 after 0 : () -> !weft.tensor<[query, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{needs distances of at least 0}}
    %m = weft.window_mask before -1 after 0 : () -> !weft.tensor<[query, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{gives [.., query, key], not [key]}}
    %m = weft.window_mask before 1 after 0 : () -> !weft.tensor<[key], i1>
    weft.output names []
  }
}
