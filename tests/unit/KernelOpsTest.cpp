// Norms, softmax, element-wise ops, shapes, tables and reductions as kernels, against the oracle.
// LINK: weft_kernels
#include "tests/support/KernelCase.h"

using weft::test::KernelCase;

namespace {

/// A kernel with the given arguments and body; `%y` of type `result` is what it yields.
std::string kernel(llvm::StringRef anchor, llvm::StringRef arguments, llvm::StringRef body, llvm::StringRef result) {
  return ("weft.kernel @k " + anchor + " (" + arguments + ") {\n" + body + "\nweft.yield %y : " + result + "\n}").str();
}

const char *rows = "!weft.tensor<[m, 96], f32>";
const char *vector = "!weft.tensor<[96], f32>";

std::string norm(llvm::StringRef line) {
  std::string r = rows, v = vector;
  return kernel("row_reduction", "%x: " + r + ", %g: " + v + ", %b: " + v, line, r);
}

TEST(KernelNorm, LayerNorm) {
  KernelCase test(norm("%y = weft.layer_norm %x, %g, %b eps 1.0e-05 : (!weft.tensor<[m, 96], f32>, !weft.tensor<[96], f32>, !weft.tensor<[96], f32>) -> !weft.tensor<[m, 96], f32>"));
  test.targets = {"native", "x86-64-v3", "x86-64-v2"};
  test.run({{"m", 1}});
  test.run({{"m", 13}});
}

TEST(KernelNorm, RmsNormAndL2Normalize) {
  KernelCase rms(norm("%y = weft.rms_norm %x, %g eps 1.0e-06 : (!weft.tensor<[m, 96], f32>, !weft.tensor<[96], f32>) -> !weft.tensor<[m, 96], f32>"));
  rms.run({{"m", 5}});
  KernelCase l2(norm("%y = weft.l2_normalize %x eps 1.0e-12 : (!weft.tensor<[m, 96], f32>) -> !weft.tensor<[m, 96], f32>"));
  l2.run({{"m", 5}});
}

TEST(KernelNorm, ResidualNormGivesTheSumToo) {
  KernelCase test(R"(
    weft.kernel @k row_reduction (%x: !weft.tensor<[m, 96], f32>, %r: !weft.tensor<[m, 96], f32>, %g: !weft.tensor<[96], f32>, %b: !weft.tensor<[96], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 112>, #weft.layout<rowStride = 112>, #weft.layout<rowStride = 96>, #weft.layout<rowStride = 96>],
                    resultLayouts = [#weft.layout<rowStride = 112>, #weft.layout<rowStride = 112>]} {
      %y, %s = weft.residual_norm layer_norm %x, %r, %g bias %b eps 1.0e-05
        : (!weft.tensor<[m, 96], f32>, !weft.tensor<[m, 96], f32>, !weft.tensor<[96], f32>, !weft.tensor<[96], f32>) -> (!weft.tensor<[m, 96], f32>, !weft.tensor<[m, 96], f32>)
      weft.yield %y, %s : !weft.tensor<[m, 96], f32>, !weft.tensor<[m, 96], f32>
    })");
  test.run({{"m", 1}});
  test.run({{"m", 9}});
}

TEST(KernelNorm, OddWidth) {
  KernelCase test(R"(
    weft.kernel @k row_reduction (%x: !weft.tensor<[m, 37], f32>, %g: !weft.tensor<[37], f32>, %b: !weft.tensor<[37], f32>) {
      %y = weft.layer_norm %x, %g, %b eps 1.0e-05 : (!weft.tensor<[m, 37], f32>, !weft.tensor<[37], f32>, !weft.tensor<[37], f32>) -> !weft.tensor<[m, 37], f32>
      weft.yield %y : !weft.tensor<[m, 37], f32>
    })");
  test.run({{"m", 5}});
}

TEST(KernelSoftmax, AlongAndAcrossRows) {
  KernelCase last(kernel("row_reduction", "%x: !weft.tensor<[m, t], f32>",
                         "%y = weft.softmax %x axis 1 : (!weft.tensor<[m, t], f32>) -> !weft.tensor<[m, t], f32>", "!weft.tensor<[m, t], f32>"));
  for (int64_t t : {1, 16, 37, 300})
    last.run({{"m", 3}, {"t", t}});
  KernelCase middle(kernel("row_reduction", "%x: !weft.tensor<[b, t, 24], f32>",
                           "%y = weft.softmax %x axis 1 : (!weft.tensor<[b, t, 24], f32>) -> !weft.tensor<[b, t, 24], f32>", "!weft.tensor<[b, t, 24], f32>"));
  middle.run({{"b", 2}, {"t", 5}});
}

TEST(KernelSoftmax, MaskedRowsWithNothingVisibleAreZero) {
  KernelCase test(kernel("row_reduction", "%x: !weft.tensor<[b, 2, q, t], f32>, %len: !weft.tensor<[b], i32>",
                         "%m = weft.padding_mask %len : (!weft.tensor<[b], i32>) -> !weft.tensor<[b, 1, 1, t], i1>\n"
                         "%y = weft.masked_softmax %x, %m : (!weft.tensor<[b, 2, q, t], f32>, !weft.tensor<[b, 1, 1, t], i1>) -> !weft.tensor<[b, 2, q, t], f32>",
                         "!weft.tensor<[b, 2, q, t], f32>"));
  test.values(1, {0, 3, 20});
  test.run({{"b", 3}, {"q", 3}, {"t", 20}});
}

TEST(KernelSoftmax, MaskedIsMinusInfinity) {
  KernelCase test(kernel("pointwise", "%x: !weft.tensor<[q, t], f32>",
                         "%m = weft.causal_mask : () -> !weft.tensor<[q, t], i1>\n"
                         "%y = weft.masked %x, %m : (!weft.tensor<[q, t], f32>, !weft.tensor<[q, t], i1>) -> !weft.tensor<[q, t], f32>",
                         "!weft.tensor<[q, t], f32>"));
  test.run({{"q", 3}, {"t", 20}});
}

TEST(KernelPointwise, EveryActivation) {
  for (llvm::StringRef name : {"relu", "gelu", "gelu_tanh", "quick_gelu", "silu", "tanh", "sigmoid", "exp", "neg"}) {
    KernelCase test(kernel("pointwise", "%x: !weft.tensor<[m, 35], f32>",
                           ("%y = weft.unary " + name + " %x : (!weft.tensor<[m, 35], f32>) -> !weft.tensor<[m, 35], f32>").str(), "!weft.tensor<[m, 35], f32>"));
    test.scale = 6;
    test.plain = false;
    test.run({{"m", 7}});
  }
}

TEST(KernelPointwise, ArithmeticBroadcastsAndCompares) {
  KernelCase test(kernel("pointwise", "%x: !weft.tensor<[b, m, 20], f32>, %s: !weft.tensor<[], f32>, %c: !weft.tensor<[m, 1], f32>, %i: !weft.tensor<[b, m, 20], i32>", R"(
    %1 = weft.mul %x, %s : (!weft.tensor<[b, m, 20], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[b, m, 20], f32>
    %2 = weft.sub %1, %c : (!weft.tensor<[b, m, 20], f32>, !weft.tensor<[m, 1], f32>) -> !weft.tensor<[b, m, 20], f32>
    %two = weft.constant 2.0 : !weft.tensor<[], f32>
    %3 = weft.div %2, %two : (!weft.tensor<[b, m, 20], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[b, m, 20], f32>
    %less = weft.less %2, %x : (!weft.tensor<[b, m, 20], f32>, !weft.tensor<[b, m, 20], f32>) -> !weft.tensor<[b, m, 20], i1>
    %one = weft.constant 1.0 : !weft.tensor<[], i32>
    %eq = weft.equal %i, %one : (!weft.tensor<[b, m, 20], i32>, !weft.tensor<[], i32>) -> !weft.tensor<[b, m, 20], i1>
    %f = weft.cast %i : (!weft.tensor<[b, m, 20], i32>) -> !weft.tensor<[b, m, 20], f32>
    %4 = weft.where %less, %3, %f : (!weft.tensor<[b, m, 20], i1>, !weft.tensor<[b, m, 20], f32>, !weft.tensor<[b, m, 20], f32>) -> !weft.tensor<[b, m, 20], f32>
    %y = weft.where %eq, %4, %x : (!weft.tensor<[b, m, 20], i1>, !weft.tensor<[b, m, 20], f32>, !weft.tensor<[b, m, 20], f32>) -> !weft.tensor<[b, m, 20], f32>)",
                         "!weft.tensor<[b, m, 20], f32>"));
  test.run({{"b", 2}, {"m", 3}});
}

TEST(KernelShape, HeadsReshapesSlicesAndTransposes) {
  KernelCase test(kernel("pointwise", "%x: !weft.tensor<[b, t, 24], f32>", R"(
    %1 = weft.split_heads %x heads 4 : (!weft.tensor<[b, t, 24], f32>) -> !weft.tensor<[b, 4, t, 6], f32>
    %2 = weft.repeat_heads %1 times 2 : (!weft.tensor<[b, 4, t, 6], f32>) -> !weft.tensor<[b, 8, t, 6], f32>
    %3 = weft.merge_heads %2 : (!weft.tensor<[b, 8, t, 6], f32>) -> !weft.tensor<[b, t, 48], f32>
    %4 = weft.slice %3 axis 2 start <"7"> : (!weft.tensor<[b, t, 48], f32>) -> !weft.tensor<[b, t, 30], f32>
    %5 = weft.transpose %4 [2, 0, 1] : (!weft.tensor<[b, t, 30], f32>) -> !weft.tensor<[30, b, t], f32>
    %y = weft.reshape %5 : (!weft.tensor<[30, b, t], f32>) -> !weft.tensor<[5, 6, "b*t"], f32>)",
                         "!weft.tensor<[5, 6, \"b*t\"], f32>"));
  test.run({{"b", 2}, {"t", 3}});
}

TEST(KernelShape, ReshapesOfRunTimeDimensions) {
  KernelCase test(kernel("pointwise", "%x: !weft.tensor<[b, \"2*t\", 3, 4], f32>", R"(
    %1 = weft.reshape %x : (!weft.tensor<[b, "2*t", 3, 4], f32>) -> !weft.tensor<["2*b*t", 12], f32>
    %2 = weft.reshape %1 : (!weft.tensor<["2*b*t", 12], f32>) -> !weft.tensor<[b, t, 24], f32>
    %y = weft.reshape %2 : (!weft.tensor<[b, t, 24], f32>) -> !weft.tensor<[b, 1, t, 24], f32>)",
                         "!weft.tensor<[b, 1, t, 24], f32>"));
  test.run({{"b", 2}, {"t", 3}});
}

TEST(KernelShape, ConcatInterleaveBroadcast) {
  KernelCase test(kernel("pointwise", "%a: !weft.tensor<[1, 5], f32>, %x: !weft.tensor<[b, t, 5], f32>", R"(
    %n = weft.broadcast %a : (!weft.tensor<[1, 5], f32>) -> !weft.tensor<[b, 1, 5], f32>
    %c = weft.concat %n, %x axis 1 : (!weft.tensor<[b, 1, 5], f32>, !weft.tensor<[b, t, 5], f32>) -> !weft.tensor<[b, "t+1", 5], f32>
    %d = weft.concat %c, %c axis -1 : (!weft.tensor<[b, "t+1", 5], f32>, !weft.tensor<[b, "t+1", 5], f32>) -> !weft.tensor<[b, "t+1", 10], f32>
    %y = weft.interleave %d, %d axis 1 : (!weft.tensor<[b, "t+1", 10], f32>, !weft.tensor<[b, "t+1", 10], f32>) -> !weft.tensor<[b, "2*t+2", 10], f32>)",
                         "!weft.tensor<[b, \"2*t+2\", 10], f32>"));
  test.run({{"b", 2}, {"t", 3}});
}

