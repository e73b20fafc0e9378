// weft.state_ref: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.state @s : !weft.tensor<[4], f32>
  weft.graph @g() inputs [] {
    // CHECK: weft.state_ref @s : <[4], f32>
    %s = weft.state_ref @s : !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @g() inputs [] {
    // expected-error@+1 {{reads @s, which is no state}}
    %s = weft.state_ref @s : !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.state @s : !weft.tensor<[8], f32>
  weft.graph @g() inputs [] {
    // expected-error@+1 {{reads @s as}}
    %s = weft.state_ref @s : !weft.tensor<[4], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.state @s layers 2 : !weft.tensor<[4], f32>
  weft.graph @g() inputs [] {
    // expected-error@+1 {{has layers and needs a layer number}}
    %s = weft.state_ref @s : !weft.tensor<[4], f32>
    weft.output names []
  }
}
