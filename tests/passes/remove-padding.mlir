// RUN: weft-opt --weft-remove-padding --verify-diagnostics --split-input-file %s | FileCheck %s

!x = !weft.tensor<[batch, seq, 4], f32>
!w = !weft.tensor<[4, 4], f32>
!b = !weft.tensor<[4], f32>
!l = !weft.tensor<[batch], i32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// A stack whose mean alone is asked for: everything but attention runs over packed rows, and so does what the layers carry on.
// CHECK-LABEL: weft.model @stack
weft.model @stack {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  // expected-remark@+1 {{padding behind these lengths is left out of 4 ops}}
  weft.graph @forward(%start: !x, %w: !w, %g: !b, %lengths: !l) inputs ["x", "w", "g", "lengths"] {
    // CHECK: %[[START:.*]] = weft.move_rows pack %x by %lengths
    // CHECK: weft.encoder "hidden" layers 2 (%{{.*}}, %[[X:.*]] = %[[START]])
    %h = weft.encoder "hidden" layers 2 (%i, %x = %start) : (!x) {
      // CHECK: %[[Q:.*]] = weft.linear %[[X]], %w
      // CHECK: %[[QUERY:.*]] = weft.move_rows unpack %[[Q]] by %lengths
      // CHECK: %[[Y:.*]] = weft.attention %[[QUERY]], %[[QUERY]], %[[QUERY]] mask
      // CHECK: %[[P:.*]] = weft.move_rows pack %[[Y]] by %lengths
      // CHECK: weft.linear %[[P]], %w
      // CHECK-NOT: move_rows
      // CHECK: weft.yield
      %q = weft.linear %x, %w : (!x, !w) -> !x
      %mask = weft.padding_mask %lengths : (!l) -> !m
      %y = weft.attention %q, %q, %q mask %mask heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !m) -> !x
      %o = weft.linear %y, %w : (!x, !w) -> !x
      %s = weft.add %x, %o : (!x, !x) -> !x
      %n = weft.rms_norm %s, %g eps 1.0e-6 : (!x, !b) -> !x
      weft.yield %n : !x
    }
    // CHECK: weft.move_rows unpack
    // CHECK-NEXT: weft.mean_pool
    %p = weft.mean_pool %h, %lengths : (!x, !l) -> !weft.tensor<[batch, 4], f32>
    weft.output %p : !weft.tensor<[batch, 4], f32> names ["p"]
  }
}

// -----

// The twin: the output shows every row.
!x = !weft.tensor<[batch, seq, 4], f32>
!w = !weft.tensor<[4, 4], f32>
!l = !weft.tensor<[batch], i32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// CHECK-LABEL: weft.model @shown
weft.model @shown {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%x: !x, %w: !w, %lengths: !l) inputs ["x", "w", "lengths"] {
    // CHECK-NOT: move_rows
    %q = weft.linear %x, %w : (!x, !w) -> !x
    %mask = weft.padding_mask %lengths : (!l) -> !m
    %y = weft.attention %q, %q, %q mask %mask heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !m) -> !x
    %o = weft.linear %y, %w : (!x, !w) -> !x
    weft.output %o : !x names ["o"]
  }
}

// -----

