// weft.attention: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.attention %q, %k, %v mask %m bias %b heads 4 kv_heads 2 scale 5.000000e-01 softcap 3.000000e+01 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>, !weft.tensor<[tgt, src], i1>, !weft.tensor<[4, tgt, src], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
// CHECK: weft.attention %q, %k, %v heads 4 kv_heads 2 scale 5.000000e-01 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
weft.model @m {
  weft.graph @good(%q: !weft.tensor<[batch, tgt, 8], f32>, %k: !weft.tensor<[batch, src, 4], f32>, %v: !weft.tensor<[batch, src, 6], f32>, %m: !weft.tensor<[tgt, src], i1>, %b: !weft.tensor<[4, tgt, src], f32>) inputs ["q", "k", "v", "m", "b"] {
    %y = weft.attention %q, %k, %v mask %m bias %b heads 4 kv_heads 2 scale 5.000000e-01 softcap 3.000000e+01 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>, !weft.tensor<[tgt, src], i1>, !weft.tensor<[4, tgt, src], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
    %z = weft.attention %q, %k, %v heads 4 kv_heads 2 scale 5.000000e-01 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%q: !weft.tensor<[batch, tgt, 8], f32>, %k: !weft.tensor<[batch, src, 4], f32>, %v: !weft.tensor<[batch, src, 6], f32>) inputs ["q", "k", "v"] {
    // expected-error@+1 {{3 key heads do not divide 4 heads}}
    %z = weft.attention %q, %k, %v heads 4 kv_heads 3 scale 0.5 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%q: !weft.tensor<[batch, tgt, 8], f32>, %k: !weft.tensor<[batch, src, 4], f32>, %v: !weft.tensor<[batch, src, 6], f32>) inputs ["q", "k", "v"] {
    // expected-error@+1 {{heads of query [batch, tgt, 8] and key [batch, src, 4] differ in width: 2 and 4}}
    %z = weft.attention %q, %k, %v heads 4 kv_heads 1 scale 0.5 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%q: !weft.tensor<[batch, tgt, 8], f32>, %k: !weft.tensor<[batch, src, 4], f32>, %v: !weft.tensor<[batch, tgt, 4], f32>) inputs ["q", "k", "v"] {
    // expected-error@+1 {{key [batch, src, 4] and value [batch, tgt, 4] differ in dimension 1: src and tgt}}
    %z = weft.attention %q, %k, %v heads 4 kv_heads 2 scale 0.5 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, tgt, 4], f32>) -> !weft.tensor<[batch, tgt, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%q: !weft.tensor<[batch, tgt, 8], f32>, %k: !weft.tensor<[batch, src, 4], f32>, %v: !weft.tensor<[batch, src, 6], f32>, %m: !weft.tensor<[src, tgt], i1>) inputs ["q", "k", "v", "m"] {
    // expected-error@+1 {{the mask does not fit [batch, heads, query, key]}}
    %z = weft.attention %q, %k, %v mask %m heads 4 kv_heads 2 scale 0.5 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>, !weft.tensor<[src, tgt], i1>) -> !weft.tensor<[batch, tgt, 12], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%q: !weft.tensor<[batch, tgt, 8], f32>, %k: !weft.tensor<[batch, src, 4], f32>, %v: !weft.tensor<[batch, src, 6], f32>) inputs ["q", "k", "v"] {
    // expected-error@+1 {{needs a positive softcap}}
    %z = weft.attention %q, %k, %v heads 4 kv_heads 2 scale 0.5 softcap 0.0 : (!weft.tensor<[batch, tgt, 8], f32>, !weft.tensor<[batch, src, 4], f32>, !weft.tensor<[batch, src, 6], f32>) -> !weft.tensor<[batch, tgt, 12], f32>
    weft.output names []
  }
}
