// What a weight symbol resolves to: the frontend's checkpoint readers implement it, the interpreter and the packer read it.
#ifndef WEFT_IR_WEIGHTSTORE_H
#define WEFT_IR_WEIGHTSTORE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/SmallVector.h"
#include "llvm/ADT/StringRef.h"
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace weft {

enum class WeightType { F32, F16, BF16, F64, I32, I64, Bool, Other };

/// One tensor of a checkpoint: row-major, little-endian, not necessarily aligned; lives as long as its store.
struct WeightTensor {
  WeightType type;
  llvm::SmallVector<int64_t, 4> shape;
  const uint8_t *data;
  uint64_t bytes;
  /// The file that holds it, for messages.
  llvm::StringRef file;
};

class WeightStore {
public:
  virtual ~WeightStore() = default;
  /// The tensor under exactly this name.
  virtual std::optional<WeightTensor> find(llvm::StringRef name) const = 0;
  virtual std::vector<std::string> names() const = 0;
  /// How messages name the whole checkpoint.
  virtual std::string description() const = 0;
  /// Tells that the pages of a tensor are not needed soon, so that packing a large checkpoint keeps memory low.
  virtual void release(const WeightTensor &) const {}
};

} // namespace weft

#endif
