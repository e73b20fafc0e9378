// How positions flow through ops: what the decoder check and the derivation of caches build on.
// LINK: weft_ir
#include "IrText.h"
#include "Masks.h"

using namespace weft;
using namespace weft::test;

namespace {
const char *const x = "!weft.tensor<[batch, seq, 8], f32>";
const char *const scores = "!weft.tensor<[batch, 2, seq, seq], f32>";
const char *const heads = "!weft.tensor<[batch, 2, seq, 4], f32>";
const char *const mask = "!weft.tensor<[seq, seq], i1>";
const char *const padding = "!weft.tensor<[batch, 1, 1, seq], i1>";

/// "earlier of dimension 1, shift 0" for an operand's dimension in the snippet's last op.
std::string relation(const std::string &snippet, unsigned operand, int64_t dim, unsigned result = 0) {
  Ir ir;
  auto module = ir.parse(wrapOps(snippet));
  EXPECT_TRUE(module) << ir.errors << wrapOps(snippet);
  if (!module)
    return "";
  mlir::Operation *last = nullptr;
  module->walk([&](GraphOp graph) { last = graph.getOutputOp()->getPrevNode(); });
  StreamRelation found = mlir::cast<StreamOpInterface>(last).getStreamRelation(operand, dim, result);
  static const char *const names[] = {"absent", "per position", "earlier", "mixing"};
  std::string text = std::string(names[found.kind]) + " in " + std::to_string(found.resultDim);
  if (found.shift)
    text += " shifted by " + std::to_string(found.shift);
  return found.kind == StreamRelation::Mixing ? text + ": " + found.reason : text;
}
std::string fill(std::string text) {
  auto put = [&](const std::string &key, const char *type) {
    for (size_t at = text.find(key); at != std::string::npos; at = text.find(key, at))
      text.replace(at, key.size(), type);
  };
  put("$X", x);
  put("$S", scores);
  put("$H", heads);
  put("$M", mask);
  put("$P", padding);
  return text;
}
std::string attention(const std::string &masks, const std::string &type = "$M") {
  return fill(masks + "\n%y = weft.attention %q, %k, %v mask %m heads 2 kv_heads 2 scale 1.0 : ($X, $X, $X, " + type + ") -> $X");
}
} // namespace

TEST(Stream, AttentionSeesWhatItsMaskShows) {
  EXPECT_EQ(relation(fill("%y = weft.attention %q, %k, %v heads 2 kv_heads 2 scale 1.0 : ($X, $X, $X) -> $X"), 1, 1),
            "mixing in 1: un-masked attention");
  EXPECT_EQ(relation(attention("%m = weft.causal_mask : () -> $M"), 1, 1), "earlier in 1");
  EXPECT_EQ(relation(attention("%m = weft.causal_mask : () -> $M"), 2, 1), "earlier in 1");
  EXPECT_EQ(relation(attention("%m = weft.causal_mask : () -> $M"), 0, 1), "per position in 1");
  EXPECT_EQ(relation(attention("%m = weft.causal_mask {shift = 2 : i64} : () -> $M"), 1, 1), "earlier in 1 shifted by 2");
  EXPECT_EQ(relation(attention("%m = weft.window_mask before 3 after 0 : () -> $M"), 1, 1), "earlier in 1");
  EXPECT_EQ(relation(attention("%m = weft.window_mask before 3 after 3 : () -> $M"), 1, 1), "earlier in 1 shifted by 3");
}

TEST(Stream, MasksTogetherHideMore) {
  std::string both = "%c = weft.causal_mask : () -> $M\n%w = weft.window_mask before 3 after 3 : () -> $M\n"
                     "%m = weft.mask_and %w, %c : ($M, $M) -> $M";
  EXPECT_EQ(relation(attention(both), 1, 1), "earlier in 1");
  std::string padded = "%c = weft.causal_mask : () -> $M\n%p = weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> $P\n"
                       "%m = weft.mask_and %p, %c : ($P, $M) -> !weft.tensor<[batch, 1, seq, seq], i1>";
  EXPECT_EQ(relation(attention(padded, "!weft.tensor<[batch, 1, seq, seq], i1>"), 1, 1), "earlier in 1");
  EXPECT_EQ(relation(attention("%m = weft.padding_mask %l : (!weft.tensor<[batch], i32>) -> $P", "$P"), 1, 1),
            "mixing in 1: attention whose mask shows later positions");
}

