// Attention kernels against the oracle: lengths around the blocks, every mask and bias, grouped heads, head widths, targets.
// LINK: weft_kernels
#include "tests/support/KernelCase.h"

using weft::test::KernelCase;

namespace {

/// Attention over slices of one [batch, seq, 3*heads*width] buffer with `extra` in front of it and `clauses` on it.
std::string selfAttention(int heads, int width, llvm::StringRef arguments, llvm::StringRef extra, llvm::StringRef clauses, int kvHeads = 0) {
  int kv = (kvHeads ? kvHeads : heads) * width, q = heads * width;
  auto type = [](const std::string &last) { return "!weft.tensor<[batch, seq, " + last + "], f32>"; };
  std::string all = type(std::to_string(q + 2 * kv)), queries = type(std::to_string(q)), keys = type(std::to_string(kv));
  std::string text = "weft.kernel @k attention (%x: " + all + arguments.str() + ") {\n";
  text += "%q, %key, %v = weft.split %x axis 2 : (" + all + ") -> (" + queries + ", " + keys + ", " + keys + ")\n" + extra.str();
  text += "%y = weft.attention %q, %key, %v " + clauses.str() + " : ";
  return text;
}

std::string finish(int heads, int width, int kvHeads, llvm::StringRef operandTypes) {
  int kv = kvHeads * width, q = heads * width;
  auto type = [](int last) { return "!weft.tensor<[batch, seq, " + std::to_string(last) + "], f32>"; };
  return "(" + type(q) + ", " + type(kv) + ", " + type(kv) + operandTypes.str() + ") -> " + type(q) + "\nweft.yield %y : " + type(q) + "\n}";
}

std::string clause(int heads, int kvHeads, llvm::StringRef more = "") {
  return ("heads " + llvm::Twine(heads) + " kv_heads " + llvm::Twine(kvHeads) + " scale 3.0e-01 " + more).str();
}

const char *lengthsArgument = ", %len: !weft.tensor<[batch], i32>";
const char *paddingMask = "%mask = weft.padding_mask %len : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, seq], i1>\n";
const char *paddingType = ", !weft.tensor<[batch, 1, 1, seq], i1>";

TEST(KernelAttention, LengthsAroundBlocks) {
  KernelCase test(selfAttention(2, 64, "", "", clause(2, 2)) + finish(2, 64, 2, ""));
  for (int64_t seq : {1, 7, 15, 16, 17, 32, 33, 48, 49, 64, 65, 97, 130})
    test.run({{"batch", 2}, {"seq", seq}});
}

/// The text with a length that is known when the kernel is compiled: images have one, and Halide then simplifies the loops far more.
std::string fixedLength(std::string text, int length) {
  for (size_t at; (at = text.find(" seq,")) != std::string::npos || (at = text.find(" seq]")) != std::string::npos;)
    text.replace(at + 1, 3, std::to_string(length));
  return text;
}

TEST(KernelAttention, FixedLengthsAroundBlocks) {
  for (int seq : {1, 16, 17, 33, 48, 49, 65, 97, 130, 197, 257}) {
    KernelCase test(fixedLength(selfAttention(2, 16, "", "", clause(2, 2)) + finish(2, 16, 2, ""), seq));
    test.targets = {"native", "x86-64-v3"};
    test.run({{"batch", 2}});
  }
}

TEST(KernelAttention, EveryTargetIsRight) {
  KernelCase test(selfAttention(2, 32, "", "", clause(2, 2)) + finish(2, 32, 2, ""));
  test.targets = {"x86-64-v2", "x86-64-v3", "x86-64-v4", "native"};
  for (int64_t seq : {3, 33})
    test.run({{"batch", 1}, {"seq", seq}});
}

TEST(KernelAttention, HeadWidths) {
  for (int width : {4, 5, 6, 24, 40, 80, 128}) {
    KernelCase test(selfAttention(2, width, "", "", clause(2, 2)) + finish(2, width, 2, ""));
    for (int64_t seq : {21, 61}) // one vector of queries, and a whole block: wide heads fill the scratch most
      test.run({{"batch", 1}, {"seq", seq}});
  }
}

TEST(KernelAttention, PaddingStopsAtEachLength) {
  KernelCase test(selfAttention(2, 16, lengthsArgument, paddingMask, "mask %mask " + clause(2, 2)) + finish(2, 16, 2, paddingType));
  test.values(1, {5, 0, 20}); // a row with nothing visible gives zeros
  test.run({{"batch", 3}, {"seq", 20}});
  test.values(1, {40, 90, 1});
  test.run({{"batch", 3}, {"seq", 90}});
}

TEST(KernelAttention, CausalAndWindows) {
  for (llvm::StringRef mask : {"causal_mask", "causal_mask {shift = -3 : i64}", "causal_mask {shift = 2 : i64}", "window_mask before 4 after 2", "window_mask before 0 after 0"}) {
    std::string extra = "%mask = weft." + mask.split(' ').first.str() + " " + mask.split(' ').second.str() + " : () -> !weft.tensor<[seq, seq], i1>\n";
    KernelCase test(selfAttention(2, 16, "", extra, "mask %mask " + clause(2, 2)) + finish(2, 16, 2, ", !weft.tensor<[seq, seq], i1>"));
    for (int64_t seq : {1, 19, 150})
      test.run({{"batch", 1}, {"seq", seq}});
  }
}

TEST(KernelAttention, MasksCombine) {
  std::string extra = std::string(paddingMask) + "%causal = weft.causal_mask : () -> !weft.tensor<[seq, seq], i1>\n"
                      "%both = weft.mask_and %mask, %causal : (!weft.tensor<[batch, 1, 1, seq], i1>, !weft.tensor<[seq, seq], i1>) -> !weft.tensor<[batch, 1, seq, seq], i1>\n";
  KernelCase test(selfAttention(2, 16, lengthsArgument, extra, "mask %both " + clause(2, 2)) + finish(2, 16, 2, ", !weft.tensor<[batch, 1, seq, seq], i1>"));
  test.values(1, {5, 70});
  test.run({{"batch", 2}, {"seq", 70}});
}

TEST(KernelAttention, BoolTensorsAndBiases) {
  KernelCase test(selfAttention(2, 16, ", %mask: !weft.tensor<[batch, 1, seq, seq], i1>, %bias: !weft.tensor<[2, seq, seq], f32>", "",
                                "mask %mask bias %bias " + clause(2, 2)) +
                  finish(2, 16, 2, ", !weft.tensor<[batch, 1, seq, seq], i1>, !weft.tensor<[2, seq, seq], f32>"));
  test.run({{"batch", 2}, {"seq", 37}});
  KernelCase alibi(selfAttention(6, 16, "", "%bias = weft.alibi heads 6 : () -> !weft.tensor<[6, seq, seq], f32>\n", "bias %bias " + clause(6, 6)) +
                   finish(6, 16, 6, ", !weft.tensor<[6, seq, seq], f32>"));
  alibi.run({{"batch", 1}, {"seq", 37}});
}

TEST(KernelAttention, RelativeBias) {
  for (llvm::StringRef direction : {"", "bidirectional"}) {
    std::string extra = "%bias = weft.relative_bias %table max_distance 128 " + direction.str() + " : (!weft.tensor<[32, 2], f32>) -> !weft.tensor<[2, seq, seq], f32>\n";
    KernelCase test(selfAttention(2, 16, ", %table: !weft.tensor<[32, 2], f32>", extra, "bias %bias " + clause(2, 2)) +
                    finish(2, 16, 2, ", !weft.tensor<[2, seq, seq], f32>"));
    test.run({{"batch", 1}, {"seq", 200}});
  }
}

TEST(KernelAttention, GroupedHeadsAndSoftcap) {
  KernelCase test(selfAttention(4, 16, "", "", clause(4, 2, "softcap 2.0e+00"), 2) + finish(4, 16, 2, ""));
  test.run({{"batch", 2}, {"seq", 21}});
}

TEST(KernelAttention, LargeScoresDoNotOverflow) {
  KernelCase test(selfAttention(2, 16, "", "", clause(2, 2)) + finish(2, 16, 2, ""));
  test.scale = 60;
  test.tolerance = 2e-5; // scores of some thousand: the largest differences decide alone
  test.run({{"batch", 1}, {"seq", 33}});
}

TEST(KernelAttention, CrossAttentionOverAnotherLength) {
  KernelCase test(R"(
    weft.kernel @k attention (%q: !weft.tensor<[batch, tgt, 32], f32>, %key: !weft.tensor<[batch, src, 32], f32>, %v: !weft.tensor<[batch, src, 64], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 48>, #weft.layout<rowStride = 48>, #weft.layout<rowStride = 80>], resultLayouts = [#weft.layout<rowStride = 80>]} {
      %y = weft.attention %q, %key, %v heads 2 kv_heads 2 scale 2.5e-01
        : (!weft.tensor<[batch, tgt, 32], f32>, !weft.tensor<[batch, src, 32], f32>, !weft.tensor<[batch, src, 64], f32>) -> !weft.tensor<[batch, tgt, 64], f32>
      weft.yield %y : !weft.tensor<[batch, tgt, 64], f32>
    })");
  test.run({{"batch", 2}, {"src", 21}, {"tgt", 5}});
  test.run({{"batch", 1}, {"src", 3}, {"tgt", 70}});
  test.run({{"batch", 2}, {"src", 0}, {"tgt", 5}}); // nothing to see: zeros
  test.run({{"batch", 2}, {"src", 3}, {"tgt", 0}});
}

} // namespace
