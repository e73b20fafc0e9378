// weft.layer_number: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.weight @w "layer.{i}.weight" layers 6 : !weft.tensor<[4, 4], f32>
  weft.graph @g() inputs [] {
    // CHECK: %[[I:.*]] = weft.layer_number 5
    %i = weft.layer_number 5
    // CHECK: weft.weight_ref @w[%[[I]]]
    %w = weft.weight_ref @w[%i] : !weft.tensor<[4, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.weight @w "layer.{i}.weight" layers 6 : !weft.tensor<[4, 4], f32>
  weft.graph @g() inputs [] {
    %i = weft.layer_number 6
    // expected-error@+1 {{reads @w of 6 layers in a stack of 7}}
    %w = weft.weight_ref @w[%i] : !weft.tensor<[4, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @g() inputs [] {
    // expected-error@+1 {{counts layers from 0, not -1}}
    %i = weft.layer_number -1
    weft.output names []
  }
}
