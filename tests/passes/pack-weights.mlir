// RUN: weft-opt --weft-form-kernels --weft-outline-kernels --weft-plan-memory --weft-pack-weights %s 2>/dev/null | FileCheck %s
// Panels for contractions, by the dimension of their outputs: of 48 columns, or of 32 where those leave less empty; rows for everything else;
// unread weights go.
!i = !weft.tensor<[batch], i32>
!x = !weft.tensor<[batch, 16], f32>
weft.model @packed {
  weft.dim @batch in 1 to 4
  // CHECK: weft.weight @table
  // CHECK-NOT: weft.weight @unread
  // CHECK: weft.weight @base
  // CHECK: weft.weight @twice
  weft.weight @table "table" : !weft.tensor<[50, 16], f32>
  weft.weight @unread "unread" : !weft.tensor<[50, 16], f32>
  weft.weight @wide "wide" : !weft.tensor<[144, 16], f32>
  weft.weight @base "base" : !weft.tensor<[16, 16], f32>
  weft.weight @twice : !weft.tensor<[16, 16], f32> {
    %w = weft.weight_ref @base : !weft.tensor<[16, 16], f32>
    %y = weft.add %w, %w : (!weft.tensor<[16, 16], f32>, !weft.tensor<[16, 16], f32>) -> !weft.tensor<[16, 16], f32>
    weft.yield %y : !weft.tensor<[16, 16], f32>
  }
  // CHECK: weft.kernel @lookup_16 {{.*}}argLayouts = [#weft.layout<rowStride = 16>,
  // CHECK: weft.kernel @linear_16x16 {{.*}}argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 32, panel = 32, panelDim = 1>]
  // CHECK: weft.kernel @linear_16x50 {{.*}}argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 32, panel = 32>]
  // CHECK: weft.kernel @linear_16x144 {{.*}}argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 48, panel = 48>]
  // A right side that is no weight can't be packed.
  // CHECK: weft.kernel @linear_16x16_0 {{.*}}argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 16, padded = false>]
  weft.graph @forward(%ids: !i, %w: !weft.tensor<[16, 16], f32>) inputs ["ids", "w"] {
    %table = weft.weight_ref @table : !weft.tensor<[50, 16], f32>
    %a = weft.lookup %table, %ids : (!weft.tensor<[50, 16], f32>, !i) -> !x
    %twice = weft.weight_ref @twice : !weft.tensor<[16, 16], f32>
    %b = weft.linear %a, %twice transposed : (!x, !weft.tensor<[16, 16], f32>) -> !x
    %c = weft.linear %b, %table : (!x, !weft.tensor<[50, 16], f32>) -> !weft.tensor<[batch, 50], f32>
    %wide = weft.weight_ref @wide : !weft.tensor<[144, 16], f32>
    %e = weft.linear %b, %wide : (!x, !weft.tensor<[144, 16], f32>) -> !weft.tensor<[batch, 144], f32>
    %d = weft.linear %b, %w : (!x, !weft.tensor<[16, 16], f32>) -> !x
    weft.output %c, %d, %e : !weft.tensor<[batch, 50], f32>, !x, !weft.tensor<[batch, 144], f32> names ["c", "d", "e"]
  }
}
