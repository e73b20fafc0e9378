// The loop of generation on a hand-made model, against plain re-tellings of what each way of choosing means; then everything that callers
// can get wrong: each a status and a message, after which the context still works.
// LINK: weft_runtime
#include "FakeGenerator.h"
#include <algorithm>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <map>

using namespace weft::test;
using testing::HasSubstr;

namespace {

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

weft_generate_options defaults() { return WEFT_GENERATE_DEFAULTS; }

/// Greedy choice told plainly.
Tokens greedy(Tokens history, float scale, int64_t maxNew) {
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

const std::vector<Tokens> kPrompts = {{1, 5, 3}, {4}, {6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 6, 1}, {1, 2}, {3, 9}};

TEST_F(Generate, GreedyRowsEndEachAtItsStep) {
  scale = {1, 2, 0.5f, 3, 1};
  weft_generate_options options = defaults();
  options.max_new = 30;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK) << weft_rt_message(context);
  std::vector<size_t> sizes;
  for (size_t b = 0; b < kPrompts.size(); ++b) {
    EXPECT_EQ(made[b], greedy(kPrompts[b], scale[b], 30)) << "row " << b;
    sizes.push_back(made[b].size());
  }
  EXPECT_NE(*std::min_element(sizes.begin(), sizes.end()), *std::max_element(sizes.begin(), sizes.end())) << "the test needs rows of different lengths";
  EXPECT_EQ(made[2].size(), size_t(kLimit) - kPrompts[2].size()) << "the limit bounds prompt and new tokens together";
}

TEST_F(Generate, LogitsAreThoseOfTheChosenPositions) {
  weft_generate_options options = defaults();
  options.max_new = 5;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  Tokens history = kPrompts[0];
  for (size_t i = 0; i < made[0].size(); ++i) {
    std::vector<float> expected = fakeLogits(history, 1);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), logits.begin() + int64_t(i) * kVocabulary));
    history.push_back(made[0][i]);
  }
}

TEST_F(Generate, WithoutAPromptTheStartTokenIsIt) {
  Tokens result(6), lengths(2);
  std::vector<float> scales = {1, 2};
  GenerateArgs args{2, 0, nullptr, scales.data(), nullptr, result.data(), lengths.data(), nullptr, nullptr};
  weft_generate_options options = defaults();
  options.max_new = 3;
  ASSERT_EQ(weft_rt_generate(context, &args, &options), WEFT_OK) << weft_rt_message(context);
  EXPECT_EQ(Tokens(result.begin() + 3, result.begin() + 3 + lengths[1]), greedy({1}, 2, 3));
}

TEST_F(Generate, StepsContinueAPrompt) {
  std::vector<float> scales = {1, 2}, got(2 * kVocabulary);
  Tokens tokens = {1, 5, 3, 4, 7, 7}, sizes = {3, 1}, next = {8, 9};
  PrefillArgs args{2, 3, tokens.data(), scales.data(), sizes.data(), got.data()};
  ASSERT_EQ(weft_rt_prefill(context, &args), WEFT_OK) << weft_rt_message(context);
  std::vector<Tokens> history = {{1, 5, 3}, {4}};
  for (int step = 0; step < 25; ++step) {
    for (size_t b = 0; b < 2; ++b)
      ASSERT_EQ(std::vector<float>(got.begin() + int64_t(b) * kVocabulary, got.begin() + int64_t(b + 1) * kVocabulary), fakeLogits(history[b], scales[b])) << step;
    weft_step_args more{2, next.data(), got.data()};
    ASSERT_EQ(weft_rt_step(context, &more), WEFT_OK) << weft_rt_message(context);
    for (size_t b = 0; b < 2; ++b)
      history[b].push_back(next[b]);
    next = {(next[0] + 3) % 12, (next[1] + 5) % 12};
  }
}

TEST_F(Generate, ThreadsDoNotChangeAnything) {
  weft_generate_options options = defaults();
  options.max_new = 12;
  options.beams = 2;
  options.results = 2;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  std::vector<Tokens> alone = made;
  close();
  open(3, nullptr);
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  EXPECT_EQ(made, alone);
}

