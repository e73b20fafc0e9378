// Caches of the caller, and everything that callers can get wrong: each a status and a message, after which the context still works.
// LINK: weft_runtime
#include "GenerateFixture.h"

using namespace weft::test;
using testing::HasSubstr;

namespace {

//===-- Caches ----------------------------------------------------------------------------------------------------===//

class Caches : public Generate {
protected:
  void *makeCache() {
    size_t bytes = size_t(weft_rt_cache_bytes(&fake.model, nullptr));
    memory.push_back(static_cast<uint8_t *>(aligned_alloc(64, (bytes + 63) / 64 * 64)));
    std::fill_n(memory.back(), bytes, uint8_t(0));
    return memory.back();
  }
  ~Caches() override {
    for (uint8_t *each : memory)
      free(each);
  }
  size_t bytes() const { return size_t(weft_rt_cache_bytes(&fake.model, nullptr)); }
  void prompt(Tokens tokens) {
    PrefillArgs args{1, int64_t(tokens.size()), tokens.data(), &one, nullptr, nullptr};
    ASSERT_EQ(weft_rt_prefill(context, &args), WEFT_OK) << weft_rt_message(context);
  }
  std::vector<float> step(int32_t token) {
    std::vector<float> got(kVocabulary);
    weft_step_args args{1, &token, got.data()};
    EXPECT_EQ(weft_rt_step(context, &args), WEFT_OK) << weft_rt_message(context);
    return got;
  }
  std::vector<uint8_t *> memory;
  float one = 1;
};

TEST_F(Caches, OfTheCallerHoldSequencesApart) {
  void *a = makeCache(), *b = makeCache();
  ASSERT_EQ(weft_rt_cache_use(context, a, bytes()), WEFT_OK) << weft_rt_message(context);
  prompt({1, 5});
  ASSERT_EQ(weft_rt_cache_use(context, b, bytes()), WEFT_OK);
  prompt({9});
  step(8);
  ASSERT_EQ(weft_rt_cache_use(context, a, bytes()), WEFT_OK);
  EXPECT_EQ(step(3), fakeLogits({1, 5, 3}, 1));
  ASSERT_EQ(weft_rt_cache_use(context, b, bytes()), WEFT_OK);
  EXPECT_EQ(step(4), fakeLogits({9, 8, 4}, 1));
}

TEST_F(Caches, OfAnotherModelOrSizeAreRefused) {
  FakeGenerator other;
  other.model.name = "other";
  void *cache = makeCache();
  weft_model *otherModel;
  weft_context *otherContext;
  ASSERT_EQ(weft_rt_open(&other.model, &otherModel, nullptr), WEFT_OK);
  ASSERT_EQ(weft_rt_context_create(otherModel, &otherContext, nullptr), WEFT_OK);
  ASSERT_EQ(weft_rt_cache_use(otherContext, cache, bytes()), WEFT_OK);
  EXPECT_EQ(weft_rt_cache_use(context, cache, bytes()), WEFT_ERROR_CACHE);
  EXPECT_THAT(weft_rt_message(context), HasSubstr("not one of model 'fake'"));
  weft_rt_context_destroy(otherContext);
  weft_rt_close(otherModel);

  void *large = makeCache();
  ASSERT_EQ(weft_rt_cache_use(context, large, bytes()), WEFT_OK);
  close();
  int64_t limits[] = {2, 20};
  open(1, limits);
  EXPECT_EQ(weft_rt_cache_use(context, large, bytes()), WEFT_ERROR_CACHE);
  EXPECT_THAT(weft_rt_message(context), HasSubstr("other dim_limits"));
  EXPECT_EQ(weft_rt_cache_use(context, makeCache(), 100), WEFT_ERROR_MEMORY);
  prompt({1});
  EXPECT_EQ(step(3), fakeLogits({1, 3}, 1)) << "the context's own cache still works";
}

TEST_F(Caches, AreAsLargeAsTheLimitsSay) {
  int64_t small[] = {2, 10}, large[] = {12, 40};
  EXPECT_LT(weft_rt_cache_bytes(&fake.model, small), weft_rt_cache_bytes(&fake.model, large));
  EXPECT_EQ(weft_rt_cache_bytes(&fake.model, nullptr), weft_rt_cache_bytes(&fake.model, large));
}

//===-- Bad input -------------------------------------------------------------------------------------------------===//

class BadInput : public Caches {
protected:
  void expectRefused(weft_status expected, const char *words, const std::vector<Tokens> &prompts, const weft_generate_options &options) {
    EXPECT_EQ(generate(prompts, options), expected);
    EXPECT_THAT(weft_rt_message(context), HasSubstr(words));
    ASSERT_EQ(generate({{1, 5, 3}}, defaults()), WEFT_OK) << "the context works on: " << weft_rt_message(context);
    EXPECT_EQ(made[0], greedy({1, 5, 3}, 1, 32));
  }
};

TEST_F(BadInput, OptionsOutOfRange) {
  auto with = [](auto change) {
    weft_generate_options options = defaults();
    change(options);
    return options;
  };
  const std::vector<Tokens> prompts = {{1}, {2}};
  using Options = weft_generate_options;
  expectRefused(WEFT_ERROR_ARGUMENT, "max_new is 0", prompts, with([](Options &o) { o.max_new = 0; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "temperature is nan", prompts, with([](Options &o) { o.temperature = NAN; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "temperature is -1", prompts, with([](Options &o) { o.temperature = -1; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "temperature is inf", prompts, with([](Options &o) { o.temperature = INFINITY; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "beams is 0", prompts, with([](Options &o) { o.beams = 0; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "at most the vocabulary", prompts, with([](Options &o) { o.beams = 13; }));
  expectRefused(WEFT_ERROR_DIM_BOUNDS, "2 rows of 7 beams are 14 sequences", prompts, with([](Options &o) { o.beams = 7; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "results is 3, expected 1 to beams", prompts, with([](Options &o) { o.beams = 2, o.results = 3; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "top_k is 13, expected 0 to 12, the vocabulary", prompts, with([](Options &o) { o.top_k = 13; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "top_p is 0", prompts, with([](Options &o) { o.top_p = 0; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "top_p is nan", prompts, with([](Options &o) { o.top_p = NAN; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "length_penalty is nan", prompts, with([](Options &o) { o.length_penalty = NAN; }));
  expectRefused(WEFT_ERROR_ARGUMENT, "beam search draws nothing", prompts, with([](Options &o) { o.beams = 2, o.temperature = 1; }));
}

TEST_F(BadInput, PromptsOutOfRange) {
  expectRefused(WEFT_ERROR_VALUE_RANGE, "prompt_len of row 1 is 0, expected 1..3", {{1, 2, 3}, {}}, defaults());
  expectRefused(WEFT_ERROR_DIM_BOUNDS, "dimension 'time' is 0", {{}}, defaults());
  expectRefused(WEFT_ERROR_DIM_BOUNDS, "the prompt has 37 positions, 'tokens' is generated up to 36", {Tokens(37, 3)}, defaults());
  expectRefused(WEFT_ERROR_DIM_BOUNDS, "dimension 'batch' is 13", std::vector<Tokens>(13, Tokens{1}), defaults());
  expectRefused(WEFT_ERROR_VALUE_RANGE, "token id of input 'tokens': 12 at [1, 0]", {{1}, {12}}, defaults());
}

TEST_F(BadInput, StepsOutOfOrder) {
  int32_t token[2] = {3, 4}, bad[1] = {12};
  weft_step_args one{1, token, nullptr}, two{2, token, nullptr}, none{1, nullptr, nullptr}, outside{1, bad, nullptr};
  EXPECT_EQ(weft_rt_step(context, &one), WEFT_ERROR_CACHE);
  EXPECT_THAT(weft_rt_message(context), HasSubstr("a step needs a prompt before it"));
  for (Tokens tokens : {Tokens{12}, Tokens{5, 12}}) {
    prompt({1, 5});
    PrefillArgs args{1, int64_t(tokens.size()), tokens.data(), &this->one, nullptr, nullptr};
    EXPECT_EQ(weft_rt_prefill(context, &args), WEFT_ERROR_VALUE_RANGE);
    EXPECT_EQ(weft_rt_step(context, &one), WEFT_ERROR_CACHE) << "a failed prompt of " << tokens.size() << " leaves no sequences";
  }
  prompt({1, 5});
  EXPECT_EQ(weft_rt_step(context, &two), WEFT_ERROR_CACHE);
  EXPECT_THAT(weft_rt_message(context), HasSubstr("the cache holds 1 sequences, the step gives tokens for 2"));
  EXPECT_EQ(weft_rt_step(context, &none), WEFT_ERROR_NULL);
  EXPECT_EQ(weft_rt_step(context, nullptr), WEFT_ERROR_ARGUMENT);
  EXPECT_EQ(weft_rt_step(context, &outside), WEFT_ERROR_VALUE_RANGE);
  EXPECT_EQ(step(3), fakeLogits({1, 5, 3}, 1)) << "a failed step leaves the sequence as it was";
  for (int i = 3; i < kLimit; ++i)
    step(4);
  EXPECT_EQ(weft_rt_step(context, &one), WEFT_ERROR_DIM_BOUNDS);
  EXPECT_THAT(weft_rt_message(context), HasSubstr("has 36 positions, which is the limit"));
}

TEST_F(BadInput, NothingGiven) {
  weft_generate_options options = defaults();
  Tokens tokens = {1};
  GenerateArgs args{1, 1, tokens.data(), nullptr, nullptr, tokens.data(), nullptr, nullptr, nullptr};
  EXPECT_EQ(weft_rt_generate(context, &args, &options), WEFT_ERROR_NULL);
  EXPECT_THAT(weft_rt_message(context), HasSubstr("input 'scale' is NULL"));
  args.scale = &one;
  args.result = nullptr;
  EXPECT_EQ(weft_rt_generate(context, &args, &options), WEFT_ERROR_NULL);
  EXPECT_EQ(weft_rt_generate(context, &args, nullptr), WEFT_ERROR_ARGUMENT);
  EXPECT_EQ(weft_rt_generate(context, nullptr, &options), WEFT_ERROR_ARGUMENT);
  EXPECT_EQ(weft_rt_generate(nullptr, &args, &options), WEFT_ERROR_ARGUMENT);
  EXPECT_EQ(weft_rt_prefill(context, nullptr), WEFT_ERROR_ARGUMENT);
}

TEST_F(BadInput, AModelThatGeneratesNothing) {
  FakeGenerator plain;
  plain.model.generate = nullptr;
  weft_model *other;
  weft_context *otherContext;
  ASSERT_EQ(weft_rt_open(&plain.model, &other, nullptr), WEFT_OK);
  ASSERT_EQ(weft_rt_context_create(other, &otherContext, nullptr), WEFT_OK);
  int32_t token = 1;
  weft_step_args args{1, &token, nullptr};
  EXPECT_EQ(weft_rt_step(otherContext, &args), WEFT_ERROR_TARGET);
  EXPECT_THAT(weft_rt_message(otherContext), HasSubstr("generates nothing"));
  EXPECT_EQ(weft_rt_cache_bytes(&plain.model, nullptr), 0);
  weft_rt_context_destroy(otherContext);
  weft_rt_close(other);
}

} // namespace
