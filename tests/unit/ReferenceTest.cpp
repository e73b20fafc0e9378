// Each op of the oracle against numbers worked out by hand.
// LINK: weft_ir
#include "Biases.h"
#include "IrText.h"

using namespace weft;
using namespace weft::test;
using weft::reference::Sizes;
using weft::reference::Tensor;

static const double inf = INFINITY, nan_ = NAN;

/// "!weft.tensor<[1, 2], f32>"
static std::string t(const char *dims, const char *element = "f32") {
  return std::string("!weft.tensor<[") + dims + "], " + element + ">";
}
static std::string f(const std::string &head, std::vector<std::string> ins, const std::string &out) {
  std::string text = head + " : (";
  for (size_t i = 0; i < ins.size(); ++i)
    text += (i ? ", " : "") + ins[i];
  return text + ") -> " + out;
}

#define EXPECT_OP(text, operands, ...)                                                                                           \
  do {                                                                                                                           \
    OpRun run(text, std::vector<Tensor> operands);                                                                               \
    EXPECT_EQ(run.error, "");                                                                                                    \
    EXPECT_THAT(run.values(), Numbers(__VA_ARGS__));                                                                             \
  } while (false)
#define ARGS(...) {__VA_ARGS__}

//===-- Contractions --------------------------------------------------------------------------------------------------===//

TEST(Reference, Linear) {
  Tensor x = tensor({1, 2}, {1, 2}), w = tensor({3, 2}, {1, 0, 0, 1, 1, 1}), b = tensor({3}, {10, 20, 30});
  EXPECT_OP(f("%y = weft.linear %x, %w bias %b", {t("1, 2"), t("3, 2"), t("3")}, t("1, 3")), ARGS(x, w, b), {11, 22, 33});
  EXPECT_OP(f("%y = weft.linear %x, %w", {t("1, 2"), t("3, 2")}, t("1, 3")), ARGS(x, w), {1, 2, 3});
  Tensor turned = tensor({2, 3}, {1, 0, 1, 0, 1, 1});
  EXPECT_OP(f("%y = weft.linear %x, %w transposed", {t("1, 2"), t("2, 3")}, t("1, 3")), ARGS(x, turned), {1, 2, 3});
}

TEST(Reference, LinearOfOddSizesEqualsTheSum) {
  // 7 rows, 37 columns, 19 deep: every tail of the blocked product.
  std::vector<double> x(7 * 19), w(37 * 19), expected;
  for (size_t i = 0; i < x.size(); ++i)
    x[i] = static_cast<double>(i * 7 % 11) - 5;
  for (size_t i = 0; i < w.size(); ++i)
    w[i] = static_cast<double>(i * 5 % 13) - 6;
  for (int m = 0; m < 7; ++m)
    for (int n = 0; n < 37; ++n) {
      double sum = 0;
      for (int k = 0; k < 19; ++k)
        sum += x[m * 19 + k] * w[n * 19 + k];
      expected.push_back(sum);
    }
  EXPECT_OP(f("%y = weft.linear %x, %w", {t("7, 19"), t("37, 19")}, t("7, 37")), ARGS(tensor({7, 19}, x), tensor({37, 19}, w)), expected);
}

