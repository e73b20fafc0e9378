// RUN: weft-opt --weft-compute-weights --split-input-file %s | FileCheck %s
// What only weights go into is a weight; what inputs go into, or what would only grow, stays.
!x = !weft.tensor<[batch, 4], f32>
!w = !weft.tensor<[6, 4], f32>
!v = !weft.tensor<[5, 4], f32>
weft.model @fold {
  weft.dim @batch in 1 to 4
  // CHECK: weft.weight @table "table"
  // CHECK: weft.weight @table.slice : !weft.tensor<[5, 4], f32>
  // CHECK-NEXT: weft.weight_ref @table :
  // CHECK-NEXT: weft.slice
  // CHECK: weft.weight @table.slice.transpose : !weft.tensor<[4, 5], f32>
  // CHECK-NEXT: weft.weight_ref @table.slice :
  weft.weight @table "table" : !w
  // CHECK: weft.weight @all.split1 layers 2 : !weft.tensor<[4, 4], f32>
  // CHECK: weft.weight @all.split0 layers 2 : !weft.tensor<[4, 4], f32>
  // CHECK: ^bb0(%[[I:.*]]: index)
  // CHECK-NEXT: weft.weight_ref @all[%[[I]]]
  // CHECK-NEXT: %[[PIECES:.*]]:2 = weft.split
  // CHECK-NEXT: weft.yield %[[PIECES]]#0
  weft.weight @all "{i}.all" layers 2 : !weft.tensor<[8, 4], f32>
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK: %[[T:.*]] = weft.weight_ref @table.slice.transpose
    // CHECK: weft.matmul %x, %[[T]]
    // The same again is the same weight.
    // CHECK: %[[U:.*]] = weft.weight_ref @table.slice.transpose
    // CHECK: weft.matmul %x, %[[U]]
    // CHECK: weft.broadcast
    %table = weft.weight_ref @table : !w
    %s = weft.slice %table axis 0 start <"0"> : (!w) -> !v
    %t = weft.transpose %s [1, 0] : (!v) -> !weft.tensor<[4, 5], f32>
    %y = weft.matmul %x, %t : (!x, !weft.tensor<[4, 5], f32>) -> !weft.tensor<[batch, 5], f32>
    %s2 = weft.slice %table axis 0 start <"0"> : (!w) -> !v
    %t2 = weft.transpose %s2 [1, 0] : (!v) -> !weft.tensor<[4, 5], f32>
    %z = weft.matmul %x, %t2 : (!x, !weft.tensor<[4, 5], f32>) -> !weft.tensor<[batch, 5], f32>
    %wide = weft.broadcast %table : (!w) -> !weft.tensor<[3, 6, 4], f32>
    // CHECK: weft.encoder
    // CHECK: weft.weight_ref @all.split0[%layer]
    // CHECK: weft.weight_ref @all.split1[%layer]
    // CHECK-NOT: weft.split
    %h = weft.encoder "h" layers 2 (%i, %a = %x) : (!x) {
      %all = weft.weight_ref @all[%i] : !weft.tensor<[8, 4], f32>
      %p, %q = weft.split %all axis 0 : (!weft.tensor<[8, 4], f32>) -> (!weft.tensor<[4, 4], f32>, !weft.tensor<[4, 4], f32>)
      %b = weft.linear %a, %p : (!x, !weft.tensor<[4, 4], f32>) -> !x
      %c = weft.linear %b, %q : (!x, !weft.tensor<[4, 4], f32>) -> !x
      weft.yield %c : !x
    }
    weft.output %y, %z, %wide, %h : !weft.tensor<[batch, 5], f32>, !weft.tensor<[batch, 5], f32>, !weft.tensor<[3, 6, 4], f32>, !x names ["y", "z", "wide", "h"]
  }
}

// -----

// Sinusoids of the longest length are a table; where they count on from an offset, or the table would be too large, they stay.
!p = !weft.tensor<[time, 8], f32>
!q = !weft.tensor<[long, 64], f32>
!n = !weft.tensor<[batch], i32>
!o = !weft.tensor<[batch, time, 8], f32>
// CHECK-LABEL: weft.model @sinusoids
weft.model @sinusoids {
  weft.dim @batch in 1 to 4
  weft.dim @time in 1 to 20
  weft.dim @long in 1 to 1000000
  // CHECK: weft.weight @sinusoidal.half.20x8 : !weft.tensor<[20, 8], f32>
  // CHECK-NEXT: weft.sinusoidal half : () -> !weft.tensor<[20, 8], f32>
  weft.graph @forward(%offset: !n) inputs ["offset"] {
    // CHECK: %[[TABLE:.*]] = weft.weight_ref @sinusoidal.half.20x8
    // CHECK-NEXT: weft.positions %[[TABLE]] :
    %a = weft.sinusoidal half : () -> !p
    // CHECK: weft.sinusoidal interleaved : () -> !weft.tensor<[long, 64], f32>
    %b = weft.sinusoidal interleaved : () -> !q
    // CHECK: weft.sinusoidal half offset %offset
    %c = weft.sinusoidal half offset %offset : (!n) -> !o
    weft.output %a, %b, %c : !p, !q, !o names ["a", "b", "c"]
  }
}
