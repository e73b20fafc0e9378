// LowerConvolutions: windows and a linear layer, activations in front of the transposition; filters of run time stay.
// RUN: weft-opt --weft-lower-convolutions --weft-simplify -split-input-file %s | FileCheck %s

// CHECK-LABEL: weft.model @sound
// CHECK: weft.weight @w.reshape : !weft.tensor<[32, 15], f32>
// CHECK: weft.graph @forward
// CHECK-DAG: %[[MATRIX:.*]] = weft.weight_ref @w.reshape
// CHECK-DAG: %[[WINDOWS:.*]] = weft.windows %audio kernel [3] stride [2] pad [1]
// CHECK: %[[ROWS:.*]] = weft.linear %[[WINDOWS]], %[[MATRIX]] bias %{{.*}} -> !weft.tensor<[batch, "frames/2", 32], f32>
// CHECK: %[[ACTIVE:.*]] = weft.unary gelu %[[ROWS]]
// The description's transposition and the pass's undo each other.
// CHECK-NOT: weft.transpose
// CHECK: weft.output %[[ACTIVE]]
weft.model @sound {
  weft.weight @w "w" : !weft.tensor<[32, 5, 3], f32>
  weft.weight @b "b" : !weft.tensor<[32], f32>
  weft.graph @forward(%audio: !weft.tensor<[batch, 5, frames], f32>) inputs ["audio"] {
    %w = weft.weight_ref @w : !weft.tensor<[32, 5, 3], f32>
    %b = weft.weight_ref @b : !weft.tensor<[32], f32>
    %c = weft.conv1d %audio, %w bias %b stride 2 pad 1 : (!weft.tensor<[batch, 5, frames], f32>, !weft.tensor<[32, 5, 3], f32>, !weft.tensor<[32], f32>) -> !weft.tensor<[batch, 32, "frames/2"], f32>
    %g = weft.unary gelu %c : (!weft.tensor<[batch, 32, "frames/2"], f32>) -> !weft.tensor<[batch, 32, "frames/2"], f32>
    %t = weft.transpose %g [0, 2, 1] : (!weft.tensor<[batch, 32, "frames/2"], f32>) -> !weft.tensor<[batch, "frames/2", 32], f32>
    weft.output %t : !weft.tensor<[batch, "frames/2", 32], f32> names ["t"]
  }
}

// -----

// CHECK-LABEL: weft.model @image
// CHECK: %[[WINDOWS:.*]] = weft.windows %pixels kernel [4, 4] stride [4, 4] pad [0, 0]
// CHECK: %[[ROWS:.*]] = weft.linear %[[WINDOWS]], %{{[^ ]*}} : {{.*}} -> !weft.tensor<[batch, 2, 3, 8], f32>
// The convolution itself has another reader: the activation stays behind the transposition.
// CHECK: %[[FIRST:.*]] = weft.transpose %[[ROWS]] [0, 3, 1, 2] : {{.*}} -> !weft.tensor<[batch, 8, 2, 3], f32>
// CHECK: %[[ACTIVE:.*]] = weft.unary relu %[[FIRST]]
// CHECK: weft.output %[[FIRST]], %[[ACTIVE]]
weft.model @image {
  weft.weight @w "w" : !weft.tensor<[8, 3, 4, 4], f32>
  weft.graph @forward(%pixels: !weft.tensor<[batch, 3, 8, 12], f32>) inputs ["pixels"] {
    %w = weft.weight_ref @w : !weft.tensor<[8, 3, 4, 4], f32>
    %c = weft.conv2d %pixels, %w stride [4, 4] pad [0, 0] : (!weft.tensor<[batch, 3, 8, 12], f32>, !weft.tensor<[8, 3, 4, 4], f32>) -> !weft.tensor<[batch, 8, 2, 3], f32>
    %r = weft.unary relu %c : (!weft.tensor<[batch, 8, 2, 3], f32>) -> !weft.tensor<[batch, 8, 2, 3], f32>
    weft.output %c, %r : !weft.tensor<[batch, 8, 2, 3], f32>, !weft.tensor<[batch, 8, 2, 3], f32> names ["c", "r"]
  }
}

