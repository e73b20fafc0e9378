// SHA-256 (FIPS 180-4) with the x86 SHA extensions where the processor has them, else LLVM's.
#include "codegen/artifact/Sha256.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/SHA256.h"
#include "llvm/TargetParser/Host.h"
#include <cstring>
#if defined(__x86_64__)
#include <immintrin.h>
#endif

using namespace llvm;
using namespace weft;

#if defined(__x86_64__)
alignas(16) static const uint32_t kRounds[64] = {
    0x428a2f98, 0x71374491, 0xb5c0fbcf, 0xe9b5dba5, 0x3956c25b, 0x59f111f1, 0x923f82a4, 0xab1c5ed5, 0xd807aa98, 0x12835b01,
    0x243185be, 0x550c7dc3, 0x72be5d74, 0x80deb1fe, 0x9bdc06a7, 0xc19bf174, 0xe49b69c1, 0xefbe4786, 0x0fc19dc6, 0x240ca1cc,
    0x2de92c6f, 0x4a7484aa, 0x5cb0a9dc, 0x76f988da, 0x983e5152, 0xa831c66d, 0xb00327c8, 0xbf597fc7, 0xc6e00bf3, 0xd5a79147,
    0x06ca6351, 0x14292967, 0x27b70a85, 0x2e1b2138, 0x4d2c6dfc, 0x53380d13, 0x650a7354, 0x766a0abb, 0x81c2c92e, 0x92722c85,
    0xa2bfe8a1, 0xa81a664b, 0xc24b8b70, 0xc76c51a3, 0xd192e819, 0xd6990624, 0xf40e3585, 0x106aa070, 0x19a4c116, 0x1e376c08,
    0x2748774c, 0x34b0bcb5, 0x391c0cb3, 0x4ed8aa4a, 0x5b9cca4f, 0x682e6ff3, 0x748f82ee, 0x78a5636f, 0x84c87814, 0x8cc70208,
    0x90befffa, 0xa4506ceb, 0xbef9a3f7, 0xc67178f2};

/// Compresses whole blocks of 64 bytes. The instructions want the state as ABEF and CDGH.
__attribute__((target("sha,sse4.1,ssse3"))) static void compress(uint32_t state[8], const uint8_t *data, size_t blocks) {
  const __m128i swap = _mm_set_epi64x(0x0c0d0e0f08090a0b, 0x0405060700010203);
  __m128i low = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(state)), 0xb1);
  __m128i high = _mm_shuffle_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i *>(state + 4)), 0x1b);
  __m128i abef = _mm_alignr_epi8(low, high, 8), cdgh = _mm_blend_epi16(high, low, 0xf0);
  for (; blocks > 0; --blocks, data += 64) {
    __m128i savedAbef = abef, savedCdgh = cdgh, w[4];
    for (int i = 0; i < 16; ++i) {
      if (i < 4)
        w[i] = _mm_shuffle_epi8(_mm_loadu_si128(reinterpret_cast<const __m128i *>(data + 16 * i)), swap);
      else {
        __m128i mixed = _mm_add_epi32(_mm_sha256msg1_epu32(w[i % 4], w[(i + 1) % 4]),
                                      _mm_alignr_epi8(w[(i + 3) % 4], w[(i + 2) % 4], 4));
        w[i % 4] = _mm_sha256msg2_epu32(mixed, w[(i + 3) % 4]);
      }
      __m128i sum = _mm_add_epi32(w[i % 4], _mm_load_si128(reinterpret_cast<const __m128i *>(kRounds + 4 * i)));
      cdgh = _mm_sha256rnds2_epu32(cdgh, abef, sum);
      abef = _mm_sha256rnds2_epu32(abef, cdgh, _mm_shuffle_epi32(sum, 0x0e));
    }
    abef = _mm_add_epi32(abef, savedAbef);
    cdgh = _mm_add_epi32(cdgh, savedCdgh);
  }
  low = _mm_shuffle_epi32(abef, 0x1b);
  high = _mm_shuffle_epi32(cdgh, 0xb1);
  _mm_storeu_si128(reinterpret_cast<__m128i *>(state), _mm_blend_epi16(low, high, 0xf0));
  _mm_storeu_si128(reinterpret_cast<__m128i *>(state + 4), _mm_alignr_epi8(high, low, 8));
}
#endif

struct Sha256::State {
  bool isFast = false;
  SHA256 slow;
  uint32_t words[8] = {0x6a09e667, 0xbb67ae85, 0x3c6ef372, 0xa54ff53a, 0x510e527f, 0x9b05688c, 0x1f83d9ab, 0x5be0cd19};
  uint8_t block[64];
  uint64_t total = 0;
};

Sha256::Sha256() : state(std::make_unique<State>()) {
#if defined(__x86_64__)
  StringMap<bool> has = sys::getHostCPUFeatures();
  state->isFast = has.lookup("sha") && has.lookup("sse4.1");
#endif
}
Sha256::~Sha256() = default;

void Sha256::update(ArrayRef<uint8_t> bytes) {
  if (!state->isFast)
    return state->slow.update(bytes);
#if defined(__x86_64__)
  size_t held = state->total % 64;
  state->total += bytes.size();
  if (held > 0) {
    size_t take = std::min(bytes.size(), 64 - held);
    std::memcpy(state->block + held, bytes.data(), take);
    bytes = bytes.drop_front(take);
    if (held + take < 64)
      return;
    compress(state->words, state->block, 1);
  }
  compress(state->words, bytes.data(), bytes.size() / 64);
  if (size_t rest = bytes.size() % 64)
    std::memcpy(state->block, bytes.data() + bytes.size() - rest, rest);
#endif
}

std::array<uint8_t, 32> Sha256::finish() {
  if (!state->isFast)
    return state->slow.final();
  uint64_t bits = state->total * 8;
  uint8_t tail[72] = {0x80};
  size_t zeros = (state->total % 64 < 56 ? 56 : 120) - state->total % 64;
  update({tail, zeros});
  for (int i = 0; i < 8; ++i)
    tail[i] = uint8_t(bits >> (56 - 8 * i));
  update({tail, 8});
  std::array<uint8_t, 32> digest;
  for (int i = 0; i < 32; ++i)
    digest[size_t(i)] = uint8_t(state->words[i / 4] >> (24 - 8 * (i % 4)));
  return digest;
}

std::string weft::hexDigest(const std::array<uint8_t, 32> &digest) { return toHex(digest, /*LowerCase=*/true); }

Expected<std::array<uint8_t, 32>> weft::hashFile(StringRef path) {
  Expected<sys::fs::file_t> file = sys::fs::openNativeFileForRead(path);
  if (!file)
    return createStringError("can't read '" + path + "': " + toString(file.takeError()));
  Sha256 hash;
  std::vector<char> piece(1 << 20);
  while (true) {
    Expected<size_t> count = sys::fs::readNativeFile(*file, piece);
    if (!count) {
      sys::fs::closeFile(*file);
      return createStringError("can't read '" + path + "': " + toString(count.takeError()));
    }
    if (*count == 0)
      break;
    hash.update({reinterpret_cast<const uint8_t *>(piece.data()), *count});
  }
  sys::fs::closeFile(*file);
  return hash.finish();
}
