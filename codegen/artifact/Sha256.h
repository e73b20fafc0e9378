// Sha256: hashes of sources and packed weights. LLVM's SHA256 does 250 MB/s; with the processor's own instructions it is 2 GB/s, which
// matters for checkpoints of gigabytes.
#ifndef WEFT_CODEGEN_ARTIFACT_SHA256_H
#define WEFT_CODEGEN_ARTIFACT_SHA256_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/raw_ostream.h"
#include <array>
#include <memory>

namespace weft {

class Sha256 {
public:
  Sha256();
  ~Sha256();
  void update(llvm::ArrayRef<uint8_t> bytes);
  /// The digest; call once.
  std::array<uint8_t, 32> finish();

private:
  struct State;
  std::unique_ptr<State> state;
};

/// 64 hexadecimal digits.
std::string hexDigest(const std::array<uint8_t, 32> &digest);

/// The digest of a file's content, read piece by piece.
llvm::Expected<std::array<uint8_t, 32>> hashFile(llvm::StringRef path);

/// Hashes what passes through to another stream.
class HashingStream final : public llvm::raw_ostream {
public:
  explicit HashingStream(llvm::raw_ostream &out) : out(out) { SetBufferSize(1 << 16); }
  ~HashingStream() override { flush(); }
  std::array<uint8_t, 32> finish() {
    flush();
    return hash.finish();
  }

private:
  void write_impl(const char *data, size_t size) override {
    hash.update({reinterpret_cast<const uint8_t *>(data), size});
    out.write(data, size);
    position += size;
  }
  uint64_t current_pos() const override { return position; }

  llvm::raw_ostream &out;
  Sha256 hash;
  uint64_t position = 0;
};

} // namespace weft

#endif
