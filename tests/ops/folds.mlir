// Folds: exact simplifications, and what must stay.
// RUN: weft-opt -canonicalize -split-input-file %s | FileCheck %s

// CHECK-LABEL: weft.graph @reshapes
weft.model @m {
  weft.graph @reshapes(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    %a = weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<["batch*seq", 8], f32>
    // CHECK-NEXT: %[[B:.*]] = weft.reshape %x : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<["8*batch*seq"], f32>
    %b = weft.reshape %a : (!weft.tensor<["batch*seq", 8], f32>) -> !weft.tensor<["8*batch*seq"], f32>
    %c = weft.reshape %b : (!weft.tensor<["8*batch*seq"], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    // CHECK-NEXT: weft.output %[[B]], %x :
    weft.output %b, %c : !weft.tensor<["8*batch*seq"], f32>, !weft.tensor<[batch, seq, 8], f32> names ["b", "c"]
  }
}

// -----

// CHECK-LABEL: weft.graph @transposes
weft.model @m {
  weft.graph @transposes(%x: !weft.tensor<[2, 3, 4], f32>) inputs ["x"] {
    %a = weft.transpose %x [1, 2, 0] : (!weft.tensor<[2, 3, 4], f32>) -> !weft.tensor<[3, 4, 2], f32>
    // CHECK-NEXT: %[[B:.*]] = weft.transpose %x [2, 0, 1] : (!weft.tensor<[2, 3, 4], f32>) -> !weft.tensor<[4, 2, 3], f32>
    %b = weft.transpose %a [1, 2, 0] : (!weft.tensor<[3, 4, 2], f32>) -> !weft.tensor<[4, 2, 3], f32>
    %c = weft.transpose %b [1, 2, 0] : (!weft.tensor<[4, 2, 3], f32>) -> !weft.tensor<[2, 3, 4], f32>
    // CHECK-NEXT: weft.output %[[B]], %x :
    weft.output %b, %c : !weft.tensor<[4, 2, 3], f32>, !weft.tensor<[2, 3, 4], f32> names ["b", "c"]
  }
}

// -----

// CHECK-LABEL: weft.graph @cuts
weft.model @m {
  weft.graph @cuts(%x: !weft.tensor<[seq, 8], f32>) inputs ["x"] {
    %whole = weft.slice %x axis 0 start <"0"> : (!weft.tensor<[seq, 8], f32>) -> !weft.tensor<[seq, 8], f32>
    %a = weft.slice %whole axis 0 start <"1"> : (!weft.tensor<[seq, 8], f32>) -> !weft.tensor<["seq-1", 8], f32>
    // CHECK-NEXT: %[[B:.*]] = weft.slice %x axis -2 start <"seq-1"> : (!weft.tensor<[seq, 8], f32>) -> !weft.tensor<[1, 8], f32>
    %b = weft.slice %a axis -2 start <"seq-2"> : (!weft.tensor<["seq-1", 8], f32>) -> !weft.tensor<[1, 8], f32>
    %one = weft.split %b axis 1 : (!weft.tensor<[1, 8], f32>) -> !weft.tensor<[1, 8], f32>
    %joined = weft.concat %one axis 0 : (!weft.tensor<[1, 8], f32>) -> !weft.tensor<[1, 8], f32>
    // CHECK-NEXT: weft.output %[[B]] :
    weft.output %joined : !weft.tensor<[1, 8], f32> names ["y"]
  }
}

// -----

// CHECK-LABEL: weft.graph @heads
weft.model @m {
  weft.graph @heads(%x: !weft.tensor<[batch, seq, 8], f32>) inputs ["x"] {
    %a = weft.split_heads %x heads 2 : (!weft.tensor<[batch, seq, 8], f32>) -> !weft.tensor<[batch, 2, seq, 4], f32>
    %r = weft.repeat_heads %a times 1 : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, 2, seq, 4], f32>
    %b = weft.merge_heads %r : (!weft.tensor<[batch, 2, seq, 4], f32>) -> !weft.tensor<[batch, seq, 8], f32>
    // CHECK-NEXT: weft.output %x :
    weft.output %b : !weft.tensor<[batch, seq, 8], f32> names ["y"]
  }
}

// -----

// CHECK-LABEL: weft.graph @arithmetic
weft.model @m {
  weft.graph @arithmetic(%x: !weft.tensor<[4], f32>) inputs ["x"] {
    // CHECK-NEXT: %[[C:.*]] = weft.constant 8.000000e+00 : <[], f32>
    %two = weft.constant 2.0 : !weft.tensor<[], f32>
    %sixteen = weft.constant 16.0 : !weft.tensor<[], f32>
    %one = weft.constant 1.0 : !weft.tensor<[], f32>
    %root = weft.unary sqrt %sixteen : (!weft.tensor<[], f32>) -> !weft.tensor<[], f32>
    %eight = weft.mul %root, %two : (!weft.tensor<[], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[], f32>
    %a = weft.mul %x, %one : (!weft.tensor<[4], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[4], f32>
    // CHECK-NEXT: %[[D:.*]] = weft.div %x, %[[C]]
    %b = weft.div %a, %eight : (!weft.tensor<[4], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[4], f32>
    // CHECK-NEXT: weft.output %[[D]] :
    weft.output %b : !weft.tensor<[4], f32> names ["y"]
  }
}

// -----

// A neutral element that stretches the other side has to stay.
// CHECK-LABEL: weft.graph @stretched
weft.model @m {
  weft.graph @stretched(%x: !weft.tensor<[], f32>, %n: !weft.tensor<[4], f32>) inputs ["x", "n"] {
    // CHECK-NEXT: weft.broadcast
    %zero = weft.constant 0.0 : !weft.tensor<[], f32>
    %zeros = weft.broadcast %x : (!weft.tensor<[], f32>) -> !weft.tensor<[4], f32>
    // CHECK-NEXT: weft.add
    %y = weft.add %x, %zeros : (!weft.tensor<[], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[4], f32>
    weft.output %y : !weft.tensor<[4], f32> names ["y"]
  }
}
