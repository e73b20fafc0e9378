// weft.causal_mask: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.causal_mask : () -> !weft.tensor<[query, key], i1>
// CHECK: weft.causal_mask offset %o {shift = 2 : i64} : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, query, key], i1>
weft.model @m {
  weft.graph @good(%o: !weft.tensor<[batch], i32>) inputs ["o"] {
    %m = weft.causal_mask : () -> !weft.tensor<[query, key], i1>
    %n = weft.causal_mask offset %o {shift = 2 : i64} : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, query, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%o: !weft.tensor<[batch], i32>) inputs ["o"] {
    // expected-error@+1 {{an offset of the batch needs scores with a batch dimension}}
    %n = weft.causal_mask offset %o : (!weft.tensor<[batch], i32>) -> !weft.tensor<[query, key], i1>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad() inputs [] {
    // expected-error@+1 {{gives '!weft.tensor<[query, key], i1>'}}
    %m = weft.causal_mask : () -> !weft.tensor<[batch, query, key], i1>
    weft.output names []
  }
}
