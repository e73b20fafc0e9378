// weft.state: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  // CHECK: weft.state @self_key layers 2 keys : !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
  weft.state @self_key layers 2 keys : !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
  // CHECK: weft.state @lengths : !weft.tensor<[cache_rows], i32>
  weft.state @lengths : !weft.tensor<[cache_rows], i32>
}

// -----

weft.model @bad {
  // expected-error@+1 {{keys are [rows, heads, positions, width]}}
  weft.state @k keys : !weft.tensor<[cache_rows, 4], f32>
}

// -----

weft.model @bad {
  // expected-error@+1 {{has 0 layers, not 1 to 4096}}
  weft.state @k layers 0 : !weft.tensor<[cache_rows, 4], f32>
}
