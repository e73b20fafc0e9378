// weft.move_rows: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: %[[P:.*]] = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
// CHECK: weft.move_rows unpack %[[P]] by %l slots [2] layout <rowStride = 16> : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    %u = weft.move_rows unpack %p by %l slots [2] layout <rowStride = 16> : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @flat(%x: !weft.tensor<[batch, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    // expected-error@+1 {{needs [batch, time, width] of a known width and lengths [batch], not [batch, 4] and [batch]}}
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @others(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[rows], i32>) inputs ["x", "l"] {
    // expected-error@+1 {{needs [batch, time, width] of a known width and lengths [batch], not [batch, seq, 4] and [rows]}}
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[rows], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>) inputs ["x", "l"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, seq, 4], f32>', but its result is written as '!weft.tensor<[seq, batch, 4], f32>'}}
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[seq, batch, 4], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @twice(%x: !weft.tensor<[batch, seq, 4], f32>, %l: !weft.tensor<[batch], i32>, %k: !weft.tensor<[batch], i32>) inputs ["x", "l", "k"] {
    %p = weft.move_rows pack %x by %l : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    // expected-error@+1 {{packs rows that are packed already}}
    %q = weft.move_rows pack %p by %k : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    weft.output names []
  }
}
