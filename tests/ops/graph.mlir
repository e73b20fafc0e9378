// weft.graph: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  // CHECK: weft.graph @forward(%ids: !weft.tensor<[batch, seq], i32>) inputs ["ids"] docs ["token ids"] {
  weft.graph @forward(%a: !weft.tensor<[batch, seq], i32>) inputs ["ids"] docs ["token ids"] {
    // CHECK-NEXT: weft.output %ids : !weft.tensor<[batch, seq], i32> names ["same"]
    weft.output %a : !weft.tensor<[batch, seq], i32> names ["same"]
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{names 0 inputs for 1 arguments}}
  weft.graph @forward(%a: !weft.tensor<[4], f32>) inputs [] {
    weft.output names []
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{must end in weft.output}}
  weft.graph @forward() inputs [] {
    weft.yield
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{takes tensors, not 'index'}}
  weft.graph @forward(%i: index) inputs ["i"] {
    weft.output names []
  }
}
