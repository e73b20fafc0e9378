// weft.strassen: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.strassen %x, %w, %s bias %b rows 128 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[4, 8], f32>, !weft.tensor<[8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
// CHECK: weft.strassen %x, %v, %t transposed rows 16 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4, 8], f32>, !weft.tensor<[8, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, seq, 4], f32>, %w: !weft.tensor<[8, 4], f32>, %s: !weft.tensor<[4, 8], f32>, %b: !weft.tensor<[8], f32>, %v: !weft.tensor<[4, 8], f32>, %t: !weft.tensor<[8, 4], f32>) inputs ["x", "w", "s", "b", "v", "t"] {
    %y = weft.strassen %x, %w, %s bias %b rows 128 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[4, 8], f32>, !weft.tensor<[8], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    %z = weft.strassen %x, %v, %t transposed rows 16 : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4, 8], f32>, !weft.tensor<[8, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[seq, 4], f32>, %w: !weft.tensor<[8, 4], f32>, %s: !weft.tensor<[8, 4], f32>) inputs ["x", "w", "s"] {
    // expected-error@+1 {{needs sums of '!weft.tensor<[4, 8], f32>', not '!weft.tensor<[8, 4], f32>'}}
    %y = weft.strassen %x, %w, %s rows 128 : (!weft.tensor<[seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[8, 4], f32>) -> !weft.tensor<[seq, 8], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[seq, 4], f32>, %w: !weft.tensor<[7, 4], f32>, %s: !weft.tensor<[3, 8], f32>) inputs ["x", "w", "s"] {
    // expected-error@+1 {{needs a weight of even sizes, not '!weft.tensor<[7, 4], f32>'}}
    %y = weft.strassen %x, %w, %s rows 128 : (!weft.tensor<[seq, 4], f32>, !weft.tensor<[7, 4], f32>, !weft.tensor<[3, 8], f32>) -> !weft.tensor<[seq, 7], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[seq, 4], f32>, %w: !weft.tensor<[8, 4], f32>, %s: !weft.tensor<[4, 8], f32>) inputs ["x", "w", "s"] {
    // expected-error@+1 {{is for 16 rows and more, not from 8 on}}
    %y = weft.strassen %x, %w, %s rows 8 : (!weft.tensor<[seq, 4], f32>, !weft.tensor<[8, 4], f32>, !weft.tensor<[4, 8], f32>) -> !weft.tensor<[seq, 8], f32>
    weft.output names []
  }
}