TEST(Reference, StrassenIsLinear) {
  // B11 = 1, B21 = 2, B12 = 3, B22 = 4: T1 = 2, T2 = 2, T3 = 1, T4 = 0. Three rows: the one in the middle is in both halves.
  Tensor x = tensor({3, 2}, {1, 2, 3, 4, 5, 6}), w = tensor({2, 2}, {1, 2, 3, 4}), sums = tensor({1, 4}, {2, 2, 1, 0}), b = tensor({2}, {100, 200});
  EXPECT_OP(f("%y = weft.strassen %x, %w, %s bias %b rows 16", {t("3, 2"), t("2, 2"), t("1, 4"), t("2")}, t("3, 2")), ARGS(x, w, sums, b), {105, 211, 111, 225, 117, 239});
  Tensor turned = tensor({2, 2}, {1, 3, 2, 4}), column = tensor({4, 1}, {2, 2, 1, 0});
  EXPECT_OP(f("%y = weft.strassen %x, %w, %s transposed rows 16", {t("3, 2"), t("2, 2"), t("4, 1")}, t("3, 2")), ARGS(x, turned, column), {5, 11, 11, 25, 17, 39});
  // It is the formula that is computed: other sums give other results.
  Tensor wrong = tensor({1, 4}, {3, 2, 1, 0});
  OpRun run(f("%y = weft.strassen %x, %w, %s rows 16", {t("3, 2"), t("2, 2"), t("1, 4")}, t("3, 2")), ARGS(x, w, wrong));
  EXPECT_NE(run.values()[1], 11);
}

TEST(Reference, MatMulBroadcastsLeadingDimensions) {
  Tensor a = tensor({2, 1, 2}, {1, 2, 3, 4}), b = tensor({2, 2}, {1, 10, 100, 1000});
  EXPECT_OP(f("%y = weft.matmul %a, %b", {t("2, 1, 2"), t("2, 2")}, t("2, 1, 2")), ARGS(a, b), {201, 2010, 403, 4030});
  Tensor c = tensor({2, 2, 1}, {1, 1, 1, 2});
  EXPECT_OP(f("%y = weft.matmul %a, %b", {t("2, 1, 2"), t("2, 2, 1")}, t("2, 1, 1")), ARGS(a, c), {3, 11});
}

TEST(Reference, Conv1d) {
  Tensor x = tensor({1, 1, 4}, {1, 2, 3, 4}), w = tensor({1, 1, 3}, {1, 0, -1}), b = tensor({1}, {1});
  EXPECT_OP(f("%y = weft.conv1d %x, %w stride 1 pad 1", {t("1, 1, 4"), t("1, 1, 3")}, t("1, 1, 4")), ARGS(x, w), {-2, -2, -2, 3});
  EXPECT_OP(f("%y = weft.conv1d %x, %w bias %b stride 2 pad 1", {t("1, 1, 4"), t("1, 1, 3"), t("1")}, t("1, 1, 2")), ARGS(x, w, b), {-1, -1});
}

TEST(Reference, Conv1dSumsChannels) {
  Tensor x = tensor({1, 2, 2}, {1, 2, 10, 20}), w = tensor({2, 2, 1}, {1, 1, 2, -1});
  EXPECT_OP(f("%y = weft.conv1d %x, %w stride 1 pad 0", {t("1, 2, 2"), t("2, 2, 1")}, t("1, 2, 2")), ARGS(x, w), {11, 22, -8, -16});
}

TEST(Reference, Conv2dOverPatches) {
  std::vector<double> image(16);
  for (int i = 0; i < 16; ++i)
    image[i] = i;
  Tensor x = tensor({1, 1, 4, 4}, image), w = tensor({1, 1, 2, 2}, {1, 1, 1, 1});
  EXPECT_OP(f("%y = weft.conv2d %x, %w stride [2, 2] pad [0, 0]", {t("1, 1, 4, 4"), t("1, 1, 2, 2")}, t("1, 1, 2, 2")), ARGS(x, w),
            {0 + 1 + 4 + 5, 2 + 3 + 6 + 7, 8 + 9 + 12 + 13, 10 + 11 + 14 + 15});
  Tensor w3 = tensor({1, 1, 3, 3}, {0, 0, 0, 0, 1, 0, 0, 0, 1});
  EXPECT_OP(f("%y = weft.conv2d %x, %w stride [3, 3] pad [1, 1]", {t("1, 1, 4, 4"), t("1, 1, 3, 3")}, t("1, 1, 2, 2")), ARGS(x, w3),
            {0 + 5, 3, 12, 15});
}

//===-- Attention -----------------------------------------------------------------------------------------------------===//

