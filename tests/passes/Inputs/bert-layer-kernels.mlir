// What the passes hand to code generation, by hand: BERT with the sizes of MiniLM, embedding + stack + pooling, planned and packed.
// - A kernel's dims are `m` alone (leading dims merged) or d0, d1, ... in order of appearance; last dims of weights are numbers.
// - rowStride 0: rows are dense and the last dimension is a run-time size (only callers' buffers). Rank 0: rowStride 1.
// - A kernel may yield an argument: a copy. Masks, splits, slices, positions are computed inside their user's kernel.
// - `slots` of a stack: where each carried value lives before, in and after the stack. The launch that yields it writes there.
// - `weft.plan`: for each slot the sizes in bytes whose maximum it needs.
weft.model @bert attributes {prefixes = ["bert.", ""]} {
  weft.dim @batch in 1 to 64
  weft.dim @seq in 1 to 512
  weft.weight @words "embeddings.word_embeddings.weight" : !weft.tensor<[30522, 384], f32>
  weft.weight @kinds "embeddings.token_type_embeddings.weight" : !weft.tensor<[2, 384], f32>
  weft.weight @places "embeddings.position_embeddings.weight" : !weft.tensor<[512, 384], f32>
  weft.weight @norm.weight "embeddings.LayerNorm.weight" : !weft.tensor<[384], f32>
  weft.weight @norm.bias "embeddings.LayerNorm.bias" : !weft.tensor<[384], f32>
  weft.weight @query.weight "encoder.layer.{i}.attention.self.query.weight" layers 6 : !weft.tensor<[384, 384], f32>
  weft.weight @query.bias "encoder.layer.{i}.attention.self.query.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @key.weight "encoder.layer.{i}.attention.self.key.weight" layers 6 : !weft.tensor<[384, 384], f32>
  weft.weight @key.bias "encoder.layer.{i}.attention.self.key.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @value.weight "encoder.layer.{i}.attention.self.value.weight" layers 6 : !weft.tensor<[384, 384], f32>
  weft.weight @value.bias "encoder.layer.{i}.attention.self.value.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @merged.weight layers 6 : !weft.tensor<[1152, 384], f32> {
  ^bb0(%i: index):
    %q = weft.weight_ref @query.weight[%i] : !weft.tensor<[384, 384], f32>
    %k = weft.weight_ref @key.weight[%i] : !weft.tensor<[384, 384], f32>
    %v = weft.weight_ref @value.weight[%i] : !weft.tensor<[384, 384], f32>
    %all = weft.concat %q, %k, %v axis 0 : (!weft.tensor<[384, 384], f32>, !weft.tensor<[384, 384], f32>, !weft.tensor<[384, 384], f32>) -> !weft.tensor<[1152, 384], f32>
    weft.yield %all : !weft.tensor<[1152, 384], f32>
  }
  weft.weight @merged.bias layers 6 : !weft.tensor<[1152], f32> {
  ^bb0(%i: index):
    %q = weft.weight_ref @query.bias[%i] : !weft.tensor<[384], f32>
    %k = weft.weight_ref @key.bias[%i] : !weft.tensor<[384], f32>
    %v = weft.weight_ref @value.bias[%i] : !weft.tensor<[384], f32>
    %all = weft.concat %q, %k, %v axis 0 : (!weft.tensor<[384], f32>, !weft.tensor<[384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[1152], f32>
    weft.yield %all : !weft.tensor<[1152], f32>
  }
  weft.weight @out.weight "encoder.layer.{i}.attention.output.dense.weight" layers 6 : !weft.tensor<[384, 384], f32>
  weft.weight @out.bias "encoder.layer.{i}.attention.output.dense.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @norm1.weight "encoder.layer.{i}.attention.output.LayerNorm.weight" layers 6 : !weft.tensor<[384], f32>
  weft.weight @norm1.bias "encoder.layer.{i}.attention.output.LayerNorm.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @fc1.weight "encoder.layer.{i}.intermediate.dense.weight" layers 6 : !weft.tensor<[1536, 384], f32>
  weft.weight @fc1.bias "encoder.layer.{i}.intermediate.dense.bias" layers 6 : !weft.tensor<[1536], f32>
  weft.weight @fc2.weight "encoder.layer.{i}.output.dense.weight" layers 6 : !weft.tensor<[384, 1536], f32>
  weft.weight @fc2.bias "encoder.layer.{i}.output.dense.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @norm2.weight "encoder.layer.{i}.output.LayerNorm.weight" layers 6 : !weft.tensor<[384], f32>
  weft.weight @norm2.bias "encoder.layer.{i}.output.LayerNorm.bias" layers 6 : !weft.tensor<[384], f32>
  weft.weight @pooler.weight "pooler.dense.weight" : !weft.tensor<[384, 384], f32>
  weft.weight @pooler.bias "pooler.dense.bias" : !weft.tensor<[384], f32>

  weft.kernel @lookup_layer_norm_384 row_reduction (%ids: !weft.tensor<[d0, d1], i32>, %table: !weft.tensor<[30522, 384], f32>, %types: !weft.tensor<[d0, d1], i32>, %kinds: !weft.tensor<[2, 384], f32>, %places: !weft.tensor<[512, 384], f32>, %gain: !weft.tensor<[384], f32>, %bias: !weft.tensor<[384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 0, padded = false>, #weft.layout<rowStride = 384>, #weft.layout<rowStride = 0, padded = false>, #weft.layout<rowStride = 384>, #weft.layout<rowStride = 384>, #weft.layout<rowStride = 384>, #weft.layout<rowStride = 384>],
                  resultLayouts = [#weft.layout<rowStride = 384>]} {
    %word = weft.lookup %table, %ids : (!weft.tensor<[30522, 384], f32>, !weft.tensor<[d0, d1], i32>) -> !weft.tensor<[d0, d1, 384], f32>
    %kind = weft.lookup %kinds, %types : (!weft.tensor<[2, 384], f32>, !weft.tensor<[d0, d1], i32>) -> !weft.tensor<[d0, d1, 384], f32>
    %a = weft.add %word, %kind : (!weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0, d1, 384], f32>) -> !weft.tensor<[d0, d1, 384], f32>
    %place = weft.positions %places : (!weft.tensor<[512, 384], f32>) -> !weft.tensor<[d1, 384], f32>
    %b = weft.add %a, %place : (!weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d1, 384], f32>) -> !weft.tensor<[d0, d1, 384], f32>
    %y = weft.layer_norm %b, %gain, %bias eps 1.0e-12 : (!weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[d0, d1, 384], f32>
    weft.yield %y : !weft.tensor<[d0, d1, 384], f32>
  }
  weft.kernel @linear_384x1152 contraction (%x: !weft.tensor<[m, 384], f32>, %w: !weft.tensor<[1152, 384], f32>, %b: !weft.tensor<[1152], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>, #weft.layout<rowStride = 48, panel = 48, panelDim = 0>, #weft.layout<rowStride = 1152>],
                  resultLayouts = [#weft.layout<rowStride = 1168>]} {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 384], f32>, !weft.tensor<[1152, 384], f32>, !weft.tensor<[1152], f32>) -> !weft.tensor<[m, 1152], f32>
    weft.yield %y : !weft.tensor<[m, 1152], f32>
  }
  weft.kernel @attention_384 attention (%qkv: !weft.tensor<[d0, d1, 1152], f32>, %lengths: !weft.tensor<[d0], i32>)
      attributes {argLayouts = [#weft.layout<rowStride = 1168>, #weft.layout<rowStride = 0, padded = false>], resultLayouts = [#weft.layout<rowStride = 384>]} {
    %q, %k, %v = weft.split %qkv axis 2 : (!weft.tensor<[d0, d1, 1152], f32>) -> (!weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0, d1, 384], f32>)
    %mask = weft.padding_mask %lengths : (!weft.tensor<[d0], i32>) -> !weft.tensor<[d0, 1, 1, d1], i1>
    %y = weft.attention %q, %k, %v mask %mask heads 12 kv_heads 12 scale 0.17677669529663687 : (!weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0, 1, 1, d1], i1>) -> !weft.tensor<[d0, d1, 384], f32>
    weft.yield %y : !weft.tensor<[d0, d1, 384], f32>
  }
  weft.kernel @linear_384x384 contraction (%x: !weft.tensor<[m, 384], f32>, %w: !weft.tensor<[384, 384], f32>, %b: !weft.tensor<[384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>, #weft.layout<rowStride = 48, panel = 48, panelDim = 0>, #weft.layout<rowStride = 384>],
                  resultLayouts = [#weft.layout<rowStride = 384>]} {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 384], f32>, !weft.tensor<[384, 384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[m, 384], f32>
    weft.yield %y : !weft.tensor<[m, 384], f32>
  }
  weft.kernel @residual_norm_384 row_reduction (%x: !weft.tensor<[m, 384], f32>, %r: !weft.tensor<[m, 384], f32>, %gain: !weft.tensor<[384], f32>, %bias: !weft.tensor<[384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>, #weft.layout<rowStride = 384>, #weft.layout<rowStride = 384>, #weft.layout<rowStride = 384>],
                  resultLayouts = [#weft.layout<rowStride = 384>]} {
    %y, %sum = weft.residual_norm layer_norm %x, %r, %gain bias %bias eps 1.0e-12 : (!weft.tensor<[m, 384], f32>, !weft.tensor<[m, 384], f32>, !weft.tensor<[384], f32>, !weft.tensor<[384], f32>) -> (!weft.tensor<[m, 384], f32>, !weft.tensor<[m, 384], f32>)
    weft.yield %y : !weft.tensor<[m, 384], f32>
  }
  weft.kernel @linear_gelu_384x1536 contraction (%x: !weft.tensor<[m, 384], f32>, %w: !weft.tensor<[1536, 384], f32>, %b: !weft.tensor<[1536], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>, #weft.layout<rowStride = 48, panel = 48, panelDim = 0>, #weft.layout<rowStride = 1536>],
                  resultLayouts = [#weft.layout<rowStride = 1552>]} {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 384], f32>, !weft.tensor<[1536, 384], f32>, !weft.tensor<[1536], f32>) -> !weft.tensor<[m, 1536], f32>
    %z = weft.unary gelu %y : (!weft.tensor<[m, 1536], f32>) -> !weft.tensor<[m, 1536], f32>
    weft.yield %z : !weft.tensor<[m, 1536], f32>
  }
  weft.kernel @linear_1536x384 contraction (%x: !weft.tensor<[m, 1536], f32>, %w: !weft.tensor<[384, 1536], f32>, %b: !weft.tensor<[384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 1552>, #weft.layout<rowStride = 48, panel = 48, panelDim = 0>, #weft.layout<rowStride = 384>],
                  resultLayouts = [#weft.layout<rowStride = 384>]} {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 1536], f32>, !weft.tensor<[384, 1536], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[m, 384], f32>
    weft.yield %y : !weft.tensor<[m, 384], f32>
  }
  weft.kernel @mean_pool_384 row_reduction (%x: !weft.tensor<[d0, d1, 384], f32>, %lengths: !weft.tensor<[d0], i32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>, #weft.layout<rowStride = 0, padded = false>], resultLayouts = [#weft.layout<rowStride = 384>]} {
    %y = weft.mean_pool %x, %lengths : (!weft.tensor<[d0, d1, 384], f32>, !weft.tensor<[d0], i32>) -> !weft.tensor<[d0, 384], f32>
    weft.yield %y : !weft.tensor<[d0, 384], f32>
  }
  weft.kernel @l2_normalize_384 row_reduction (%x: !weft.tensor<[m, 384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>], resultLayouts = [#weft.layout<rowStride = 384, padded = false>]} {
    %y = weft.l2_normalize %x eps 1.0e-12 : (!weft.tensor<[m, 384], f32>) -> !weft.tensor<[m, 384], f32>
    weft.yield %y : !weft.tensor<[m, 384], f32>
  }
  weft.kernel @copy_384 pointwise (%x: !weft.tensor<[m, 384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>], resultLayouts = [#weft.layout<rowStride = 384, padded = false>]} {
    weft.yield %x : !weft.tensor<[m, 384], f32>
  }
  weft.kernel @linear_tanh_384x384 contraction (%x: !weft.tensor<[d0, d1, 384], f32>, %w: !weft.tensor<[384, 384], f32>, %b: !weft.tensor<[384], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 384>, #weft.layout<rowStride = 48, panel = 48, panelDim = 0>, #weft.layout<rowStride = 384>],
                  resultLayouts = [#weft.layout<rowStride = 384, padded = false>]} {
    %first = weft.slice %x axis 1 start <"0"> : (!weft.tensor<[d0, d1, 384], f32>) -> !weft.tensor<[d0, 1, 384], f32>
    %row = weft.reshape %first : (!weft.tensor<[d0, 1, 384], f32>) -> !weft.tensor<[d0, 384], f32>
    %y = weft.linear %row, %w bias %b : (!weft.tensor<[d0, 384], f32>, !weft.tensor<[384, 384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[d0, 384], f32>
    %z = weft.unary tanh %y : (!weft.tensor<[d0, 384], f32>) -> !weft.tensor<[d0, 384], f32>
    weft.yield %z : !weft.tensor<[d0, 384], f32>
  }

  weft.graph @forward(%ids: !weft.tensor<[batch, seq], i32>, %types: !weft.tensor<[batch, seq], i32>, %lengths: !weft.tensor<[batch], i32>) inputs ["ids", "types", "lengths"]
      attributes {weft.plan = [[#weft.dim<"1536*batch*seq">], [#weft.dim<"4672*batch*seq">, #weft.dim<"6208*batch*seq">, #weft.dim<"1536*batch">], [#weft.dim<"1536*batch*seq">], [#weft.dim<"1536*batch*seq">]]} {
    weft.check %ids in <"0"> to <"30521"> what "token id" : !weft.tensor<[batch, seq], i32>
    weft.check %types in <"0"> to <"1"> what "token id" : !weft.tensor<[batch, seq], i32>
    weft.check %lengths in <"0"> to <"seq"> what "length" : !weft.tensor<[batch], i32>
    %words = weft.weight_ref @words : !weft.tensor<[30522, 384], f32>
    %kinds = weft.weight_ref @kinds : !weft.tensor<[2, 384], f32>
    %places = weft.weight_ref @places : !weft.tensor<[512, 384], f32>
    %gain = weft.weight_ref @norm.weight : !weft.tensor<[384], f32>
    %bias = weft.weight_ref @norm.bias : !weft.tensor<[384], f32>
    %start = weft.launch @lookup_layer_norm_384(%ids, %words, %types, %kinds, %places, %gain, %bias) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"seq">} slots [0] : (!weft.tensor<[batch, seq], i32>, !weft.tensor<[30522, 384], f32>, !weft.tensor<[batch, seq], i32>, !weft.tensor<[2, 384], f32>, !weft.tensor<[512, 384], f32>, !weft.tensor<[384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, seq, 384], f32>
    %encoded = weft.encoder "encoded" layers 6 (%i, %x = %start) : (!weft.tensor<[batch, seq, 384], f32>) attributes {slots = array<i64: 0>} {
      %w1 = weft.weight_ref @merged.weight[%i] : !weft.tensor<[1152, 384], f32>
      %b1 = weft.weight_ref @merged.bias[%i] : !weft.tensor<[1152], f32>
      %qkv = weft.launch @linear_384x1152(%x, %w1, %b1) dims {m = #weft.dim<"batch*seq">} slots [1] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[1152, 384], f32>, !weft.tensor<[1152], f32>) -> !weft.tensor<[batch, seq, 1152], f32>
      %context = weft.launch @attention_384(%qkv, %lengths) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"seq">} slots [2] : (!weft.tensor<[batch, seq, 1152], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 384], f32>
      %w2 = weft.weight_ref @out.weight[%i] : !weft.tensor<[384, 384], f32>
      %b2 = weft.weight_ref @out.bias[%i] : !weft.tensor<[384], f32>
      %attended = weft.launch @linear_384x384(%context, %w2, %b2) dims {m = #weft.dim<"batch*seq">} slots [3] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[384, 384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, seq, 384], f32>
      %g1 = weft.weight_ref @norm1.weight[%i] : !weft.tensor<[384], f32>
      %c1 = weft.weight_ref @norm1.bias[%i] : !weft.tensor<[384], f32>
      %x1 = weft.launch @residual_norm_384(%x, %attended, %g1, %c1) dims {m = #weft.dim<"batch*seq">} slots [2] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, seq, 384], f32>
      %w3 = weft.weight_ref @fc1.weight[%i] : !weft.tensor<[1536, 384], f32>
      %b3 = weft.weight_ref @fc1.bias[%i] : !weft.tensor<[1536], f32>
      %inner = weft.launch @linear_gelu_384x1536(%x1, %w3, %b3) dims {m = #weft.dim<"batch*seq">} slots [1] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[1536, 384], f32>, !weft.tensor<[1536], f32>) -> !weft.tensor<[batch, seq, 1536], f32>
      %w4 = weft.weight_ref @fc2.weight[%i] : !weft.tensor<[384, 1536], f32>
      %b4 = weft.weight_ref @fc2.bias[%i] : !weft.tensor<[384], f32>
      %fed = weft.launch @linear_1536x384(%inner, %w4, %b4) dims {m = #weft.dim<"batch*seq">} slots [3] : (!weft.tensor<[batch, seq, 1536], f32>, !weft.tensor<[384, 1536], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, seq, 384], f32>
      %g2 = weft.weight_ref @norm2.weight[%i] : !weft.tensor<[384], f32>
      %c2 = weft.weight_ref @norm2.bias[%i] : !weft.tensor<[384], f32>
      %x2 = weft.launch @residual_norm_384(%x1, %fed, %g2, %c2) dims {m = #weft.dim<"batch*seq">} slots [0] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, seq, 384], f32>
      weft.yield %x2 : !weft.tensor<[batch, seq, 384], f32>
    }
    %hidden = weft.launch @copy_384(%encoded) dims {m = #weft.dim<"batch*seq">} slots [-1] : (!weft.tensor<[batch, seq, 384], f32>) -> !weft.tensor<[batch, seq, 384], f32>
    %mean = weft.launch @mean_pool_384(%encoded, %lengths) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"seq">} slots [1] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 384], f32>
    %embedding = weft.launch @l2_normalize_384(%mean) dims {m = #weft.dim<"batch">} slots [-2] : (!weft.tensor<[batch, 384], f32>) -> !weft.tensor<[batch, 384], f32>
    %pw = weft.weight_ref @pooler.weight : !weft.tensor<[384, 384], f32>
    %pb = weft.weight_ref @pooler.bias : !weft.tensor<[384], f32>
    %pooled = weft.launch @linear_tanh_384x384(%encoded, %pw, %pb) dims {d0 = #weft.dim<"batch">, d1 = #weft.dim<"seq">} slots [-3] : (!weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[384, 384], f32>, !weft.tensor<[384], f32>) -> !weft.tensor<[batch, 384], f32>
    weft.output %hidden, %embedding, %pooled : !weft.tensor<[batch, seq, 384], f32>, !weft.tensor<[batch, 384], f32>, !weft.tensor<[batch, 384], f32> names ["hidden", "embedding", "pooled"]
  }
}