TEST(Stream, AnOffsetKnownOnlyAtRunTimeProvesNothing) {
  EXPECT_EQ(relation(attention("%m = weft.causal_mask offset %o : (!weft.tensor<[], i32>) -> $M"), 1, 1),
            "mixing in 1: attention whose mask shows later positions");
  std::string fixed = "%o = weft.constant -1.0 : !weft.tensor<[], i32>\n%m = weft.causal_mask offset %o : (!weft.tensor<[], i32>) -> $M";
  EXPECT_EQ(relation(attention(fixed), 1, 1), "earlier in 1 shifted by -1");
}

TEST(Stream, AttentionByHandIsSeenThrough) {
  std::string masked = "%c = weft.causal_mask : () -> $M\n%s = weft.masked %x, %c : ($S, $M) -> $S\n";
  std::string probs = masked + "%p = weft.softmax %s axis -1 : ($S) -> $S";
  EXPECT_EQ(relation(fill(probs), 0, 3), "earlier in 2");
  EXPECT_EQ(relation(fill(probs), 0, 2), "per position in 2");
  EXPECT_EQ(relation(fill(probs + "\n%y = weft.matmul %p, %v : ($S, $H) -> $H"), 1, 2), "earlier in 2");
  EXPECT_EQ(relation(fill(masked + "%y = weft.matmul %s, %v : ($S, $H) -> $H"), 1, 2),
            "mixing in -1: a matrix product that sums over the dimension");
  EXPECT_EQ(relation(fill("%c = weft.causal_mask : () -> $M\n%p = weft.masked_softmax %x, %c : ($S, $M) -> $S"), 0, 3), "earlier in 2");
  EXPECT_EQ(relation(fill("%p = weft.softmax %x axis -1 : ($S) -> $S"), 0, 3), "mixing in 3: softmax over the dimension");
  EXPECT_EQ(relation(fill(masked + "%p = weft.softmax %s axis 2 : ($S) -> $S"), 0, 2), "mixing in 2: softmax over the dimension");
}

TEST(Stream, RowWiseOpsKeepPositions) {
  EXPECT_EQ(relation(fill("%y = weft.layer_norm %x, %g, %b eps 0.0 : ($X, !weft.tensor<[8], f32>, !weft.tensor<[8], f32>) -> $X"), 0, 1),
            "per position in 1");
  EXPECT_EQ(relation(fill("%y = weft.linear %x, %w : ($X, !weft.tensor<[4, 8], f32>) -> !weft.tensor<[batch, seq, 4], f32>"), 0, 1),
            "per position in 1");
  EXPECT_EQ(relation(fill("%y = weft.linear %x, %w : ($X, !weft.tensor<[4, 8], f32>) -> !weft.tensor<[batch, seq, 4], f32>"), 0, 2),
            "mixing in -1: a linear layer that sums over the dimension");
  EXPECT_EQ(relation(fill("%y = weft.add %a, %b : (!weft.tensor<[seq, 8], f32>, $X) -> $X"), 0, 0), "per position in 1");
}

TEST(Stream, ShapesMoveDimensions) {
  EXPECT_EQ(relation(fill("%y = weft.split_heads %x heads 2 : ($X) -> $H"), 0, 1), "per position in 2");
  EXPECT_EQ(relation(fill("%y = weft.transpose %x [0, 2, 1] : ($X) -> !weft.tensor<[batch, 8, seq], f32>"), 0, 1), "per position in 2");
  EXPECT_EQ(relation(fill("%y = weft.reshape %x : ($X) -> !weft.tensor<[batch, seq, 2, 4], f32>"), 0, 1), "per position in 1");
  EXPECT_EQ(relation(fill("%y = weft.reshape %x : ($X) -> !weft.tensor<[\"batch*seq\", 8], f32>"), 0, 1),
            "mixing in -1: a reshape that merges or cuts the dimension");
}

