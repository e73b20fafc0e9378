// OptionTable: the options of a command, as a table. One parser for all commands: `--name value`, `--name=value`, `-o value`,
// `-Dname=value`, `--` before positional words, nearest-name hints, and the text of --help.
#ifndef WEFT_TOOLS_DRIVER_OPTIONTABLE_H
#define WEFT_TOOLS_DRIVER_OPTIONTABLE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/Support/Error.h"
#include <optional>
#include <string>
#include <vector>

namespace weft::tools {

struct OptionRow {
  const char *name;  ///< "--emit", "-o"
  const char *value; ///< what stands for the value in the help, "KIND"; null: a flag
  const char *help;
};

/// A command line that is wrong whatever the files hold: exit status 2.
class UsageError : public llvm::ErrorInfo<UsageError> {
public:
  static char ID;
  explicit UsageError(std::string message) : text(std::move(message)) {}
  void log(llvm::raw_ostream &out) const override { out << text; }
  std::error_code convertToErrorCode() const override { return std::make_error_code(std::errc::invalid_argument); }

private:
  std::string text;
};
llvm::Error usageError(const llvm::Twine &message);

class ParsedOptions {
public:
  bool has(llvm::StringRef name) const { return values.contains(name); }
  /// The last value given, or nothing.
  std::optional<std::string> get(llvm::StringRef name) const;
  std::string get(llvm::StringRef name, llvm::StringRef otherwise) const { return get(name).value_or(otherwise.str()); }
  /// All values given, in order.
  std::vector<std::string> all(llvm::StringRef name) const { return values.lookup(name); }

  std::vector<std::string> positional;

private:
  friend llvm::Expected<ParsedOptions> parseOptions(llvm::ArrayRef<OptionRow>, llvm::ArrayRef<std::string>);
  llvm::StringMap<std::vector<std::string>> values;
};

/// Reads the words behind a command's name. Every error is a UsageError. Flags may be written `--flag` only.
llvm::Expected<ParsedOptions> parseOptions(llvm::ArrayRef<OptionRow> table, llvm::ArrayRef<std::string> arguments);

/// The rows, aligned, for a help text.
std::string optionsHelp(llvm::ArrayRef<OptionRow> table);

/// The nearest of some words to a misspelt one, or "".
llvm::StringRef nearestWord(llvm::StringRef word, llvm::ArrayRef<llvm::StringRef> words);

} // namespace weft::tools

#endif
