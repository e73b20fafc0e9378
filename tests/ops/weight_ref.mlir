// weft.weight_ref: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.weight @w "weight" : !weft.tensor<[4], f32>
  weft.graph @forward() inputs [] {
    // CHECK: weft.weight_ref @w : <[4], f32>
    %w = weft.weight_ref @w : !weft.tensor<[4], f32>
    weft.output %w : !weft.tensor<[4], f32> names ["w"]
  }
}

// -----

weft.model @bad {
  weft.graph @forward() inputs [] {
    // expected-error@+1 {{reads @w, which is no weight}}
    %w = weft.weight_ref @w : !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.weight @w "weight" : !weft.tensor<[4], f32>
  weft.graph @forward() inputs [] {
    // expected-error@+1 {{reads @w as '!weft.tensor<[5], f32>', but it is '!weft.tensor<[4], f32>'}}
    %w = weft.weight_ref @w : !weft.tensor<[5], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.weight @w "layer.{i}.weight" layers 2 : !weft.tensor<[4], f32>
  weft.graph @forward() inputs [] {
    // expected-error@+1 {{@w has layers and needs a layer number}}
    %w = weft.weight_ref @w : !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.weight @w "layer.{i}.weight" layers 2 : !weft.tensor<[4], f32>
  weft.graph @forward(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    %y = weft.encoder "h" layers 3 (%i, %h = %x) : (!weft.tensor<[4], f32>) {
      // expected-error@+1 {{reads @w of 2 layers in a stack of 3}}
      %w = weft.weight_ref @w[%i] : !weft.tensor<[4], f32>
      weft.yield %w : !weft.tensor<[4], f32>
    }
    weft.output names []
  }
}