TEST(Stream, CutsAndJoinsShiftPositions) {
  EXPECT_EQ(relation(fill("%y = weft.slice %x axis 1 start <\"1\"> : ($X) -> !weft.tensor<[batch, \"seq-1\", 8], f32>"), 0, 1),
            "per position in 1 shifted by 1");
  EXPECT_EQ(relation(fill("%y = weft.slice %x axis 1 start <\"seq-1\"> : ($X) -> !weft.tensor<[batch, 1, 8], f32>"), 0, 1),
            "mixing in 1: a slice from position seq-1");
  std::string joined = "%y = weft.concat %a, %x axis 1 : (!weft.tensor<[batch, 1, 8], f32>, $X) -> !weft.tensor<[batch, \"seq+1\", 8], f32>";
  EXPECT_EQ(relation(fill(joined), 1, 1), "per position in 1 shifted by -1");
  EXPECT_EQ(relation(fill("%a, %b = weft.split %x axis 1 : (!weft.tensor<[batch, 6], f32>) -> (!weft.tensor<[batch, 2], f32>, !weft.tensor<[batch, 4], f32>)"),
                     0, 1, 1),
            "per position in 1 shifted by 2");
  EXPECT_EQ(relation(fill("%y = weft.interleave %a, %b axis 1 : ($X, $X) -> !weft.tensor<[batch, \"2*seq\", 8], f32>"), 0, 1), "earlier in 1");
}

TEST(Stream, ReductionsMix) {
  EXPECT_EQ(relation(fill("%y = weft.reduce mean %x axis 1 : ($X) -> !weft.tensor<[batch, 8], f32>"), 0, 1), "mixing in -1: mean over the dimension");
  EXPECT_EQ(relation(fill("%y = weft.reduce max %x axis 2 : ($X) -> !weft.tensor<[batch, seq], f32>"), 0, 1), "per position in 1");
  EXPECT_EQ(relation(fill("%y = weft.mean_pool %x, %l : ($X, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 8], f32>"), 0, 1),
            "mixing in -1: mean_pool over the dimension");
}

TEST(Stream, CausalConvolutionsLookBack) {
  const char *text = "%y = weft.conv1d %x, %w stride 1 pad 2 : (!weft.tensor<[batch, 8, seq], f32>, !weft.tensor<[8, 8, 3], f32>) -> "
                     "!weft.tensor<[batch, 8, \"seq+2\"], f32>";
  EXPECT_EQ(relation(text, 0, 2), "earlier in 2");
  const char *centred = "%y = weft.conv1d %x, %w stride 1 pad 1 : (!weft.tensor<[batch, 8, seq], f32>, !weft.tensor<[8, 8, 3], f32>) -> "
                        "!weft.tensor<[batch, 8, seq], f32>";
  EXPECT_EQ(relation(centred, 0, 2), "earlier in 2 shifted by 1");
}

TEST(Cost, ContractionsCountTwoFlopsATerm) {
  auto flops = [](const std::string &snippet) {
    Ir ir;
    auto module = ir.parse(wrapOps(fill(snippet)));
    EXPECT_TRUE(module) << ir.errors;
    std::string text;
    module->walk([&](CostOpInterface op) { text = op.getFlops().text(); });
    return text;
  };
  EXPECT_EQ(flops("%y = weft.linear %x, %w : ($X, !weft.tensor<[4, 8], f32>) -> !weft.tensor<[batch, seq, 4], f32>"), "64*batch*seq");
  EXPECT_EQ(flops("%y = weft.matmul %a, %b : ($S, $H) -> $H"), "16*batch*seq*seq");
  EXPECT_EQ(flops("%y = weft.attention %q, %k, %v heads 2 kv_heads 2 scale 1.0 : ($X, $X, $X) -> $X"), "42*batch*seq*seq");
  EXPECT_EQ(flops("%y = weft.unary relu %x : ($X) -> $X"), "8*batch*seq");
}
