// weft.conv2d: text and rules.
// RUN: weft-opt -split-input-file -verify-diagnostics %s | FileCheck %s

// CHECK-LABEL: weft.graph @good
// CHECK: weft.conv2d %x, %w stride [16, 16] pad [0, 0] : (!weft.tensor<[batch, 3, 224, 224], f32>, !weft.tensor<[768, 3, 16, 16], f32>) -> !weft.tensor<[batch, 768, 14, 14], f32>
weft.model @m {
  weft.graph @good(%x: !weft.tensor<[batch, 3, 224, 224], f32>, %w: !weft.tensor<[768, 3, 16, 16], f32>) inputs ["x", "w"] {
    %y = weft.conv2d %x, %w stride [16, 16] pad [0, 0] : (!weft.tensor<[batch, 3, 224, 224], f32>, !weft.tensor<[768, 3, 16, 16], f32>) -> !weft.tensor<[batch, 768, 14, 14], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 3, 224, 224], f32>, %w: !weft.tensor<[768, 3, 16, 16], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{needs two strides and two paddings, vertical and horizontal}}
    %y = weft.conv2d %x, %w stride [16] pad [0, 0] : (!weft.tensor<[batch, 3, 224, 224], f32>, !weft.tensor<[768, 3, 16, 16], f32>) -> !weft.tensor<[batch, 768, 14, 14], f32>
    weft.output names []
  }
}

// -----

weft.model @m {
  weft.graph @bad(%x: !weft.tensor<[batch, 3, 224], f32>, %w: !weft.tensor<[768, 3, 16, 16], f32>) inputs ["x", "w"] {
    // expected-error@+1 {{needs [batch, channels, height, width], but got [batch, 3, 224]}}
    %y = weft.conv2d %x, %w stride [16, 16] pad [0, 0] : (!weft.tensor<[batch, 3, 224], f32>, !weft.tensor<[768, 3, 16, 16], f32>) -> !weft.tensor<[batch, 768, 14, 14], f32>
    weft.output names []
  }
}