TEST(KernelTable, EmbeddingsAndNorm) {
  KernelCase test(kernel("row_reduction", "%w: !weft.tensor<[30, 48], f32>, %ids: !weft.tensor<[b, t], i32>, %p: !weft.tensor<[64, 48], f32>, %g: !weft.tensor<[48], f32>, %h: !weft.tensor<[48], f32>", R"(
    %1 = weft.lookup %w, %ids : (!weft.tensor<[30, 48], f32>, !weft.tensor<[b, t], i32>) -> !weft.tensor<[b, t, 48], f32>
    %2 = weft.positions %p {start = 2 : i64} : (!weft.tensor<[64, 48], f32>) -> !weft.tensor<[t, 48], f32>
    %3 = weft.add %1, %2 : (!weft.tensor<[b, t, 48], f32>, !weft.tensor<[t, 48], f32>) -> !weft.tensor<[b, t, 48], f32>
    %y = weft.layer_norm %3, %g, %h eps 1.0e-12 : (!weft.tensor<[b, t, 48], f32>, !weft.tensor<[48], f32>, !weft.tensor<[48], f32>) -> !weft.tensor<[b, t, 48], f32>)",
                         "!weft.tensor<[b, t, 48], f32>"));
  test.ints(1, 0, 29);
  test.run({{"b", 2}, {"t", 7}});
}

