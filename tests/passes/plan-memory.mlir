// RUN: weft-opt --weft-form-kernels --weft-outline-kernels --weft-plan-memory --split-input-file %s 2>&1 | FileCheck %s
// RUN: not weft-opt --weft-plan-memory --split-input-file %s 2>&1 | FileCheck --check-prefix=TOO-EARLY %s

!x = !weft.tensor<[batch, 8], f32>
!w = !weft.tensor<[batch, 256], f32>
// A chain needs two slots; the larger value decides a slot's size; rows of 256 floats lie 272 apart, the caller's are dense.
// CHECK: remark: arena of @forward: 2 slots, 4608 bytes at the bounds: 1088*batch + 64*batch
// CHECK-LABEL: weft.model @chain
weft.model @chain {
  weft.dim @batch in 1 to 4
  weft.weight @up "up" : !weft.tensor<[256, 8], f32>
  weft.weight @down "down" : !weft.tensor<[8, 256], f32>
  // CHECK: weft.kernel @exp_8 {{.*}} attributes {argLayouts = [#weft.layout<rowStride = 8, padded = false>], resultLayouts = [#weft.layout<rowStride = 16>]}
  // The same kernel over other rows is a copy of its own.
  // CHECK: weft.kernel @exp_8_0 {{.*}} attributes {argLayouts = [#weft.layout<rowStride = 16>], resultLayouts = [#weft.layout<rowStride = 8, padded = false>]}
  // CHECK: weft.kernel @linear_8x256 {{.*}} attributes {argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 16>], resultLayouts = [#weft.layout<rowStride = 272>]}
  // CHECK: weft.kernel @linear_256x8 {{.*}} attributes {argLayouts = [#weft.layout<rowStride = 272>, #weft.layout<rowStride = 256>], resultLayouts = [#weft.layout<rowStride = 16>]}
  weft.graph @forward(%x: !x) inputs ["x"] {
    // CHECK: weft.launch @exp_8(%x) {{.*}} slots [1]
    // CHECK: weft.launch @linear_8x256{{.*}} slots [0]
    // CHECK: weft.launch @linear_256x8{{.*}} slots [1]
    // CHECK: weft.launch @exp_8_0{{.*}} slots [-1]
    // TOO-EARLY: error: 'weft.unary' op is no kernel's launch: memory is planned after weft-outline-kernels
    %a = weft.unary exp %x : (!x) -> !x
    %up = weft.weight_ref @up : !weft.tensor<[256, 8], f32>
    %b = weft.linear %a, %up : (!x, !weft.tensor<[256, 8], f32>) -> !w
    %down = weft.weight_ref @down : !weft.tensor<[8, 256], f32>
    %c = weft.linear %b, %down : (!w, !weft.tensor<[8, 256], f32>) -> !x
    %d = weft.unary exp %c : (!x) -> !x
    weft.output %d : !x names ["d"]
  }
}

// -----

!x = !weft.tensor<[batch, 16], f32>
!y = !weft.tensor<[seq, 16], f32>
// Sizes that can't be compared stay side by side in their slot; what a stack reads lives to its end.
// CHECK-LABEL: weft.model @stack
weft.model @stack {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 4
  // CHECK: weft.plan = {{\[}}[#weft.dim<"64*batch">, #weft.dim<"64*seq">], [#weft.dim<"64*batch">], [#weft.dim<"64*batch">]]
  weft.graph @forward(%x: !x, %y: !y) inputs ["x", "y"] {
    // CHECK: weft.launch @exp_16{{.*}} slots [[START:.*]] :
    // CHECK: weft.launch @sqrt_16{{.*}} slots [[SIDE:.*]] :
    // CHECK: weft.encoder {{.*}} attributes {slots = array<i64: 0>}
    // CHECK: weft.launch @mul_16{{.*}} slots [2]
    // CHECK: weft.launch @softmax_16{{.*}} slots [[START]]
    %a = weft.unary exp %x : (!x) -> !x
    %b = weft.unary sqrt %x : (!x) -> !x
    %c = weft.encoder "c" layers 2 (%i, %s = %a) : (!x) {
      %t = weft.mul %s, %b : (!x, !x) -> !x
      %u = weft.softmax %t axis -1 : (!x) -> !x
      weft.yield %u : !x
    }
    %d = weft.unary relu %c : (!x) -> !x
    %e = weft.unary exp %y : (!y) -> !y
    %f = weft.softmax %e axis -1 : (!y) -> !y
    weft.output %d, %f : !x, !y names ["d", "f"]
  }
}
