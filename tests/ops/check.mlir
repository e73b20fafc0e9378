// weft.check: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.graph @forward(%lengths: !weft.tensor<[batch], i32>) inputs ["lengths"] {
    // CHECK: weft.check %lengths in <"0"> to <"seq"> what "length" : <[batch], i32>
    weft.check %lengths in <"0"> to <"seq"> what "length" : !weft.tensor<[batch], i32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[batch], f32>) inputs ["x"] {
    // expected-error@+1 {{must be i32 tensor}}
    weft.check %x in <"0"> to <"seq"> what "length" : !weft.tensor<[batch], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[batch], i32>) inputs ["x"] {
    // expected-error@+1 {{'seq+' is no dimension expression}}
    weft.check %x in <"0"> to <"seq+"> what "length" : !weft.tensor<[batch], i32>
    weft.output names []
  }
}
