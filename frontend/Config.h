// The file given by --config: a checkpoint's config.json, asked by `config("json.path", default)`.
#ifndef WEFT_FRONTEND_CONFIG_H
#define WEFT_FRONTEND_CONFIG_H

#include "Source.h"

#include "llvm/Support/JSON.h"

#include <optional>

namespace weft {

class Config {
public:
  /// Reads and parses a file, and the generation_config.json beside it if there is one: its keys are found behind "generation_config.".
  /// A file that can't be read, is no JSON or no object is an error in `diagnostics`.
  static std::optional<Config> open(llvm::StringRef path, SourceManager &sources, Diagnostics &diagnostics);
  static std::optional<Config> parse(const SourceFile &source, Diagnostics &diagnostics);

  /// The value under a path such as "text_config.hidden_size" or "eos_token_id.0" (lists count from 0), or null. A key that
  /// has dots itself is found too. A JSON null counts as missing. Lists and objects are values as well.
  const llvm::json::Value *find(llvm::StringRef path) const;

  /// The path of the value whose path is nearest to this one, or "".
  std::string findNearest(llvm::StringRef path) const;

  /// The file's name as the user wrote it.
  llvm::StringRef getName() const { return name; }
  /// The name of the file that a path speaks of.
  llvm::StringRef nameOf(llvm::StringRef path) const;

private:
  Config(std::string name, llvm::json::Object values) : name(std::move(name)), values(std::move(values)) {}

  std::string name;
  llvm::json::Object values;
  std::shared_ptr<const Config> generation; ///< generation_config.json, or null
};

/// What a JSON value is, for messages: "the string \"gelu\"", "a list", "1.5".
std::string describeJson(const llvm::json::Value &value);

} // namespace weft

#endif // WEFT_FRONTEND_CONFIG_H