//===-- Beam search -----------------------------------------------------------------------------------------------===//

struct Hypothesis {
  Tokens tokens;
  double sum = 0, score = 0;
};

double logProbability(const std::vector<float> &logits, int32_t token) {
  double sum = 0;
  for (float x : logits)
    sum += std::exp(double(x));
  return double(logits[size_t(token)]) - std::log(sum);
}

/// Beam search told plainly, with whole histories.
std::vector<Hypothesis> beamSearch(const Tokens &prompt, float scale, size_t beams, double penalty, size_t maxNew) {
  std::vector<Hypothesis> open = {{}}, ended;
  maxNew = std::min(maxNew, size_t(kLimit) - prompt.size());
  auto better = [](const Hypothesis &a, const Hypothesis &b) { return a.score > b.score; };
  auto keep = [&](Hypothesis h) {
    h.score = h.sum / std::pow(double(h.tokens.size()), penalty);
    ended.push_back(h);
    std::sort(ended.begin(), ended.end(), better);
    if (ended.size() > beams)
      ended.pop_back();
  };
  for (size_t length = 1; length <= maxNew && !open.empty(); ++length) {
    std::vector<Hypothesis> all, next;
    for (const Hypothesis &h : open) {
      Tokens history = prompt;
      history.insert(history.end(), h.tokens.begin(), h.tokens.end());
      std::vector<float> logits = fakeLogits(history, scale);
      for (int32_t v = 0; v < kVocabulary; ++v) {
        Hypothesis longer = h;
        longer.tokens.push_back(v);
        longer.sum += logProbability(logits, v);
        all.push_back(longer);
      }
    }
    std::sort(all.begin(), all.end(), [](const Hypothesis &a, const Hypothesis &b) { return a.sum > b.sum; });
    for (size_t i = 0; i < std::min(all.size(), 2 * beams) && next.size() < beams; ++i) {
      if (all[i].tokens.back() != 2)
        next.push_back(all[i]);
      else if (i < beams)
        keep(all[i]);
    }
    open = next;
    if (ended.size() == beams && !open.empty() && ended.back().score >= open[0].sum / std::pow(double(length), penalty))
      return ended;
  }
  for (const Hypothesis &h : open)
    keep(h);
  return ended;
}

class Beams : public Generate {};

TEST_P(Beams, FindWhatPlainBeamSearchFinds) {
  scale = {1, 2, 0.5f};
  std::vector<Tokens> prompts(kPrompts.begin(), kPrompts.begin() + 3);
  weft_generate_options options = defaults();
  options.max_new = 30;
  options.beams = GetParam();
  options.results = GetParam();
  options.length_penalty = GetParam() == 3 ? 0.6f : 1.0f;
  ASSERT_EQ(generate(prompts, options), WEFT_OK) << weft_rt_message(context);
  for (size_t b = 0; b < prompts.size(); ++b) {
    std::vector<Hypothesis> expected = beamSearch(prompts[b], scale[b], size_t(options.beams), double(options.length_penalty), 30);
    for (size_t r = 0; r < expected.size(); ++r) {
      EXPECT_EQ(made[b * size_t(options.results) + r], expected[r].tokens) << "row " << b << ", result " << r;
      EXPECT_NEAR(scores[b * size_t(options.results) + r], expected[r].score, 1e-5);
    }
    Tokens history = prompts[b];
    for (size_t t = 0; t < expected[0].tokens.size(); ++t) {
      std::vector<float> wanted = fakeLogits(history, scale[b]);
      EXPECT_TRUE(std::equal(wanted.begin(), wanted.end(), logits.begin() + int64_t(b * size_t(options.max_new) + t) * kVocabulary)) << "the best sequence's logits";
      history.push_back(expected[0].tokens[t]);
    }
  }
}
INSTANTIATE_TEST_SUITE_P(Widths, Beams, testing::Values(2, 3, 4));

