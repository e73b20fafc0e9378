// RUN: weft-opt --weft-form-kernels --weft-outline-kernels --split-input-file %s | FileCheck %s

!x = !weft.tensor<[batch, seq, 8], f32>
!y = !weft.tensor<[batch, 8], f32>
!w = !weft.tensor<[8, 8], f32>
// Three linear layers, two ranks, one kernel.
// CHECK-LABEL: weft.model @same
weft.model @same {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @a "a" : !w
  weft.weight @b "b" : !w
  // CHECK: weft.kernel @linear_8x8 contraction (%{{.*}}: !weft.tensor<[m, 8], f32>, %{{.*}}: !weft.tensor<[8, 8], f32>)
  // CHECK-NOT: weft.kernel
  weft.graph @forward(%x: !x, %y: !y) inputs ["x", "y"] {
    // CHECK: %[[A:.*]] = weft.weight_ref @a
    // CHECK: %[[B:.*]] = weft.weight_ref @b
    // CHECK: %[[P:.*]] = weft.launch @linear_8x8(%x, %[[A]]) dims {m = #weft.dim<"batch*seq">}
    // CHECK: weft.launch @linear_8x8(%[[P]], %[[B]]) dims {m = #weft.dim<"batch*seq">}
    // CHECK: weft.launch @linear_8x8(%y, %[[B]]) dims {m = #weft.dim<"batch">}
    %a = weft.weight_ref @a : !w
    %b = weft.weight_ref @b : !w
    %p = weft.linear %x, %a : (!x, !w) -> !x
    %q = weft.linear %p, %b : (!x, !w) -> !x
    %r = weft.linear %y, %b : (!y, !w) -> !y
    weft.output %q, %r : !x, !y names ["q", "r"]
  }
}

// -----

!x = !weft.tensor<[batch, seq, 8], f32>
!w = !weft.tensor<[8, 8], f32>
// The twins: another orientation, another number, another shape make other kernels.
// CHECK-LABEL: weft.model @different
weft.model @different {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 8
  weft.weight @a "a" : !w
  weft.weight @g "g" : !weft.tensor<[8], f32>
  // CHECK-DAG: weft.kernel @linear_8x8 contraction
  // CHECK-DAG: weft.kernel @linear_8x8_0 contraction
  // CHECK-DAG: weft.kernel @rms_norm_8 row_reduction
  // CHECK-DAG: weft.kernel @rms_norm_8_1 row_reduction
  weft.graph @forward(%x: !x) inputs ["x"] {
    %a = weft.weight_ref @a : !w
    %g = weft.weight_ref @g : !weft.tensor<[8], f32>
    %p = weft.linear %x, %a : (!x, !w) -> !x
    %q = weft.linear %p, %a transposed : (!x, !w) -> !x
    %r = weft.rms_norm %q, %g eps 1.0e-6 : (!x, !weft.tensor<[8], f32>) -> !x
    %s = weft.rms_norm %r, %g eps 1.0e-5 : (!x, !weft.tensor<[8], f32>) -> !x
    weft.output %s : !x names ["s"]
  }
}

// -----

// Dimensions: what stands for positions keeps its own; an expression counts as one unless its names appear apart.
!x = !weft.tensor<[batch, "frames/2", 8], f32>
!t = !weft.tensor<["frames/2", 8], f32>
!c = !weft.tensor<[batch, 8, frames], f32>
!d = !weft.tensor<[batch, 8, "frames/2"], f32>
// CHECK-LABEL: weft.model @dims
weft.model @dims {
  weft.dim @batch in 1 to 4
  weft.dim @frames in 2 to 8
  weft.weight @t "t" : !weft.tensor<[9, 8], f32>
  weft.weight @k "k" : !weft.tensor<[8, 8, 1], f32>
  // CHECK: weft.kernel @add_8 pointwise (%{{.*}}: !weft.tensor<[9, 8], f32>, %{{.*}}: !weft.tensor<[d0, d1, 8], f32>)
  // CHECK-NEXT: weft.positions %{{.*}} -> !weft.tensor<[d1, 8], f32>
  // CHECK: weft.kernel @softmax_8 row_reduction (%{{.*}}: !weft.tensor<[m, 8], f32>)
  // The axis counts from the merged dimension.
  // CHECK-NEXT: weft.softmax %{{.*}} axis 1
  // CHECK: weft.kernel @conv1d contraction (%{{.*}}: !weft.tensor<[d0, 8, d1], f32>, %{{.*}}: !weft.tensor<[8, 8, 1], f32>)
  // CHECK-NEXT: -> !weft.tensor<[d0, 8, "d1/2"], f32>
  weft.graph @forward(%x: !x, %c: !c) inputs ["x", "c"] {
    // CHECK: weft.launch @add_8(%{{.*}}, %x) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"frames/2">}
    // CHECK: weft.launch @softmax_8(%{{.*}}) dims {m = #weft.dim<"batch*frames/2">}
    // CHECK: weft.launch @conv1d(%c, %{{.*}}) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"frames">}
    %t = weft.weight_ref @t : !weft.tensor<[9, 8], f32>
    %p = weft.positions %t : (!weft.tensor<[9, 8], f32>) -> !t
    %y = weft.add %x, %p : (!x, !t) -> !x
    %z = weft.softmax %y axis 2 : (!x) -> !x
    %k = weft.weight_ref @k : !weft.tensor<[8, 8, 1], f32>
    %d = weft.conv1d %c, %k stride 2 pad 0 : (!c, !weft.tensor<[8, 8, 1], f32>) -> !d
    weft.output %z, %d : !x, !d names ["z", "d"]
  }
}
