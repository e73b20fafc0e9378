// weft.conv1d: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.conv1d %x, %w bias %b stride 2 pad 1 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[384, 80, 3], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, 384, "frames/2"], f32>
// CHECK: weft.conv1d %x, %w stride 1 pad 0 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[384, 80, 3], f32>) -> !weft.tensor<[batch, 384, "frames-2"], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, 80, frames], f32>, %w: !weft.tensor<[384, 80, 3], f32>, %b: !weft.tensor<[384], f32>) inputs ["x", "w", "b"] {
    %y = weft.conv1d %x, %w bias %b stride 2 pad 1 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[384, 80, 3], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, 384, "frames/2"], f32>
    %z = weft.conv1d %x, %w stride 1 pad 0 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[384, 80, 3], f32>) -> !weft.tensor<[batch, 384, "frames-2"], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 80, frames], f32>, %w: !weft.tensor<[384, 40, 3], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{differ in the channels: 80 and 40}}
    %y = weft.conv1d %x, %w stride 1 pad 1 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[384, 40, 3], f32>) -> !weft.tensor<[batch, 384, frames], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[1, 8, 2], f32>, %w: !weft.tensor<[8, 8, 5], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{a kernel of 5 does not fit 2 with padding 0}}
    %y = weft.conv1d %x, %w stride 1 pad 0 : (!weft.tensor<[1, 8, 2], f32>, !weft.tensor<[8, 8, 5], f32>) -> !weft.tensor<[1, 8, 1], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[1, 8, 2], f32>, %w: !weft.tensor<[8, 8, 1], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{needs kernel and stride of at least 1 and no negative padding}}
    %y = weft.conv1d %x, %w stride 0 pad 0 : (!weft.tensor<[1, 8, 2], f32>, !weft.tensor<[8, 8, 1], f32>) -> !weft.tensor<[1, 8, 1], f32>
    weft.output names []
  }
}