TEST_F(Generate, OneBeamIsGreedy) {
  weft_generate_options options = defaults();
  options.max_new = 20;
  ASSERT_EQ(generate({kPrompts[0]}, options), WEFT_OK);
  EXPECT_EQ(made[0], beamSearch(kPrompts[0], 1, 1, 1, 20)[0].tokens);
}

//===-- Draws -----------------------------------------------------------------------------------------------------===//

TEST_F(Generate, DrawsFollowTheDistribution) {
  std::map<int32_t, double> seen;
  weft_generate_options options = defaults();
  options.max_new = 1;
  options.temperature = 0.7f;
  constexpr int kDraws = 4000;
  for (int i = 0; i < kDraws; ++i) {
    options.seed = uint64_t(i);
    ASSERT_EQ(generate({kPrompts[0]}, options), WEFT_OK);
    seen[made[0][0]] += 1.0 / kDraws;
  }
  std::vector<float> logits = fakeLogits(kPrompts[0], 1);
  for (float &x : logits)
    x /= 0.7f;
  for (int32_t v = 0; v < kVocabulary; ++v)
    EXPECT_NEAR(seen[v], std::exp(logProbability(logits, v)), 0.03) << v;
}

TEST_F(Generate, TopKAndTopPKeepTheLikeliest) {
  std::vector<float> logits = fakeLogits(kPrompts[0], 1);
  Tokens order(kVocabulary);
  for (int32_t v = 0; v < kVocabulary; ++v)
    order[size_t(v)] = v;
  std::sort(order.begin(), order.end(), [&](int32_t a, int32_t b) { return logits[size_t(a)] > logits[size_t(b)]; });
  auto drawn = [&](int32_t topK, float topP) {
    weft_generate_options options = defaults();
    options.max_new = 1;
    options.temperature = 5;
    options.top_k = topK;
    options.top_p = topP;
    std::map<int32_t, int> seen;
    for (int i = 0; i < 600; ++i) {
      options.seed = uint64_t(i);
      EXPECT_EQ(generate({kPrompts[0]}, options), WEFT_OK);
      ++seen[made[0][0]];
    }
    return seen;
  };
  std::map<int32_t, int> three = drawn(3, 1);
  EXPECT_EQ(three.size(), 3u);
  for (int i = 0; i < 3; ++i)
    EXPECT_TRUE(three.count(order[size_t(i)]));
  // At temperature 5 the likeliest tokens have about 1/11 each: 0.25 takes three of them.
  double sum = 0;
  size_t needed = 0;
  for (float &x : logits)
    x /= 5;
  while (sum < 0.25)
    sum += std::exp(logProbability(logits, order[needed++]));
  std::map<int32_t, int> quarter = drawn(0, 0.25f);
  EXPECT_EQ(quarter.size(), needed);
  for (size_t i = 0; i < needed; ++i)
    EXPECT_TRUE(quarter.count(order[i]));
  EXPECT_EQ(drawn(0, 1e-6f).size(), 1u);
}

TEST_F(Generate, ARowsDrawsDoNotDependOnTheOthers) {
  weft_generate_options options = defaults();
  options.max_new = 15;
  options.temperature = 1;
  options.seed = 42;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  std::vector<Tokens> together = made;
  ASSERT_EQ(generate({kPrompts[0]}, options), WEFT_OK);
  EXPECT_EQ(made[0], together[0]);
  options.seed = 43;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  EXPECT_NE(made, together);
}

//===-- Suppressed tokens -----------------------------------------------------------------------------------------===//

/// Two tokens that are never chosen and one, the otherwise likeliest, that is not chosen first.
class Suppressed : public Generate {
protected:
  Suppressed() {
    Tokens plain = greedy(kPrompts[0], 1, 30);
    never = {plain[1], plain[2], 1000, -1}; // what is outside the vocabulary says nothing
    neverFirst = {plain[0]};
    fake.generate.suppress = never.data(), fake.generate.suppress_count = int32_t(never.size());
    fake.generate.suppress_first = neverFirst.data(), fake.generate.suppress_first_count = int32_t(neverFirst.size());
  }
  bool isAllowed(int32_t token, bool isFirst) const {
    return std::count(never.begin(), never.end(), token) == 0 && !(isFirst && token == neverFirst[0]);
  }
  Tokens never, neverFirst;
};

