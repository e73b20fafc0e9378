// RUN: weft-opt --weft-fuse-attention --verify-diagnostics --split-input-file %s | FileCheck %s
// RUN: not weft-opt --weft-fuse-attention=require-fusion --split-input-file %s 2>&1 | FileCheck --check-prefix=REQUIRED %s

!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!m = !weft.tensor<[seq, seq], i1>
// CHECK-LABEL: weft.model @masked
weft.model @masked {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    // CHECK: %[[MASK:.*]] = weft.causal_mask
    // CHECK-NEXT: %[[Y:.*]] = weft.attention %q, %k, %v mask %[[MASK]] heads 2 kv_heads 2 scale 5.000000e-01 :
    // CHECK-NEXT: weft.output %[[Y]]
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %c = weft.constant 0.5 : !weft.tensor<[], f32>
    %scaled = weft.mul %s, %c : (!s, !weft.tensor<[], f32>) -> !s
    %mask = weft.causal_mask : () -> !m
    %probs = weft.masked_softmax %scaled, %mask : (!s, !m) -> !s
    // expected-remark@+1 {{fused attention}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// Heads by reshape and transpose, queries scaled before the product, two biases, no mask.
!x = !weft.tensor<[batch, seq, 8], f32>
!r = !weft.tensor<[batch, seq, 2, 4], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
// CHECK-LABEL: weft.model @by_hand
weft.model @by_hand {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x, %b: !s) inputs ["q", "k", "v", "b"] {
    // CHECK: %[[ALIBI:.*]] = weft.alibi
    // CHECK: %[[BIAS:.*]] = weft.add %b, %[[ALIBI]]
    // CHECK: weft.attention %q, %k, %v bias %[[BIAS]] heads 2 kv_heads 2 scale 5.000000e-01 :
    // CHECK-NOT: weft.matmul
    %qr = weft.reshape %q : (!x) -> !r
    %kr = weft.reshape %k : (!x) -> !r
    %vr = weft.reshape %v : (!x) -> !r
    %qh = weft.transpose %qr [0, 2, 1, 3] : (!r) -> !h
    %kt = weft.transpose %kr [0, 2, 3, 1] : (!r) -> !t
    %vh = weft.transpose %vr [0, 2, 1, 3] : (!r) -> !h
    %c = weft.constant 0.5 : !weft.tensor<[], f32>
    %qs = weft.mul %qh, %c : (!h, !weft.tensor<[], f32>) -> !h
    %s = weft.matmul %qs, %kt : (!h, !t) -> !s
    %alibi = weft.alibi heads 2 : () -> !weft.tensor<[2, seq, seq], f32>
    %s1 = weft.add %alibi, %s : (!weft.tensor<[2, seq, seq], f32>, !s) -> !s
    %s2 = weft.add %s1, %b : (!s, !s) -> !s
    %probs = weft.softmax %s2 axis -1 : (!s) -> !s
    // expected-remark@+1 {{fused attention}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %or = weft.transpose %o [0, 2, 1, 3] : (!h) -> !r
    %y = weft.reshape %or : (!r) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// Shared key heads, and scores bent by c * tanh(s / c).
!x = !weft.tensor<[batch, seq, 8], f32>
!y = !weft.tensor<[batch, seq, 4], f32>
!g = !weft.tensor<[batch, 1, seq, 4], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!c = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @grouped
weft.model @grouped {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !y, %v: !y) inputs ["q", "k", "v"] {
    // CHECK: weft.attention %q, %k, %v heads 2 kv_heads 1 scale 5.000000e-01 softcap 2.000000e+01 :
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %k1 = weft.split_heads %k heads 1 : (!y) -> !g
    %v1 = weft.split_heads %v heads 1 : (!y) -> !g
    %kh = weft.repeat_heads %k1 times 2 : (!g) -> !h
    %vh = weft.repeat_heads %v1 times 2 : (!g) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %small = weft.constant 0.025 : !c
    %u = weft.mul %s, %small : (!s, !c) -> !s
    %bent = weft.unary tanh %u : (!s) -> !s
    %cap = weft.constant 20.0 : !c
    %w = weft.mul %bent, %cap : (!s, !c) -> !s
    %probs = weft.softmax %w axis 3 : (!s) -> !s
    // expected-remark@+1 {{fused attention}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %z = weft.merge_heads %o : (!h) -> !x
    weft.output %z : !x names ["z"]
  }
}

// -----

// The twin: the probabilities are an output, so they must exist.
!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
// CHECK-LABEL: weft.model @probabilities_used
weft.model @probabilities_used {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x) inputs ["q", "k", "v"] {
    // CHECK-NOT: weft.attention
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    %probs = weft.softmax %s axis -1 : (!s) -> !s
    // REQUIRED: error: attention not fused: the probabilities have another use
    // expected-remark@+1 {{attention not fused: the probabilities have another use}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    // expected-note@+1 {{here}}
    weft.output %y, %probs : !x, !s names ["y", "probs"]
  }
}

// -----

// A learned scale is no number; scores that something else reads must exist.
!x = !weft.tensor<[batch, seq, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
!t = !weft.tensor<[batch, 2, 4, seq], f32>
!s = !weft.tensor<[batch, 2, seq, seq], f32>
// CHECK-LABEL: weft.model @scale_and_scores
weft.model @scale_and_scores {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%q: !x, %k: !x, %v: !x, %scale: !weft.tensor<[], f32>) inputs ["q", "k", "v", "scale"] {
    // CHECK-NOT: weft.attention
    %qh = weft.split_heads %q heads 2 : (!x) -> !h
    %kh = weft.split_heads %k heads 2 : (!x) -> !h
    %vh = weft.split_heads %v heads 2 : (!x) -> !h
    %kt = weft.transpose %kh [0, 1, 3, 2] : (!h) -> !t
    %s = weft.matmul %qh, %kt : (!h, !t) -> !s
    // expected-note@+1 {{here}}
    %scaled = weft.mul %s, %scale : (!s, !weft.tensor<[], f32>) -> !s
    %probs = weft.softmax %scaled axis -1 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the scale is no compile-time number}}
    %o = weft.matmul %probs, %vh : (!s, !h) -> !h
    %y = weft.merge_heads %o : (!h) -> !x
    %probs2 = weft.softmax %s axis -1 : (!s) -> !s
    // expected-remark@+1 {{attention not fused: the scores have another use}}
    %o2 = weft.matmul %probs2, %vh : (!s, !h) -> !h
    %y2 = weft.merge_heads %o2 : (!h) -> !x
    weft.output %y, %y2 : !x, !x names ["y", "y2"]
  }
}

// -----

// Probabilities that come from no product of queries and keys are no attention: no site, no remark.
!x = !weft.tensor<[batch, seq, 8], f32>
!s = !weft.tensor<[batch, seq, seq], f32>
// CHECK-LABEL: weft.model @no_site
weft.model @no_site {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%s: !s, %v: !x) inputs ["s", "v"] {
    // CHECK: weft.matmul
    %probs = weft.softmax %s axis -1 : (!s) -> !s
    %y = weft.matmul %probs, %v : (!s, !x) -> !x
    weft.output %y : !x names ["y"]
  }
}