// -----

// CHECK-LABEL: weft.model @filters
// CHECK: weft.conv1d %x, %filters stride 1 pad 0
weft.model @filters {
  weft.graph @forward(%x: !weft.tensor<[batch, 4, 10], f32>, %filters: !weft.tensor<[2, 4, 3], f32>) inputs ["x", "filters"] {
    %y = weft.conv1d %x, %filters stride 1 pad 0 : (!weft.tensor<[batch, 4, 10], f32>, !weft.tensor<[2, 4, 3], f32>) -> !weft.tensor<[batch, 2, 8], f32>
    weft.output %y : !weft.tensor<[batch, 2, 8], f32> names ["y"]
  }
}

// -----

// A convolution of what another one gives: its channels lie side by side, so the weight's do too, and no transposition is computed.
// CHECK-LABEL: weft.model @chain
// CHECK: weft.weight @w2.transpose.reshape : !weft.tensor<[6, 12], f32>
// CHECK: %[[FIRST:.*]] = weft.linear %{{.*}} -> !weft.tensor<[batch, frames, 4], f32>
// CHECK: %[[TURNED:.*]] = weft.transpose %[[FIRST]] [0, 2, 1]
// CHECK: %[[WINDOWS:.*]] = weft.windows %[[TURNED]] kernel [3] stride [1] pad [1] channels_inner
// CHECK: weft.linear %[[WINDOWS]], %{{.*}} -> !weft.tensor<[batch, frames, 6], f32>
weft.model @chain {
  weft.weight @w1 "w1" : !weft.tensor<[4, 5, 3], f32>
  weft.weight @w2 "w2" : !weft.tensor<[6, 4, 3], f32>
  weft.graph @forward(%audio: !weft.tensor<[batch, 5, frames], f32>) inputs ["audio"] {
    %w1 = weft.weight_ref @w1 : !weft.tensor<[4, 5, 3], f32>
    %w2 = weft.weight_ref @w2 : !weft.tensor<[6, 4, 3], f32>
    %c = weft.conv1d %audio, %w1 stride 1 pad 1 : (!weft.tensor<[batch, 5, frames], f32>, !weft.tensor<[4, 5, 3], f32>) -> !weft.tensor<[batch, 4, frames], f32>
    %d = weft.conv1d %c, %w2 stride 1 pad 1 : (!weft.tensor<[batch, 4, frames], f32>, !weft.tensor<[6, 4, 3], f32>) -> !weft.tensor<[batch, 6, frames], f32>
    weft.output %d : !weft.tensor<[batch, 6, frames], f32> names ["d"]
  }
}

// -----

// Many channels, each a row of its own: they are first written side by side.
// CHECK-LABEL: weft.model @wide
// CHECK: %[[INSIDE:.*]] = weft.group pointwise
// CHECK: weft.transpose %audio [0, 2, 1] : {{.*}} -> !weft.tensor<[batch, frames, 80], f32>
// CHECK: %[[BACK:.*]] = weft.transpose %[[INSIDE]] [0, 2, 1]
// CHECK: weft.windows %[[BACK]] kernel [3] stride [1] pad [1] channels_inner
weft.model @wide {
  weft.weight @w "w" : !weft.tensor<[4, 80, 3], f32>
  weft.graph @forward(%audio: !weft.tensor<[batch, 80, frames], f32>) inputs ["audio"] {
    %w = weft.weight_ref @w : !weft.tensor<[4, 80, 3], f32>
    %c = weft.conv1d %audio, %w stride 1 pad 1 : (!weft.tensor<[batch, 80, frames], f32>, !weft.tensor<[4, 80, 3], f32>) -> !weft.tensor<[batch, 4, frames], f32>
    weft.output %c : !weft.tensor<[batch, 4, frames], f32> names ["c"]
  }
}
