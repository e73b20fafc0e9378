// Any text as a config.json, asked for many paths.
// LINK: LLVM
// SOURCES: frontend/Source.cpp frontend/Diagnostics.cpp frontend/Json.cpp frontend/Config.cpp
#include "frontend/Config.h"

#include "llvm/Support/raw_ostream.h"

using namespace weft;

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SourceManager sources;
  Diagnostics diagnostics;
  std::optional<Config> config =
      Config::parse(*sources.add("config.json", {reinterpret_cast<const char *>(data), size}), diagnostics);
  if (config.has_value() == diagnostics.hasErrors())
    __builtin_trap();
  std::string printed;
  llvm::raw_string_ostream os(printed);
  diagnostics.print(os);
  if (!config)
    return 0;
  for (const char *path : {"hidden_size", "text_config.hidden_size", "eos_token_id.0", "a.b.c.d", "", ".", "..", "0"})
    if (const llvm::json::Value *value = config->find(path))
      os << describeJson(*value);
  os << config->findNearest("hidden_siez");
  return 0;
}
