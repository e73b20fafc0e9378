// The loop of generation on a hand-made model, against plain re-tellings of what each way of choosing means.
// LINK: weft_runtime
#include "GenerateFixture.h"
#include <map>

using namespace weft::test;

namespace {

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

} // namespace
