//===- FakeGenerator.h - a hand-made model that generates ------------------------------------------------------===//
//
// dim batch in 1..12, time in 1..40; input tokens : i32[batch, time], scale : f32[batch]; output logits : f32[batch, time, 12]; stops at
// 2, starts at 1, limit 36. A position's logits are numbers drawn from all tokens up to it and the row's scale, which the
// programs take from the states alone: values hold the tokens, keys the tokens in another layout, `scale` is kept once a source.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_TESTS_UNIT_FAKEGENERATOR_H
#define WEFT_TESTS_UNIT_FAKEGENERATOR_H

#include "runtime/Descriptor.h"
#include <cmath>
#include <cstdint>
#include <vector>

namespace weft::test {

constexpr int64_t kVocabulary = 12, kLimit = 36, kRows = 12, kPages = 3, kKeyHeads = 2, kKeyWidth = 3;

/// The logits after a history, as the description would define them.
inline std::vector<float> fakeLogits(const std::vector<int32_t> &history, float scale) {
  std::vector<float> logits;
  for (int32_t v = 0; v < kVocabulary; ++v) {
    uint64_t hash = 1469598103934665603u;
    for (int32_t token : history)
      hash = (hash ^ uint64_t(token + 1)) * 1099511628211u;
    hash = (hash ^ uint64_t(v + 100)) * 1099511628211u;
    hash ^= hash >> 29;
    logits.push_back(scale * float(int64_t(hash % 2001) - 1000) / 500.0f);
  }
  return logits;
}

/// Dims of the programs: batch, time, then pages, rows.
inline const float *keyAt(const weft_frame &frame, int64_t row, int64_t head, int64_t position, int64_t d) {
  auto *keys = reinterpret_cast<const float *>(frame.states[1].data + row * frame.states[1].row_bytes);
  int64_t pages = frame.dims[2];
  constexpr int64_t features = WEFT_KEY_FEATURES(kKeyWidth), side = WEFT_KEY_POSITIONS;
  keys += (head * pages * 16 + position / side * side) * kKeyWidth;
  return keys + (d / features * side + position % side) * features + d % features;
}

inline void fakeProgram(weft_frame *frame, int32_t thread, bool isStep) {
  int64_t batch = frame->dims[0], time = frame->dims[1], pages = frame->dims[2];
  auto *tokens = static_cast<const int32_t *>(frame->inputs[0]);
  auto *positions = static_cast<const int32_t *>(frame->inputs[1]); // lengths of the prompts
  auto *table = static_cast<const int32_t *>(frame->inputs[2]), *source = static_cast<const int32_t *>(frame->inputs[3]);
  if (thread == 0)
    weft_rt_check_range(frame, tokens, batch * time, 0, kVocabulary - 1, 0);
  if (weft_rt_barrier(frame, thread))
    return;
  static thread_local std::vector<float> values, keys;
  values.clear(), keys.clear();
  for (int64_t i = 0; i < batch * time; ++i) {
    values.push_back(-1), values.push_back(float(tokens[i])), values.push_back(-1);
    for (int64_t c = 0; c < kKeyHeads * kKeyWidth; ++c)
      keys.push_back(float(tokens[i] * 10 + c));
  }
  const int32_t *offset = isStep ? positions : nullptr, *lengths = isStep ? nullptr : positions;
  weft_cache_write write{values.data(), table, offset, lengths, 0, 0, batch, time, 3, 1, 0, 0, pages, 0};
  weft_rt_cache_write(frame, thread, &write);
  weft_cache_write second{keys.data(), table, offset, lengths, 1, 1, batch, time, kKeyHeads * kKeyWidth, 0, 0, 0, pages, 0};
  weft_rt_cache_write(frame, thread, &second);
  if (!isStep) {
    weft_cache_write third{frame->inputs[4], source, nullptr, nullptr, 2, 0, batch, 1, 1, 0, 1, 1, 1, 0};
    weft_rt_cache_write(frame, thread, &third);
  }
  if (weft_rt_barrier(frame, thread))
    return;
  auto *out = static_cast<float *>(frame->outputs[0]);
  for (int64_t b = thread; b < batch; b += frame->threads) {
    int64_t count = isStep ? positions[b] + 1 : positions[b];
    std::vector<int32_t> history;
    bool isRight = true;
    for (int64_t t = 0; t < count; ++t) {
      int64_t row = table[b * pages + t / 16];
      float token = reinterpret_cast<const float *>(frame->states[0].data + row * frame->states[0].row_bytes)[t];
      history.push_back(int32_t(token));
      for (int64_t c = 0; c < kKeyHeads * kKeyWidth; ++c)
        // Layer 1 of two: the pointer of the state is that of layer 0.
        isRight &= *reinterpret_cast<const float *>(reinterpret_cast<const uint8_t *>(keyAt(*frame, row, c / kKeyWidth, t, c % kKeyWidth)) +
                                                    frame->states[1].layer_bytes) == token * 10 + float(c);
    }
    float scale = *reinterpret_cast<const float *>(frame->states[2].data + source[b] * frame->states[2].row_bytes);
    std::vector<float> logits = fakeLogits(history, scale);
    for (int64_t v = 0; v < kVocabulary; ++v)
      out[b * kVocabulary + v] = isRight ? logits[size_t(v)] : NAN;
  }
  weft_rt_barrier(frame, thread);
}
inline void fakePrefill(weft_frame *frame, int32_t thread) { fakeProgram(frame, thread, false); }
inline void fakeStep(weft_frame *frame, int32_t thread) { fakeProgram(frame, thread, true); }
/// The scales of the rows alone, before a prompt of one token.
inline void fakeEncode(weft_frame *frame, int32_t thread) {
  weft_cache_write write{frame->inputs[1], static_cast<const int32_t *>(frame->inputs[0]), nullptr, nullptr, 2, 0, frame->dims[0], 1, 1, 0, 1, 1, 1, 0};
  weft_rt_cache_write(frame, thread, &write);
  weft_rt_barrier(frame, thread);
}
inline void fakeForward(weft_frame *frame, int32_t thread) { weft_rt_barrier(frame, thread); }
inline int64_t fakeArena(const int64_t *dims, int32_t) { return dims[0] * dims[1]; }

/// coefficient * product of dims: {dim, dim, ...}
struct FakeTerm {
  weft_term term;
  weft_expr expr;
  FakeTerm(int64_t number, std::initializer_list<int> dims) : term{number, 1, {}}, expr{&term, 1} {
    for (int dim : dims)
      ++term.power[dim];
  }
  FakeTerm(const FakeTerm &) = delete;
};

/// The descriptor and all that it points to.
class FakeGenerator {
public:
  FakeGenerator() {
    dims[0] = {"batch", 1, kRows};
    dims[1] = {"time", 1, 40};
    inputs[0] = {"tokens", "", WEFT_I32, 2, tokenShape, 0, 0, 0};
    inputs[1] = {"scale", "", WEFT_F32, 1, tokenShape, 0, 0, 0};
    outputs[0] = {"logits", "", WEFT_F32, 3, logitShape, 3, 0, 0};
    checks[0] = {"token id", 0, 3, 5, 0, "fake.weft", {nullptr, 0}, {nullptr, 0}};
    cacheDims[0] = {"time_pages", kPages, 16, time.expr};
    cacheDims[1] = {"cache_rows", kRows, 1, batch.expr};
    states[0] = {"tokens", WEFT_F32, WEFT_STATE_VALUES, 1, 1, 1, 1, 1, 0, valueBytes.expr, valueRow.expr};
    states[1] = {"keys", WEFT_F32, WEFT_STATE_KEYS, 2, kKeyHeads, kKeyWidth, 0, 1, 0, keyBytes.expr, keyRow.expr};
    states[2] = {"scale", WEFT_F32, WEFT_STATE_PLAIN, 1, 0, 0, 0, 0, 0, scaleBytes.expr, scaleRow.expr};
    generate.input = 0, generate.output = 0, generate.batch = 0, generate.time = 1, generate.pages = 0, generate.rows = 1;
    generate.vocabulary = kVocabulary, generate.limit = kLimit, generate.has_start = 1, generate.start = 1;
    generate.stop = stop, generate.stop_count = 1;
    generate.cache_dims = cacheDims, generate.cache_dim_count = 2;
    generate.states = states, generate.state_count = 3;
    generate.prefill = prefill, generate.prefill_count = 5;
    generate.step = step, generate.step_count = 4;
    generate.encode = encode, generate.encode_count = 2;
    generate.prefill_arena_bytes = fakeArena, generate.step_arena_bytes = fakeArena, generate.encode_arena_bytes = fakeArena;
    target = {"baseline", 0, 0, 0, {fakeForward, fakePrefill, fakeStep, fakeEncode}};
#if defined(__aarch64__)
    target.arch = WEFT_AARCH64;
#endif
    model.abi_version = WEFT_ABI_VERSION, model.descriptor_bytes = sizeof model;
    model.name = "fake", model.doc = "", model.precision = "f32", model.compiler = "", model.command = "";
    model.dims = dims, model.dim_count = 2;
    model.inputs = inputs, model.input_count = 2;
    model.outputs = outputs, model.output_count = 1;
    model.checks = checks, model.check_count = 1;
    model.targets = &target, model.target_count = 1;
    model.arena_bytes = fakeArena;
    model.api = &weft_rt_api;
    model.generate = &generate;
  }

