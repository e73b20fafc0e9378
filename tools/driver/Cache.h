// Cache: `--cache-dir`. An artifact is found again under a hash of everything that went into it: the compiler, the options, and the
// content of description, imports, config and weights.
#ifndef WEFT_TOOLS_DRIVER_CACHE_H
#define WEFT_TOOLS_DRIVER_CACHE_H

#include "codegen/artifact/BuildArtifact.h"
#include "tools/driver/CompileOptions.h"

namespace weft::tools {

class Cache {
public:
  Cache(const CompileOptions &options, const ArtifactOptions &artifact);

  /// Copies the artifact's files to their places, if the cache has them.
  llvm::Expected<bool> fetch() const;
  /// Keeps the files that were just written.
  llvm::Error store() const;

private:
  llvm::Error makeFolder() const;

  std::string folder; ///< of this artifact
  std::vector<std::string> files;
};

} // namespace weft::tools

#endif
