// Shape functions as the checker of descriptions asks them: types, and the words of their errors.
// LINK: weft_ir
#include "IrText.h"
#include "Shapes.h"

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;

namespace {
class Shapes : public testing::Test {
protected:
  NamedTensorType type(llvm::StringRef dims, llvm::StringRef element = "f32") { return ir.type(dims, element); }
  static llvm::SmallVector<DimExpr> dims(std::initializer_list<const char *> texts) {
    llvm::SmallVector<DimExpr> result;
    for (const char *text : texts)
      result.push_back(*DimExpr::parse(text));
    return result;
  }
  /// The inferred shape, or "error: why".
  std::string show(const Inferred &inferred) {
    return mlir::succeeded(inferred) ? (elementText(inferred->getElementType()) + inferred->shapeText()).str() : "error: " + why;
  }
  Ir ir;
  std::string why;
};
} // namespace

TEST_F(Shapes, BroadcastingNamesTheDimensionsThatDiffer) {
  EXPECT_EQ(show(inferArithmetic(type("batch, src, 512"), type("batch, tgt, 512"), why)),
            "error: [batch, src, 512] and [batch, tgt, 512] differ in dimension 1: src and tgt");
  EXPECT_EQ(show(inferArithmetic(type("batch, src, 512"), type("512"), why)), "f32[batch, src, 512]");
  EXPECT_EQ(show(inferArithmetic(type("batch, 1, 512"), type("src, 1"), why)), "f32[batch, src, 512]");
  EXPECT_EQ(show(inferArithmetic(type("batch, src"), type("tgt"), why)), "error: [batch, src] and [tgt] differ in dimension -1: src and tgt");
}

TEST_F(Shapes, ArithmeticIsForF32) {
  EXPECT_EQ(show(inferArithmetic(type("n", "i32"), type("n", "i32"), why)), "error: arithmetic needs f32, not i32; f32(x) converts");
  EXPECT_EQ(show(inferUnary(type("n", "i1"), why)), "error: arithmetic needs f32, not bool");
}

TEST_F(Shapes, ReshapeFindsTheOpenDimension) {
  EXPECT_EQ(show(inferReshape(type("batch, seq, 8"), dims({"batch", "-1", "4"}), why)), "f32[batch, 2*seq, 4]");
  EXPECT_EQ(show(inferReshape(type("batch, \"seq+1\", 8"), dims({"-1", "8"}), why)), "f32[batch*seq+batch, 8]");
  EXPECT_EQ(show(inferReshape(type("batch, \"seq+1\", 8"), dims({"seq+1", "-1"}), why)), "f32[seq+1, 8*batch]");
  EXPECT_EQ(show(inferReshape(type("6"), dims({"4", "-1"}), why)), "error: [6] does not divide into [4, -1]");
  EXPECT_EQ(show(inferReshape(type("6"), dims({"-1", "-1"}), why)), "error: only one dimension of [-1, -1] may be -1");
}

TEST_F(Shapes, ConvolutionsFollowPyTorch) {
  auto length = [&](const char *x, const char *kernel, int64_t stride, int64_t pad) {
    return show(inferConv(type((std::string("b, 1, ") + x).c_str()), type((std::string("1, 1, ") + kernel).c_str()), {}, ConvAxis{stride, pad}, why));
  };
  EXPECT_EQ(length("10", "3", 1, 0), "f32[b, 1, 8]");
  EXPECT_EQ(length("10", "3", 2, 1), "f32[b, 1, 5]");
  EXPECT_EQ(length("9", "2", 2, 0), "f32[b, 1, 4]");
  EXPECT_EQ(length("frames", "3", 1, 1), "f32[b, 1, frames]");
  EXPECT_EQ(length("frames", "3", 2, 1), "f32[b, 1, frames/2]");
  EXPECT_EQ(length("frames", "16", 16, 0), "f32[b, 1, frames/16]");
  EXPECT_EQ(length("\"frames+3\"", "2", 2, 0), "f32[b, 1, frames/2+1]");
  EXPECT_EQ(length("1", "3", 1, 0), "error: a kernel of 3 does not fit 1 with padding 0");
}