  weft_model_descriptor model = {};
  weft_generate_info generate = {};

private:
  FakeTerm batch{1, {0}}, time{1, {1}}, vocabulary{kVocabulary, {}};
  FakeTerm valueRow{16 * 4, {2}}, valueBytes{16 * 4, {2, 3}};
  FakeTerm keyRow{16 * 4 * kKeyHeads * kKeyWidth, {2}}, keyBytes{16 * 4 * kKeyHeads *kKeyWidth, {2, 3}};
  FakeTerm scaleRow{4, {}}, scaleBytes{4, {3}};
  weft_expr tokenShape[2] = {batch.expr, time.expr}, logitShape[3] = {batch.expr, time.expr, vocabulary.expr};
  weft_dim_info dims[2];
  weft_tensor_info inputs[2], outputs[1];
  weft_check_info checks[1];
  weft_cache_dim_info cacheDims[2];
  weft_state_info states[3];
  weft_target_info target;
  int32_t stop[1] = {2};
  weft_argument_info prefill[5] = {{WEFT_ROLE_TOKENS, 0}, {WEFT_ROLE_PROMPT_LEN, 0}, {WEFT_ROLE_ROWS, 0}, {WEFT_ROLE_SOURCE, 0}, {WEFT_ROLE_INPUT, 1}};
  weft_argument_info encode[2] = {{WEFT_ROLE_SOURCE, 0}, {WEFT_ROLE_INPUT, 1}};
  weft_argument_info step[4] = {{WEFT_ROLE_TOKENS, 0}, {WEFT_ROLE_POSITION, 0}, {WEFT_ROLE_ROWS, 0}, {WEFT_ROLE_SOURCE, 0}};
};

} // namespace weft::test

#endif
