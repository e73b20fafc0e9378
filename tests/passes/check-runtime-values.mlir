// RUN: weft-opt --weft-check-runtime-values --verify-diagnostics --split-input-file %s | FileCheck %s

// Each input is checked once, at the start; a value that is computed, where it is born.
!i = !weft.tensor<[batch, seq], i32>
!n = !weft.tensor<[batch], i32>
!h = !weft.tensor<[batch, seq, 4], f32>
!p = !weft.tensor<[batch, 4], f32>
// CHECK-LABEL: weft.model @inputs
weft.model @inputs {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @table "table" : !weft.tensor<[50, 4], f32>
  weft.weight @places "places" : !weft.tensor<[10, 4], f32>
  // CHECK: weft.graph
  // CHECK-NEXT: weft.check %ids in <"0"> to <"49"> what "token id"
  // CHECK-NEXT: weft.check %lengths in <"0"> to <"seq"> what "length"
  // CHECK-NEXT: weft.check %lengths in <"1"> to <"seq"> what "length"
  // CHECK-NEXT: weft.check %offset in <"-2"> to <"-seq+8"> what "position"
  weft.graph @forward(%ids: !i, %lengths: !n, %offset: !n) inputs ["ids", "lengths", "offset"] {
    %table = weft.weight_ref @table : !weft.tensor<[50, 4], f32>
    %a = weft.lookup %table, %ids : (!weft.tensor<[50, 4], f32>, !i) -> !h
    %b = weft.lookup %table, %ids : (!weft.tensor<[50, 4], f32>, !i) -> !h
    %mean = weft.mean_pool %a, %lengths : (!h, !n) -> !p
    %last = weft.last %b, %lengths : (!h, !n) -> !p
    %places = weft.weight_ref @places : !weft.tensor<[10, 4], f32>
    %place = weft.positions %places offset %offset {start = 2 : i64} : (!weft.tensor<[10, 4], f32>, !n) -> !h
    %end = weft.positions %places {start = 2 : i64} : (!weft.tensor<[10, 4], f32>) -> !weft.tensor<[seq, 4], f32>
    // CHECK: %[[BEST:.*]] = weft.reduce argmax
    // CHECK-NEXT: weft.check %[[BEST]] in <"0"> to <"seq-1"> what "index"
    %flat = weft.reduce sum %place axis -1 : (!h) -> !weft.tensor<[batch, seq], f32>
    %best = weft.reduce argmax %flat axis -1 : (!weft.tensor<[batch, seq], f32>) -> !n
    %taken = weft.take %a, %best axis 1 : (!h, !n) -> !p
    weft.output %mean, %last, %taken, %end : !p, !p, !p, !weft.tensor<[seq, 4], f32> names ["mean", "last", "taken", "end"]
  }
}

// -----

// A table that is shorter than its dimension's bound is wrong for all inputs of that length.
weft.model @short_table {
  weft.dim @seq in 1 to 8
  weft.weight @places "places" : !weft.tensor<[9, 4], f32>
  weft.graph @forward() inputs [] {
    %places = weft.weight_ref @places : !weft.tensor<[9, 4], f32>
    // expected-error@+1 {{a table of 9 positions is too short: seq+2 can be 10}}
    %place = weft.positions %places {start = 2 : i64} : (!weft.tensor<[9, 4], f32>) -> !weft.tensor<[seq, 4], f32>
    weft.output %place : !weft.tensor<[seq, 4], f32> names ["place"]
  }
}
