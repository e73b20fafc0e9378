//===- Json.cpp - a small JSON reader ------------------------------------------------------------------------===//
#include "runtime/io/Json.h"
#include <cstdio>

using namespace weft::io;

namespace {

class Parser {
public:
  explicit Parser(std::string_view text) : text(text) {}

  Error document(Json &value) {
    if (!parse(value, 0))
      return message();
    space();
    return at == text.size() ? success() : (problem = "text behind the value", message());
  }

private:
  static constexpr int kDepth = 64;

  Error message() const { return problem + " at byte " + std::to_string(at); }
  bool fail(const char *what) {
    if (problem.empty())
      problem = what;
    return false;
  }
  char peek() const { return at < text.size() ? text[at] : '\0'; }
  void space() {
    while (at < text.size() && (peek() == ' ' || peek() == '\n' || peek() == '\t' || peek() == '\r'))
      ++at;
  }
  bool take(char c) {
    space();
    if (at >= text.size() || text[at] != c)
      return false;
    ++at;
    return true;
  }
  bool word(std::string_view token) {
    if (text.substr(at, token.size()) != token)
      return fail("unknown word");
    at += token.size();
    return true;
  }

  bool parse(Json &value, int depth) {
    if (depth > kDepth)
      return fail("nesting too deep");
    space();
    switch (peek()) {
    case '{':
      return object(value, depth);
    case '[':
      return array(value, depth);
    case '"':
      value.kind = Json::String;
      return string(value.text);
    case 't':
    case 'f':
      value.kind = Json::Bool;
      value.boolean = peek() == 't';
      return word(value.boolean ? "true" : "false");
    case 'n':
      return word("null");
    default:
      value.kind = Json::Number;
      return number(value.text);
    }
  }

  bool object(Json &value, int depth) {
    value.kind = Json::Object;
    take('{');
    if (take('}'))
      return true;
    do {
      space();
      std::string key;
      if (peek() != '"' || !string(key))
        return fail("expected a key");
      if (!take(':'))
        return fail("expected ':'");
      value.keys.push_back(std::move(key));
      value.items.emplace_back();
      if (!parse(value.items.back(), depth + 1))
        return false;
    } while (take(','));
    return take('}') || fail("expected ',' or '}'");
  }

  bool array(Json &value, int depth) {
    value.kind = Json::Array;
    take('[');
    if (take(']'))
      return true;
    do {
      value.items.emplace_back();
      if (!parse(value.items.back(), depth + 1))
        return false;
    } while (take(','));
    return take(']') || fail("expected ',' or ']'");
  }

  bool number(std::string &out) {
    size_t begin = at;
    if (peek() == '-')
      ++at;
    size_t whole = digits();
    if (whole == 0 || (whole > 1 && text[at - whole] == '0'))
      return at = begin, fail("expected a value");
    if (peek() == '.' && (++at, digits() == 0))
      return fail("expected digits");
    if (peek() == 'e' || peek() == 'E') {
      ++at;
      if (peek() == '+' || peek() == '-')
        ++at;
      if (digits() == 0)
        return fail("expected digits");
    }
    out = text.substr(begin, at - begin);
    return true;
  }
  size_t digits() {
    size_t begin = at;
    while (peek() >= '0' && peek() <= '9')
      ++at;
    return at - begin;
  }

  bool string(std::string &out) {
    for (++at; at < text.size(); ++at) {
      unsigned char c = static_cast<unsigned char>(text[at]);
      if (c == '"')
        return ++at, true;
      if (c < 0x20)
        return fail("control character in a string");
      if (c != '\\')
        out += char(c);
      else if (!escape(out))
        return fail("bad escape in a string");
    }
    return fail("unterminated string");
  }

  bool escape(std::string &out) {
    static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
    ++at;
    for (int i = 0; from[i]; ++i)
      if (peek() == from[i])
        return out += to[i], true;
    uint32_t code, low;
    if (peek() != 'u' || !hex(code))
      return false;
    if (code >= 0xdc00 && code < 0xe000)
      return false;
    if (code >= 0xd800 && code < 0xdc00) {
      if (text.substr(at + 1, 2) != "\\u")
        return false;
      at += 2;
      if (!hex(low) || low < 0xdc00 || low >= 0xe000)
        return false;
      code = 0x10000 + ((code - 0xd800) << 10) + (low - 0xdc00);
    }
    appendUtf8(out, code);
    return true;
  }

  /// Four digits behind `at`, which ends on the last one.
  bool hex(uint32_t &code) {
    code = 0;
    for (int i = 0; i < 4; ++i) {
      ++at;
      char c = peek();
      int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : c >= 'A' && c <= 'F' ? c - 'A' + 10 : -1;
      if (digit < 0)
        return false;
      code = code * 16 + uint32_t(digit);
    }
    return true;
  }

  static void appendUtf8(std::string &out, uint32_t code) {
    if (code < 0x80)
      out += char(code);
    else if (code < 0x800)
      (out += char(0xc0 | code >> 6)) += char(0x80 | (code & 63));
    else if (code < 0x10000)
      ((out += char(0xe0 | code >> 12)) += char(0x80 | (code >> 6 & 63))) += char(0x80 | (code & 63));
    else
      (((out += char(0xf0 | code >> 18)) += char(0x80 | (code >> 12 & 63))) += char(0x80 | (code >> 6 & 63))) +=
          char(0x80 | (code & 63));
  }

  std::string_view text;
  size_t at = 0;
  std::string problem;
};

/// Bytes of the UTF-8 sequence at the text's beginning, or 0.
size_t sequenceBytes(std::string_view text) {
  unsigned char c = static_cast<unsigned char>(text[0]);
  size_t count = c < 0x80 ? 1 : c >= 0xc2 && c < 0xe0 ? 2 : c >= 0xe0 && c < 0xf0 ? 3 : c >= 0xf0 && c < 0xf5 ? 4 : 0;
  if (count == 0 || text.size() < count)
    return 0;
  for (size_t i = 1; i < count; ++i)
    if ((text[i] & 0xc0) != 0x80)
      return 0;
  return count;
}

} // namespace

const Json *Json::find(std::string_view key) const {
  for (size_t i = 0; i < keys.size(); ++i)
    if (keys[i] == key)
      return &items[i];
  return nullptr;
}

std::optional<int64_t> Json::integer() const {
  if (kind != Number || text.find_first_of(".eE") != std::string::npos)
    return std::nullopt;
  bool negative = text[0] == '-';
  int64_t value = 0;
  for (size_t i = negative; i < text.size(); ++i) {
    int64_t digit = negative ? -(text[i] - '0') : text[i] - '0';
    if (__builtin_mul_overflow(value, int64_t(10), &value) || __builtin_add_overflow(value, digit, &value))
      return std::nullopt;
  }
  return value;
}

Error weft::io::parseJson(std::string_view text, Json &value) { return Parser(text).document(value); }

std::string weft::io::jsonString(std::string_view text) {
  std::string out = "\"";
  while (!text.empty()) {
    unsigned char c = static_cast<unsigned char>(text[0]);
    size_t count = sequenceBytes(text);
    if (c == '"' || c == '\\')
      (out += '\\') += char(c);
    else if (c < 0x20) {
      char escaped[8];
      snprintf(escaped, sizeof escaped, "\\u%04x", c);
      out += escaped;
    } else if (count)
      out += text.substr(0, count);
    else
      out += "\xef\xbf\xbd";
    text.remove_prefix(count ? count : 1);
  }
  return out + "\"";
}
