// weft.yield: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  weft.kernel @copy index (%x: !weft.tensor<[m, 4], f32>) {
    // CHECK: weft.yield %{{.*}} : !weft.tensor<[m, 4], f32>
    weft.yield %x : !weft.tensor<[m, 4], f32>
  }
}

// -----

weft.model @bad {
  weft.kernel @copy index (%x: !weft.tensor<[m, 4], f32>) {
    // expected-error@+1 {{must be the last operation in the parent block}}
    weft.yield %x : !weft.tensor<[m, 4], f32>
    weft.yield %x : !weft.tensor<[m, 4], f32>
  }
}