TEST(Reference, Heads) {
  Tensor x = tensor({1, 2, 4}, {0, 1, 2, 3, 4, 5, 6, 7});
  EXPECT_OP(f("%y = weft.split_heads %x heads 2", {t("1, 2, 4")}, t("1, 2, 2, 2")), ARGS(x), {0, 1, 4, 5, 2, 3, 6, 7});
  Tensor h = tensor({1, 2, 2, 2}, {0, 1, 4, 5, 2, 3, 6, 7});
  EXPECT_OP(f("%y = weft.merge_heads %x", {t("1, 2, 2, 2")}, t("1, 2, 4")), ARGS(h), {0, 1, 2, 3, 4, 5, 6, 7});
  Tensor r = tensor({1, 2, 1, 1}, {3, 7});
  EXPECT_OP(f("%y = weft.repeat_heads %x times 2", {t("1, 2, 1, 1")}, t("1, 4, 1, 1")), ARGS(r), {3, 3, 7, 7});
}

TEST(Reference, RopeTurnsPairs) {
  double c = std::cos(1.0), s = std::sin(1.0), c2 = std::cos(0.01), s2 = std::sin(0.01);
  Tensor x = tensor({1, 2, 4}, {1, 2, 3, 4, 1, 2, 3, 4});
  EXPECT_OP(f("%y = weft.rope %x heads 1 theta 10000.0 style interleaved width 4", {t("1, 2, 4")}, t("1, 2, 4")), ARGS(x),
            {1, 2, 3, 4, c - 2 * s, 2 * c + s, 3 * c2 - 4 * s2, 4 * c2 + 3 * s2});
  EXPECT_OP(f("%y = weft.rope %x heads 1 theta 10000.0 style half width 4", {t("1, 2, 4")}, t("1, 2, 4")), ARGS(x),
            {1, 2, 3, 4, c - 3 * s, 2 * c2 - 4 * s2, 3 * c + s, 4 * c2 + 2 * s2});
}

TEST(Reference, RopeScalesItsRates) {
  Tensor x = tensor({1, 2, 8}, {1, 1, 1, 1, 0, 0, 0, 0, 1, 1, 1, 1, 0, 0, 0, 0});
  auto turned = [](std::vector<double> rates) {
    std::vector<double> all = {1, 1, 1, 1, 0, 0, 0, 0};
    for (double rate : rates)
      all.push_back(std::cos(rate));
    for (double rate : rates)
      all.push_back(std::sin(rate));
    return all;
  };
  EXPECT_OP(f("%y = weft.rope %x heads 1 theta 10000.0 style half width 8 {factor = 4.0 : f64}", {t("1, 2, 8")}, t("1, 2, 8")), ARGS(x),
            turned({0.25, 0.025, 0.0025, 0.00025}));
  // Over 100 positions the pairs make 15.9, 1.59, 0.159 and 0.0159 turns: the first is fast, the second lies between 1 and 3.
  double kept = (10 / (2 * M_PI) - 1) / 2;
  EXPECT_OP(f("%y = weft.rope %x heads 1 theta 10000.0 style half width 8 {factor = 4.0 : f64, ramp = array<f64: 1.0, 3.0, 100.0>}", {t("1, 2, 8")}, t("1, 2, 8")), ARGS(x),
            turned({1, 0.1 * kept + 0.025 * (1 - kept), 0.0025, 0.00025}));
}

TEST(Reference, RopeKeepsFeaturesPastItsWidthAndCountsFromTheOffset) {
  Tensor x = tensor({2, 1, 4}, {1, 0, 5, 6, 1, 0, 5, 6});
  Tensor offset(Tensor::Element::I32, {2}, {0, 3});
  EXPECT_OP(f("%y = weft.rope %x offset %o heads 1 theta 10000.0 style half width 2", {t("2, 1, 4"), t("2", "i32")}, t("2, 1, 4")),
            ARGS(x, offset), {1, 0, 5, 6, std::cos(3.0), std::sin(3.0), 5, 6});
}

