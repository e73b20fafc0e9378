// weft.cache_read: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

!s = !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
weft.model @m {
  weft.graph @g(%s: !s, %p: !weft.tensor<[batch, pages], i32>, %i: !weft.tensor<[batch], i32>) inputs ["s", "p", "i"] {
    // CHECK: weft.cache_read %s rows %p
    %a = weft.cache_read %s rows %p : (!s, !weft.tensor<[batch, pages], i32>) -> !weft.tensor<[batch, "16*pages", 8], f32>
    // CHECK: weft.cache_read %s rows %i
    %b = weft.cache_read %s rows %i : (!s, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, src, 8], f32>
    // CHECK: weft.cache_read %i rows %i
    %c = weft.cache_read %i rows %i : (!weft.tensor<[batch], i32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch], i32>
    // CHECK: weft.cache_read %i :
    %d = weft.cache_read %i : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch], i32>
    weft.output names []
  }
}

// -----

!s = !weft.tensor<[cache_rows, 2, 40, 4], f32>
weft.model @bad {
  weft.graph @g(%s: !s, %p: !weft.tensor<[batch, pages], i32>) inputs ["s", "p"] {
    // expected-error@+1 {{pages of 16 positions in [batch, pages] do not make up [cache_rows, 2, 40, 4]}}
    %a = weft.cache_read %s rows %p : (!s, !weft.tensor<[batch, pages], i32>) -> !weft.tensor<[batch, 40, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @bad {
  weft.graph @g(%s: !weft.tensor<[rows, 4], f32>, %i: !weft.tensor<[batch], f32>) inputs ["s", "i"] {
    // expected-error@+1 {{must be i32 tensor}}
    %a = weft.cache_read %s rows %i : (!weft.tensor<[rows, 4], f32>, !weft.tensor<[batch], f32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}
