// weft.group: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.graph @forward(%x: !weft.tensor<[batch, 4], f32>) inputs ["x"] {
    // CHECK: %[[Z:.*]] = weft.group pointwise {
    %z = weft.group pointwise {
      // CHECK-NEXT: %[[Y:.*]] = weft.unary relu %x
      %y = weft.unary relu %x : (!weft.tensor<[batch, 4], f32>) -> !weft.tensor<[batch, 4], f32>
      // CHECK-NEXT: weft.yield %[[Y]]
      weft.yield %y : !weft.tensor<[batch, 4], f32>
    // CHECK-NEXT: } : !weft.tensor<[batch, 4], f32>
    } : !weft.tensor<[batch, 4], f32>
    weft.output %z : !weft.tensor<[batch, 4], f32> names ["z"]
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // expected-error@+1 {{must yield its results}}
    %z = weft.group pointwise {
      weft.yield %x : !weft.tensor<[4], f32>
    } : !weft.tensor<[5], f32>
    weft.output names []
  }
}
