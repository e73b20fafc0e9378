// weft.windows: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.windows %x kernel [3] stride [2] pad [1] : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, "frames/2", 240], f32>
// CHECK: weft.windows %x kernel [3] stride [2] pad [1] channels_inner : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, "frames/2", 240], f32>
// CHECK: weft.windows %i kernel [4, 2] stride [4, 2] pad [0, 0] : (!weft.tensor<[batch, 3, 16, 12], f32>) -> !weft.tensor<[batch, 4, 6, 24], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, 80, frames], f32>, %i: !weft.tensor<[batch, 3, 16, 12], f32>) inputs ["x", "i"] {
    %y = weft.windows %x kernel [3] stride [2] pad [1] : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, "frames/2", 240], f32>
    %t = weft.windows %x kernel [3] stride [2] pad [1] channels_inner : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, "frames/2", 240], f32>
    %z = weft.windows %i kernel [4, 2] stride [4, 2] pad [0, 0] : (!weft.tensor<[batch, 3, 16, 12], f32>) -> !weft.tensor<[batch, 4, 6, 24], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 80, frames], f32>) inputs ["x"] {
    // expected-error@+1 {{needs kernel, stride and padding of one or two dimensions, as many of each}}
    %y = weft.windows %x kernel [3] stride [2, 1] pad [1] : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, "frames/2", 240], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 80, frames], f32>) inputs ["x"] {
    // expected-error@+1 {{needs [batch, channels, height, width], but got [batch, 80, frames]}}
    %y = weft.windows %x kernel [3, 3] stride [1, 1] pad [1, 1] : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, frames, 240], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 80, frames], f32>) inputs ["x"] {
    // expected-error@+1 {{gives '!weft.tensor<[batch, frames, 240], f32>', but its result is written as '!weft.tensor<[batch, frames, 80], f32>'}}
    %y = weft.windows %x kernel [3] stride [1] pad [1] : (!weft.tensor<[batch, 80, frames], f32>) -> !weft.tensor<[batch, frames, 80], f32>
    weft.output names []
  }
}
