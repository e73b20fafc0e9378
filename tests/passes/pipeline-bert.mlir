// RUN: weft-opt --weft-to-kernels %s 2>&1 | FileCheck %s
// The whole way for a post-norm encoder: seven kernels for any number of layers, outputs in place.
!h = !weft.tensor<[batch, seq, 64], f32>
!w = !weft.tensor<[64, 64], f32>
!b = !weft.tensor<[64], f32>
!f = !weft.tensor<[batch, seq, 256], f32>
!t = !weft.tensor<[batch, 4, seq, 16], f32>
!s = !weft.tensor<[batch, 4, seq, seq], f32>
!m = !weft.tensor<[batch, 1, 1, seq], i1>
!c = !weft.tensor<[], f32>
weft.model @bert {
  weft.dim @batch in 1 to 8
  weft.dim @seq in 1 to 24
  weft.weight @words "word_embeddings.weight" : !weft.tensor<[97, 64], f32>
  weft.weight @kinds "token_type_embeddings.weight" : !weft.tensor<[8, 64], f32>
  weft.weight @places "position_embeddings.weight" : !weft.tensor<[24, 64], f32>
  weft.weight @gain "LayerNorm.weight" : !b
  weft.weight @bias "LayerNorm.bias" : !b
  weft.weight @wq "layer.{i}.query.weight" layers 2 : !w
  weft.weight @bq "layer.{i}.query.bias" layers 2 : !b
  weft.weight @wk "layer.{i}.key.weight" layers 2 : !w
  weft.weight @bk "layer.{i}.key.bias" layers 2 : !b
  weft.weight @wv "layer.{i}.value.weight" layers 2 : !w
  weft.weight @bv "layer.{i}.value.bias" layers 2 : !b
  weft.weight @wo "layer.{i}.output.weight" layers 2 : !w
  weft.weight @bo "layer.{i}.output.bias" layers 2 : !b
  weft.weight @g1 "layer.{i}.norm1.weight" layers 2 : !b
  weft.weight @c1 "layer.{i}.norm1.bias" layers 2 : !b
  weft.weight @w1 "layer.{i}.fc1.weight" layers 2 : !weft.tensor<[256, 64], f32>
  weft.weight @b1 "layer.{i}.fc1.bias" layers 2 : !weft.tensor<[256], f32>
  weft.weight @w2 "layer.{i}.fc2.weight" layers 2 : !weft.tensor<[64, 256], f32>
  weft.weight @b2 "layer.{i}.fc2.bias" layers 2 : !b
  weft.weight @g2 "layer.{i}.norm2.weight" layers 2 : !b
  weft.weight @c2 "layer.{i}.norm2.bias" layers 2 : !b
  weft.weight @unread "unread" : !b
  weft.graph @forward(%ids: !weft.tensor<[batch, seq], i32>, %types: !weft.tensor<[batch, seq], i32>, %lengths: !weft.tensor<[batch], i32>) inputs ["ids", "types", "lengths"] {
    %words = weft.weight_ref @words : !weft.tensor<[97, 64], f32>
    %word = weft.lookup %words, %ids : (!weft.tensor<[97, 64], f32>, !weft.tensor<[batch, seq], i32>) -> !h
    %kinds = weft.weight_ref @kinds : !weft.tensor<[8, 64], f32>
    %kind = weft.lookup %kinds, %types : (!weft.tensor<[8, 64], f32>, !weft.tensor<[batch, seq], i32>) -> !h
    %sum = weft.add %word, %kind : (!h, !h) -> !h
    %places = weft.weight_ref @places : !weft.tensor<[24, 64], f32>
    %place = weft.positions %places : (!weft.tensor<[24, 64], f32>) -> !weft.tensor<[seq, 64], f32>
    %sum2 = weft.add %sum, %place : (!h, !weft.tensor<[seq, 64], f32>) -> !h
    %gain = weft.weight_ref @gain : !b
    %bias = weft.weight_ref @bias : !b
    %start = weft.layer_norm %sum2, %gain, %bias eps 1.0e-12 : (!h, !b, !b) -> !h
    %encoded = weft.encoder "encoded" layers 2 (%i, %x = %start) : (!h) {
      %wq = weft.weight_ref @wq[%i] : !w
      %bq = weft.weight_ref @bq[%i] : !b
      %q = weft.linear %x, %wq bias %bq : (!h, !w, !b) -> !h
      %wk = weft.weight_ref @wk[%i] : !w
      %bk = weft.weight_ref @bk[%i] : !b
      %k = weft.linear %x, %wk bias %bk : (!h, !w, !b) -> !h
      %wv = weft.weight_ref @wv[%i] : !w
      %bv = weft.weight_ref @bv[%i] : !b
      %v = weft.linear %x, %wv bias %bv : (!h, !w, !b) -> !h
      %qh = weft.split_heads %q heads 4 : (!h) -> !t
      %kh = weft.split_heads %k heads 4 : (!h) -> !t
      %vh = weft.split_heads %v heads 4 : (!h) -> !t
      %kt = weft.transpose %kh [0, 1, 3, 2] : (!t) -> !weft.tensor<[batch, 4, 16, seq], f32>
      %qk = weft.matmul %qh, %kt : (!t, !weft.tensor<[batch, 4, 16, seq], f32>) -> !s
      %scale = weft.constant 0.3 : !c
      %scaled = weft.mul %qk, %scale : (!s, !c) -> !s
      %mask = weft.padding_mask %lengths : (!weft.tensor<[batch], i32>) -> !m
      %masked = weft.masked %scaled, %mask : (!s, !m) -> !s
      %probs = weft.softmax %masked axis -1 : (!s) -> !s
      %context = weft.matmul %probs, %vh : (!s, !t) -> !t
      %merged = weft.merge_heads %context : (!t) -> !h
      %wo = weft.weight_ref @wo[%i] : !w
      %bo = weft.weight_ref @bo[%i] : !b
      %attended = weft.linear %merged, %wo bias %bo : (!h, !w, !b) -> !h
      %r1 = weft.add %x, %attended : (!h, !h) -> !h
      %g1 = weft.weight_ref @g1[%i] : !b
      %c1 = weft.weight_ref @c1[%i] : !b
      %x1 = weft.layer_norm %r1, %g1, %c1 eps 1.0e-12 : (!h, !b, !b) -> !h
      %w1 = weft.weight_ref @w1[%i] : !weft.tensor<[256, 64], f32>
      %b1 = weft.weight_ref @b1[%i] : !weft.tensor<[256], f32>
      %h1 = weft.linear %x1, %w1 bias %b1 : (!h, !weft.tensor<[256, 64], f32>, !weft.tensor<[256], f32>) -> !f
      %act = weft.unary gelu %h1 : (!f) -> !f
      %w2 = weft.weight_ref @w2[%i] : !weft.tensor<[64, 256], f32>
      %b2 = weft.weight_ref @b2[%i] : !b
      %fed = weft.linear %act, %w2 bias %b2 : (!f, !weft.tensor<[64, 256], f32>, !b) -> !h
      %r2 = weft.add %x1, %fed : (!h, !h) -> !h
      %g2 = weft.weight_ref @g2[%i] : !b
      %c2 = weft.weight_ref @c2[%i] : !b
      %x2 = weft.layer_norm %r2, %g2, %c2 eps 1.0e-12 : (!h, !b, !b) -> !h
      weft.yield %x2 : !h
    }
    %mean = weft.mean_pool %encoded, %lengths : (!h, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 64], f32>
    %unit = weft.l2_normalize %mean eps 1.0e-12 : (!weft.tensor<[batch, 64], f32>) -> !weft.tensor<[batch, 64], f32>
    weft.output %encoded, %unit : !h, !weft.tensor<[batch, 64], f32> names ["hidden", "embedding"]
  }
}

