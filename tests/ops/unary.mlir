// weft.unary: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.unary relu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary gelu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary gelu_tanh %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary quick_gelu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary silu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary tanh %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary sigmoid %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary exp %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary log %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary sqrt %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.unary neg %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    %v0 = weft.unary relu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v1 = weft.unary gelu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v2 = weft.unary gelu_tanh %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v3 = weft.unary quick_gelu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v4 = weft.unary silu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v5 = weft.unary tanh %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v6 = weft.unary sigmoid %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v7 = weft.unary exp %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v8 = weft.unary log %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v9 = weft.unary sqrt %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    %v10 = weft.unary neg %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, seq, 4], f32>'}}
    %y = weft.unary relu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 5], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // expected-error@+2 {{expected ::weft::Activation to be one of: relu, gelu, gelu_tanh, quick_gelu, silu, tanh, sigmoid, exp, log, sqrt, neg}}
    // expected-error@+1 {{failed to parse Weft_ActivationAttr parameter}}
    %y = weft.unary swish %x : (!weft.tensor<[4], f32>) -> !weft.tensor<[4], f32>
    weft.output names []
  }
}
