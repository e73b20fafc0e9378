// weft.dim: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  // CHECK: weft.dim @seq in 1 to 512
  weft.dim @seq in 1 to 512
  // CHECK: weft.dim @batch in 1 to 8 {doc = "sentences"}
  weft.dim @batch in 1 to 8 {doc = "sentences"}
}

// -----

weft.model @bad {
  // expected-error@+1 {{has bounds 5 to 4}}
  weft.dim @seq in 5 to 4
}

// -----

weft.model @bad {
  // expected-error@+1 {{has bounds}}
  weft.dim @seq in -1 to 4
}

// -----

// expected-error@+1 {{expects parent op 'weft.model'}}
weft.dim @seq in 1 to 4
