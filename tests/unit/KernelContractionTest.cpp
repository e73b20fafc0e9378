// Contraction kernels against the oracle: heights, panels, epilogues, layouts, targets.
// LINK: weft_kernels
#include "tests/support/KernelCase.h"

using weft::test::KernelCase;

namespace {

const char *packed = R"(
  weft.kernel @k contraction (%x: !weft.tensor<[m, 64], f32>, %w: !weft.tensor<[96, 64], f32>, %b: !weft.tensor<[96], f32>)
      attributes {argLayouts = [#weft.layout<rowStride = 80>, #weft.layout<rowStride = 64, panel = 48>, #weft.layout<rowStride = 96>],
                  resultLayouts = [#weft.layout<rowStride = 112>]} {
    %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 64], f32>, !weft.tensor<[96, 64], f32>, !weft.tensor<[96], f32>) -> !weft.tensor<[m, 96], f32>
    weft.yield %y : !weft.tensor<[m, 96], f32>
  }
)";

TEST(KernelContraction, EveryHeightIsRight) {
  KernelCase test(packed);
  for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 25, 33, 41, 57, 100})
    test.run({{"m", m}});
}

TEST(KernelContraction, EveryTargetIsRight) {
  KernelCase test(packed);
  test.targets = {"x86-64-v2", "x86-64-v3", "x86-64-v4", "native"};
  for (int64_t m : {1, 5, 8, 33})
    test.run({{"m", m}});
}

TEST(KernelContraction, EpiloguesAreAppliedInTheTile) {
  KernelCase test(R"(
    weft.kernel @k contraction (%x: !weft.tensor<[m, 32], f32>, %w: !weft.tensor<[48, 32], f32>, %b: !weft.tensor<[48], f32>, %r: !weft.tensor<[m, 48], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 48>, #weft.layout<rowStride = 32, panel = 48>, #weft.layout<rowStride = 48>, #weft.layout<rowStride = 64>],
                    resultLayouts = [#weft.layout<rowStride = 64>]} {
      %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 32], f32>, !weft.tensor<[48, 32], f32>, !weft.tensor<[48], f32>) -> !weft.tensor<[m, 48], f32>
      %g = weft.unary gelu %y : (!weft.tensor<[m, 48], f32>) -> !weft.tensor<[m, 48], f32>
      %s = weft.add %g, %r : (!weft.tensor<[m, 48], f32>, !weft.tensor<[m, 48], f32>) -> !weft.tensor<[m, 48], f32>
      weft.yield %s : !weft.tensor<[m, 48], f32>
    })");
  for (int64_t m : {1, 13, 32})
    test.run({{"m", m}});
}

TEST(KernelContraction, OddColumnsAndDepthStayInBounds) {
  KernelCase test(R"(
    weft.kernel @k contraction (%x: !weft.tensor<[m, 7], f32>, %w: !weft.tensor<[50, 7], f32>, %b: !weft.tensor<[50], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 7, padded = false>, #weft.layout<rowStride = 7, panel = 48>, #weft.layout<rowStride = 50, padded = false>],
                    resultLayouts = [#weft.layout<rowStride = 50, padded = false>]} {
      %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 7], f32>, !weft.tensor<[50, 7], f32>, !weft.tensor<[50], f32>) -> !weft.tensor<[m, 50], f32>
      weft.yield %y : !weft.tensor<[m, 50], f32>
    })");
  test.targets = {"native", "x86-64-v3", "x86-64-v2"};
  for (int64_t m : {1, 4, 9, 20})
    test.run({{"m", m}});
}

TEST(KernelContraction, BatchesAndTransposedWeights) {
  KernelCase test(R"(
    weft.kernel @k contraction (%x: !weft.tensor<[batch, seq, 12], f32>, %w: !weft.tensor<[12, 96], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 96, panel = 48, panelDim = 1>],
                    resultLayouts = [#weft.layout<rowStride = 96>]} {
      %y = weft.linear %x, %w transposed : (!weft.tensor<[batch, seq, 12], f32>, !weft.tensor<[12, 96], f32>) -> !weft.tensor<[batch, seq, 96], f32>
      weft.yield %y : !weft.tensor<[batch, seq, 96], f32>
    })");
  test.run({{"batch", 2}, {"seq", 9}});
  test.run({{"batch", 1}, {"seq", 1}});
}

TEST(KernelContraction, ProductOfTwoActivations) {
  KernelCase test(R"(
    weft.kernel @k contraction (%a: !weft.tensor<[batch, 4, q, t], f32>, %b: !weft.tensor<[batch, 4, t, 16], f32>) {
      %y = weft.matmul %a, %b : (!weft.tensor<[batch, 4, q, t], f32>, !weft.tensor<[batch, 4, t, 16], f32>) -> !weft.tensor<[batch, 4, q, 16], f32>
      weft.yield %y : !weft.tensor<[batch, 4, q, 16], f32>
    })");
  test.run({{"batch", 2}, {"q", 5}, {"t", 9}});
  KernelCase scores(R"(
    weft.kernel @k contraction (%a: !weft.tensor<[4, q, 16], f32>, %b: !weft.tensor<[4, t, 16], f32>) {
      %c = weft.transpose %b [0, 2, 1] : (!weft.tensor<[4, t, 16], f32>) -> !weft.tensor<[4, 16, t], f32>
      %y = weft.matmul %a, %c : (!weft.tensor<[4, q, 16], f32>, !weft.tensor<[4, 16, t], f32>) -> !weft.tensor<[4, q, t], f32>
      weft.yield %y : !weft.tensor<[4, q, t], f32>
    })");
  scores.run({{"q", 5}, {"t", 9}});
  scores.run({{"q", 11}, {"t", 100}});
}

} // namespace