TEST_F(Suppressed, GreedyTakesTheLikeliestThatIsAllowed) {
  weft_generate_options options = defaults();
  options.max_new = 20;
  ASSERT_EQ(generate({kPrompts[0]}, options), WEFT_OK) << weft_rt_message(context);
  Tokens history = kPrompts[0];
  for (size_t t = 0; t < made[0].size(); ++t) {
    std::vector<float> expected = fakeLogits(history, 1);
    EXPECT_TRUE(std::equal(expected.begin(), expected.end(), logits.begin() + int64_t(t) * kVocabulary)) << "the logits are the model's";
    int32_t best = -1;
    for (int32_t v = 0; v < kVocabulary; ++v)
      if (isAllowed(v, t == 0) && (best < 0 || expected[size_t(v)] > expected[size_t(best)]))
        best = v;
    ASSERT_EQ(made[0][t], best) << t;
    history.push_back(best);
  }
  EXPECT_NE(made[0], greedy(kPrompts[0], 1, 20));
}

TEST_F(Suppressed, DrawsAndBeamsNeverTakeThem) {
  for (int seed = 0; seed < 200; ++seed) {
    weft_generate_options options = defaults();
    options.max_new = 8;
    options.temperature = 3;
    options.seed = uint64_t(seed);
    options.top_p = seed % 2 ? 1 : 0.9f;
    ASSERT_EQ(generate({kPrompts[0], kPrompts[1]}, options), WEFT_OK);
    for (const Tokens &row : made)
      for (size_t t = 0; t < row.size(); ++t)
        ASSERT_TRUE(isAllowed(row[t], t == 0)) << row[t];
  }
  weft_generate_options options = defaults();
  options.beams = options.results = 3;
  ASSERT_EQ(generate({kPrompts[0], kPrompts[1]}, options), WEFT_OK);
  for (const Tokens &row : made)
    for (size_t t = 0; t < row.size(); ++t)
      EXPECT_TRUE(isAllowed(row[t], t == 0)) << row[t];
  // What is suppressed keeps its part of the probability, as in Hugging Face's beam search.
  double sum = 0;
  Tokens history = kPrompts[0];
  for (int32_t token : made[0]) {
    sum += logProbability(fakeLogits(history, 1), token);
    history.push_back(token);
  }
  EXPECT_NEAR(scores[0], sum / double(made[0].size()), 1e-5);
}

//===-- Streaming -------------------------------------------------------------------------------------------------===//

struct Heard {
  std::map<int64_t, Tokens> rows;
  int left = 1000;
};
int32_t hear(void *user, int64_t row, int32_t token) {
  auto *heard = static_cast<Heard *>(user);
  heard->rows[row].push_back(token);
  return --heard->left == 0;
}

TEST_F(Generate, TokensAreToldAsTheyCome) {
  Heard heard;
  weft_generate_options options = defaults();
  options.on_token = hear;
  options.user = &heard;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  for (size_t b = 0; b < kPrompts.size(); ++b)
    EXPECT_EQ(heard.rows[int64_t(b)], made[b]);
}

TEST_F(Generate, TheListenerMayEndIt) {
  Heard heard;
  heard.left = 7;
  weft_generate_options options = defaults();
  options.on_token = hear;
  options.user = &heard;
  ASSERT_EQ(generate(kPrompts, options), WEFT_OK);
  size_t total = 0;
  for (const Tokens &row : made)
    total += row.size();
  EXPECT_EQ(total, 7u);
}

TEST_F(Generate, APromptAtTheLimitIsDoneAtOnce) {
  weft_generate_options options = defaults();
  ASSERT_EQ(generate({Tokens(kLimit, 5), {1}}, options), WEFT_OK) << weft_rt_message(context);
  EXPECT_TRUE(made[0].empty());
  EXPECT_EQ(made[1], greedy({1}, 1, 32));
}

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
