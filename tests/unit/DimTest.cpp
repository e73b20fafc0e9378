// Dimension expressions: one canonical form, exact quotients, and no way to overflow.
// LINK: weft_ir
#include "Dim.h"

#include "llvm/ADT/StringMap.h"
#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace weft;

namespace {
DimExpr dim(const char *text) {
  std::optional<DimExpr> parsed = DimExpr::parse(text);
  EXPECT_TRUE(parsed) << text;
  return parsed.value_or(DimExpr::overflow());
}
std::string canonical(const char *text) { return dim(text).text(); }

std::optional<int64_t> at(const char *text, int64_t a, int64_t b = 0) {
  return dim(text).evaluate([&](llvm::StringRef name) -> std::optional<int64_t> {
    return name == "a" ? std::optional<int64_t>(a) : name == "b" ? std::optional<int64_t>(b) : std::nullopt;
  });
}
} // namespace

TEST(Dim, EqualExpressionsHaveEqualText) {
  EXPECT_EQ(canonical("seq*batch*2 + 1"), "2*batch*seq+1");
  EXPECT_EQ(canonical("1 + seq + seq"), "2*seq+1");
  EXPECT_EQ(canonical("(a + b)*(a - b)"), "a*a-b*b");
  EXPECT_EQ(canonical("frames/2*2"), "frames");
  EXPECT_EQ(canonical("a - a"), "0");
  EXPECT_EQ(canonical("6*a/4"), "3*a/2");
  EXPECT_EQ(canonical("a/b"), "a/b");
  EXPECT_EQ(canonical("a/(2*b)"), "a/(2*b)");
  EXPECT_EQ(canonical("-a + 2"), "-a+2");
}

TEST(Dim, TextParsesBackToItself) {
  for (const char *text : {"0", "7", "-3", "batch", "2*batch*seq+1", "3*a/2", "a/(2*b)", "-a+2", "a*a*b-b+1/2"})
    EXPECT_EQ(canonical(text), canonical(canonical(text).c_str()));
}

TEST(Dim, MalformedTextIsRefused) {
  for (const char *text : {"", "+", "a+", "a b", "(a", "a)", "a//b", "1/0", "a/(b-b)", "99999999999999999999", "a.b"})
    EXPECT_FALSE(DimExpr::parse(text)) << text;
  EXPECT_FALSE(DimExpr::parse(std::string(100000, '(')));
  EXPECT_FALSE(DimExpr::parse(std::string(100000, '-') + "1"));
}

TEST(Dim, QuotientsAreExactWhereTheyCanBe) {
  EXPECT_EQ(dim("batch*seq*384").dividedBy(dim("batch*384"))->text(), "seq");
  EXPECT_EQ(dim("a*a-b*b").dividedBy(dim("a+b"))->text(), "a-b");
  EXPECT_EQ(dim("2*a*seq+2*a").dividedBy(dim("seq+1"))->text(), "2*a");
  EXPECT_FALSE(dim("a*a+1").dividedBy(dim("a+1")));
  EXPECT_FALSE(dim("a").dividedBy(DimExpr(0)));
}

TEST(Dim, EvaluationChecksQuotientsAndNames) {
  EXPECT_EQ(at("a/2", 6), 3);
  EXPECT_EQ(at("a/2", 7), std::nullopt);
  EXPECT_EQ(at("a/2 - 1/2", 7), 3);
  EXPECT_EQ(at("a/b", 6, 0), std::nullopt);
  EXPECT_EQ(at("c", 6), std::nullopt);
  EXPECT_EQ(at("a*b", int64_t(1) << 40, int64_t(1) << 40), std::nullopt);
}

TEST(Dim, ConstantsAreWholeNumbers) {
  EXPECT_EQ(dim("2*3+1").constant(), 7);
  EXPECT_EQ(dim("1/2").constant(), std::nullopt);
  EXPECT_EQ(dim("a").constant(), std::nullopt);
  EXPECT_EQ(DimExpr().constant(), 0);
}

TEST(Dim, Substitution) {
  auto put = [](const char *text, const char *value) {
    return dim(text).substitute([&](llvm::StringRef name) { return name == "m" ? std::optional<DimExpr>(dim(value)) : std::nullopt; }).text();
  };
  EXPECT_EQ(put("m*384", "batch*seq"), "384*batch*seq");
  EXPECT_EQ(put("a/m", "2*b"), "a/(2*b)");
  EXPECT_EQ(put("m*m", "seq+1"), "seq*seq+2*seq+1");
}

TEST(Dim, OverflowStaysOverflow) {
  DimExpr large = DimExpr(INT64_MAX) * DimExpr(2);
  EXPECT_TRUE(large.isOverflow());
  EXPECT_TRUE((large - large).isOverflow());
  EXPECT_TRUE((DimExpr(1) + large * DimExpr(0)).isOverflow());
  EXPECT_EQ(large.constant(), std::nullopt);
  EXPECT_EQ(large.evaluate([](llvm::StringRef) { return std::optional<int64_t>(1); }), std::nullopt);
}

TEST(Dim, ExpressionsCanNotGrowWithoutBound) {
  std::string product, power = "a";
  for (int i = 0; i < 40; ++i)
    product += (i ? "*(a" : "(a") + std::to_string(i) + "+b" + std::to_string(i) + ")";
  for (int i = 0; i < 100; ++i)
    power += "*a";
  EXPECT_FALSE(DimExpr::parse(product));
  EXPECT_FALSE(DimExpr::parse(power));
}
