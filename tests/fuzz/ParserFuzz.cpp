// Any text through lexer, parser, printer and diagnostics; what parses is formatted, and the format must be stable.
// LINK: LLVM
// SOURCES: frontend/Source.cpp frontend/Diagnostics.cpp frontend/Lexer.cpp frontend/Parser.cpp frontend/ParseStatement.cpp frontend/ParseExpr.cpp frontend/AstPrinter.cpp frontend/Format.cpp frontend/FormatLayout.cpp
#include "frontend/Format.h"
#include "frontend/Parser.h"

#include "llvm/Support/raw_ostream.h"

using namespace weft;

/// The tokens that formatting must not change: all but trailing commas.
static std::string essence(llvm::StringRef text) {
  std::string kept;
  for (char c : text)
    if (!strchr(" \t\r\n,", c))
      kept += c;
  return kept;
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size) {
  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile *source = sources.add("f.weft", {reinterpret_cast<const char *>(data), size});
  ast::FilePtr file = parse(*source, diagnostics);
  std::string printed;
  llvm::raw_string_ostream os(printed);
  ast::print(*file, os);
  diagnostics.print(os);
  os << llvm::json::Value(diagnostics.toJson());
  std::optional<std::string> once = formatSource(*source, diagnostics);
  if (once.has_value() == diagnostics.hasErrors())
    __builtin_trap();
  if (!once)
    return 0;
  std::optional<std::string> twice = formatSource(*sources.add("again.weft", *once), diagnostics);
  llvm::StringRef original = source->getText();
  original.consume_front("\xef\xbb\xbf");
  if (twice != once || essence(*once) != essence(original))
    __builtin_trap();
  return 0;
}
