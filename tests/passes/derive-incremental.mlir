// RUN: weft-opt --pass-pipeline='builtin.module(weft.model(weft-derive-incremental))' %s 2>&1 | FileCheck %s
// One decoder layer with self-attention over a merged projection and attention to a memory, relative bias, and a norm after the stack.
!x = !weft.tensor<[batch, time, 8], f32>
!m = !weft.tensor<[batch, src, 8], f32>
!i = !weft.tensor<[batch], i32>
// CHECK: remark: derived prefill and step, which keep 3 x self_key [cache_rows, 2, 16*time_pages, 4], 3 x self_value [cache_rows, 2, 16*time_pages, 4], 3 x memory_key [cache_rows, 2, 16*src_pages, 4], 3 x memory_value [cache_rows, 2, 16*src_pages, 4], lengths [cache_rows]
weft.model @m {
  weft.dim @batch in 1 to 4
  weft.dim @time in 1 to 100
  weft.dim @src in 1 to 50
  // The step's capacity is the limit, in pages of 16; what the sizes must hold stands with them.
  // CHECK: weft.dim @time_pages in 1 to 3 {cache = #weft.dim<"time">, pages}
  // CHECK: weft.dim @cache_rows in 1 to 4 {cache = #weft.dim<"batch">}
  // CHECK: weft.state @self_key layers 3 keys
  // CHECK: weft.state @self_value layers 3 :
  // CHECK: weft.dim @src_pages in 1 to 4 {cache = #weft.dim<"src">, pages}
  // CHECK: weft.state @memory_key layers 3 keys
  // CHECK: weft.state @memory_value layers 3 :
  // CHECK: weft.state @lengths : !weft.tensor<[cache_rows], i32>
  weft.generate "tokens" from "logits" stop [2] limit 40
  weft.weight @table "table" : !weft.tensor<[30, 8], f32>
  weft.weight @wqkv "h.{i}.qkv" layers 3 : !weft.tensor<[24, 8], f32>
  weft.weight @wk "h.{i}.k" layers 3 : !weft.tensor<[8, 8], f32>
  weft.weight @buckets "b" : !weft.tensor<[8, 2], f32>
  weft.weight @g "g" : !weft.tensor<[8], f32>
  weft.graph @forward(%tokens: !weft.tensor<[batch, time], i32>, %memory: !m, %lengths: !i, %unused: !i) inputs ["tokens", "memory", "lengths", "unused"] {
    %table = weft.weight_ref @table : !weft.tensor<[30, 8], f32>
    %start = weft.lookup %table, %tokens : (!weft.tensor<[30, 8], f32>, !weft.tensor<[batch, time], i32>) -> !x
    %h = weft.decoder "hidden" layers 3 (%i, %x = %start) : (!x) {
      %wqkv = weft.weight_ref @wqkv[%i] : !weft.tensor<[24, 8], f32>
      %qkv = weft.linear %x, %wqkv : (!x, !weft.tensor<[24, 8], f32>) -> !weft.tensor<[batch, time, 24], f32>
      %q, %k, %v = weft.split %qkv axis 2 : (!weft.tensor<[batch, time, 24], f32>) -> (!x, !x, !x)
      %causal = weft.causal_mask : () -> !weft.tensor<[time, time], i1>
      %buckets = weft.weight_ref @buckets : !weft.tensor<[8, 2], f32>
      %bias = weft.relative_bias %buckets max_distance 12 : (!weft.tensor<[8, 2], f32>) -> !weft.tensor<[2, time, time], f32>
      %y = weft.attention %q, %k, %v mask %causal bias %bias heads 2 kv_heads 2 scale 0.5 : (!x, !x, !x, !weft.tensor<[time, time], i1>, !weft.tensor<[2, time, time], f32>) -> !x
      %wk = weft.weight_ref @wk[%i] : !weft.tensor<[8, 8], f32>
      %mk = weft.linear %memory, %wk : (!m, !weft.tensor<[8, 8], f32>) -> !m
      %padding = weft.padding_mask %lengths : (!i) -> !weft.tensor<[batch, 1, 1, src], i1>
      %z = weft.attention %y, %mk, %mk mask %padding heads 2 kv_heads 2 scale 0.5 : (!x, !m, !m, !weft.tensor<[batch, 1, 1, src], i1>) -> !x
      weft.yield %z : !x
    }
    %g = weft.weight_ref @g : !weft.tensor<[8], f32>
    %n = weft.rms_norm %h, %g eps 1.0e-6 : (!x, !weft.tensor<[8], f32>) -> !x
    %logits = weft.linear %n, %table : (!x, !weft.tensor<[30, 8], f32>) -> !weft.tensor<[batch, time, 30], f32>
    weft.output %logits : !weft.tensor<[batch, time, 30], f32> names ["logits"]
  }
}
// The prompt's graph: keys and values into their states, columns of the merged projection; the norm and the logits for one position.
// CHECK-LABEL: weft.graph @encode(%memory: {{.*}}, %lengths: {{.*}}, %source: {{.*}}) inputs ["memory", "lengths", "source"]
// CHECK-SAME: roles = ["input", "input", "source"]
// CHECK: weft.cache_write %{{.*}}, %lengths rows %source :
// CHECK: weft.decoder "hidden" layers 3 (%{{[a-z]+}}) : () {
// CHECK-NOT: weft.attention
// CHECK-COUNT-2: weft.cache_write %{{.*}} rows %source :
// CHECK-NOT: weft.cache_write
// CHECK: weft.yield{{$}}
// CHECK: weft.output names []

