// RUN: weft-opt --weft-simplify --split-input-file %s | FileCheck %s

// A product with a transposed weight and the weight that is added make a linear layer.
!x = !weft.tensor<[batch, 4], f32>
!y = !weft.tensor<[batch, 8], f32>
// CHECK-LABEL: weft.model @matmul_of_transposed
weft.model @matmul_of_transposed {
  weft.dim @batch in 1 to 4
  weft.weight @w "w" : !weft.tensor<[8, 4], f32>
  weft.weight @b "b" : !weft.tensor<[8], f32>
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK-DAG: %[[W:.*]] = weft.weight_ref @w
    // CHECK-DAG: %[[B:.*]] = weft.weight_ref @b
    // CHECK: %[[Y:.*]] = weft.linear %x, %[[W]] bias %[[B]] :
    // CHECK-NEXT: weft.output %[[Y]]
    %w = weft.weight_ref @w : !weft.tensor<[8, 4], f32>
    %t = weft.transpose %w [1, 0] : (!weft.tensor<[8, 4], f32>) -> !weft.tensor<[4, 8], f32>
    %p = weft.matmul %x, %t : (!x, !weft.tensor<[4, 8], f32>) -> !y
    %b = weft.weight_ref @b : !weft.tensor<[8], f32>
    %y = weft.add %b, %p : (!weft.tensor<[8], f32>, !y) -> !y
    weft.output %y : !y names ["y"]
  }
}

// -----

// A product with a weight as it is: the weight is stored [in, out].
!x = !weft.tensor<[batch, 4], f32>
!y = !weft.tensor<[batch, 8], f32>
// CHECK-LABEL: weft.model @matmul_of_weight
weft.model @matmul_of_weight {
  weft.dim @batch in 1 to 4
  weft.weight @w "w" : !weft.tensor<[4, 8], f32>
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK: weft.linear %x, %{{.*}} transposed :
    %w = weft.weight_ref @w : !weft.tensor<[4, 8], f32>
    %y = weft.matmul %x, %w : (!x, !weft.tensor<[4, 8], f32>) -> !y
    weft.output %y : !y names ["y"]
  }
}

// -----

// The twin: a product of activations stays, and so does a bias that is no weight.
!x = !weft.tensor<[batch, 4], f32>
!s = !weft.tensor<[batch, batch], f32>
// CHECK-LABEL: weft.model @matmul_of_activations
weft.model @matmul_of_activations {
  weft.dim @batch in 1 to 4
  weft.weight @w "w" : !weft.tensor<[4, 4], f32>
  weft.graph @forward(%x: !x, %b: !weft.tensor<[4], f32>) inputs ["x", "b"] {
    // CHECK: weft.matmul
    // CHECK: weft.linear %x, %{{[^ ]*}} :
    // CHECK: weft.add
    %t = weft.transpose %x [1, 0] : (!x) -> !weft.tensor<[4, batch], f32>
    %s = weft.matmul %x, %t : (!x, !weft.tensor<[4, batch], f32>) -> !s
    %w = weft.weight_ref @w : !weft.tensor<[4, 4], f32>
    %y = weft.linear %x, %w : (!x, !weft.tensor<[4, 4], f32>) -> !x
    %z = weft.add %y, %b : (!x, !weft.tensor<[4], f32>) -> !x
    weft.output %s, %z : !s, !x names ["s", "z"]
  }
}

// -----

// Numbers: (x / 8) * 2 is x * 0.25; neutral elements go; equal constants are one.
!x = !weft.tensor<[batch, 4], f32>
!c = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @numbers
weft.model @numbers {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK: %[[C:.*]] = weft.constant 2.500000e-01
    // CHECK: %[[Y:.*]] = weft.mul %x, %[[C]]
    // CHECK-NEXT: weft.output %[[Y]]
    %eight = weft.constant 8.0 : !c
    %two = weft.constant 2.0 : !c
    %zero = weft.constant 0.0 : !c
    %one = weft.constant 1.0 : !c
    %a = weft.div %x, %eight : (!x, !c) -> !x
    %b = weft.mul %two, %a : (!c, !x) -> !x
    %c = weft.add %b, %zero : (!x, !c) -> !x
    %d = weft.mul %c, %one : (!x, !c) -> !x
    weft.output %d : !x names ["y"]
  }
}

// -----

// A zero that stretches its operand is no neutral element; division by 0 keeps its infinities.
!x = !weft.tensor<[4], f32>
!z = !weft.tensor<[batch, 4], f32>
!c = !weft.tensor<[], f32>
// CHECK-LABEL: weft.model @no_numbers
weft.model @no_numbers {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x, %y: !z) inputs ["x", "y"] {
    // CHECK: weft.div %x
    // CHECK: weft.add %{{.*}}, %y
    %zero = weft.constant 0.0 : !c
    %a = weft.div %x, %zero : (!x, !c) -> !x
    %b = weft.add %a, %y : (!x, !z) -> !z
    weft.output %b : !z names ["y"]
  }
}

// -----

// Shapes: what broadcasting does anyway is not said; a dimension that is a number has a constant size; equal ops are one.
!x = !weft.tensor<[batch, 4], f32>
// CHECK-LABEL: weft.model @shapes
weft.model @shapes {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x, %b: !weft.tensor<[4], f32>) inputs ["x", "b"] {
    // CHECK-NOT: weft.broadcast
    // CHECK: %[[SIZE:.*]] = weft.constant 4.000000e+00 : <[], i32>
    // CHECK: %[[Y:.*]] = weft.add %x, %b
    // CHECK: weft.output %[[Y]], %[[Y]], %[[SIZE]]
    %wide = weft.broadcast %b : (!weft.tensor<[4], f32>) -> !x
    %y = weft.add %x, %wide : (!x, !x) -> !x
    %z = weft.add %x, %b : (!x, !weft.tensor<[4], f32>) -> !x
    %size = weft.dim_size <"4"> : !weft.tensor<[], i32>
    weft.output %y, %z, %size : !x, !x, !weft.tensor<[], i32> names ["y", "z", "size"]
  }
}

// -----

// A stack without layers is its start.
!x = !weft.tensor<[batch, 4], f32>
// CHECK-LABEL: weft.model @empty_stack
weft.model @empty_stack {
  weft.dim @batch in 1 to 4
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK-NOT: weft.encoder
    // CHECK: weft.output %x
    %y = weft.encoder "y" layers 0 (%i, %s = %x) : (!x) {
      %t = weft.unary relu %s : (!x) -> !x
      weft.yield %t : !x
    }
    weft.output %y : !x names ["y"]
  }
}
