//===- ExprTest.cpp - sizes as expressions of the run-time dimensions ----------------------------------------===//
// LINK: weft_runtime
#include "runtime/Descriptor.h"
#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace {

const weft_dim_info kDims[] = {{"batch", 1, 4}, {"frames", 1, 3001}, {"seq", 1, 100}};

struct Expr {
  std::vector<weft_term> terms;
  explicit Expr(std::vector<weft_term> terms) : terms(std::move(terms)) {}
  weft_expr get() const { return {terms.data(), int64_t(terms.size())}; }

  /// The value, or -1000 for a failure.
  int64_t at(int64_t batch, int64_t frames, int64_t seq) const {
    int64_t dims[WEFT_MAX_DIMS] = {batch, frames, seq}, value;
    weft_expr expr = get();
    return weft_expr_eval(&expr, dims, &value) ? -1000 : value;
  }
  std::string text() const {
    char buffer[128];
    weft_expr expr = get();
    size_t length = weft_expr_print(&expr, kDims, buffer, sizeof buffer);
    EXPECT_EQ(length, std::string(buffer).size());
    return buffer;
  }
};

TEST(ExprTest, NoTermsAreZero) {
  Expr zero({});
  EXPECT_EQ(zero.at(1, 1, 1), 0);
  EXPECT_EQ(zero.text(), "0");
}

TEST(ExprTest, ProductsAndSums) {
  Expr expr({{2, 1, {1, 0, 1}}, {-3, 1, {}}});
  EXPECT_EQ(expr.at(4, 1, 5), 37);
  EXPECT_EQ(expr.text(), "2*batch*seq - 3");
}

TEST(ExprTest, QuotientsMustBeExact) {
  Expr half({{1, 2, {0, 1}}});
  EXPECT_EQ(half.at(1, 3000, 1), 1500);
  EXPECT_EQ(half.at(1, 3001, 1), -1000);
  EXPECT_EQ(half.text(), "frames/2");
}

TEST(ExprTest, ASumOfFractionsMayBeWhole) {
  Expr middle({{1, 2, {1}}, {1, 2, {0, 1}}}); // (batch + frames)/2
  EXPECT_EQ(middle.at(3, 5, 1), 4);
  EXPECT_EQ(middle.at(3, 4, 1), -1000);
}

TEST(ExprTest, DividesByDimensions) {
  Expr ratio({{6, 1, {-1, 1}}}); // 6*frames/batch
  EXPECT_EQ(ratio.at(4, 10, 1), 15);
  EXPECT_EQ(ratio.at(4, 3, 1), -1000);
  EXPECT_EQ(ratio.at(0, 3, 1), -1000);
  EXPECT_EQ(ratio.text(), "6*frames/batch");
}

TEST(ExprTest, OverflowIsAFailure) {
  Expr cube({{1, 1, {0, 0, 3}}});
  EXPECT_EQ(cube.at(1, 1, int64_t(1) << 21), -1000);
  EXPECT_EQ(cube.at(1, 1, 1000), 1000000000);
}

TEST(ExprTest, UpperBoundRoundsUpAndCoversNegativeTerms) {
  Expr half({{1, 2, {0, 1}}});
  weft_expr expr = half.get();
  EXPECT_EQ(weft_expr_upper_bound(&expr, kDims, 3), 1501);
  Expr difference({{1, 1, {0, 0, 1}}, {-1, 1, {1}}}); // seq - batch
  expr = difference.get();
  EXPECT_EQ(weft_expr_upper_bound(&expr, kDims, 3), 99);
  Expr ratio({{1, 1, {-1, 0, 1}}}); // seq/batch
  expr = ratio.get();
  EXPECT_EQ(weft_expr_upper_bound(&expr, kDims, 3), 100);
}

TEST(ExprTest, PrintTellsTheLengthOfWhatDoesNotFit) {
  Expr expr({{1, 1, {1, 0, 1}}});
  weft_expr raw = expr.get();
  char small[4];
  EXPECT_EQ(weft_expr_print(&raw, kDims, small, sizeof small), 9u);
  EXPECT_STREQ(small, "bat");
  EXPECT_EQ(weft_expr_print(&raw, kDims, nullptr, 0), 9u);
}

} // namespace