TEST(Reference, Masks) {
  EXPECT_OP("%m = weft.causal_mask : () -> " + t("2, 3", "i1"), {}, {1, 0, 0, 1, 1, 0});
  EXPECT_OP("%m = weft.causal_mask {shift = 1 : i64} : () -> " + t("2, 3", "i1"), {}, {1, 1, 0, 1, 1, 1});
  EXPECT_OP("%m = weft.window_mask before 1 after 0 : () -> " + t("3, 3", "i1"), {}, {1, 0, 0, 1, 1, 0, 0, 1, 1});
  Tensor lengths(Tensor::Element::I32, {2}, {0, 2});
  EXPECT_OP(f("%m = weft.padding_mask %l", {t("2", "i32")}, t("2, 1, 1, 3", "i1")), ARGS(lengths), {0, 0, 0, 1, 1, 0});
  EXPECT_OP(f("%m = weft.causal_mask offset %l", {t("2", "i32")}, t("2, 1, 1, 3", "i1")), ARGS(lengths), {1, 0, 0, 1, 1, 1});
  EXPECT_OP(f("%m = weft.mask_and %a, %b", {t("2, 1", "i1"), t("2", "i1")}, t("2, 2", "i1")), ARGS(tensor({2, 1}, {1, 0}), tensor({2}, {1, 0})),
            {1, 0, 0, 0});
}

TEST(Reference, SoftmaxOfNothingVisibleIsZeros) {
  Tensor x = tensor({2, 2}, {0, std::log(3), -inf, -inf});
  EXPECT_OP(f("%y = weft.softmax %x axis -1", {t("2, 2")}, t("2, 2")), ARGS(x), {0.25, 0.75, 0, 0});
  Tensor y = tensor({2, 2}, {0, 1000, std::log(3), 1000});
  EXPECT_OP(f("%y = weft.softmax %x axis 0", {t("2, 2")}, t("2, 2")), ARGS(y), {0.25, 0.5, 0.75, 0.5});
}

TEST(Reference, MaskedSoftmaxIsSoftmaxOfMasked) {
  Tensor x = tensor({2, 3}, {0, 5, std::log(3), 1, 1, 1}), mask = tensor({2, 3}, {1, 0, 1, 0, 0, 0});
  std::vector<std::string> ins = {t("2, 3"), t("2, 3", "i1")};
  EXPECT_OP(f("%y = weft.masked_softmax %x, %m", ins, t("2, 3")), ARGS(x, mask), {0.25, 0, 0.75, 0, 0, 0});
  EXPECT_OP(f("%y = weft.masked %x, %m", ins, t("2, 3")), ARGS(x, mask), {0, -inf, std::log(3), -inf, -inf, -inf});
}

TEST(Reference, Attention) {
  // One head of width 1, scale 1: scores are products; the mask hides key 1 from query 0 and everything from query 1.
  Tensor q = tensor({1, 2, 1}, {1, 2}), k = tensor({1, 2, 1}, {0, std::log(3)}), v = tensor({1, 2, 2}, {4, 8, 0, 4});
  std::vector<std::string> ins = {t("1, 2, 1"), t("1, 2, 1"), t("1, 2, 2")};
  EXPECT_OP(f("%y = weft.attention %q, %k, %v heads 1 kv_heads 1 scale 1.0", ins, t("1, 2, 2")), ARGS(q, k, v), {1, 5, 0.4, 4.4});
  ins.push_back(t("2, 2", "i1"));
  EXPECT_OP(f("%y = weft.attention %q, %k, %v mask %m heads 1 kv_heads 1 scale 1.0", ins, t("1, 2, 2")),
            ARGS(q, k, v, tensor({2, 2}, {1, 0, 0, 0})), {4, 8, 0, 0});
}

