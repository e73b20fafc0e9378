// The compile cache: one folder an artifact, with its files numbered as artifactFiles() lists them.
#include "tools/driver/Cache.h"
#include "codegen/artifact/OutputFile.h"
#include "codegen/artifact/Sha256.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

/// A new weft must not take what an old one made: its own file is part of the key.
static std::string compilerDigest() {
  static int anchor;
  std::string self = sys::fs::getMainExecutable(nullptr, &anchor);
  Expected<std::array<uint8_t, 32>> digest = hashFile(self);
  if (digest)
    return hexDigest(*digest);
  consumeError(digest.takeError());
  return "";
}

static std::string keyOf(const CompileOptions &options, const ArtifactOptions &artifact) {
  std::string text = compilerDigest();
  auto add = [&](StringRef word) { text += '\n' + word.str(); };
  add(artifact.compiler);
  add(artifact.command);
  add(artifact.name);
  add(std::to_string(int(artifact.kind)));
  add(options.input);
  add(sys::path::filename(artifact.output));
  add(options.requireFusion ? "require-fusion" : "");
  add(options.strassen ? "strassen" : "");
  for (const TargetInfo &target : artifact.targets)
    add(target.name + " " + target.cpu);
  for (const SourceInfo &source : artifact.sources)
    add(source.kind + " " + source.name + " " + source.sha256);
  Sha256 hash;
  hash.update({reinterpret_cast<const uint8_t *>(text.data()), text.size()});
  return hexDigest(hash.finish());
}

Cache::Cache(const CompileOptions &options, const ArtifactOptions &artifact) : files(artifactFiles(artifact)) {
  SmallString<256> path(options.cacheFolder);
  sys::path::append(path, keyOf(options, artifact));
  folder = path.str().str();
}

static Error copyFile(StringRef from, StringRef to) {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFile(from, /*IsText=*/false, /*RequiresNullTerminator=*/false);
  if (!buffer)
    return createStringError(buffer.getError(), "can't read '" + from + "': " + buffer.getError().message());
  bool isExecutable = sys::fs::can_execute(from);
  Expected<OutputFile> file = OutputFile::create(to, isExecutable);
  if (!file)
    return file.takeError();
  file->stream() << (*buffer)->getBuffer();
  return file->keep();
}

static std::string numbered(StringRef folder, size_t index) { return folder.str() + "/" + std::to_string(index); }

Error Cache::makeFolder() const {
  std::error_code code = sys::fs::create_directories(folder);
  return code ? createStringError(code, "can't make the folder '" + folder + "': " + code.message()) : Error::success();
}

Expected<bool> Cache::fetch() const {
  if (Error error = makeFolder()) // told before the work, not after it
    return std::move(error);
  if (!sys::fs::exists(numbered(folder, 0)))
    return false;
  for (size_t i = files.size(); i-- > 0;) // the main file last: it is what others look at
    if (sys::fs::exists(numbered(folder, i)))
      if (Error error = copyFile(numbered(folder, i), files[i]))
        return std::move(error);
  return true;
}

Error Cache::store() const {
  for (size_t i = files.size(); i-- > 0;)
    if (sys::fs::exists(files[i]))
      if (Error error = copyFile(files[i], numbered(folder, i)))
        return error;
  return Error::success();
}