// Keys and values under the mask are not shown, though their queries are.
!x = !weft.tensor<[batch, seq, 4], f32>
!w = !weft.tensor<[4, 4], f32>
!l = !weft.tensor<[batch], i32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// CHECK-LABEL: weft.model @keys
weft.model @keys {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  // expected-remark@+1 {{padding behind these lengths is left out of 1 ops}}
  weft.graph @forward(%x: !x, %w: !w, %v: !w, %lengths: !l) inputs ["x", "w", "v", "lengths"] {
    // CHECK: %[[X:.*]] = weft.move_rows pack %x by %lengths
    // CHECK: weft.linear %x, %w
    // CHECK: %[[K:.*]] = weft.linear %[[X]], %v
    // CHECK: %[[KEY:.*]] = weft.move_rows unpack %[[K]]
    // CHECK: weft.attention %{{.*}}, %[[KEY]], %[[KEY]]
    %q = weft.linear %x, %w : (!x, !w) -> !x
    %k = weft.linear %x, %v : (!x, !w) -> !x
    %mask = weft.padding_mask %lengths : (!l) -> !m
    %causal = weft.causal_mask : () -> !weft.tensor<[seq, seq], i1>
    %both = weft.mask_and %causal, %mask : (!weft.tensor<[seq, seq], i1>, !m) -> !weft.tensor<[batch, 1, seq, seq], i1>
    %y = weft.attention %q, %k, %k mask %both heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !weft.tensor<[batch, 1, seq, seq], i1>) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// Other twins: attention that is masked by something else, a mean over all positions, a position table. Each reads rows where they are.
!x = !weft.tensor<[batch, seq, 4], f32>
!w = !weft.tensor<[4, 4], f32>
!l = !weft.tensor<[batch], i32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// CHECK-LABEL: weft.model @others
weft.model @others {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.graph @forward(%x: !x, %w: !w, %lengths: !l, %others: !l) inputs ["x", "w", "lengths", "others"] {
    // CHECK-NOT: move_rows
    %k = weft.linear %x, %w : (!x, !w) -> !x
    %mask = weft.padding_mask %lengths : (!l) -> !m
    %other = weft.padding_mask %others : (!l) -> !m
    %y = weft.attention %k, %k, %k mask %other heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !m) -> !x
    %z = weft.attention %y, %y, %y mask %mask heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !m) -> !x
    %v = weft.linear %z, %w : (!x, !w) -> !x
    %a = weft.reduce mean %v axis 1 : (!x) -> !weft.tensor<[batch, 4], f32>
    weft.output %a : !weft.tensor<[batch, 4], f32> names ["a"]
  }
}

// -----

// Two lengths mask one stream: the first packs it, the second leaves it alone.
!x = !weft.tensor<[batch, seq, 4], f32>
!w = !weft.tensor<[4, 4], f32>
!l = !weft.tensor<[batch], i32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
// CHECK-LABEL: weft.model @two
weft.model @two {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  // expected-remark@+1 {{padding behind these lengths is left out of 1 ops}}
  weft.graph @forward(%x: !x, %w: !w, %a: !l, %b: !l) inputs ["x", "w", "a", "b"] {
    // CHECK: weft.move_rows pack %x by %a
    // CHECK: weft.move_rows unpack %{{.*}} by %a
    // CHECK-NOT: by %b
    %k = weft.linear %x, %w : (!x, !w) -> !x
    %first = weft.padding_mask %a : (!l) -> !m
    %second = weft.padding_mask %b : (!l) -> !m
    %both = weft.mask_and %first, %second : (!m, !m) -> !m
    %y = weft.attention %x, %k, %k mask %both heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !m) -> !x
    weft.output %y : !x names ["y"]
  }
}

// -----

// Tables over positions and over the batch meet rows where they are, also when all sizes are numbers; so does a weight of the stream's shape.
!x = !weft.tensor<[4, 8, 4], f32>
!w = !weft.tensor<[4, 4], f32>
!l = !weft.tensor<[4], i32>
!m = !weft.tensor<[4, 1, 1, 8], i1>
// CHECK-LABEL: weft.model @tables
weft.model @tables {
  weft.weight @same "same" : !x
  // expected-remark@+1 {{padding behind these lengths is left out of 2 ops}}
  weft.graph @forward(%x: !x, %w: !w, %t: !weft.tensor<[8, 4], f32>, %u: !weft.tensor<[4, 1, 4], f32>, %one: !weft.tensor<[1, 4], f32>, %lengths: !l) inputs ["x", "w", "t", "u", "one", "lengths"] {
    // CHECK: %[[L:.*]] = weft.linear %{{.*}}, %w
    // CHECK: %[[P:.*]] = weft.mul %[[L]], %one
    // CHECK: %[[U:.*]] = weft.move_rows unpack %[[P]]
    // CHECK: weft.add %[[U]], %t
    // CHECK-NOT: move_rows
    %h = weft.linear %x, %w : (!x, !w) -> !x
    %s = weft.mul %h, %one : (!x, !weft.tensor<[1, 4], f32>) -> !x
    %i = weft.add %s, %t : (!x, !weft.tensor<[8, 4], f32>) -> !x
    %j = weft.mul %i, %u : (!x, !weft.tensor<[4, 1, 4], f32>) -> !x
    %same = weft.weight_ref @same : !x
    %k = weft.mul %j, %same : (!x, !x) -> !x
    %mask = weft.padding_mask %lengths : (!l) -> !m
    %y = weft.attention %x, %k, %k mask %mask heads 1 kv_heads 1 scale 1.0 : (!x, !x, !x, !m) -> !x
    weft.output %y : !x names ["y"]
  }
}
