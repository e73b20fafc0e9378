// Reads checkpoints: one .safetensors file, a sharded index .json, or a folder with either. Files are memory-mapped; nothing is
// copied. Headers are not trusted: sizes, offsets, overlaps and nesting are checked before any tensor is handed out.
// The format: https://huggingface.co/docs/safetensors (u64 header length, JSON header, tensor bytes without gaps).
#ifndef WEFT_FRONTEND_CHECKPOINT_H
#define WEFT_FRONTEND_CHECKPOINT_H

#include "WeightStore.h"

#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/FileSystem.h"

#include <memory>

namespace weft {

/// One mapped .safetensors file.
class SafetensorsFile {
public:
  /// One tensor: `offset` counts from the start of the file. `dtype` is the file's own word ("F32", "U8").
  struct Entry {
    std::string dtype;
    WeightType type = WeightType::Other;
    llvm::SmallVector<int64_t, 4> shape;
    uint64_t offset = 0;
    uint64_t bytes = 0;
  };

  /// Maps and checks a file. Every error names the file, and the tensor if it is about one.
  static llvm::Expected<std::unique_ptr<SafetensorsFile>> open(llvm::StringRef path);

  llvm::StringRef getPath() const { return path; }
  const llvm::StringMap<Entry> &getEntries() const { return entries; }
  const uint8_t *getData() const { return reinterpret_cast<const uint8_t *>(mapping.const_data()); }
  uint64_t getSize() const { return mapping.size(); }

private:
  llvm::Error readHeader();
  llvm::Error checkLayout(uint64_t dataBegin) const;

  std::string path;
  llvm::sys::fs::mapped_file_region mapping;
  llvm::StringMap<Entry> entries;
};

class Checkpoint final : public WeightStore {
public:
  /// Opens a .safetensors file, an index .json or a checkpoint folder.
  static llvm::Expected<std::unique_ptr<Checkpoint>> open(llvm::StringRef path);

  std::optional<WeightTensor> find(llvm::StringRef name) const override;
  /// All names, sorted.
  std::vector<std::string> names() const override;
  std::string description() const override { return path; }
  void release(const WeightTensor &tensor) const override;

  /// The dtype as the file says it ("F32", "U8"), or "" for an unknown name.
  llvm::StringRef getDtype(llvm::StringRef name) const;
  /// The name nearest to `name`, or "" if none is near.
  std::string findNearest(llvm::StringRef name) const;
  /// All files that were read, the index too: for dependency files and hashes.
  llvm::ArrayRef<std::string> getFiles() const { return files; }
  /// The folder's config.json, or "" if the path was no folder or has none.
  llvm::StringRef getConfigPath() const { return configPath; }

private:
  struct Place {
    const SafetensorsFile *file;
    const SafetensorsFile::Entry *entry;
  };

  llvm::Error openFolder(llvm::StringRef folder);
  llvm::Error openIndex(llvm::StringRef indexPath);
  llvm::Expected<const SafetensorsFile *> openShard(llvm::StringRef shardPath);
  llvm::Error addAll(llvm::StringRef shardPath);

  std::string path;
  std::string configPath;
  std::vector<std::string> files;
  llvm::StringMap<std::unique_ptr<SafetensorsFile>> shards;
  llvm::StringMap<Place> tensors;
};

} // namespace weft

#endif // WEFT_FRONTEND_CHECKPOINT_H
