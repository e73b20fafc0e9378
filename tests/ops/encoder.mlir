// weft.encoder: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // CHECK: weft.encoder "memory" layers 6 (%layer, %[[H:.*]] = %x) : (!weft.tensor<[batch, seq, 4], f32>) {
    %y = weft.encoder "memory" layers 6 (%i, %h = %x) : (!weft.tensor<[batch, seq, 4], f32>) {
      // CHECK-NEXT: %[[R:.*]] = weft.unary relu %[[H]]
      %r = weft.unary relu %h : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
      // CHECK-NEXT: weft.yield %[[R]]
      weft.yield %r : !weft.tensor<[batch, seq, 4], f32>
    }
    weft.output %y : !weft.tensor<[batch, seq, 4], f32> names ["y"]
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // expected-error@+1 {{must carry the same types in, around and out}}
    %y = weft.encoder "h" layers 6 (%i, %h = %x) : (!weft.tensor<[4], f32>) {
      %r = weft.reshape %h : (!weft.tensor<[4], f32>) -> !weft.tensor<[2, 2], f32>
      weft.yield %r : !weft.tensor<[2, 2], f32>
    }
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // expected-error@+1 {{can't have a negative number of layers}}
    %y = weft.encoder "h" layers -1 (%i, %h = %x) : (!weft.tensor<[4], f32>) {
      weft.yield %h : !weft.tensor<[4], f32>
    }
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // expected-error@+1 {{has 5000 layers, more than 4096}}
    %y = weft.encoder "h" layers 5000 (%i, %h = %x) : (!weft.tensor<[4], f32>) {
      weft.yield %h : !weft.tensor<[4], f32>
    }
    weft.output names []
  }
}
