// Which processor features a target's code may use, as bits of the descriptor. The levels are the psABI's; for `native` all features of
// this machine that the table of bits knows count, since LLVM may use any of them.
#include "codegen/host/Descriptor.h"
#include "runtime/Descriptor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/TargetParser/Host.h"

using namespace weft;

static uint64_t nativeBits() {
  static const std::pair<const char *, int> known[] = {
      {"sse3", WEFT_CPU_SSE3}, {"ssse3", WEFT_CPU_SSSE3}, {"sse4.1", WEFT_CPU_SSE41}, {"sse4.2", WEFT_CPU_SSE42},
      {"popcnt", WEFT_CPU_POPCNT}, {"cx16", WEFT_CPU_CX16}, {"sahf", WEFT_CPU_LAHF}, {"avx", WEFT_CPU_AVX},
      {"f16c", WEFT_CPU_F16C}, {"fma", WEFT_CPU_FMA}, {"avx2", WEFT_CPU_AVX2}, {"bmi", WEFT_CPU_BMI1}, {"bmi2", WEFT_CPU_BMI2},
      {"lzcnt", WEFT_CPU_LZCNT}, {"movbe", WEFT_CPU_MOVBE}, {"avx512f", WEFT_CPU_AVX512F}, {"avx512bw", WEFT_CPU_AVX512BW},
      {"avx512cd", WEFT_CPU_AVX512CD}, {"avx512dq", WEFT_CPU_AVX512DQ}, {"avx512vl", WEFT_CPU_AVX512VL},
      {"avx512vnni", WEFT_CPU_AVX512VNNI}, {"avx512bf16", WEFT_CPU_AVX512BF16}, {"avx512fp16", WEFT_CPU_AVX512FP16},
      {"avx512ifma", WEFT_CPU_AVX512IFMA}, {"avx512vbmi", WEFT_CPU_AVX512VBMI}, {"avx512vbmi2", WEFT_CPU_AVX512VBMI2},
      {"avx512bitalg", WEFT_CPU_AVX512BITALG}, {"avx512vpopcntdq", WEFT_CPU_AVX512VPOPCNTDQ}, {"avxvnni", WEFT_CPU_AVXVNNI},
      {"gfni", WEFT_CPU_GFNI}, {"vaes", WEFT_CPU_VAES}, {"vpclmulqdq", WEFT_CPU_VPCLMULQDQ}};
  llvm::StringMap<bool> has = llvm::sys::getHostCPUFeatures();
  uint64_t bits = 0;
  for (auto [name, bit] : known)
    if (has.lookup(name))
      bits |= WEFT_CPU_BIT(bit);
  return bits;
}

uint64_t weft::targetFeatureBits(const TargetInfo &target) {
  if (target.name == "x86-64-v2")
    return WEFT_CPU_X86_64_V2;
  if (target.name == "x86-64-v3")
    return WEFT_CPU_X86_64_V3;
  if (target.name == "x86-64-v4")
    return WEFT_CPU_X86_64_V4;
  return target.name == "native" && llvm::StringRef(target.triple).starts_with("x86_64") ? nativeBits() : 0;
}
