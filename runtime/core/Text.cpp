//===- Text.cpp - messages and text without allocation -------------------------------------------------------===//
#include "Internal.h"
#include <stdarg.h>
#include <stdio.h>

using namespace weft::rt;

weft_status weft::rt::fail(Message message, weft_status status, const char *format, ...) {
  if (!message.data || message.size == 0)
    return status;
  va_list arguments;
  va_start(arguments, format);
  vsnprintf(message.data, message.size, format, arguments);
  va_end(arguments);
  return status;
}

void TextSink::print(const char *format, ...) {
  bool full = !data || length >= size;
  va_list arguments;
  va_start(arguments, format);
  int written = vsnprintf(full ? nullptr : data + length, full ? 0 : size - length, format, arguments);
  va_end(arguments);
  if (written > 0)
    length += size_t(written);
}

void TextSink::quoted(const char *text) {
  print("\"");
  for (const char *c = text ? text : ""; *c; ++c) {
    unsigned char code = static_cast<unsigned char>(*c);
    if (code == '"' || code == '\\')
      print("\\%c", code);
    else if (code == '\n')
      print("\\n");
    else if (code < 0x20)
      print("\\u%04x", code);
    else
      print("%c", code);
  }
  print("\"");
}