TEST(Reference, AttentionSharesKeyHeads) {
  // Two query heads read one key head; values differ by key only.
  Tensor q = tensor({1, 1, 2}, {0, std::log(3)}), k = tensor({1, 2, 1}, {0, 1}), v = tensor({1, 2, 1}, {0, 1});
  EXPECT_OP(f("%y = weft.attention %q, %k, %v heads 2 kv_heads 1 scale 1.0", {t("1, 1, 2"), t("1, 2, 1"), t("1, 2, 1")}, t("1, 1, 2")),
            ARGS(q, k, v), {0.5, 0.75});
}

TEST(Reference, AttentionCapsBeforeTheBias) {
  Tensor q = tensor({1, 1, 1}, {4}), k = tensor({1, 2, 1}, {0, 3}), v = tensor({1, 2, 1}, {0, 1}), bias = tensor({2}, {0, 1});
  double score = 2 * std::tanh(0.5 * 12 / 2) + 1, weight = std::exp(score) / (1 + std::exp(score));
  EXPECT_OP(f("%y = weft.attention %q, %k, %v bias %b heads 1 kv_heads 1 scale 0.5 softcap 2.0", {t("1, 1, 1"), t("1, 2, 1"), t("1, 2, 1"), t("2")},
              t("1, 1, 1")),
            ARGS(q, k, v, bias), {weight});
}

TEST(Reference, RelativeBuckets) {
  // Values of transformers' T5Attention._relative_position_bucket with 32 buckets and distance 128.
  auto both = [](int64_t distance) { return relativeBucket(distance, 32, 128, true); };
  EXPECT_EQ(both(0), 0);
  EXPECT_EQ(both(-1), 1);
  EXPECT_EQ(both(1), 17);
  EXPECT_EQ(both(7), 23);
  EXPECT_EQ(both(8), 24);
  EXPECT_EQ(both(-16), 10);
  EXPECT_EQ(both(1000), 31);
  auto past = [](int64_t distance) { return relativeBucket(distance, 32, 128, false); };
  EXPECT_EQ(past(5), 0);
  EXPECT_EQ(past(-15), 15);
  EXPECT_EQ(past(-20), 17);
  EXPECT_EQ(past(-1000), 31);
}

TEST(Reference, Biases) {
  Tensor table = tensor({4, 1}, {10, 11, 12, 13});
  // 4 buckets, both directions: 0, -1 -> 0, 1; ahead by 1 -> 3.
  EXPECT_OP(f("%b = weft.relative_bias %t max_distance 8 bidirectional", {t("4, 1")}, t("1, 2, 2")), ARGS(table), {10, 13, 11, 10});
  EXPECT_OP("%b = weft.alibi heads 2 : () -> " + t("2, 1, 3"), {}, {0, -0.0625, -0.125, 0, -0.00390625, -0.0078125});
  EXPECT_DOUBLE_EQ(alibiSlope(4, 6), 0.5);
  EXPECT_DOUBLE_EQ(alibiSlope(5, 6), 0.125);
  EXPECT_DOUBLE_EQ(alibiSlope(3, 6), std::exp2(-8));
}

TEST(Reference, PositionTables) {
  Tensor table = tensor({4, 1}, {5, 6, 7, 8});
  EXPECT_OP(f("%p = weft.positions %t {start = 2 : i64}", {t("4, 1")}, t("2, 1")), ARGS(table), {7, 8});
  Tensor offset(Tensor::Element::I32, {2}, {0, 2});
  EXPECT_OP(f("%p = weft.positions %t offset %o", {t("4, 1"), t("2", "i32")}, t("2, 2, 1")), ARGS(table, offset), {5, 6, 7, 8});
  OpRun past(f("%p = weft.positions %t offset %o", {t("4, 1"), t("", "i32")}, t("2, 1")), {table, Tensor(Tensor::Element::I32, {}, {3})});
  EXPECT_EQ(past.error, "position 4 lies outside 0..3");
  EXPECT_OP("%p = weft.sinusoidal interleaved : () -> " + t("2, 4"), {},
            {0, 1, 0, 1, std::sin(1.0), std::cos(1.0), std::sin(0.01), std::cos(0.01)});
  EXPECT_OP("%p = weft.sinusoidal half : () -> " + t("2, 4"), {}, {0, 0, 1, 1, std::sin(1.0), std::sin(0.01), std::cos(1.0), std::cos(0.01)});
}