// CHECK-LABEL: weft.graph @prefill(%tokens: !weft.tensor<[batch, time], i32>, %memory:
// CHECK-SAME: inputs ["tokens", "memory", "lengths", "prompt_len", "rows", "source"]
// CHECK-SAME: roles = ["tokens", "input", "input", "prompt_len", "rows", "source"]
// CHECK: weft.cache_write %{{.*}}, %lengths rows %source :
// CHECK: weft.decoder "hidden" layers 2
// CHECK: %[[QKV:.*]] = weft.linear %arg
// CHECK-DAG: weft.cache_write %{{.*}}, %[[QKV]] rows %rows lengths %prompt_len {first = 8 : i64}
// CHECK-DAG: weft.cache_write %{{.*}}, %[[QKV]] rows %rows lengths %prompt_len {first = 16 : i64}
// CHECK: weft.causal_mask : ()
// CHECK: %[[MK:.*]] = weft.linear %memory
// CHECK-DAG: weft.cache_write %{{.*}}, %[[MK]] rows %source :
// CHECK: weft.yield
// The last layer: self-attention over all positions, everything after it for one.
// CHECK: weft.layer_number 2
// CHECK: weft.cache_write
// CHECK: %[[ALL:.*]] = weft.attention {{.*}} -> !weft.tensor<[batch, time, 8], f32>
// CHECK: weft.last %[[ALL]], %prompt_len
// CHECK-NEXT: weft.reshape {{.*}} -> !weft.tensor<[batch, 1, 8], f32>
// CHECK: weft.attention {{.*}} -> !weft.tensor<[batch, 1, 8], f32>
// CHECK: weft.rms_norm
// CHECK: weft.linear {{.*}} -> !weft.tensor<[batch, 1, 30], f32>
// The step: no memory as an input, no projection of it; tables count on from the position.
// CHECK-LABEL: weft.graph @step(%tokens: !weft.tensor<[batch, 1], i32>, %position:
// CHECK-SAME: roles = ["tokens", "position", "rows", "source"]
// CHECK: %[[NEW:.*]] = weft.cache_write %{{.*}} rows %rows offset %position {first =
// CHECK: weft.cache_read %[[NEW]] rows %rows : {{.*}} -> !weft.tensor<[batch, "16*time_pages", 8], f32>
// CHECK: weft.causal_mask offset %position : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, "16*time_pages"], i1>
// CHECK: weft.relative_bias %{{.*}} offset %position max_distance 12 : {{.*}} -> !weft.tensor<[batch, 2, 1, "16*time_pages"], f32>
// CHECK: weft.attention
// CHECK-NOT: weft.linear
// CHECK: weft.cache_read %{{.*}} rows %source : {{.*}} -> !weft.tensor<[batch, src, 8], f32>
// CHECK: weft.padding_mask
// CHECK: weft.attention
