// Sources, places, and what diagnostics look like.
// LINK: weft_syntax
#include "SyntaxTest.h"

using namespace weft;

namespace {

struct Reporter {
  SourceManager sources;
  Diagnostics diagnostics;

  const SourceFile *file;
  explicit Reporter(llvm::StringRef text) : file(sources.add("m.weft", text)) {}

  SourceRange find(llvm::StringRef piece) const {
    uint32_t begin = file->getText().find(piece);
    return {file, begin, uint32_t(begin + piece.size())};
  }
  std::string text() const {
    std::string printed;
    llvm::raw_string_ostream os(printed);
    diagnostics.print(os);
    return printed;
  }
  std::string json() const {
    std::string printed;
    llvm::raw_string_ostream os(printed);
    os << llvm::json::Value(diagnostics.toJson()) << '\n';
    return printed;
  }
};

TEST(Diagnostics, LineCaretAndNote) {
  Reporter r("let a = 1\n  let b = foo(a)\n");
  r.diagnostics.error(r.find("foo(a)"), "unknown operation 'foo'").note(r.find("a ="), "'a' is here").note("without a place");
  EXPECT_EQ(r.text(), "m.weft:2:11: error: unknown operation 'foo'\n"
                      "  let b = foo(a)\n"
                      "          ^~~~~~\n"
                      "m.weft:1:5: note: 'a' is here\n"
                      "let a = 1\n"
                      "    ^~~\n"
                      "note: without a place\n");
}

TEST(Diagnostics, SortedAndOnce) {
  Reporter r("a b c\n");
  r.diagnostics.error(r.find("c"), "third");
  r.diagnostics.warning(r.find("a"), "first");
  r.diagnostics.error(r.find("b"), "second");
  r.diagnostics.error(r.find("c"), "third");
  std::vector<std::string> messages;
  for (const Diagnostic &diagnostic : r.diagnostics.getSorted())
    messages.push_back(diagnostic.message);
  EXPECT_THAT(messages, testing::ElementsAre("first", "second", "third"));
  EXPECT_EQ(r.diagnostics.getNumErrors(), 3u) << "warnings are no errors";
}

TEST(Diagnostics, CaretsStandUnderWideCharacters) {
  Reporter r("\tlet \"\xe4\xb8\xad\xe6\x96\x87\" x\n");
  r.diagnostics.error(r.find("x"), "here");
  // The tab takes 4 columns, each of the two characters 2; columns in the message count bytes.
  EXPECT_EQ(r.text(), "m.weft:1:15: error: here\n    let \"\xe4\xb8\xad\xe6\x96\x87\" x\n               ^\n");
}

TEST(Diagnostics, InvalidBytesAreShownAsQuestionMarks) {
  Reporter r("a \xff\x01 b\n");
  r.diagnostics.error(r.find("b"), "here");
  EXPECT_EQ(r.text(), "m.weft:1:6: error: here\na ?? b\n     ^\n");
}

TEST(Diagnostics, LongLinesAreShownInPart) {
  Reporter r(std::string(100000, 'a') + " x " + std::string(100000, 'b'));
  r.diagnostics.error(r.find("x"), "here");
  EXPECT_LT(r.text().size(), 400u);
  EXPECT_THAT(r.text(), testing::HasSubstr("a x b"));
}

TEST(Diagnostics, RangesOverLinesEndWithTheFirst) {
  Reporter r("f(a,\n  b)\n");
  r.diagnostics.error(r.find("f(a,\n  b)"), "here");
  EXPECT_EQ(r.text(), "m.weft:1:1: error: here\nf(a,\n^~~~\n");
}

TEST(Diagnostics, EndOfAFileWithoutALineEnd) {
  Reporter r("model");
  r.diagnostics.error({r.file, 5, 5}, "expected a name");
  EXPECT_EQ(r.text(), "m.weft:1:6: error: expected a name\nmodel\n     ^\n");
}

TEST(Diagnostics, Json) {
  Reporter r("let a\n");
  r.diagnostics.error(r.find("a"), "bad \"a\"").note("why");
  EXPECT_EQ(r.json(), R"([{"column":5,"endColumn":6,"endLine":1,"file":"m.weft","line":1,"message":"bad \"a\"","notes":[{"message":"why"}],"severity":"error"}])"
                      "\n");
  EXPECT_EQ(Reporter("").json(), "[]\n");
}

TEST(Diagnostics, NearestName) {
  std::vector<llvm::StringRef> names = {"layer_norm", "rms_norm", "linear"};
  EXPECT_EQ(findNearestName("layer_nrom", names), "layer_norm");
  EXPECT_EQ(findNearestName("liner", names), "linear");
  EXPECT_EQ(findNearestName("conv1d", names), "");
  EXPECT_EQ(findNearestName("x", {"y"}), "");
}

TEST(Source, LinesAndColumns) {
  Reporter r("ab\r\n\ncd");
  EXPECT_EQ(r.file->getNumLines(), 3u);
  EXPECT_EQ(r.file->getLine(1), "ab");
  EXPECT_EQ(r.file->getLine(2), "");
  EXPECT_EQ(r.file->getLine(3), "cd");
  EXPECT_EQ(r.find("d").getBegin().line, 3u);
  EXPECT_EQ(r.find("d").getBegin().column, 2u);
}

TEST(Source, Utf8) {
  EXPECT_EQ(findInvalidUtf8("a\xc3\xa9"), llvm::StringRef::npos);
  EXPECT_EQ(findInvalidUtf8("ab\xc3("), 2u);
  EXPECT_EQ(findInvalidUtf8("\xed\xa0\x80"), 0u) << "a surrogate";
}

TEST(Source, EndlessFilesAreAnError) {
  llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> buffer = readTextFile("/dev/zero", 1 << 20);
  ASSERT_FALSE(bool(buffer));
  EXPECT_EQ(llvm::toString(buffer.takeError()), "/dev/zero: is larger than 1 MiB");
}

} // namespace