TEST_F(Shapes, MasksTakeTheirLengthFromTheUse) {
  ScoreShape use{DimExpr::symbol("q"), DimExpr::symbol("k"), 4};
  EXPECT_EQ(show(inferIndexMask(&ir.context, {}, use, why)), "bool[q, k]");
  EXPECT_EQ(show(inferIndexMask(&ir.context, type("", "i32"), use, why)), "bool[q, k]");
  EXPECT_EQ(show(inferIndexMask(&ir.context, type("batch", "i32"), use, why)), "bool[batch, 1, q, k]");
  EXPECT_EQ(show(inferPaddingMask(type("batch", "i32"), use, why)), "bool[batch, 1, 1, k]");
  use.rank = 3;
  EXPECT_EQ(show(inferPaddingMask(type("batch", "i32"), use, why)), "bool[batch, 1, k]");
  EXPECT_EQ(show(inferIndexMask(&ir.context, type("batch", "i32"), use, why)), "bool[batch, q, k]");
  EXPECT_EQ(show(inferAlibi(&ir.context, {}, 8, use, why)), "f32[8, q, k]");
}

TEST_F(Shapes, AttentionChecksHeadsAndLengths) {
  AttentionShape shape{type("batch, tgt, 8"), type("batch, src, 4"), type("batch, src, 6"), {}, {}, 4, 2};
  EXPECT_EQ(show(inferAttention(shape, why)), "f32[batch, tgt, 12]");
  shape.mask = type("src, tgt", "i1");
  EXPECT_THAT(show(inferAttention(shape, why)), HasSubstr("the mask does not fit [batch, heads, query, key]: "));
  shape.mask = {};
  shape.heads = 3;
  EXPECT_EQ(show(inferAttention(shape, why)), "error: 2 key heads do not divide 3 heads");
  shape.heads = 4;
  shape.value = type("batch, src, width");
  EXPECT_EQ(show(inferAttention(shape, why)), "error: the width of the value must be a number, not width");
}

TEST_F(Shapes, SplitsAddUp) {
  InferredMany thirds = inferSplit(type("batch, 9"), 3, -1, why);
  ASSERT_TRUE(mlir::succeeded(thirds));
  EXPECT_EQ((*thirds)[2].shapeText(), "[batch, 3]");
  EXPECT_TRUE(mlir::failed(inferSplit(type("batch, 9"), 2, -1, why)));
  EXPECT_EQ(why, "2 equal pieces do not divide dimension 1 of [batch, 9]");
  InferredMany halves = inferSplit(type("frames"), 2, 0, why);
  ASSERT_TRUE(mlir::succeeded(halves));
  EXPECT_EQ((*halves)[0].shapeText(), "[frames/2]");
}

TEST_F(Shapes, SlicesStayInside) {
  EXPECT_EQ(show(inferSlice(type("batch, seq"), 1, *DimExpr::parse("1"), *DimExpr::parse("seq-1"), why)), "f32[batch, seq-1]");
  EXPECT_EQ(show(inferSlice(type("batch, 8"), 1, DimExpr(7), DimExpr(2), why)),
            "error: 2 positions from 7 on are outside dimension 1 of [batch, 8]");
  EXPECT_EQ(show(inferSlice(type("batch, 8"), 2, DimExpr(0), DimExpr(1), why)), "error: axis 2 is outside [batch, 8]");
}

TEST_F(Shapes, HugeSizesAreNoCrash) {
  NamedTensorType huge = type("9223372036854775807, 9223372036854775807");
  EXPECT_THAT(show(inferReshape(huge, dims({"7"}), why)), HasSubstr("error: "));
  EXPECT_THAT(show(inferMergeHeads(type("b, 9223372036854775807, t, 4"), why)), HasSubstr("f32[b, t, "));
  EXPECT_EQ(show(inferConv(type("b, 1, 9223372036854775807"), type("1, 1, 1"), {}, ConvAxis{1, 9223372036854775807}, why)),
            "error: sizes overflow");
}
