// The row schedule: everything of one row inside the loop over rows, the kept sum on the stack, partial sums in vectors.
// RUN: weft compile %s --emit=halide --target=x86-64-v4 --random-weights=1 -o - | FileCheck %s
weft.model @m {
  weft.dim @rows in 1 to 64
  weft.weight @g "g" : !weft.tensor<[768], f32>
  // CHECK-LABEL: func residual_norm
  // CHECK: for (out.s0.m
  // CHECK: allocate residual[float32 * 768 * 1]
  // CHECK: allocate total_intm[float32 * 1 * 64
  // CHECK: for (total_intm.s1.{{.*}}ro, 0, 12)
  // CHECK: allocate squares_intm[float32 * 1 * 64
  // CHECK-NOT: for (out.s0.m
  weft.kernel @residual_norm row_reduction (%x: !weft.tensor<[m, 768], f32>, %r: !weft.tensor<[m, 768], f32>, %g: !weft.tensor<[768], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 768, padded = false>, #weft.layout<rowStride = 768, padded = false>, #weft.layout<rowStride = 768>],
                  resultLayouts = [#weft.layout<rowStride = 768, padded = false>]} {
    %y, %s = weft.residual_norm layer_norm %x, %r, %g bias %g eps 1.0e-05
      : (!weft.tensor<[m, 768], f32>, !weft.tensor<[m, 768], f32>, !weft.tensor<[768], f32>, !weft.tensor<[768], f32>) -> (!weft.tensor<[m, 768], f32>, !weft.tensor<[m, 768], f32>)
    weft.yield %y : !weft.tensor<[m, 768], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[rows, 768], f32>) inputs ["x"] {
    %g = weft.weight_ref @g : !weft.tensor<[768], f32>
    %y = weft.launch @residual_norm(%x, %x, %g) dims {m = #weft.dim<"rows">} slots [-1]
      : (!weft.tensor<[rows, 768], f32>, !weft.tensor<[rows, 768], f32>, !weft.tensor<[768], f32>) -> !weft.tensor<[rows, 768], f32>
    weft.output %y : !weft.tensor<[rows, 768], f32> names ["y"]
  }
}
