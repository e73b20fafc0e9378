// RUN: weft-opt --weft-form-kernels --weft-outline-kernels --weft-use-strassen --weft-plan-memory --weft-pack-weights %s 2>/dev/null | FileCheck %s
// RUN: weft-opt --weft-form-kernels --weft-outline-kernels --weft-use-strassen=rows=5000 %s 2>/dev/null | FileCheck %s --check-prefix=FEW
// Contractions that may have many rows, in whole panels on both halves: each layer's weight gets its sums, read by the same launch.
!x = !weft.tensor<[batch, seq, 256], f32>
weft.model @m {
  weft.dim @batch in 1 to 4
  weft.dim @seq in 1 to 512
  weft.weight @wide "layer.{i}.wide" layers 2 : !weft.tensor<[384, 256], f32>
  weft.weight @back "layer.{i}.back" layers 2 : !weft.tensor<[256, 384], f32>
  // CHECK: weft.weight @wide "layer.{i}.wide" layers 2
  // CHECK: weft.weight @wide.sums layers 2 : !weft.tensor<[192, 512], f32>
  // CHECK: %[[T1:.*]] = weft.sub
  // CHECK: %[[T2:.*]] = weft.sub %{{.*}}, %[[T1]]
  // CHECK: %[[T3:.*]] = weft.sub
  // CHECK: %[[T4:.*]] = weft.sub %{{.*}}, %[[T2]]
  // CHECK: weft.concat %[[T1]], %[[T2]], %[[T3]], %[[T4]] axis 1
  // CHECK-NOT: @back.sums
  // CHECK: weft.kernel @linear_256x384 contraction {{.*}}#weft.layout<rowStride = 48, panel = 48>, #weft.layout<rowStride = 48, panel = 48>]
  // CHECK: weft.strassen %{{.*}} rows 128
  // 256 outputs are no whole panels on both halves.
  // CHECK: weft.kernel @linear_384x256
  // CHECK: weft.linear
  // FEW-NOT: weft.strassen
  // FEW-NOT: .sums
  weft.graph @forward(%x: !x) inputs ["x"] {
    %y = weft.encoder "y" layers 2 (%i, %h = %x) : (!x) {
      // CHECK: %[[S:.*]] = weft.weight_ref @wide.sums[%{{.*}}]
      // CHECK: weft.launch @linear_256x384(%{{.*}}, %{{.*}}, %[[S]])
      %w = weft.weight_ref @wide[%i] : !weft.tensor<[384, 256], f32>
      %a = weft.linear %h, %w : (!x, !weft.tensor<[384, 256], f32>) -> !weft.tensor<[batch, seq, 384], f32>
      %b = weft.weight_ref @back[%i] : !weft.tensor<[256, 384], f32>
      %c = weft.linear %a, %b : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[256, 384], f32>) -> !x
      weft.yield %c : !x
    }
    weft.output %y : !x names ["y"]
  }
}