TEST(KernelTable, SinusoidsAndRope) {
  for (llvm::StringRef style : {"interleaved", "half"}) {
    KernelCase sine(kernel("pointwise", "%x: !weft.tensor<[b, t, 24], f32>",
                           ("%1 = weft.sinusoidal " + style + " : () -> !weft.tensor<[t, 24], f32>\n"
                            "%y = weft.add %x, %1 : (!weft.tensor<[b, t, 24], f32>, !weft.tensor<[t, 24], f32>) -> !weft.tensor<[b, t, 24], f32>").str(),
                           "!weft.tensor<[b, t, 24], f32>"));
    sine.run({{"b", 1}, {"t", 300}});
    KernelCase rope(kernel("pointwise", "%x: !weft.tensor<[b, t, 32], f32>, %o: !weft.tensor<[b], i32>",
                           ("%y = weft.rope %x offset %o heads 2 theta 1.0e+04 style " + style + " width 12 : (!weft.tensor<[b, t, 32], f32>, !weft.tensor<[b], i32>) -> !weft.tensor<[b, t, 32], f32>").str(),
                           "!weft.tensor<[b, t, 32], f32>"));
    rope.ints(1, 0, 50);
    rope.run({{"b", 2}, {"t", 9}});
  }
  for (llvm::StringRef scaling : {"factor = 3.0 : f64", "factor = 8.0 : f64, ramp = array<f64: 0.5, 4.0, 60.0>"}) {
    KernelCase rope(kernel("pointwise", "%x: !weft.tensor<[b, t, 32], f32>",
                           ("%y = weft.rope %x heads 2 theta 1.0e+03 style half width 16 {" + scaling + "} : (!weft.tensor<[b, t, 32], f32>) -> !weft.tensor<[b, t, 32], f32>").str(),
                           "!weft.tensor<[b, t, 32], f32>"));
    rope.run({{"b", 1}, {"t", 200}});
  }
}

