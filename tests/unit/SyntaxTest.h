// What the tests of the frontend's syntax half share: texts in, trees, formats and printed diagnostics out.
#ifndef WEFT_TESTS_UNIT_SYNTAXTEST_H
#define WEFT_TESTS_UNIT_SYNTAXTEST_H

#include "frontend/Format.h"
#include "frontend/Parser.h"

#include "llvm/Support/raw_ostream.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace weft {

/// Parses one text named "t.weft".
struct Parsed {
  SourceManager sources;
  Diagnostics diagnostics;
  const SourceFile *source;
  ast::FilePtr file;

  explicit Parsed(llvm::StringRef text) : source(sources.add("t.weft", text)), file(parse(*source, diagnostics)) {}

  std::string printed() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    ast::print(*file, os);
    return text;
  }
  /// "line:column: message" of every error, one a line; notes are left out.
  std::string errors() const {
    std::string text;
    for (const Diagnostic &diagnostic : diagnostics.getSorted()) {
      LineColumn place = diagnostic.range.getBegin();
      text += std::to_string(place.line) + ":" + std::to_string(place.column) + ": " + diagnostic.message + "\n";
    }
    return text;
  }
  std::string shown() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    diagnostics.print(os);
    return text;
  }
};

/// The errors of statements in a model's body; their lines count from 1.
inline std::string bodyErrors(llvm::StringRef body) { return Parsed(("model m { " + body + "\n}\n").str()).errors(); }

/// An expression with all its parentheses.
inline std::string expr(llvm::StringRef text) {
  Parsed parsed(("const c = " + text + "\n").str());
  EXPECT_EQ(parsed.errors(), "") << text.str();
  std::string printed;
  llvm::raw_string_ostream os(printed);
  ast::print(*llvm::cast<ast::ConstStmt>(*parsed.file->items[0]).value, os);
  return printed;
}

} // namespace weft

#endif // WEFT_TESTS_UNIT_SYNTAXTEST_H