//===-- Norms ---------------------------------------------------------------------------------------------------------===//

TEST(Reference, Norms) {
  Tensor x = tensor({1, 2}, {1, 3}), gain = tensor({2}, {1, 2}), bias = tensor({2}, {10, 20});
  EXPECT_OP(f("%y = weft.layer_norm %x, %g, %b eps 0.0", {t("1, 2"), t("2"), t("2")}, t("1, 2")), ARGS(x, gain, bias), {9, 22});
  double root = std::sqrt(5.0 + 4.0);
  EXPECT_OP(f("%y = weft.rms_norm %x, %g eps 4.0", {t("1, 2"), t("2")}, t("1, 2")), ARGS(x, gain), {1 / root, 6 / root});
  EXPECT_OP(f("%y = weft.l2_normalize %x eps 1.0e-12", {t("2, 2")}, t("2, 2")), ARGS(tensor({2, 2}, {3, 4, 0, 0})), {0.6, 0.8, 0, 0});
}

TEST(Reference, ResidualNormGivesTheSumToo) {
  Tensor x = tensor({1, 2}, {0, 1}), r = tensor({2}, {1, 2}), gain = tensor({2}, {1, 2}), bias = tensor({2}, {10, 20});
  OpRun run(f("%y, %s = weft.residual_norm layer_norm %x, %r, %g bias %b eps 0.0", {t("1, 2"), t("2"), t("2"), t("2")},
              "(" + t("1, 2") + ", " + t("1, 2") + ")"),
            {x, r, gain, bias});
  EXPECT_THAT(run.values(0), Numbers({9, 22}));
  EXPECT_THAT(run.values(1), Numbers({1, 3}));
}

//===-- Element-wise --------------------------------------------------------------------------------------------------===//

TEST(Reference, ArithmeticBroadcasts) {
  Tensor a = tensor({2, 1}, {6, 8}), b = tensor({2}, {2, 4});
  auto text = [](const char *op) { return f(std::string("%y = weft.") + op + " %a, %b", {t("2, 1"), t("2")}, t("2, 2")); };
  EXPECT_OP(text("add"), ARGS(a, b), {8, 10, 10, 12});
  EXPECT_OP(text("sub"), ARGS(a, b), {4, 2, 6, 4});
  EXPECT_OP(text("mul"), ARGS(a, b), {12, 24, 16, 32});
  EXPECT_OP(text("div"), ARGS(a, b), {3, 1.5, 4, 2});
}

TEST(Reference, Activations) {
  auto at = [](const std::string &name, double x) {
    return OpRun(f("%y = weft.unary " + name + " %x", {t("1")}, t("1")), {tensor({1}, {x})}).values()[0];
  };
  EXPECT_DOUBLE_EQ(at("relu", -2), 0);
  EXPECT_DOUBLE_EQ(at("relu", 2), 2);
  EXPECT_TRUE(std::isnan(at("relu", nan_)));
  EXPECT_NEAR(at("gelu", 1), 0.8413447460685429, 1e-15);
  EXPECT_NEAR(at("gelu_tanh", 1), 0.8411919906082768, 1e-15);
  EXPECT_NEAR(at("quick_gelu", 1), 0.8457957659328212, 1e-15);
  EXPECT_NEAR(at("silu", 1), 0.7310585786300049, 1e-15);
  EXPECT_NEAR(at("sigmoid", -1), 0.2689414213699951, 1e-15);
  EXPECT_NEAR(at("tanh", 1), 0.7615941559557649, 1e-15);
  EXPECT_DOUBLE_EQ(at("exp", 1), M_E);
  EXPECT_DOUBLE_EQ(at("log", M_E), 1);
  EXPECT_DOUBLE_EQ(at("sqrt", 9), 3);
  EXPECT_DOUBLE_EQ(at("neg", 3), -3);
}

