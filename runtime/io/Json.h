//===- Json.h - a small JSON reader --------------------------------------------------------------------------===//
//
// For headers of .safetensors and values on the command line. Strict (RFC 8259), with bounded nesting; numbers keep
// their text so that 64-bit integers stay exact.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_IO_JSON_H
#define WEFT_RUNTIME_IO_JSON_H

#include "runtime/io/Error.h"
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace weft::io {

struct Json {
  enum Kind { Null, Bool, Number, String, Array, Object } kind = Null;
  bool boolean = false;
  std::string text;                // of a string, or a number as written
  std::vector<std::string> keys;   // of an object, beside items
  std::vector<Json> items;

  const Json *find(std::string_view key) const;
  /// A number that is an integer of 64 bits.
  std::optional<int64_t> integer() const;
};

/// Reads one value; messages tell the offset.
Error parseJson(std::string_view text, Json &value);

/// The text as a JSON string with quotes; bytes that are no UTF-8 become U+FFFD.
std::string jsonString(std::string_view text);

} // namespace weft::io

#endif
