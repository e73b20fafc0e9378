// What descriptions lower to: the text of the IR, in order.
// LINK: weft_frontend
#include "SemaRules.h"

using namespace weft;
using namespace weft::testing;

namespace {

/// Lowers statements of a model; all of `wanted` must come in this order.
void expectInOrder(llvm::StringRef body, std::initializer_list<llvm::StringRef> wanted) {
  CheckedModel checked(body);
  ASSERT_TRUE(checked.module) << checked.text();
  std::string text = checked.ir();
  size_t at = 0;
  for (llvm::StringRef piece : wanted) {
    at = llvm::StringRef(text).find(piece, at);
    ASSERT_NE(at, llvm::StringRef::npos) << "lacks, in its place: " << piece.str() << "\n" << text;
  }
}

size_t count(const std::string &text, llvm::StringRef piece) { return llvm::StringRef(text).count(piece); }

std::string lower(llvm::StringRef body) {
  CheckedModel checked(body);
  EXPECT_TRUE(checked.module) << checked.text();
  return checked.ir();
}

//===-- Models and weights -------------------------------------------------------------------------------------------===//

TEST(IRGen, ModelsCarryDimsDocsAndPrefixes) {
  Folder folder;
  Checked checked;
  checked.run(folder.write("m.weft", "/// A model.\nmodel m {\n  prefix \"a.\", \"\"\n  /// Rows.\n  dim n in 1..4\n"
                                     "  /// In.\n  input x : f32[n, 8]\n  /// Out.\n  output y = x * 2\n}\n"));
  ASSERT_TRUE(checked.module) << checked.text();
  std::string text = checked.ir();
  for (llvm::StringRef piece : {"weft.model @m", "doc = \"A model.\"", "prefixes = [\"a.\", \"\"]", "weft.dim @n in 1 to 4", "doc = \"Rows.\"",
                                "inputs [\"x\"] docs [\"In.\"]", "names [\"y\"]", "docs = [\"Out.\"]"})
    EXPECT_NE(text.find(piece), std::string::npos) << piece.str() << "\n" << text;
}

TEST(IRGen, OnePathIsOneWeight) {
  std::string text = lower("let a = linear(x, 8) @ \"fc\"\nlet b = linear(a, 8) @ \"fc\"\noutput y = b");
  EXPECT_EQ(count(text, "weft.weight @"), 2u) << text;
  EXPECT_EQ(count(text, "weft.weight_ref @fc.weight"), 2u) << text;
}

TEST(IRGen, LayersShareASymbol) {
  expectInOrder("encoder e(y = x) repeat 3 as i @ \"enc.{i}\" { y = linear(y, 8) @ \"sub.0.fc\" }\noutput z = e",
                {"weft.weight @enc.sub.fc.weight \"enc.{i}.sub.0.fc.weight\" layers 3", "weft.encoder \"e\" layers 3",
                 "weft.weight_ref @enc.sub.fc.weight[%layer]", "weft.yield"});
}

TEST(IRGen, SymbolsStayApart) {
  std::string text = lower("let a = linear(x, 8, bias = false) @ \"l.0\"\nlet b = linear(a, 8, bias = false) @ \"l.1\"\noutput y = b");
  EXPECT_NE(text.find("weft.weight @l.weight \"l.0.weight\""), std::string::npos) << text;
  EXPECT_NE(text.find("weft.weight @l.weight_1 \"l.1.weight\""), std::string::npos) << text;
}

TEST(IRGen, ScopesJoinAndArgumentsKeepTheirs) {
  std::string text = lower("block f(a) { return linear(layer_norm(a) @ \"ln\", 4) @ \"fc\" }\n"
                           "output y = linear(f(x) @ \"outer\", 2) @ \"head\"");
  for (llvm::StringRef path : {"\"outer.ln.weight\"", "\"outer.fc.weight\"", "\"head.weight\""})
    EXPECT_NE(text.find(path), std::string::npos) << path.str() << "\n" << text;
  EXPECT_EQ(text.find("head.outer"), std::string::npos) << text;
}

TEST(IRGen, LetsOutsideAStackKeepTheirScope) {
  std::string text = lower("let b = relative_bias(2, 8, 16, true) @ \"block.0.bias\"\n"
                           "encoder e(y = x) repeat 2 as i @ \"block.{i}\" { y = y + attention(y, y, y, 2, bias = b) }\noutput z = e");
  EXPECT_NE(text.find("\"block.0.bias.weight\" :"), std::string::npos) << text;
  EXPECT_LT(text.find("weft.weight_ref @block.bias.weight :"), text.find("weft.encoder")) << text;
  EXPECT_GT(text.find("weft.relative_bias"), text.find("weft.encoder")) << text;
}

TEST(IRGen, SharedPathsOfAStackHaveNoLayers) {
  expectInOrder("encoder e(y = x) repeat 2 @ \"shared\" { y = linear(y, 8) @ \"fc\" }\noutput z = e",
                {"weft.weight @shared.fc.weight \"shared.fc.weight\" :", "weft.weight_ref @shared.fc.weight :"});
}

TEST(IRGen, NoLayersGiveTheStart) {
  std::string text = lower("encoder e(y = x) repeat 0 as i @ \"l.{i}\" { y = linear(y, 8) @ \"fc\" }\noutput z = e");
  EXPECT_EQ(text.find("weft.encoder"), std::string::npos) << text;
  EXPECT_EQ(text.find("weft.weight"), std::string::npos) << text;
  EXPECT_NE(text.find("weft.output %x"), std::string::npos) << text;
}

TEST(IRGen, LinearLayouts) {
  expectInOrder("let a = linear(x, 4, bias = false, transposed = true) @ \"fc\"\noutput y = a",
                {"weft.weight @fc.weight \"fc.weight\" : !weft.tensor<[8, 4], f32>", "weft.linear %x, %", "transposed"});
}

//===-- Attention ----------------------------------------------------------------------------------------------------===//

TEST(IRGen, AttentionIsWrittenOut) {
  expectInOrder("output y = attention(x, memory, memory, 2, padding(lengths))",
                {"weft.check %lengths in <\"0\"> to <\"src\"> what \"length\"", "weft.split_heads %x heads 2", "weft.split_heads %memory heads 2",
                 "weft.split_heads %memory heads 2", "weft.transpose", "weft.matmul", "weft.constant 5.000000e-01", "weft.mul",
                 "weft.padding_mask %lengths", "<[batch, 1, 1, src], i1>", "weft.masked", "weft.softmax", "axis 3", "weft.matmul",
                 "weft.merge_heads"});
}

TEST(IRGen, AttentionCalledAndByHandAgree) {
  auto opsOf = [](llvm::StringRef body) {
    CheckedModel checked(body);
    EXPECT_TRUE(checked.module) << checked.text();
    std::vector<std::string> names;
    if (checked.module)
      checked.module->walk([&](mlir::Operation *op) { names.push_back(op->getName().getStringRef().str()); });
    return names;
  };
  EXPECT_EQ(opsOf("output y = attention(x, x, x, 2, causal)"),
            opsOf("let q = split_heads(x, 2)\nlet k = split_heads(x, 2)\nlet v = split_heads(x, 2)\n"
                  "output y = merge_heads(matmul(softmax(masked(matmul(q, transpose(k)) * 0.5, causal)), v))"));
}

TEST(IRGen, GroupedHeadsCapAndBias) {
  expectInOrder("let k = x[:, :, 0:4]\noutput y = attention(x, k, k, 4, kv_heads = 2, scale = 3, softcap = 30, bias = alibi(4), mask = causal)",
                {"weft.repeat_heads", "times 2", "weft.repeat_heads", "times 2", "weft.constant 3.0", "weft.constant 3.000000e+01", "weft.div",
                 "weft.unary", "tanh", "weft.mul", "weft.alibi", "weft.add", "weft.causal_mask", "weft.masked", "weft.softmax"});
}

TEST(IRGen, CausalOffsetsMoveTheWindow) {
  expectInOrder("output y = attention(x, memory, memory, 2, window(3) & causal(-2))",
                {"weft.window_mask", "before 2 after 2", "shift = -2", "weft.causal_mask", "shift = -2", "weft.mask_and"});
  expectInOrder("output y = attention(x, memory, memory, 2, causal(lengths) & window(1, 0))",
                {"weft.causal_mask offset %lengths", "[batch, 1, seq, src]", "weft.window_mask", "offset %lengths", "weft.mask_and"});
  expectInOrder("output y = attention(x, memory, memory, 2, causal(src - seq))",
                {"weft.dim_size <\"", "weft.causal_mask offset %"});
}

TEST(IRGen, NoneMasksNothing) {
  EXPECT_EQ(lower("output y = attention(x, x, x, 2, none & none)").find("weft.masked"), std::string::npos);
}

//===-- Lengths from use ---------------------------------------------------------------------------------------------===//

TEST(IRGen, TablesTakeTheirLengthFromTheirUse) {
  expectInOrder("let p = positions(32, 8, offset = 2) @ \"p\"\nlet a = x + p\nlet b = p * memory\noutput y = a\noutput z = b",
                {"weft.positions", "start = 2", "-> !weft.tensor<[seq, 8], f32>", "weft.positions", "-> !weft.tensor<[src, 8], f32>"});
}

TEST(IRGen, TablesScaleBeforeTheirUse) {
  expectInOrder("let p = sinusoidal(8, \"half\") * 2\noutput y = x + p",
                {"weft.sinusoidal", "half", "[seq, 8]", "weft.constant 2.0", "weft.mul", "weft.add %x, %"});
}

TEST(IRGen, MasksByHandTakeTheScoresRank) {
  expectInOrder("output y = softmax(masked(matmul(x, transpose(x)), padding(lengths) & causal))",
                {"weft.padding_mask", "[batch, 1, seq], i1", "weft.causal_mask", "[seq, seq], i1", "weft.mask_and", "weft.masked"});
}

//===-- Slices, checks, constants ------------------------------------------------------------------------------------===//

TEST(IRGen, SlicesOfRunTimeDimensions) {
  expectInOrder("output y = x[:, -1]", {"weft.slice %x axis 1 start <\"seq-1\">", "[batch, 1, 8]", "weft.reshape", "[batch, 8]"});
  expectInOrder("output y = x[:, 1:-1, 2]", {"weft.check", "weft.slice %x axis 1 start <\"1\">", "[batch, \"seq-2\", 8]", "weft.slice",
                                             "axis 2 start <\"2\">", "weft.reshape", "[batch, \"seq-2\"]"});
  EXPECT_EQ(lower("output y = x[..., :]").find("weft.slice"), std::string::npos);
}

TEST(IRGen, SlicesCheckWhatTheBoundsDoNotSay) {
  // seq lies in 2..16
  EXPECT_EQ(lower("output y = x[:, 1]").find("weft.check"), std::string::npos);
  expectInOrder("output y = x[:, 4]", {"weft.dim_size <\"seq\">", "weft.check", "in <\"5\"> to <\"seq\"> what \"dimension\""});
}

TEST(IRGen, RunTimeChecksComeOnce) {
  std::string text = lower("weight t : f32[9, 8] @ \"t\"\nlet a = lookup(t, ids) + lookup(t, ids)\n"
                           "let b = take(x, lengths)\nlet c = last(x, lengths)\noutput y = a");
  EXPECT_EQ(count(text, "what \"token id\""), 1u) << text;
  EXPECT_NE(text.find("weft.check %lengths in <\"0\"> to <\"seq-1\"> what \"index\""), std::string::npos) << text;
  EXPECT_NE(text.find("weft.check %lengths in <\"1\"> to <\"seq\"> what \"length\""), std::string::npos) << text;
}

TEST(IRGen, ConstantsTakeTheOtherSidesType) {
  expectInOrder("output y = where(ids == 3, x[:, :, 0], -1)",
                {"weft.constant 3.0", "<[], i32>", "weft.equal", "weft.constant -1.0", "<[], f32>", "weft.where"});
}

TEST(IRGen, ComparisonsSwap) { expectInOrder("output y = f32(x > 0)", {"weft.constant 0.0", "weft.less %", ", %x", "weft.cast"}); }

TEST(IRGen, ConvolutionsAndGathers) {
  expectInOrder("output y = conv1d(transpose(x), 4, 3, stride = 2, pad = 1) @ \"c\"",
                {"weft.weight @c.weight \"c.weight\" : !weft.tensor<[4, 8, 3], f32>", "weft.conv1d", "stride 2 pad 1", "[batch, 4, \"seq/2\"]"});
}

TEST(IRGen, ActivationNamesOfHuggingFace) {
  expectInOrder("let a = activation(x, \"gelu_new\")\nlet b = activation(a, \"swish\")\noutput y = activation(b, \"relu2\")",
                {"gelu_tanh %", "silu %", "relu %", "weft.mul"});
}

TEST(IRGen, Generate) {
  expectInOrder("weight t : f32[9, 8] @ \"t\"\noutput l = matmul(lookup(t, ids), transpose(t))\n"
                "generate ids from l { start = 3, stop = [1, 2], limit = 16 }",
                {"weft.generate \"ids\" from \"l\" start 3", "1, 2", "limit 16"});
}

//===-- Locations ----------------------------------------------------------------------------------------------------===//

mlir::Operation *findOp(Checked &checked, llvm::StringRef name) {
  mlir::Operation *found = nullptr;
  if (checked.module)
    checked.module->walk([&](mlir::Operation *op) { found = op->getName().getStringRef() == name ? op : found; });
  return found;
}

TEST(IRGen, OpsKnowTheirLineAndTheirName) {
  CheckedModel checked("encoder e(y = x) repeat 2 as i @ \"l.{i}\" {\n  y = linear(y, 8) @ \"mlp.fc\"\n}\noutput z = e");
  mlir::Operation *linear = findOp(checked, "weft.linear");
  ASSERT_TRUE(linear) << checked.text();
  auto name = mlir::dyn_cast<mlir::NameLoc>(linear->getLoc());
  ASSERT_TRUE(name);
  EXPECT_EQ(name.getName().str(), "mlp.fc");
  EXPECT_EQ(rangeOf(linear->getLoc(), checked.sources).getText(), llvm::StringRef("linear(y, 8) @ \"mlp.fc\""));
}

TEST(IRGen, LetsNameTheirValues) {
  CheckedModel checked("let doubled = x * 2\noutput z = doubled");
  mlir::Operation *mul = findOp(checked, "weft.mul");
  ASSERT_TRUE(mul) << checked.text();
  EXPECT_EQ(mlir::cast<mlir::NameLoc>(mul->getLoc()).getName().str(), "doubled");
}

TEST(IRGen, ExpandedBlocksKnowTheirCall) {
  CheckedModel checked("block f(a) { return relu(a) }\noutput z = f(x)");
  mlir::Operation *relu = findOp(checked, "weft.unary");
  ASSERT_TRUE(relu) << checked.text();
  auto site = relu->getLoc()->findInstanceOf<mlir::CallSiteLoc>();
  ASSERT_TRUE(site);
  EXPECT_EQ(rangeOf(site.getCallee(), checked.sources).getText(), llvm::StringRef("relu(a)"));
  EXPECT_EQ(rangeOf(site.getCaller(), checked.sources).getText(), llvm::StringRef("f(x)"));
}

//===-- Families -----------------------------------------------------------------------------------------------------===//

class Examples : public ::testing::TestWithParam<const char *> {};

TEST_P(Examples, Lower) {
  Checked checked;
  checked.run(std::string(WEFT_SOURCE_DIR "/examples/") + GetParam());
  EXPECT_TRUE(checked.module) << checked.text();
}

INSTANTIATE_TEST_SUITE_P(Families, Examples,
                         ::testing::Values("bert/bert.weft", "captioner/captioner.weft", "clip/clip.weft",
                                           "decision_transformer/decision_transformer.weft", "decision_transformer/state_memory.weft",
                                           "gpt2/gpt2.weft", "llama/llama.weft", "marian/marian.weft", "t5/t5.weft",
                                           "transformer/transformer.weft", "vit/vit.weft", "whisper/whisper.weft"),
                         [](const auto &info) {
                           return llvm::sys::path::stem(info.param).str();
                         });

} // namespace