TEST(KernelTable, TakeLastAndMeanPool) {
  KernelCase take(kernel("gather", "%x: !weft.tensor<[b, t, 20], f32>, %i: !weft.tensor<[b], i32>",
                         "%y = weft.take %x, %i axis 1 : (!weft.tensor<[b, t, 20], f32>, !weft.tensor<[b], i32>) -> !weft.tensor<[b, 20], f32>", "!weft.tensor<[b, 20], f32>"));
  take.values(1, {4, 0, 2});
  take.run({{"b", 3}, {"t", 5}});
  KernelCase last(kernel("gather", "%x: !weft.tensor<[b, t, 20], f32>, %i: !weft.tensor<[b], i32>",
                         "%y = weft.last %x, %i : (!weft.tensor<[b, t, 20], f32>, !weft.tensor<[b], i32>) -> !weft.tensor<[b, 20], f32>", "!weft.tensor<[b, 20], f32>"));
  last.values(1, {5, 1, 2});
  last.run({{"b", 3}, {"t", 5}});
  KernelCase pool(kernel("row_reduction", "%x: !weft.tensor<[b, t, 20], f32>, %i: !weft.tensor<[b], i32>",
                         "%y = weft.mean_pool %x, %i : (!weft.tensor<[b, t, 20], f32>, !weft.tensor<[b], i32>) -> !weft.tensor<[b, 20], f32>", "!weft.tensor<[b, 20], f32>"));
  pool.values(1, {5, 0, 2});
  pool.run({{"b", 3}, {"t", 5}});
}

