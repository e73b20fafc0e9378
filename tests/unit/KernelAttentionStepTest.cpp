// Attention of a step against the oracle: pages anywhere, positions around pages and tiles, every mask and bias, grouped heads, memories.
// LINK: weft_kernels
#include "tests/support/KernelCase.h"

using weft::test::KernelCase;

namespace {

/// One query over the pages of a sequence; `masks` are ops in front, `clauses` and `types` what attention takes of them.
std::string step(int heads, int kvHeads, int width, llvm::StringRef masks, llvm::StringRef clauses, llvm::StringRef types,
                 llvm::StringRef positions = "\"16*pages\"") {
  std::string kv = std::to_string(kvHeads), w = std::to_string(width), all = std::to_string(kvHeads * width), queries = std::to_string(heads * width);
  int stride = (width + 15) / 16 * 16;
  std::string state = "!weft.tensor<[cache_rows, " + kv + ", " + positions.str() + ", " + w + "], f32>", table = "!weft.tensor<[batch, pages], i32>";
  std::string query = "!weft.tensor<[batch, 1, " + queries + "], f32>", history = "!weft.tensor<[batch, \"16*pages\", " + all + "], f32>";
  std::string dense = ", #weft.layout<rowStride = 0, padded = false>";
  std::string text = "weft.kernel @k attention (%q: " + query + ", %keys: " + state + ", %values: " + state + ", %rows: " + table +
                     ", %at: !weft.tensor<[batch], i32>) attributes {argLayouts = [#weft.layout<rowStride = " + std::to_string((heads * width + 15) / 16 * 16) +
                     ">, #weft.layout<rowStride = 16, panel = 4, panelDim = 2>, #weft.layout<rowStride = " + std::to_string(stride) + ">" + dense + dense + "]} {\n";
  text += "%k = weft.cache_read %keys rows %rows : (" + state + ", " + table + ") -> " + history + "\n";
  text += "%v = weft.cache_read %values rows %rows : (" + state + ", " + table + ") -> " + history + "\n" + masks.str();
  text += "%y = weft.attention %q, %k, %v " + clauses.str() + " heads " + std::to_string(heads) + " kv_heads " + kv + " scale 3.0e-01 : (" + query + ", " + history +
          ", " + history + types.str() + ") -> " + query + "\nweft.yield %y : " + query + "\n}";
  return text;
}

const char *causal = "%mask = weft.causal_mask offset %at : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, \"16*pages\"], i1>\n";
const char *maskType = ", !weft.tensor<[batch, 1, 1, \"16*pages\"], i1>";

/// Rows of five for two sequences: every page somewhere else.
void scatter(KernelCase &test, int64_t pages) {
  std::vector<double> rows;
  for (int64_t i = 0; i < 2 * pages; ++i)
    rows.push_back(double((3 * i + 1) % 5));
  test.values(3, rows);
}

void run(KernelCase &test, int64_t pages, std::vector<double> positions) {
  scatter(test, pages);
  test.values(4, positions);
  test.run({{"batch", 2}, {"cache_rows", 5}, {"pages", pages}});
}

TEST(KernelAttentionStep, PositionsAroundPagesAndTiles) {
  KernelCase test(step(3, 3, 64, causal, "mask %mask", maskType));
  run(test, 1, {0, 15});
  for (double at : {0., 1., 15., 16., 17., 47., 62., 63., 64., 65., 127., 128.})
    run(test, 9, {at, 143 - at});
}

TEST(KernelAttentionStep, EveryTargetIsRight) {
  KernelCase test(step(2, 2, 32, causal, "mask %mask", maskType));
  test.targets = {"x86-64-v2", "x86-64-v3", "x86-64-v4", "native"};
  run(test, 5, {33, 79});
}

TEST(KernelAttentionStep, HeadWidths) {
  for (int width : {4, 5, 6, 24, 40, 80, 128}) {
    KernelCase test(step(2, 2, width, causal, "mask %mask", maskType));
    run(test, 3, {5, 40});
  }
}

TEST(KernelAttentionStep, HeadsShareKeys) {
  for (int group : {2, 4}) {
    KernelCase test(step(2 * group, 2, 32, causal, "mask %mask", maskType));
    run(test, 6, {20, 90});
  }
}

/// A window reads the same from all pages and from a ring of three.
TEST(KernelAttentionStep, Windows) {
  std::string masks = std::string(causal) + "%near = weft.window_mask before 20 after 0 offset %at : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 1, 1, \"16*pages\"], i1>\n"
                      "%both = weft.mask_and %mask, %near : (!weft.tensor<[batch, 1, 1, \"16*pages\"], i1>, !weft.tensor<[batch, 1, 1, \"16*pages\"], i1>) -> "
                      "!weft.tensor<[batch, 1, 1, \"16*pages\"], i1>\n";
  for (llvm::StringRef places : {"\"16*pages\"", "48"}) {
    KernelCase test(step(2, 2, 16, masks, "mask %both", maskType, places));
    for (double at : {3., 20., 21., 36., 47., 48., 130.})
      run(test, 9, {at, 143 - at});
  }
}

TEST(KernelAttentionStep, BiasesAndSoftcap) {
  std::string alibi = std::string(causal) + "%bias = weft.alibi offset %at heads 2 : (!weft.tensor<[batch], i32>) -> !weft.tensor<[batch, 2, 1, \"16*pages\"], f32>\n";
  KernelCase test(step(2, 2, 16, alibi, "mask %mask bias %bias", std::string(maskType) + ", !weft.tensor<[batch, 2, 1, \"16*pages\"], f32>"));
  run(test, 5, {9, 70});
  std::string text = step(2, 2, 16, causal, "mask %mask", maskType);
  text.insert(text.find(" : (", text.find("weft.attention")), " softcap 2.0");
  KernelCase capped(text);
  capped.scale = 3;
  capped.tolerance = 1e-5;
  run(capped, 5, {9, 70});
}

/// A memory of `src` positions: one row a sequence, no page table.
TEST(KernelAttentionStep, Memories) {
  std::string state = "!weft.tensor<[cache_rows, 2, \"16*pages\", 16], f32>", table = "!weft.tensor<[batch], i32>";
  std::string query = "!weft.tensor<[batch, 1, 32], f32>", memory = "!weft.tensor<[batch, src, 32], f32>";
  for (bool padded : {false, true}) {
    std::string text = "weft.kernel @k attention (%q: " + query + ", %keys: " + state + ", %values: " + state + ", %source: " + table + ", %kept: !weft.tensor<[cache_rows], i32>)"
                       " attributes {argLayouts = [#weft.layout<rowStride = 32>, #weft.layout<rowStride = 16, panel = 4, panelDim = 2>, #weft.layout<rowStride = 16>, "
                       "#weft.layout<rowStride = 0, padded = false>, #weft.layout<rowStride = 0, padded = false>]} {\n";
    text += "%k = weft.cache_read %keys rows %source : (" + state + ", " + table + ") -> " + memory + "\n%v = weft.cache_read %values rows %source : (" + state + ", " + table +
            ") -> " + memory + "\n%len = weft.cache_read %kept rows %source : (!weft.tensor<[cache_rows], i32>, " + table + ") -> " + table +
            "\n%mask = weft.padding_mask %len : (" + table + ") -> !weft.tensor<[batch, 1, 1, src], i1>\n";
    text += std::string("%y = weft.attention %q, %k, %v ") + (padded ? "mask %mask" : "") + " heads 2 kv_heads 2 scale 3.0e-01 : (" + query + ", " + memory + ", " + memory +
            (padded ? ", !weft.tensor<[batch, 1, 1, src], i1>" : "") + ") -> " + query + "\nweft.yield %y : " + query + "\n}";
    KernelCase test(text);
    test.values(3, {2, 0, 2});
    for (int64_t src : {1, 16, 37, 64}) {
      test.values(4, {double(src), 3, 1});
      test.run({{"batch", 3}, {"cache_rows", 4}, {"pages", 4}, {"src", src}});
    }
  }
}

} // namespace
