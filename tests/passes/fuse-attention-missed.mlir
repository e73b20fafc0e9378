// What keeps attention from being fused is said at the product of the probabilities and the values, one reason a case.
// RUN: weft-opt --weft-fuse-attention --verify-diagnostics --split-input-file %s | FileCheck %s

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @scores_twice
// CHECK-NOT: weft.attention
weft.model @scores_twice {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    // expected-note@+1 {{here}}
    %ss = weft.add %s, %s : (!s, !s) -> !s
    %probs = weft.softmax %ss axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the scores are used twice}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @over_queries
// CHECK-NOT: weft.attention
weft.model @over_queries {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    // expected-note@+1 {{here}}
    %probs = weft.softmax %s axis 2 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the softmax is not over the keys}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
!m = !weft.tensor<[seq, seq], i1>
// CHECK-LABEL: weft.model @mask_apart
// CHECK-NOT: weft.attention
weft.model @mask_apart {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %mask = weft.causal_mask : () -> !m
    %ms = weft.masked %s, %mask : (!s, !m) -> !s
    // expected-note@+1 {{here}}
    %probs = weft.softmax %ms axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: mask and softmax are not fused}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
!w = !weft.tensor<[batch, 1, seq, seq], f32>
!qw = !weft.tensor<[batch, 1, seq, 8], f32>
!tw = !weft.tensor<[batch, 1, 8, seq], f32>
// CHECK-LABEL: weft.model @stretched
// CHECK-NOT: weft.attention
weft.model @stretched {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x, %b: !s) inputs ["q", "k", "v", "b"] {
    %qh = weft.split_heads %q heads 1 : (!x) -> !qw
    %kh = weft.split_heads %k heads 1 : (!x) -> !qw
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!qw) -> !tw
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!qw, !tw) -> !w
    // expected-note@+1 {{here}}
    %sb = weft.add %s, %b : (!w, !s) -> !s
    %probs = weft.softmax %sb axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the bias stretches the scores}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @changed
// CHECK-NOT: weft.attention
weft.model @changed {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    // expected-note@+1 {{here}}
    %sr = weft.unary relu %s : (!s) -> !s
    %probs = weft.softmax %sr axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the scores are changed in a way that attention has not}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @queries_whole
// CHECK-NOT: weft.attention
weft.model @queries_whole {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%qh: !h, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    // expected-note@+1 {{here}}
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the queries are not split into heads}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @keys_not_turned
// CHECK-NOT: weft.attention
weft.model @keys_not_turned {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %kt: !t, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    // expected-note@+1 {{here}}
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the keys are not split into heads and transposed}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @values_whole
// CHECK-NOT: weft.attention
weft.model @values_whole {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %vh: !h) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the values are not split into heads}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
!g = !weft.tensor<[batch, 1, seq, 4], f32>
!y = !weft.tensor<[batch, seq, 4], f32>
// CHECK-LABEL: weft.model @shared_values
// CHECK-NOT: weft.attention
weft.model @shared_values {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !y) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vg = weft.split_heads %v heads 1 : (!y) -> !g
    %vh = weft.repeat_heads %vg times 2 : (!g) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: keys and values differ in their heads}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @results_twice
// CHECK-NOT: weft.attention
weft.model @results_twice {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the heads' results have more than one use}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y, %o : !x, !h names ["y", "o"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!one = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @not_merged
// CHECK-NOT: weft.attention
weft.model @not_merged {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis 3 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the heads' results are not merged}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    // expected-note@+1 {{here}}
    weft.output %o : !h names ["o"]
  }
}
