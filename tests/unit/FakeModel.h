//===- FakeModel.h - a hand-made descriptor for tests of the runtime -----------------------------------------===//
//
// model fake: dim batch in 1..4, seq in 1..8; input ids : i32[batch, seq] (values 0..9), input scale : f32[batch],
// output doubled : f32[batch, seq] = ids * scale (needs both), output total : i32[batch] = sum of ids (needs ids).
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_TESTS_UNIT_FAKEMODEL_H
#define WEFT_TESTS_UNIT_FAKEMODEL_H

#include "runtime/Descriptor.h"

namespace weft::test {

inline const weft_term kBatch[] = {{1, 1, {1}}};
inline const weft_term kSeq[] = {{1, 1, {0, 1}}};
inline const weft_term kNine[] = {{9, 1, {}}};
inline const weft_term kTwiceBatchSeq[] = {{2, 1, {1, 1}}};
inline const weft_expr kBatchSeq[] = {{kBatch, 1}, {kSeq, 1}};
inline const weft_dim_info kDims[] = {{"batch", 1, 4}, {"seq", 1, 8}};
inline const weft_tensor_info kInputs[] = {
    {"ids", "token ids", WEFT_I32, 2, kBatchSeq, 0, 0, 0}, {"scale", "", WEFT_F32, 1, kBatchSeq, 0, 0, 0}};
inline const weft_tensor_info kOutputs[] = {
    {"doubled", "", WEFT_F32, 2, kBatchSeq, 3, 0, 0},
    {"total", "sum of ids", WEFT_I32, 1, kBatchSeq, 1, WEFT_TENSOR_ALWAYS_WRITTEN, 0}};
inline const weft_check_info kChecks[] = {{"token ids", 0, 7, 12, 0, "fake.weft", {nullptr, 0}, {kNine, 1}}};
inline const weft_launch_info kLaunches[] = {
    {"scale_rows", "scale", "fake.weft", 9, 3, {kTwiceBatchSeq, 1}, {kTwiceBatchSeq, 1}},
    {"sum_rows", "total", "fake.weft", 10, 3, {kTwiceBatchSeq, 1}, {kTwiceBatchSeq, 1}}};
inline const weft_source_info kSources[] = {{"description", "fake.weft", "00ff"}};

/// Rows are dealt to threads in turn; two launches, as a host program would have them.
inline void forward(weft_frame *frame, int32_t thread) {
  int64_t batch = frame->dims[0], seq = frame->dims[1];
  auto *ids = static_cast<const int32_t *>(frame->inputs[0]);
  auto *scale = static_cast<const float *>(frame->inputs[1]);
  if (thread == 0)
    weft_rt_check_range(frame, ids, batch * seq, 0, 9, 0);
  if (weft_rt_barrier(frame, thread))
    return;
  weft_rt_mark(frame, thread, 0);
  auto *doubled = static_cast<float *>(frame->outputs[0]);
  for (int64_t row = thread; (frame->wanted & 1) && row < batch; row += frame->threads)
    for (int64_t i = 0; i < seq; ++i)
      doubled[row * seq + i] = float(ids[row * seq + i]) * scale[row];
  if (weft_rt_barrier(frame, thread))
    return;
  weft_rt_mark(frame, thread, 1);
  auto *total = static_cast<int32_t *>(frame->outputs[1]);
  for (int64_t row = thread; row < batch; row += frame->threads) {
    total[row] = 0;
    for (int64_t i = 0; i < seq; ++i)
      total[row] += ids[row * seq + i];
  }
  weft_rt_barrier(frame, thread);
}

inline int64_t arenaBytes(const int64_t *dims, int32_t threads) { return dims[0] * dims[1] * 4 + threads * 64; }

/// NAME_run_args of it.
struct FakeArgs {
  int64_t batch, seq;
  const int32_t *ids;
  const float *scale;
  float *doubled;
  int32_t *total;
};

inline weft_target_info baselineTarget() {
#if defined(__aarch64__)
  return {"baseline", WEFT_AARCH64, 0, 0, {forward}};
#else
  return {"baseline", WEFT_X86_64, 0, 0, {forward}};
#endif
}
inline const weft_target_info kTargets[] = {baselineTarget()};

inline weft_model_descriptor fakeModel() {
  weft_model_descriptor model = {};
  model.abi_version = WEFT_ABI_VERSION;
  model.descriptor_bytes = sizeof model;
  model.name = "fake";
  model.doc = "A \"fake\" model.";
  model.precision = "f32";
  model.compiler = "weft test";
  model.command = "--emit=shared";
  model.sources = kSources, model.source_count = 1;
  model.dims = kDims, model.dim_count = 2;
  model.inputs = kInputs, model.input_count = 2;
  model.outputs = kOutputs, model.output_count = 2;
  model.checks = kChecks, model.check_count = 1;
  model.launches = kLaunches, model.launch_count = 2;
  model.targets = kTargets, model.target_count = 1;
  model.parameters = 12;
  model.arena_bytes = arenaBytes;
  model.api = &weft_rt_api;
  return model;
}

} // namespace weft::test

#endif
