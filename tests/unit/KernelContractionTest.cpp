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

/// 80 columns in panels of 32, which the register tiles of no target divide as they divide 48.
const char *narrow = R"(
    weft.kernel @k contraction (%x: !weft.tensor<[m, 20], f32>, %w: !weft.tensor<[80, 20], f32>, %b: !weft.tensor<[80], f32>, %r: !weft.tensor<[m, 80], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 32>, #weft.layout<rowStride = 32, panel = 32>, #weft.layout<rowStride = 80>, #weft.layout<rowStride = 80>],
                    resultLayouts = [#weft.layout<rowStride = 80, padded = false>]} {
      %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 20], f32>, !weft.tensor<[80, 20], f32>, !weft.tensor<[80], f32>) -> !weft.tensor<[m, 80], f32>
      %s = weft.add %y, %r : (!weft.tensor<[m, 80], f32>, !weft.tensor<[m, 80], f32>) -> !weft.tensor<[m, 80], f32>
      weft.yield %s : !weft.tensor<[m, 80], f32>
    })";

TEST(KernelContraction, EveryHeightIsRight) {
  for (const char *text : {packed, narrow}) {
    KernelCase test(text);
    for (int64_t m : {1, 2, 3, 4, 5, 6, 7, 8, 9, 11, 12, 13, 15, 16, 17, 24, 25, 33, 37, 41, 57, 100})
      test.run({{"m", m}});
  }
}

TEST(KernelContraction, EveryTargetIsRight) {
  for (const char *text : {packed, narrow}) {
    KernelCase test(text);
    test.targets = {"x86-64-v2", "x86-64-v3", "x86-64-v4", "native"};
    for (int64_t m : {1, 5, 7, 8, 12, 33})
      test.run({{"m", m}});
  }
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

TEST(KernelContraction, ASumOfOneTerm) {
  KernelCase test(R"(
    weft.kernel @k contraction (%x: !weft.tensor<[m, 1], f32>, %w: !weft.tensor<[50, 1], f32>, %b: !weft.tensor<[50], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 1, padded = false>, #weft.layout<rowStride = 48, panel = 48>, #weft.layout<rowStride = 50, padded = false>],
                    resultLayouts = [#weft.layout<rowStride = 50, padded = false>]} {
      %y = weft.linear %x, %w bias %b : (!weft.tensor<[m, 1], f32>, !weft.tensor<[50, 1], f32>, !weft.tensor<[50], f32>) -> !weft.tensor<[m, 50], f32>
      weft.yield %y : !weft.tensor<[m, 50], f32>
    })");
  test.targets = {"native", "x86-64-v3"};
  for (int64_t m : {1, 9})
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

/// A weight [n, k] of small whole numbers, and the sums of its quarters that weft.strassen takes.
struct QuarteredWeight {
  QuarteredWeight(int n, int k, bool transposed) : weight(n * k), sums(n * k) {
    auto at = [&](int row, int column) -> double & { return weight[transposed ? column * n + row : row * k + column]; };
    for (int i = 0; i < n * k; ++i)
      weight[i] = (i * 7919 % 31 - 15) / 16.0;
    for (int row = 0; row < n / 2; ++row)
      for (int column = 0; column < k / 2; ++column) {
        double b11 = at(row, column), b21 = at(row, column + k / 2), b12 = at(row + n / 2, column), b22 = at(row + n / 2, column + k / 2);
        double t1 = b12 - b11, t2 = b22 - t1, parts[] = {t1, t2, b22 - b12, b21 - t2};
        for (int part = 0; part < 4; ++part)
          sums[transposed ? (part * k / 2 + column) * n / 2 + row : row * 2 * k + part * k / 2 + column] = parts[part];
      }
  }
  std::vector<double> weight, sums;
};

TEST(KernelContraction, StrassenIsRightFromFewRowsToManyBlocks) {
  KernelCase test(R"(
    weft.kernel @k contraction (%x: !weft.tensor<[m, 32], f32>, %w: !weft.tensor<[192, 32], f32>, %b: !weft.tensor<[192], f32>, %r: !weft.tensor<[m, 192], f32>, %s: !weft.tensor<[96, 64], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 48>, #weft.layout<rowStride = 48, panel = 48>, #weft.layout<rowStride = 192>, #weft.layout<rowStride = 208>, #weft.layout<rowStride = 48, panel = 48>],
                    resultLayouts = [#weft.layout<rowStride = 208>]} {
      %y = weft.strassen %x, %w, %s bias %b rows 16 : (!weft.tensor<[m, 32], f32>, !weft.tensor<[192, 32], f32>, !weft.tensor<[96, 64], f32>, !weft.tensor<[192], f32>) -> !weft.tensor<[m, 192], f32>
      %g = weft.unary gelu %y : (!weft.tensor<[m, 192], f32>) -> !weft.tensor<[m, 192], f32>
      %z = weft.add %g, %r : (!weft.tensor<[m, 192], f32>, !weft.tensor<[m, 192], f32>) -> !weft.tensor<[m, 192], f32>
      weft.yield %z : !weft.tensor<[m, 192], f32>
    })");
  QuarteredWeight weight(192, 32, false);
  test.values(1, weight.weight);
  test.values(4, weight.sums);
  test.tolerance = 1e-5;
  test.targets = {"native", "x86-64-v4", "x86-64-v3", "x86-64-v2"};
  for (int64_t m : {1, 15, 16, 17, 33, 128, 255, 256, 257, 600})
    test.run({{"m", m}});
}

TEST(KernelContraction, StrassenOfTransposedWeights) {
  KernelCase test(R"(
    weft.kernel @k contraction (%x: !weft.tensor<[40, 16], f32>, %w: !weft.tensor<[16, 96], f32>, %s: !weft.tensor<[32, 48], f32>)
        attributes {argLayouts = [#weft.layout<rowStride = 16>, #weft.layout<rowStride = 48, panel = 48, panelDim = 1>, #weft.layout<rowStride = 48, panel = 48, panelDim = 1>],
                    resultLayouts = [#weft.layout<rowStride = 96>]} {
      %y = weft.strassen %x, %w, %s transposed rows 16 : (!weft.tensor<[40, 16], f32>, !weft.tensor<[16, 96], f32>, !weft.tensor<[32, 48], f32>) -> !weft.tensor<[40, 96], f32>
      weft.yield %y : !weft.tensor<[40, 96], f32>
    })");
  QuarteredWeight weight(96, 16, true);
  test.values(1, weight.weight);
  test.values(2, weight.sums);
  test.tolerance = 1e-5;
  test.run({});
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