TEST(Reference, Choices) {
  Tensor c = tensor({2, 1}, {1, 0}), a = tensor({2}, {1, 2}), b = tensor({}, {9});
  EXPECT_OP(f("%y = weft.where %c, %a, %b", {t("2, 1", "i1"), t("2"), t("")}, t("2, 2")), ARGS(c, a, b), {1, 2, 9, 9});
  EXPECT_OP(f("%y = weft.equal %a, %b", {t("2", "i32"), t("", "i32")}, t("2", "i1")), ARGS(a, tensor({}, {2})), {0, 1});
  EXPECT_OP(f("%y = weft.less %a, %b", {t("2", "i32"), t("", "i32")}, t("2", "i1")), ARGS(a, tensor({}, {2})), {1, 0});
  EXPECT_OP(f("%y = weft.cast %x", {t("4")}, t("4", "i32")), ARGS(tensor({4}, {1.9, -1.9, 1e30, nan_})), {1, -1, 2147483647, 0});
  EXPECT_OP("%y = weft.constant 2.5 : " + t(""), {}, {2.5});
}

//===-- Shapes --------------------------------------------------------------------------------------------------------===//

TEST(Reference, Layout) {
  Tensor x = tensor({2, 3}, {0, 1, 2, 3, 4, 5});
  EXPECT_OP(f("%y = weft.reshape %x", {t("2, 3")}, t("3, 2")), ARGS(x), {0, 1, 2, 3, 4, 5});
  EXPECT_OP(f("%y = weft.broadcast %x", {t("2, 1")}, t("2, 2, 2")), ARGS(tensor({2, 1}, {1, 2})), {1, 1, 2, 2, 1, 1, 2, 2});
  EXPECT_OP(f("%y = weft.transpose %x [1, 0]", {t("2, 3")}, t("3, 2")), ARGS(x), {0, 3, 1, 4, 2, 5});
  EXPECT_OP(f("%y = weft.concat %a, %b axis 1", {t("2, 1"), t("2, 2")}, t("2, 3")), ARGS(tensor({2, 1}, {7, 8}), tensor({2, 2}, {0, 1, 2, 3})),
            {7, 0, 1, 8, 2, 3});
  EXPECT_OP(f("%y = weft.interleave %a, %b axis 0", {t("2"), t("2")}, t("4")), ARGS(tensor({2}, {1, 2}), tensor({2}, {10, 20})), {1, 10, 2, 20});
  OpRun split(f("%a, %b = weft.split %x axis -1", {t("2, 3")}, "(" + t("2, 1") + ", " + t("2, 2") + ")"), {x});
  EXPECT_THAT(split.values(0), Numbers({0, 3}));
  EXPECT_THAT(split.values(1), Numbers({1, 2, 4, 5}));
}

TEST(Reference, SliceFromARunTimePosition) {
  Sizes sizes;
  sizes.set("seq", 3);
  OpRun run(f("%y = weft.slice %x axis 1 start <\"seq-1\">", {t("2, seq")}, t("2, 1")), {tensor({2, 3}, {0, 1, 2, 3, 4, 5})}, sizes);
  EXPECT_THAT(run.values(), Numbers({2, 5}));
  OpRun size("%n = weft.dim_size <\"seq-1\"> : " + t("", "i32"), {}, sizes);
  EXPECT_THAT(size.values(), Numbers({2}));
  Sizes none;
  none.set("seq", 0);
  OpRun outside(f("%y = weft.slice %x axis 1 start <\"seq-1\">", {t("2, seq")}, t("2, 1")), {tensor({2, 0}, {})}, none);
  EXPECT_EQ(outside.error, "slice start -1 lies outside 0..-1");
}

