// Checkpoints of one or many files.
#include "Checkpoint.h"
#include "Json.h"
#include "Source.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"

#include <sys/mman.h>

using namespace llvm;

namespace weft {

/// An index of a model with a million tensors is still far smaller.
constexpr uint64_t maxIndexBytes = 256u << 20;

static Error failure(StringRef path, const Twine &message) {
  return createStringError(std::errc::invalid_argument, "%s: %s", path.str().c_str(), message.str().c_str());
}

Expected<std::unique_ptr<Checkpoint>> Checkpoint::open(StringRef path) {
  auto checkpoint = std::make_unique<Checkpoint>();
  checkpoint->path = path.str();
  Error error = sys::fs::is_directory(path)      ? checkpoint->openFolder(path)
                : path.ends_with(".json")        ? checkpoint->openIndex(path)
                                                 : checkpoint->addAll(path);
  if (error)
    return std::move(error);
  return checkpoint;
}

static std::string join(StringRef folder, StringRef name) {
  SmallString<256> joined(folder);
  sys::path::append(joined, name);
  return joined.str().str();
}

/// A folder's tensors: its index, its model.safetensors, or all its .safetensors files.
Error Checkpoint::openFolder(StringRef folder) {
  if (sys::fs::exists(join(folder, "config.json")))
    configPath = join(folder, "config.json");
  if (sys::fs::exists(join(folder, "model.safetensors.index.json")))
    return openIndex(join(folder, "model.safetensors.index.json"));
  if (sys::fs::exists(join(folder, "model.safetensors")))
    return addAll(join(folder, "model.safetensors"));
  std::vector<std::string> found;
  bool hasPickles = false;
  std::error_code error;
  for (sys::fs::directory_iterator file(folder, error), end; file != end && !error; file.increment(error)) {
    StringRef name = sys::path::filename(file->path());
    if (name.ends_with(".safetensors"))
      found.push_back(file->path());
    hasPickles |= name.ends_with(".bin") || name.ends_with(".pt") || name.ends_with(".pth");
  }
  if (error)
    return failure(folder, StringRef(error.message()).lower());
  if (found.empty())
    return failure(folder, hasPickles ? "holds no .safetensors file; convert its PyTorch weights to safetensors first"
                                      : "holds no .safetensors file");
  llvm::sort(found);
  for (const std::string &shard : found)
    if (Error shardError = addAll(shard))
      return shardError;
  return Error::success();
}

Expected<const SafetensorsFile *> Checkpoint::openShard(StringRef shardPath) {
  std::unique_ptr<SafetensorsFile> &shard = shards[shardPath];
  if (shard)
    return shard.get();
  Expected<std::unique_ptr<SafetensorsFile>> opened = SafetensorsFile::open(shardPath);
  if (!opened)
    return opened.takeError();
  shard = std::move(*opened);
  files.push_back(shardPath.str());
  return shard.get();
}

Error Checkpoint::addAll(StringRef shardPath) {
  Expected<const SafetensorsFile *> shard = openShard(shardPath);
  if (!shard)
    return shard.takeError();
  for (const auto &entry : (*shard)->getEntries()) {
    auto [place, isNew] = tensors.try_emplace(entry.first(), Place{*shard, &entry.second});
    if (!isNew)
      return failure(shardPath, "tensor '" + entry.first() + "' is in " + place->second.file->getPath() + " too");
  }
  return Error::success();
}

/// {"weight_map": {"name": "model-00001-of-00002.safetensors", ...}}; files lie beside the index.
Error Checkpoint::openIndex(StringRef indexPath) {
  Expected<std::unique_ptr<MemoryBuffer>> text = readTextFile(indexPath, maxIndexBytes);
  if (!text)
    return text.takeError();
  files.push_back(indexPath.str());
  JsonError jsonError;
  std::optional<json::Value> index = parseJson((*text)->getBuffer(), jsonError);
  if (!index)
    return failure(indexPath, jsonError.message + " (byte " + Twine(jsonError.offset) + ")");
  const json::Object *map = index->getAsObject() ? index->getAsObject()->getObject("weight_map") : nullptr;
  if (!map)
    return failure(indexPath, "no index of a sharded checkpoint: it has no object 'weight_map'");

  // In the order of names, so that the first error does not depend on hashing.
  std::vector<std::pair<StringRef, const json::Value *>> sorted;
  for (const auto &[name, file] : *map)
    sorted.push_back({name, &file});
  llvm::sort(sorted);
  for (const auto &[name, file] : sorted) {
    std::optional<StringRef> fileName = file->getAsString();
    if (!fileName || fileName->empty())
      return failure(indexPath, "the file of tensor '" + name + "' is no string");
    if (sys::path::is_absolute(*fileName) || llvm::is_contained(llvm::split(*fileName, '/'), ".."))
      return failure(indexPath, "the file of tensor '" + name + "' lies outside the checkpoint: " + *fileName);
    Expected<const SafetensorsFile *> shard = openShard(join(sys::path::parent_path(indexPath), *fileName));
    if (!shard)
      return shard.takeError();
    auto entry = (*shard)->getEntries().find(name);
    if (entry == (*shard)->getEntries().end())
      return failure(indexPath, "tensor '" + name + "' is not in " + (*shard)->getPath());
    tensors.try_emplace(name, Place{*shard, &entry->second});
  }
  return Error::success();
}

std::optional<WeightTensor> Checkpoint::find(StringRef name) const {
  auto found = tensors.find(name);
  if (found == tensors.end())
    return std::nullopt;
  const auto &[file, entry] = found->second;
  return WeightTensor{entry->type, entry->shape, file->getData() + entry->offset, entry->bytes, file->getPath()};
}

std::vector<std::string> Checkpoint::names() const {
  std::vector<std::string> names;
  for (StringRef name : tensors.keys())
    names.push_back(name.str());
  llvm::sort(names);
  return names;
}

StringRef Checkpoint::getDtype(StringRef name) const {
  auto found = tensors.find(name);
  return found == tensors.end() ? StringRef() : StringRef(found->second.entry->dtype);
}

std::string Checkpoint::findNearest(StringRef name) const {
  std::vector<std::string> all = names();
  return findNearestName(name, std::vector<StringRef>(all.begin(), all.end())).str();
}

/// Drops the whole pages of a tensor from memory; they come back from the file if they are read again.
void Checkpoint::release(const WeightTensor &tensor) const {
  uintptr_t page = sys::Process::getPageSizeEstimate();
  uintptr_t begin = alignTo(reinterpret_cast<uintptr_t>(tensor.data), page);
  uintptr_t end = (reinterpret_cast<uintptr_t>(tensor.data) + tensor.bytes) / page * page;
  if (begin < end)
    madvise(reinterpret_cast<void *>(begin), end - begin, MADV_DONTNEED);
}

} // namespace weft
