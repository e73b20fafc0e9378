// Parsing of command lines against a table.
#include "tools/driver/OptionTable.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/SmallVectorExtras.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace weft::tools;

char UsageError::ID;

Error weft::tools::usageError(const Twine &message) { return make_error<UsageError>(message.str()); }

std::optional<std::string> ParsedOptions::get(StringRef name) const {
  auto found = values.find(name);
  if (found == values.end())
    return std::nullopt;
  return found->second.back();
}

StringRef weft::tools::nearestWord(StringRef word, ArrayRef<StringRef> words) {
  StringRef nearest;
  unsigned limit = unsigned(word.size()) / 3, best = limit + 1; // nothing is near a word of two letters
  for (StringRef candidate : words)
    if (unsigned distance = word.edit_distance(candidate, true, limit); distance < best) {
      best = distance;
      nearest = candidate;
    }
  return nearest;
}

static const OptionRow *findRow(ArrayRef<OptionRow> table, StringRef name) {
  const OptionRow *row = find_if(table, [&](const OptionRow &one) { return name == one.name; });
  return row == table.end() ? nullptr : row;
}

static Error unknownOption(ArrayRef<OptionRow> table, StringRef name) {
  SmallVector<StringRef> names = map_to_vector(table, [](const OptionRow &row) { return StringRef(row.name); });
  StringRef nearest = nearestWord(name, names);
  return usageError("unknown option '" + name + "'" + (nearest.empty() ? Twine() : "; did you mean '" + nearest + "'?"));
}

Expected<ParsedOptions> weft::tools::parseOptions(ArrayRef<OptionRow> table, ArrayRef<std::string> arguments) {
  ParsedOptions parsed;
  for (size_t i = 0; i < arguments.size(); ++i) {
    StringRef word = arguments[i];
    if (word == "--") {
      parsed.positional.insert(parsed.positional.end(), arguments.begin() + i + 1, arguments.end());
      break;
    }
    if (!word.starts_with("-") || word == "-") {
      parsed.positional.push_back(word.str());
      continue;
    }
    bool isLong = word.starts_with("--");
    size_t nameEnd = isLong ? std::min(word.find('='), word.size()) : std::min<size_t>(2, word.size());
    StringRef name = word.take_front(nameEnd), rest = word.drop_front(nameEnd);
    const OptionRow *row = findRow(table, name);
    if (!row)
      return unknownOption(table, isLong ? name : word);
    bool hasValue = !rest.empty();
    if (!row->value) {
      if (hasValue)
        return isLong ? usageError("option '" + name + "' takes no value") : unknownOption(table, word);
      parsed.values[name].push_back("");
      continue;
    }
    if (!hasValue && i + 1 == arguments.size())
      return usageError("option '" + name + "' needs a value: " + name + (isLong ? "=" : " ") + row->value);
    std::string value = hasValue ? (isLong || rest.starts_with("=") ? rest.drop_front().str() : rest.str()) : arguments[++i];
    if (value.empty())
      return usageError("option '" + name + "' needs a value: " + name + (isLong ? "=" : " ") + row->value);
    parsed.values[name].push_back(std::move(value));
  }
  return parsed;
}

std::string weft::tools::optionsHelp(ArrayRef<OptionRow> table) {
  std::string text;
  raw_string_ostream out(text);
  for (const OptionRow &row : table) {
    std::string left = row.name;
    if (row.value)
      left += (StringRef(row.name).starts_with("--") ? "=" : " ") + std::string(row.value);
    out << "  " << left;
    if (left.size() > 25)
      out << '\n' << std::string(28, ' ');
    else
      out.indent(unsigned(26 - left.size()));
    SmallVector<StringRef> lines;
    StringRef(row.help).split(lines, '\n');
    out << lines[0] << '\n';
    for (StringRef line : ArrayRef(lines).drop_front())
      out << std::string(28, ' ') << line << '\n';
  }
  return text;
}