//===-- Gathers and reductions ----------------------------------------------------------------------------------------===//

TEST(Reference, Gathers) {
  Tensor table = tensor({3, 2}, {0, 1, 10, 11, 20, 21}), ids(Tensor::Element::I32, {2}, {2, 0}), bad(Tensor::Element::I32, {2}, {0, 3});
  std::string lookup = f("%y = weft.lookup %t, %i", {t("3, 2"), t("2", "i32")}, t("2, 2"));
  EXPECT_OP(lookup, ARGS(table, ids), {20, 21, 0, 1});
  EXPECT_EQ(OpRun(lookup, {table, bad}).error, "id 3 lies outside 0..2");
  Tensor x = tensor({2, 3, 1}, {0, 1, 2, 3, 4, 5});
  std::string take = f("%y = weft.take %x, %i axis 1", {t("2, 3, 1"), t("2", "i32")}, t("2, 1"));
  EXPECT_OP(take, ARGS(x, ids), {2, 3});
  EXPECT_EQ(OpRun(take, {x, bad}).error, "index 3 lies outside 0..2");
  std::string last = f("%y = weft.last %x, %l", {t("2, 3, 1"), t("2", "i32")}, t("2, 1"));
  EXPECT_OP(last, ARGS(x, Tensor(Tensor::Element::I32, {2}, {3, 1})), {2, 3});
  EXPECT_EQ(OpRun(last, {x, ids}).error, "length 0 lies outside 1..3");
}

TEST(Reference, TakeAlongALaterAxis) {
  Tensor x = tensor({2, 2, 2}, {0, 1, 2, 3, 4, 5, 6, 7}), index(Tensor::Element::I32, {2}, {1, 0});
  EXPECT_OP(f("%y = weft.take %x, %i axis 2", {t("2, 2, 2"), t("2", "i32")}, t("2, 2")), ARGS(x, index), {1, 3, 4, 6});
}

TEST(Reference, Reductions) {
  Tensor x = tensor({2, 3}, {1, 5, 3, 4, 4, 1});
  auto text = [](const char *kind, const char *axis, const char *out, const char *type) {
    return f(std::string("%y = weft.reduce ") + kind + " %x axis " + axis, {t("2, 3")}, t(out, type));
  };
  EXPECT_OP(text("mean", "1", "2", "f32"), ARGS(x), {3, 3});
  EXPECT_OP(text("sum", "0", "3", "f32"), ARGS(x), {5, 9, 4});
  EXPECT_OP(text("max", "-1", "2", "f32"), ARGS(x), {5, 4});
  EXPECT_OP(text("argmax", "1", "2", "i32"), ARGS(x), {1, 0});
  EXPECT_OP(text("max", "1 keep", "2, 1", "f32"), ARGS(x), {5, 4});
}

TEST(Reference, MeanPoolOfNothingIsZeros) {
  Tensor x = tensor({2, 2, 2}, {1, 2, 3, 4, 5, 6, 7, 8});
  EXPECT_OP(f("%y = weft.mean_pool %x, %l", {t("2, 2, 2"), t("2", "i32")}, t("2, 2")), ARGS(x, Tensor(Tensor::Element::I32, {2}, {2, 0})),
            {2, 3, 0, 0});
}

TEST(Reference, MovedRowsLeavePaddingAsZeros) {
  Tensor x = tensor({3, 2, 1}, {1, 2, 3, 4, 5, 6}), lengths(Tensor::Element::I32, {3}, {1, 7, -1});
  for (const char *move : {"pack", "unpack"})
    EXPECT_OP(f(std::string("%y = weft.move_rows ") + move + " %x by %l", {t("3, 2, 1"), t("3", "i32")}, t("3, 2, 1")), ARGS(x, lengths), {1, 0, 3, 4, 0, 0});
}
