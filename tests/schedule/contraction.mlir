// The contraction schedule: a height for every number of rows, panels outermost, the next panel asked for in the k loop, epilogues in
// the tile's store, nothing allocated but registers' stack.
// RUN: weft compile %s --emit=halide --target=x86-64-v4 --random-weights=1 -o - | FileCheck %s
weft.model @m {
  weft.dim @rows in 1 to 64
  weft.weight @w "w" : !weft.tensor<[96, 64], f32>
  weft.weight @b "b" : !weft.tensor<[96], f32>
  // CHECK-LABEL: func linear_relu
  // CHECK-NOT: halide_malloc
  // CHECK: == 8) {
  // CHECK: for ([[OUT:out[^.]*]].s0.n.no, 0,
  // CHECK: for ([[OUT]].s0.m.mo, 0,
  // CHECK: allocate [[ACC:acc[^\[]*]][float32 * 384] in Stack
  // CHECK: for ([[ACC]].s1.{{[^ ]*}}.ko, 0, 16) {
  // CHECK-NEXT: weft_prefetch(arg1,
  // CHECK-COUNT-96: [[ACC]][ramp({{.*}}] = [[ACC]][ramp
  // CHECK-NEXT: }
  // CHECK: out[{{.*}}max
  // CHECK: == 7) {
  // CHECK: allocate {{.*}}[float32 * 336] in Stack
  // CHECK: == 1) {
  // CHECK: allocate {{.*}}[float32 * 48] in Stack
  weft.kernel @linear_relu contraction (%x: !weft.tensor<[m, 64], f32>, %w: !weft.tensor<[96, 64], f32>, %b: !weft.tensor<[96], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 64, padded = false>, #weft.layout<rowStride = 48, panel = 48>, #weft.layout<rowStride = 96>],
                  resultLayouts = [#weft.layout<rowStride = 96, padded = false>]} {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 64], f32>, !weft.tensor<[96, 64], f32>, !weft.tensor<[96], f32>) -> !weft.tensor<[m, 96], f32>
    %z = weft.unary relu %y : (!weft.tensor<[m, 96], f32>) -> !weft.tensor<[m, 96], f32>
    weft.yield %z : !weft.tensor<[m, 96], f32>
  }
  weft.graph @forward(%x: !weft.tensor<[rows, 64], f32>) inputs ["x"] {
    %w = weft.weight_ref @w : !weft.tensor<[96, 64], f32>
    %b = weft.weight_ref @b : !weft.tensor<[96], f32>
    %y = weft.launch @linear_relu(%x, %w, %b) dims {m = #weft.dim<"rows">} slots [-1]
      : (!weft.tensor<[rows, 64], f32>, !weft.tensor<[96, 64], f32>, !weft.tensor<[96], f32>) -> !weft.tensor<[rows, 96], f32>
    weft.output %y : !weft.tensor<[rows, 96], f32> names ["y"]
  }
}
