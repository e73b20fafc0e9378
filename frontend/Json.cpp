// Bounded JSON parsing over llvm::json.
#include "Json.h"
#include "Source.h"

using namespace llvm;

namespace weft {

constexpr unsigned maxJsonDepth = 100;

/// The offset of the bracket that nests too deep, or npos.
static size_t findTooDeep(StringRef text) {
  unsigned depth = 0;
  bool inString = false;
  for (size_t i = 0; i < text.size(); ++i) {
    char c = text[i];
    if (inString) {
      i += c == '\\';
      inString = c != '"';
    } else if (c == '"') {
      inString = true;
    } else if (c == '[' || c == '{') {
      if (++depth > maxJsonDepth)
        return i;
    } else if ((c == ']' || c == '}') && depth > 0) {
      --depth;
    }
  }
  return StringRef::npos;
}

std::optional<json::Value> parseJson(StringRef text, JsonError &error) {
  error.offset = findInvalidUtf8(text);
  if (error.offset != StringRef::npos) {
    error.message = "the text is not valid UTF-8";
    return std::nullopt;
  }
  text.consume_front("\xef\xbb\xbf");
  error.offset = findTooDeep(text);
  if (error.offset != StringRef::npos) {
    error.message = "nested more than " + std::to_string(maxJsonDepth) + " levels deep";
    return std::nullopt;
  }
  Expected<json::Value> value = json::parse(text);
  if (value)
    return std::move(*value);
  // "[line:column, byte=offset]: message"
  std::string message = toString(value.takeError());
  auto [place, what] = StringRef(message).split("]: ");
  error.offset = 0;
  place.rsplit('=').second.getAsInteger(10, error.offset);
  error.offset = std::min(error.offset, text.size());
  error.message = "not valid JSON: " + what.lower();
  return std::nullopt;
}

} // namespace weft
