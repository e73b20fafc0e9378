// Convolutions as linear layers of windows against the oracle: kernels, strides, padding, both orders of features, lengths around tiles.
// LINK: weft_kernels
#include "tests/support/KernelCase.h"

using weft::test::KernelCase;

namespace {

std::string tensor(llvm::StringRef dims) { return ("!weft.tensor<[" + dims + "], f32>").str(); }

/// x [b, IN] -> windows CLAUSE [b, SEEN, depth] -> linear to `columns` + bias -> gelu, from packed weights.
std::string convolution(llvm::StringRef in, llvm::StringRef clause, llvm::StringRef seen, int depth, int columns, llvm::StringRef turned = "") {
  std::string k = std::to_string(depth), n = std::to_string(columns), x = tensor(turned.empty() ? "b, " + in.str() : "b, " + turned.str());
  std::string view = tensor("b, " + in.str()), rows = tensor("b, " + seen.str() + ", " + k), y = tensor("b, " + seen.str() + ", " + n);
  std::string text = "weft.kernel @k contraction (%x: " + x + ", %w: " + tensor(n + ", " + k) + ", %c: " + tensor(n) + ")\n";
  text += "attributes {argLayouts = [#weft.layout<rowStride = 0, padded = false>, #weft.layout<rowStride = " + k + ", panel = 48>, #weft.layout<rowStride = " + n +
          ", padded = false>], resultLayouts = [#weft.layout<rowStride = " + std::to_string(columns + 16) + ">]} {\n";
  if (!turned.empty())
    text += "%t = weft.transpose %x [0, 2, 1] : (" + x + ") -> " + view + "\n";
  text += std::string("%s = weft.windows ") + (turned.empty() ? "%x " : "%t ") + clause.str() + " : (" + view + ") -> " + rows + "\n";
  text += "%l = weft.linear %s, %w bias %c : (" + rows + ", " + tensor(n + ", " + k) + ", " + tensor(n) + ") -> " + y + "\n";
  return text + "%y = weft.unary gelu %l : (" + y + ") -> " + y + "\nweft.yield %y : " + y + "\n}";
}

TEST(KernelConvolution, LengthsAroundTiles) {
  KernelCase same(convolution("5, t", "kernel [3] stride [1] pad [1]", "t", 15, 50));
  for (int64_t t : {1, 2, 3, 8, 9, 17, 40})
    same.run({{"b", 2}, {"t", t}});
  KernelCase half(convolution("5, t", "kernel [3] stride [2] pad [1]", "\"t/2\"", 15, 48));
  for (int64_t t : {2, 4, 16, 18, 50})
    half.run({{"b", 2}, {"t", t}});
}

TEST(KernelConvolution, KnownLengths) {
  for (int t : {1, 7, 8, 9, 23, 64}) {
    std::string text = std::to_string(t);
    KernelCase test(convolution("4, " + text, "kernel [3] stride [1] pad [1]", text, 12, 48));
    test.run({{"b", 1}});
    KernelCase inner(convolution("4, " + text, "kernel [3] stride [1] pad [1] channels_inner", text, 12, 48, text + ", 4"));
    inner.run({{"b", 3}});
  }
}

TEST(KernelConvolution, KernelsAndStrides) {
  for (auto [kernel, stride, pad] : {std::tuple(1, 1, 0), {2, 2, 0}, {4, 1, 2}, {5, 1, 2}, {7, 3, 1}, {10, 5, 0}, {11, 4, 5}}) {
    int length = 61, out = (length + 2 * pad - kernel) / stride + 1;
    auto list = [](const char *name, int number) { return name + (" [" + std::to_string(number) + "] "); };
    std::string clause = list("kernel", kernel) + list("stride", stride) + list("pad", pad);
    KernelCase outer(convolution("3, 61", clause, std::to_string(out), 3 * kernel, 40));
    outer.run({{"b", 2}});
    KernelCase inner(convolution("6, 61", clause + "channels_inner", std::to_string(out), 6 * kernel, 40, "61, 6"));
    inner.run({{"b", 2}});
  }
}

TEST(KernelConvolution, EveryTargetIsRight) {
  KernelCase test(convolution("8, t", "kernel [3] stride [1] pad [1] channels_inner", "t", 24, 100, "t, 8"));
  test.targets = {"x86-64-v2", "x86-64-v3", "x86-64-v4", "native"};
  for (int64_t t : {1, 13, 33})
    test.run({{"b", 2}, {"t", t}});
}

TEST(KernelConvolution, Images) {
  KernelCase patches(convolution("3, 28, 42", "kernel [14, 14] stride [14, 14] pad [0, 0]", "2, 3", 588, 96));
  patches.run({{"b", 2}});
  KernelCase odd(convolution("2, 9, 12", "kernel [3, 5] stride [2, 1] pad [1, 2]", "5, 12", 30, 50));
  odd.run({{"b", 2}});
  KernelCase unknown(convolution("2, 9, w", "kernel [3, 3] stride [1, 1] pad [1, 1]", "9, w", 18, 48));
  for (int64_t w : {1, 5, 20})
    unknown.run({{"b", 1}, {"w", w}});
}

TEST(KernelConvolution, WindowsAlone) {
  KernelCase test(("weft.kernel @k pointwise (%x: " + tensor("b, 3, t") + ") {\n%y = weft.windows %x kernel [4] stride [1] pad [2] : (" + tensor("b, 3, t") + ") -> " +
                   tensor("b, \"t+1\", 12") + "\nweft.yield %y : " + tensor("b, \"t+1\", 12") + "\n}"));
  test.run({{"b", 2}, {"t", 7}});
}

} // namespace
