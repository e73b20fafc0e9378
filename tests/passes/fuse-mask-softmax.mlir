// RUN: weft-opt --weft-fuse-mask-softmax --verify-diagnostics --split-input-file %s | FileCheck %s
// RUN: not weft-opt --weft-fuse-mask-softmax=require-fusion --split-input-file %s 2>&1 | FileCheck --check-prefix=REQUIRED %s

!s = !weft.tensor<[batch, 2, seq, seq], f32>
!m = !weft.tensor<[seq, seq], i1>
// CHECK-LABEL: weft.model @fused
weft.model @fused {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%s: !s) inputs ["s"] {
    // CHECK: %[[MASK:.*]] = weft.causal_mask
    // CHECK-NEXT: %[[PROBS:.*]] = weft.masked_softmax %s, %[[MASK]]
    // CHECK-NEXT: weft.output %[[PROBS]]
    %mask = weft.causal_mask : () -> !m
    %masked = weft.masked %s, %mask : (!s, !m) -> !s
    // expected-remark@+1 {{fused mask + softmax}}
    %probs = weft.softmax %masked axis -1 : (!s) -> !s
    weft.output %probs : !s names ["probs"]
  }
}

// -----

// The twin: the masked scores are an output too.
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!m = !weft.tensor<[seq, seq], i1>
// CHECK-LABEL: weft.model @used_twice
weft.model @used_twice {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%s: !s) inputs ["s"] {
    // CHECK: weft.masked
    // CHECK: weft.softmax
    %mask = weft.causal_mask : () -> !m
    %masked = weft.masked %s, %mask : (!s, !m) -> !s
    // REQUIRED: error: mask + softmax not fused: the masked scores have another use
    // expected-remark@+1 {{mask + softmax not fused: the masked scores have another use}}
    %probs = weft.softmax %masked axis -1 : (!s) -> !s
    // expected-note@+1 {{here}}
    weft.output %probs, %masked : !s, !s names ["probs", "scores"]
  }
}

// -----

// Along the queries there is nothing to mask.
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!m = !weft.tensor<[seq, seq], i1>
// CHECK-LABEL: weft.model @other_axis
weft.model @other_axis {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%s: !s) inputs ["s"] {
    // CHECK: weft.softmax
    %mask = weft.causal_mask : () -> !m
    %masked = weft.masked %s, %mask : (!s, !m) -> !s
    // expected-remark@+1 {{mask + softmax not fused: the softmax is not along the last axis}}
    %probs = weft.softmax %masked axis 2 : (!s) -> !s
    weft.output %probs : !s names ["probs"]
  }
}

// -----

// A mask by hand: minus infinity where it hides.
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// CHECK-LABEL: weft.model @where
weft.model @where {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%s: !s, %mask: !m) inputs ["s", "mask"] {
    // CHECK: weft.masked_softmax %s, %mask
    %hidden = weft.constant 0xFFF0000000000000 : !weft.tensor<[], f32>
    %masked = weft.where %mask, %s, %hidden : (!m, !s, !weft.tensor<[], f32>) -> !s
    // expected-remark@+1 {{fused mask + softmax}}
    %probs = weft.softmax %masked axis 3 : (!s) -> !s
    weft.output %probs : !s names ["probs"]
  }
}

// -----

// A large negative number is no minus infinity: rows that see nothing would differ. No site, no remark.
!s = !weft.tensor<[batch, 2, seq, seq], f32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// CHECK-LABEL: weft.model @large_negative
weft.model @large_negative {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%s: !s, %mask: !m) inputs ["s", "mask"] {
    // CHECK: weft.softmax
    %hidden = weft.constant -1.0e9 : !weft.tensor<[], f32>
    %masked = weft.where %mask, %s, %hidden : (!m, !s, !weft.tensor<[], f32>) -> !s
    %probs = weft.softmax %masked axis 3 : (!s) -> !s
    weft.output %probs : !s names ["probs"]
  }
}
