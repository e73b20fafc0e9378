// The base of the tests of generation: a context of the hand-made model, prompts in, tokens out; and greedy choice told plainly.
#ifndef WEFT_TESTS_UNIT_GENERATEFIXTURE_H
#define WEFT_TESTS_UNIT_GENERATEFIXTURE_H

#include "FakeGenerator.h"
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft::test {

using Tokens = std::vector<int32_t>;

struct PrefillArgs {
  int64_t batch, time;
  const int32_t *tokens;
  const float *scale;
  const int32_t *prompt_len;
  float *logits;
};
struct GenerateArgs {
  int64_t batch, time;
  const int32_t *tokens;
  const float *scale;
  const int32_t *prompt_len;
  int32_t *result, *lengths;
  float *scores, *logits;
};

class Generate : public testing::TestWithParam<int> {
protected:
  Generate() { open(1, nullptr); }
  ~Generate() override { close(); }
  void close() {
    weft_rt_context_destroy(context);
    weft_rt_close(model);
  }
  void open(int threads, const int64_t *limits) {
    weft_options options = {};
    options.threads = threads;
    ASSERT_EQ(weft_rt_open(&fake.model, &model, &options), WEFT_OK);
    weft_context_options create = {};
    create.dim_limits = limits;
    ASSERT_EQ(weft_rt_context_create(model, &context, &create), WEFT_OK);
  }

  /// Prompts of these tokens, padded; results in `made`, each as long as `lengths` says.
  weft_status generate(const std::vector<Tokens> &prompts, const weft_generate_options &options) {
    int64_t batch = int64_t(prompts.size()), time = 0, results = std::max(1, options.results);
    for (const Tokens &prompt : prompts)
      time = std::max(time, int64_t(prompt.size()));
    Tokens flat, sizes;
    flat.reserve(1); // an empty prompt is not a missing one
    for (const Tokens &prompt : prompts) {
      sizes.push_back(int32_t(prompt.size()));
      for (int64_t t = 0; t < time; ++t)
        flat.push_back(t < int64_t(prompt.size()) ? prompt[size_t(t)] : 7);
    }
    int64_t width = std::clamp<int64_t>(options.max_new, 0, 100);
    Tokens result(size_t(batch * results * width) + 1, -9), lengths(size_t(batch * results) + 1, -9);
    scores.assign(size_t(batch * results), 0);
    logits.assign(size_t(batch * width * kVocabulary), 0);
    scale.resize(size_t(batch), 1.0f);
    GenerateArgs args{batch, time, flat.data(), scale.data(), sizes.data(), result.data(), lengths.data(), scores.data(), logits.data()};
    weft_status status = weft_rt_generate(context, &args, &options);
    EXPECT_EQ(result.back(), -9);
    EXPECT_EQ(lengths.back(), -9);
    made.clear();
    for (int64_t i = 0; status == WEFT_OK && i < batch * results; ++i) {
      auto row = result.begin() + i * width;
      made.emplace_back(row, row + lengths[size_t(i)]);
      for (int64_t t = lengths[size_t(i)]; t < width; ++t)
        EXPECT_EQ(row[t], 2) << "rows are filled with the stop token";
    }
    return status;
  }

  FakeGenerator fake;
  weft_model *model = nullptr;
  weft_context *context = nullptr;
  std::vector<float> scale, scores, logits;
  std::vector<Tokens> made;
};

inline weft_generate_options defaults() { return WEFT_GENERATE_DEFAULTS; }

/// Greedy choice told plainly.
inline Tokens greedy(Tokens history, float scale, int64_t maxNew) {
  Tokens result;
  while (int64_t(result.size()) < maxNew && int64_t(history.size()) < kLimit) {
    std::vector<float> logits = fakeLogits(history, scale);
    result.push_back(int32_t(std::max_element(logits.begin(), logits.end()) - logits.begin()));
    history.push_back(result.back());
    if (result.back() == 2)
      break;
  }
  return result;
}

} // namespace weft::test

#endif