TEST(KernelReduce, EveryKindAndAxis) {
  for (llvm::StringRef kind : {"mean", "sum", "max", "argmax"})
    for (auto [axis, shape] : {std::pair("0", "[t, 40]"), std::pair("1", "[b, 40]"), std::pair("2", "[b, t]")}) {
      std::string result = std::string("!weft.tensor<") + shape + (kind == "argmax" ? ", i32>" : ", f32>");
      KernelCase test(kernel("row_reduction", "%x: !weft.tensor<[b, t, 40], f32>",
                             ("%y = weft.reduce " + kind + " %x axis " + axis + " : (!weft.tensor<[b, t, 40], f32>) -> " + result).str(), result));
      test.plain = false;
      test.run({{"b", 3}, {"t", 5}});
    }
  KernelCase keep(kernel("row_reduction", "%x: !weft.tensor<[b, t], f32>",
                         "%y = weft.reduce sum %x axis 1 keep : (!weft.tensor<[b, t], f32>) -> !weft.tensor<[b, 1], f32>", "!weft.tensor<[b, 1], f32>"));
  keep.run({{"b", 3}, {"t", 50}});
}

TEST(KernelReduce, TheLargestOfNothingIsMinusInfinity) {
  std::string of = "%y = weft.reduce max %x axis 1 : (!weft.tensor<[b, t, 20], f32>) -> !weft.tensor<[b, 20], f32>";
  KernelCase empty(kernel("row_reduction", "%x: !weft.tensor<[b, t, 20], f32>", of, "!weft.tensor<[b, 20], f32>"));
  empty.run({{"b", 2}, {"t", 0}});
  for (auto [axis, shape] : {std::pair("1", "[b, 20]"), std::pair("2", "[b, t]")})
    for (double value : {-HUGE_VAL, -3.4e38}) {
      std::string result = std::string("!weft.tensor<") + shape + ", f32>";
      KernelCase hidden(kernel("row_reduction", "%x: !weft.tensor<[b, t, 20], f32>",
                               std::string("%y = weft.reduce max %x axis ") + axis + " : (!weft.tensor<[b, t, 20], f32>) -> " + result, result));
      hidden.values(0, {value});
      hidden.run({{"b", 2}, {"t", 3}});
    }
}

TEST(KernelConv, OneAndTwoDimensions) {
  KernelCase one(kernel("contraction", "%x: !weft.tensor<[b, 5, t], f32>, %w: !weft.tensor<[7, 5, 3], f32>, %c: !weft.tensor<[7], f32>",
                        "%y = weft.conv1d %x, %w bias %c stride 2 pad 1 : (!weft.tensor<[b, 5, t], f32>, !weft.tensor<[7, 5, 3], f32>, !weft.tensor<[7], f32>) -> !weft.tensor<[b, 7, \"t/2\"], f32>",
                        "!weft.tensor<[b, 7, \"t/2\"], f32>"));
  one.run({{"b", 2}, {"t", 12}});
  KernelCase two(kernel("contraction", "%x: !weft.tensor<[b, 3, 16, 16], f32>, %w: !weft.tensor<[10, 3, 4, 4], f32>, %c: !weft.tensor<[10], f32>",
                        "%y = weft.conv2d %x, %w bias %c stride [4, 4] pad [0, 0] : (!weft.tensor<[b, 3, 16, 16], f32>, !weft.tensor<[10, 3, 4, 4], f32>, !weft.tensor<[10], f32>) -> !weft.tensor<[b, 10, 4, 4], f32>",
                        "!weft.tensor<[b, 10, 4, 4], f32>"));
  two.run({{"b", 2}});
}

} // namespace
