// RUN: weft-opt --weft-form-kernels --split-input-file %s | FileCheck %s

!x = !weft.tensor<[batch, seq, 8], f32>
!y = !weft.tensor<[batch, 8], f32>
!w = !weft.tensor<[8, 8], f32>
!h = !weft.tensor<[batch, 2, seq, 4], f32>
// What a contraction can address with strides is computed in it; merged heads are written first. A mask has no group.
// CHECK-LABEL: weft.model @index_ops
weft.model @index_ops {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @w "w" : !w
  weft.graph @forward(%x: !x, %h: !h, %lengths: !weft.tensor<[batch], i32>) inputs ["x", "h", "lengths"] {
    // CHECK: %[[MERGED:.*]] = weft.group pointwise {
    // CHECK-NEXT: weft.merge_heads %h
    // CHECK: weft.group contraction {
    // CHECK-NEXT: weft.linear %[[MERGED]]
    // CHECK: weft.group contraction {
    // CHECK-NEXT: weft.slice %x
    // CHECK-NEXT: weft.reshape
    // CHECK-NEXT: weft.linear
    // CHECK: weft.group attention {
    // CHECK-NEXT: weft.padding_mask %lengths
    // CHECK-NEXT: weft.attention
    // CHECK-NOT: weft.group
    %w = weft.weight_ref @w : !w
    %merged = weft.merge_heads %h : (!h) -> !x
    %a = weft.linear %merged, %w : (!x, !w) -> !x
    %first = weft.slice %x axis 1 start <"0"> : (!x) -> !weft.tensor<[batch, 1, 8], f32>
    %row = weft.reshape %first : (!weft.tensor<[batch, 1, 8], f32>) -> !y
    %b = weft.linear %row, %w : (!y, !w) -> !y
    %mask = weft.padding_mask %lengths : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, seq], i1>
    %c = weft.attention %a, %x, %x mask %mask heads 2 kv_heads 2 scale 0.5 : (!x, !x, !x, !weft.tensor<[batch, 1, 1, seq], i1>) -> !x
    weft.output %b, %c : !y, !x names ["b", "c"]
  }
}

// -----

!x = !weft.tensor<[batch, 8], f32>
// A carried value has one place: a start that has other readers is copied into it; a layer whose last op still reads the old value
// writes beside it and copies. Outputs that are read elsewhere are copies too.
// CHECK-LABEL: weft.model @copies
weft.model @copies {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK: %[[START:.*]] = weft.group pointwise {
    // CHECK-NEXT: weft.yield %x
    // CHECK: weft.encoder "y" layers 2 (%{{.*}}, %[[S:.*]] = %[[START]])
    %y = weft.encoder "y" layers 2 (%i, %s = %x) : (!x) {
      // CHECK: %[[RELU:.*]] = weft.group
      // CHECK: weft.unary relu %[[S]]
      // CHECK: %[[COPY:.*]] = weft.group pointwise {
      // CHECK-NEXT: weft.yield %[[RELU]]
      // CHECK: weft.yield %[[COPY]] :
      %t = weft.unary relu %s : (!x) -> !x
      weft.yield %t : !x
    }
    // CHECK: %[[EXP:.*]] = weft.group
    // CHECK: %[[SQRT:.*]] = weft.group
    // CHECK: %[[OUT:.*]] = weft.group pointwise {
    // CHECK-NEXT: weft.yield %[[EXP]]
    // CHECK: weft.output %[[OUT]], %[[SQRT]]
    %e = weft.unary exp %y : (!x) -> !x
    %r = weft.unary sqrt %e : (!x) -> !x
    weft.output %e, %r : !x, !x names ["e", "r"]
  }
}

// -----

!x = !weft.tensor<[batch, 8], f32>
// The twin: two layers of which the first does not read the carried value last, and a start of its own, need no copy.
// CHECK-LABEL: weft.model @no_copies
weft.model @no_copies {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK-COUNT-4: weft.group
    // CHECK-NOT: weft.group
    %start = weft.unary exp %x : (!x) -> !x
    %y = weft.encoder "y" layers 2 (%i, %s = %start) : (!x) {
      %t = weft.unary relu %s : (!x) -> !x
      %u = weft.softmax %t axis -1 : (!x) -> !x
      weft.yield %u : !x
    }
    %z = weft.unary sqrt %y : (!x) -> !x
    weft.output %z : !x names ["z"]
  }
}

// -----

!x = !weft.tensor<[batch, 8], f32>
// What nothing reads goes.
// CHECK-LABEL: weft.model @dead
weft.model @dead {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK-COUNT-1: weft.group
    // CHECK-NOT: weft.group
    %a = weft.unary exp %x : (!x) -> !x
    %b = weft.softmax %a axis -1 : (!x) -> !x
    %c = weft.group pointwise {
      %d = weft.unary relu %x : (!x) -> !x
      weft.yield %d : !x
    } : !x
    %y = weft.unary sqrt %x : (!x) -> !x
    weft.output %y : !x names ["y"]
  }
}
