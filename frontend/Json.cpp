// Bounded JSON parsing over llvm::json.
#include "Json.h"
#include "Source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringSet.h"

#include <cmath>

using namespace llvm;

namespace weft {

constexpr unsigned maxJsonDepth = 100;

namespace {

/// What llvm::json would recurse over or drop without a word.
bool findProblem(StringRef text, JsonError &error) {
  unsigned depth = 0;
  StringSet<> keys;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (c == '"') {
      size_t begin = i + 1;
      for (++i; i < text.size() && text[i] != '"'; ++i)
        i += text[i] == '\\';
      bool isKey = depth == 1 && text.drop_front(std::min(i + 1, text.size())).ltrim(" \t\r\n").starts_with(":");
      if (!isKey || keys.insert(text.slice(begin, i)).second)
        continue;
      error = {begin - 1, "the key \"" + text.slice(begin, std::min(i, begin + 200)).str() + "\" stands twice"};
      return true;
    }
    if (c == '[' || c == '{') {
      if (++depth <= maxJsonDepth)
        continue;
      error = {i, "nested more than " + std::to_string(maxJsonDepth) + " levels deep"};
      return true;
    }
    if ((c == ']' || c == '}') && depth > 0)
      --depth;
  }
  return false;
}

/// 1e400 and the like: read as infinity.
bool isFinite(const json::Value &value) {
  if (const json::Object *object = value.getAsObject())
    return llvm::all_of(*object, [](const auto &member) { return isFinite(member.second); });
  if (const json::Array *array = value.getAsArray())
    return llvm::all_of(*array, isFinite);
  std::optional<double> number = value.getAsNumber();
  return !number || std::isfinite(*number);
}

} // namespace

std::optional<json::Value> parseJson(StringRef text, JsonError &error) {
  size_t invalid = findInvalidUtf8(text);
  if (invalid != StringRef::npos) {
    error = {invalid, "the text is not valid UTF-8"};
    return std::nullopt;
  }
  // A byte order mark means nothing in UTF-8, but offsets count it.
  size_t skipped = text.consume_front("\xef\xbb\xbf") ? 3 : 0;
  if (findProblem(text, error)) {
    error.offset += skipped;
    return std::nullopt;
  }
  Expected<json::Value> value = json::parse(text);
  if (value && isFinite(*value))
    return std::move(*value);
  if (value) {
    error = {0, "a number is too large"};
    return std::nullopt;
  }
  // "[line:column, byte=offset]: message"
  std::string message = toString(value.takeError());
  auto [place, what] = StringRef(message).split("]: ");
  error.offset = 0;
  place.rsplit('=').second.getAsInteger(10, error.offset);
  error.offset = std::min(error.offset, text.size()) + skipped;
  error.message = "not valid JSON: " + what.lower();
  return std::nullopt;
}

} // namespace weft
