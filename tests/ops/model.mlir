// weft.model: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.model @bert attributes {doc = "encoder only", prefixes = ["bert.", ""]}
weft.model @bert attributes {prefixes = ["bert.", ""], doc = "encoder only"} {
  // CHECK-NEXT: weft.dim @seq in 1 to 512
  weft.dim @seq in 1 to 512
}

// -----

weft.model @bad {
  // expected-error@+1 {{has no place directly in a model}}
  %x = weft.constant 1.0 : !weft.tensor<[], f32>
}
