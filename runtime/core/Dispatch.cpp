//===- Dispatch.cpp - which compiled target runs on this processor -------------------------------------------===//
//
// A feature counts only if the operating system saves the registers it uses (XCR0), so that a chosen target never
// meets an illegal instruction.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <string.h>
#if defined(__x86_64__)
#include <cpuid.h>
#elif defined(__aarch64__)
#include <sys/auxv.h>
#endif

using namespace weft::rt;

#if defined(__x86_64__)
namespace {

enum CpuidRegister { Eax, Ebx, Ecx, Edx };
enum SavedState { None, Ymm, Zmm };

/// Where cpuid shows a feature, and which register state it needs.
struct FeatureBit {
  uint8_t feature;
  uint8_t leaf; // index into kLeaves
  uint8_t reg;
  uint8_t bit;
  uint8_t state;
};

struct Leaf {
  uint32_t function, index;
};
constexpr Leaf kLeaves[] = {{1, 0}, {7, 0}, {7, 1}, {0x80000001u, 0}};

constexpr FeatureBit kFeatures[] = {
    {WEFT_CPU_SSE3, 0, Ecx, 0, None},           {WEFT_CPU_SSSE3, 0, Ecx, 9, None},
    {WEFT_CPU_SSE41, 0, Ecx, 19, None},         {WEFT_CPU_SSE42, 0, Ecx, 20, None},
    {WEFT_CPU_POPCNT, 0, Ecx, 23, None},        {WEFT_CPU_CX16, 0, Ecx, 13, None},
    {WEFT_CPU_LAHF, 3, Ecx, 0, None},           {WEFT_CPU_AVX, 0, Ecx, 28, Ymm},
    {WEFT_CPU_F16C, 0, Ecx, 29, Ymm},           {WEFT_CPU_FMA, 0, Ecx, 12, Ymm},
    {WEFT_CPU_AVX2, 1, Ebx, 5, Ymm},            {WEFT_CPU_BMI1, 1, Ebx, 3, None},
    {WEFT_CPU_BMI2, 1, Ebx, 8, None},           {WEFT_CPU_LZCNT, 3, Ecx, 5, None},
    {WEFT_CPU_MOVBE, 0, Ecx, 22, None},         {WEFT_CPU_AVX512F, 1, Ebx, 16, Zmm},
    {WEFT_CPU_AVX512BW, 1, Ebx, 30, Zmm},       {WEFT_CPU_AVX512CD, 1, Ebx, 28, Zmm},
    {WEFT_CPU_AVX512DQ, 1, Ebx, 17, Zmm},       {WEFT_CPU_AVX512VL, 1, Ebx, 31, Zmm},
    {WEFT_CPU_AVX512VNNI, 1, Ecx, 11, Zmm},     {WEFT_CPU_AVX512BF16, 2, Eax, 5, Zmm},
    {WEFT_CPU_AVX512FP16, 1, Edx, 23, Zmm},     {WEFT_CPU_AVX512IFMA, 1, Ebx, 21, Zmm},
    {WEFT_CPU_AVX512VBMI, 1, Ecx, 1, Zmm},      {WEFT_CPU_AVX512VBMI2, 1, Ecx, 6, Zmm},
    {WEFT_CPU_AVX512BITALG, 1, Ecx, 12, Zmm},   {WEFT_CPU_AVX512VPOPCNTDQ, 1, Ecx, 14, Zmm},
    {WEFT_CPU_AVXVNNI, 2, Eax, 4, Ymm},         {WEFT_CPU_GFNI, 1, Ecx, 8, None},
    {WEFT_CPU_VAES, 1, Ecx, 9, Ymm},            {WEFT_CPU_VPCLMULQDQ, 1, Ecx, 10, Ymm},
};

/// The largest register state that the operating system saves.
SavedState savedState(uint32_t leaf1Ecx) {
  if (!(leaf1Ecx & (1u << 27))) // OSXSAVE
    return None;
  uint32_t low, high;
  __asm__ volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  if ((low & 0xe6) == 0xe6)
    return Zmm;
  return (low & 0x6) == 0x6 ? Ymm : None;
}

} // namespace

uint64_t weft::rt::hostFeatures() {
  uint32_t registers[4][4] = {};
  for (int32_t leaf = 0; leaf < 4; ++leaf) {
    uint32_t *r = registers[leaf];
    if (!__get_cpuid_count(kLeaves[leaf].function, kLeaves[leaf].index, &r[Eax], &r[Ebx], &r[Ecx], &r[Edx]))
      r[Eax] = r[Ebx] = r[Ecx] = r[Edx] = 0;
  }
  SavedState saved = savedState(registers[0][Ecx]);
  uint64_t features = 0;
  for (const FeatureBit &f : kFeatures)
    if ((registers[f.leaf][f.reg] >> f.bit & 1) && f.state <= saved)
      features |= WEFT_CPU_BIT(f.feature);
  return features;
}

weft_arch weft::rt::hostArch() { return WEFT_X86_64; }

#else

uint64_t weft::rt::hostFeatures() {
  uint64_t features = 0;
#if defined(__aarch64__)
  // Linux's HWCAP_ASIMDDP, HWCAP_FPHP + HWCAP_ASIMDHP, HWCAP2_BF16, HWCAP2_I8MM.
  unsigned long caps = getauxval(AT_HWCAP), caps2 = getauxval(AT_HWCAP2);
  features |= caps >> 20 & 1 ? WEFT_CPU_BIT(WEFT_CPU_ARM_DOTPROD) : 0;
  features |= (caps >> 9 & 1) && (caps >> 10 & 1) ? WEFT_CPU_BIT(WEFT_CPU_ARM_FP16) : 0;
  features |= caps2 >> 14 & 1 ? WEFT_CPU_BIT(WEFT_CPU_ARM_BF16) : 0;
  features |= caps2 >> 13 & 1 ? WEFT_CPU_BIT(WEFT_CPU_ARM_I8MM) : 0;
#endif
  return features;
}

weft_arch weft::rt::hostArch() { return WEFT_AARCH64; }

#endif

int32_t weft::rt::chooseTarget(const weft_model_descriptor &descriptor, const char *wanted, uint64_t features) {
  for (int32_t t = descriptor.target_count - 1; t >= 0; --t) {
    const weft_target_info &target = descriptor.targets[t];
    bool runs = target.arch == hostArch() && (target.features & ~features) == 0;
    if (runs && (!wanted || strcmp(wanted, target.name) == 0))
      return t;
  }
  return -1;
}
