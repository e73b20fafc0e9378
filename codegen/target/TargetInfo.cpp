// The table of targets. Register tiles: rows x vectors accumulators, plus the vectors of one step and one broadcast, fit the registers;
// 8 x 3 of 32 and 4 x 3 of 16 were the best measured.
#include "codegen/target/TargetInfo.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace llvm;
namespace weft {

static std::vector<TargetInfo> table() {
  const std::string x86 = "x86_64-pc-linux-gnu";
  return {
      // name        symbol  triple  cpu   features halide                                          floats registers rows vectors prefetch
      {"x86-64-v2", "v2", x86, "x86-64-v2", "", "x86-64-linux-sse41", 4, 16, 4, 3, true},
      {"x86-64-v3", "v3", x86, "x86-64-v3", "", "x86-64-linux-sse41-avx-f16c-fma-avx2", 8, 16, 4, 3, true},
      {"x86-64-v4", "v4", x86, "x86-64-v4", "", "x86-64-linux-sse41-avx-f16c-fma-avx2-avx512-avx512_skylake", 16, 32, 8, 3, true},
      {"aarch64", "a64", "aarch64-unknown-linux-gnu", "generic", "+neon", "arm-64-linux", 4, 32, 8, 3, true},
  };
}

std::vector<std::string> targetNames() {
  std::vector<std::string> names;
  for (const TargetInfo &row : table())
    names.push_back(row.name);
  names.push_back("native");
  return names;
}

/// The strongest row whose instructions this machine has, with LLVM's tuning for its cpu.
static std::string nativeRow() {
#if defined(__aarch64__)
  return "aarch64";
#else
  StringMap<bool> has = sys::getHostCPUFeatures();
  auto all = [&](std::initializer_list<StringRef> features) {
    return llvm::all_of(features, [&](StringRef feature) { return has.lookup(feature); });
  };
  if (all({"avx512f", "avx512cd", "avx512bw", "avx512dq", "avx512vl", "avx2", "fma", "f16c", "bmi2"}))
    return "x86-64-v4";
  return all({"avx2", "fma", "f16c", "bmi", "bmi2", "movbe", "lzcnt"}) ? "x86-64-v3" : "x86-64-v2";
#endif
}

Expected<TargetInfo> findTarget(StringRef name) {
  bool native = name == "native";
  std::string wanted = native ? nativeRow() : name.str();
  for (TargetInfo row : table()) {
    if (row.name != wanted)
      continue;
    if (native) {
      row.name = row.symbol = "native";
      row.cpu = sys::getHostCPUName().str();
    }
    return row;
  }
  return createStringError("unknown target '" + name + "': known are " + join(targetNames(), ", "));
}

} // namespace weft