// The kernels of embedding and layer, then of the pooling; none for masks, splits, positions.
// CHECK: weft.kernel @lookup_add_layer_norm_64 row_reduction
// CHECK: weft.kernel @linear_64x192 contraction (%{{.*}}: !weft.tensor<[m, 64], f32>, %{{.*}}: !weft.tensor<[192, 64], f32>, %{{.*}}: !weft.tensor<[192], f32>)
// CHECK-SAME: argLayouts = [#weft.layout<rowStride = 64>, #weft.layout<rowStride = 48, panel = 48>, #weft.layout<rowStride = 192>]
// CHECK-SAME: resultLayouts = [#weft.layout<rowStride = 192>]
// CHECK: weft.kernel @attention_64 attention
// CHECK-NEXT: weft.padding_mask
// CHECK-NEXT: weft.split
// CHECK-NEXT: weft.attention {{.*}} heads 4 kv_heads 4 scale 3.000000e-01
// CHECK: weft.kernel @linear_64x64 contraction
// CHECK: weft.kernel @residual_norm_64 row_reduction
// CHECK: weft.kernel @linear_gelu_64x256 contraction
// Rows of 256 floats would alias: they lie 272 apart.
// CHECK-SAME: resultLayouts = [#weft.layout<rowStride = 272>]
// CHECK: weft.kernel @linear_256x64 contraction
// CHECK: weft.kernel @mean_pool_64 row_reduction
// CHECK: weft.kernel @l2_normalize_64 row_reduction
// CHECK: weft.kernel @copy_64 pointwise
// CHECK-NOT: weft.kernel
// CHECK: weft.graph @forward
// CHECK-SAME: weft.plan = {{\[\[}}#weft.dim<"1088*batch*seq">, #weft.dim<"256*batch">], [#weft.dim<"256*batch*seq">], [#weft.dim<"256*batch*seq">], [#weft.dim<"256*batch*seq">]]
// CHECK-NEXT: weft.check %ids in <"0"> to <"96"> what "token id"
// CHECK-NEXT: weft.check %types in <"0"> to <"7"> what "token id"
// CHECK-NEXT: weft.check %lengths in <"0"> to <"seq"> what "length"
// CHECK: %[[START:.*]] = weft.launch @lookup_add_layer_norm_64({{.*}}) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"seq">} slots [[STREAM:.*]] :
// CHECK: weft.encoder "encoded" layers 2 (%{{.*}}, %[[X:.*]] = %[[START]])
// CHECK: weft.launch @linear_64x192(%[[X]], {{.*}}) dims {m = #weft.dim<"batch*seq">}
// CHECK: weft.launch @attention_64
// CHECK: %[[ATTENDED:.*]] = weft.launch @linear_64x64
// CHECK: %[[MIDDLE:.*]] = weft.launch @residual_norm_64(%[[X]], %[[ATTENDED]],
// CHECK: weft.launch @linear_gelu_64x256(%[[MIDDLE]],
// CHECK: %[[FED:.*]] = weft.launch @linear_256x64
// CHECK: %[[NEXT:.*]] = weft.launch @residual_norm_64(%[[MIDDLE]], %[[FED]], {{.*}} slots [[STREAM]] :
// CHECK-NEXT: weft.yield %[[NEXT]]
// CHECK: weft.launch @l2_normalize_64({{.*}} slots [-2]
// CHECK: weft.launch @copy_64({{.*}} slots [-1]
