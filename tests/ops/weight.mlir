// weft.weight: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  // CHECK: weft.weight @table "embeddings.weight" : !weft.tensor<[4, 4], f32>
  weft.weight @table "embeddings.weight" : !weft.tensor<[4, 4], f32>
  // CHECK: weft.weight @w "layer.{i}.weight" layers 2 : !weft.tensor<[4, 4], f32>
  weft.weight @w "layer.{i}.weight" layers 2 : !weft.tensor<[4, 4], f32>
  // CHECK: weft.weight @turned layers 2 : !weft.tensor<[4, 4], f32> {
  // CHECK-NEXT: ^bb0(%[[I:.*]]: index):
  // CHECK-NEXT: weft.weight_ref @w[%[[I]]]
  weft.weight @turned layers 2 : !weft.tensor<[4, 4], f32> {
  ^bb0(%i: index):
    %w = weft.weight_ref @w[%i] : !weft.tensor<[4, 4], f32>
    %t = weft.transpose %w [1, 0] : (!weft.tensor<[4, 4], f32>) -> !weft.tensor<[4, 4], f32>
    weft.yield %t : !weft.tensor<[4, 4], f32>
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{needs either a checkpoint path or an initializer}}
  weft.weight @w : !weft.tensor<[4, 4], f32>
}

// -----

weft.model @bad {
  // expected-error@+1 {{has -1 layers, not 0 to 4096}}
  weft.weight @w "layer.{i}.weight" layers -1 : !weft.tensor<[4, 4], f32>
}

// -----

weft.model @bad {
  // expected-error@+1 {{has 999999999 layers, not 0 to 4096}}
  weft.weight @w "layer.{i}.weight" layers 999999999 : !weft.tensor<[4, 4], f32>
}

// -----

weft.model @bad {
  // expected-error@+1 {{can't have more than 2^40 elements}}
  weft.weight @w "weight" : !weft.tensor<[1048576, 1048577], f32>
}

// -----

weft.model @bad {
  // expected-error@+1 {{has a dimension seq that is no number}}
  weft.weight @w "weight" : !weft.tensor<[seq, 4], f32>
}

// -----

weft.model @bad {
  weft.weight @a "a" : !weft.tensor<[4], f32>
  // expected-error@+1 {{an initializer must yield one '!weft.tensor<[4, 4], f32>'}}
  weft.weight @w : !weft.tensor<[4, 4], f32> {
    %a = weft.weight_ref @a : !weft.tensor<[4], f32>
    weft.yield %a : !weft.tensor<[4], f32>
  }
}

// -----

weft.model @bad {
  // expected-error@+1 {{an initializer without layers takes no layer number}}
  weft.weight @w : !weft.tensor<[], f32> {
  ^bb0(%i: index):
    %a = weft.constant 1.0 : !weft.tensor<[], f32>
    weft.yield %a : !weft.tensor<[], f32>
  }
}
