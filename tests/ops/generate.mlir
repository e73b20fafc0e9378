// weft.generate: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

weft.model @m {
  // CHECK: weft.generate "tokens" from "logits" start 0 stop [2, 3] limit 256
  weft.generate "tokens" from "logits" start 0 stop [2, 3] limit 256
  // CHECK: weft.generate "tokens" from "logits" stop [2] limit 16 suppress [4, 5] suppress_first [6]
  weft.generate "tokens" from "logits" stop [2] limit 16 suppress [4, 5] suppress_first [6]
}

// -----

weft.model @bad {
  // expected-error@+1 {{speaks of token 4294967296, but tokens are i32}}
  weft.generate "tokens" from "logits" stop [2] limit 16 suppress [4294967296]
}

// -----

weft.model @bad {
  // expected-error@+1 {{needs a limit of at least 1}}
  weft.generate "tokens" from "logits" stop [2] limit 0
}
