// Tokens, lines, docs and what is no token.
// LINK: weft_syntax
#include "frontend/Lexer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

using namespace weft;
using testing::ElementsAre;

namespace {

struct Lexed {
  SourceManager sources;
  Diagnostics diagnostics;
  std::vector<Token> tokens;

  explicit Lexed(llvm::StringRef text, bool keepComments = false) {
    const SourceFile *file = sources.add("t.weft", text);
    Lexer lexer({file, 0, static_cast<uint32_t>(text.size())}, diagnostics, keepComments);
    do
      tokens.push_back(lexer.lex());
    while (!tokens.back().is(TokenKind::End));
    tokens.pop_back();
  }
  std::vector<std::string> texts() const {
    std::vector<std::string> texts;
    for (const Token &token : tokens)
      texts.push_back(token.getText().str());
    return texts;
  }
  std::vector<std::string> errors() const {
    std::vector<std::string> messages;
    for (const Diagnostic &diagnostic : diagnostics.getSorted())
      messages.push_back(diagnostic.message);
    return messages;
  }
};

TEST(Lexer, PunctuationTakesTheLongest) {
  EXPECT_THAT(Lexed("a<=b==c!=d...e..f<g=h").texts(),
              ElementsAre("a", "<=", "b", "==", "c", "!=", "d", "...", "e", "..", "f", "<", "g", "=", "h"));
}

TEST(Lexer, BoundsAreNoDecimalPoint) { EXPECT_THAT(Lexed("1..512").texts(), ElementsAre("1", "..", "512")); }

TEST(Lexer, Numbers) {
  Lexed lexed("0 12 1.5 1e-5 2.5E+3 7e");
  EXPECT_THAT(lexed.texts(), ElementsAre("0", "12", "1.5", "1e-5", "2.5E+3", "7e"));
  EXPECT_EQ(lexed.tokens[4].kind, TokenKind::Number);
  EXPECT_EQ(lexed.tokens[5].kind, TokenKind::Invalid);
  EXPECT_THAT(lexed.errors(), ElementsAre("malformed number"));
}

TEST(Lexer, KeywordsAreWholeWords) {
  Lexed lexed("let letter in not nothing");
  EXPECT_EQ(lexed.tokens[0].kind, TokenKind::KwLet);
  EXPECT_EQ(lexed.tokens[1].kind, TokenKind::Identifier);
  EXPECT_EQ(lexed.tokens[2].kind, TokenKind::Identifier) << "'in' is a word only in its place";
  EXPECT_EQ(lexed.tokens[3].kind, TokenKind::KwNot);
  EXPECT_EQ(lexed.tokens[4].kind, TokenKind::Identifier);
}

TEST(Lexer, LinesAndEmptyLines) {
  Lexed lexed("a b\n\n \t\n  c // comment\nd\r\ne");
  EXPECT_TRUE(lexed.tokens[0].startsLine);
  EXPECT_FALSE(lexed.tokens[1].startsLine);
  EXPECT_TRUE(lexed.tokens[2].startsLine);
  EXPECT_EQ(lexed.tokens[2].blankLinesBefore, 2u);
  EXPECT_EQ(lexed.tokens[3].blankLinesBefore, 0u);
  EXPECT_TRUE(lexed.tokens[4].startsLine);
}

TEST(Lexer, DocsGoToTheNextToken) {
  Lexed lexed("/// one\n// no doc\n\n///two\n//// no doc either\nlet x = 1 /// behind\ny");
  EXPECT_EQ(docText(lexed.tokens[0].doc), "one\ntwo");
  EXPECT_FALSE(lexed.tokens[1].doc.isValid());
  EXPECT_EQ(lexed.texts().back(), "y");
  EXPECT_FALSE(lexed.tokens.back().doc.isValid()) << "a comment behind code documents nothing";
}

TEST(Lexer, CommentsAreKeptOnDemand) {
  EXPECT_THAT(Lexed("a // b\r\n///c\nd", /*keepComments=*/true).texts(), ElementsAre("a", "// b", "///c", "d"));
}

TEST(Lexer, ByteOrderMarkIsSkipped) { EXPECT_THAT(Lexed("\xef\xbb\xbf" "a").texts(), ElementsAre("a")); }

TEST(Lexer, StringsEndWithTheirLine) {
  Lexed lexed("\"a\\\"b\" \"open\nc");
  EXPECT_THAT(lexed.texts(), ElementsAre("\"a\\\"b\"", "\"open", "c"));
  EXPECT_EQ(lexed.tokens[1].kind, TokenKind::Invalid);
  EXPECT_THAT(lexed.errors(), ElementsAre("unterminated string"));
}

TEST(Lexer, BackslashBeforeTheEndOfTheText) { EXPECT_THAT(Lexed("\"a\\").errors(), ElementsAre("unterminated string")); }

TEST(Lexer, StrayTextIsReportedOncePerRun) {
  EXPECT_THAT(Lexed("a $$$ b \xe2\x82\xac\xe2\x82\xac c ; !").errors(),
              ElementsAre("unexpected text '$$$'", "unexpected text '\xe2\x82\xac\xe2\x82\xac'", "unexpected text ';'",
                          "'!' is no operator"));
}

TEST(Lexer, NulBytes) {
  EXPECT_THAT(Lexed(llvm::StringRef("a \0\0 \"x\0\"", 9)).errors(),
              ElementsAre("NUL byte in the text", "NUL byte in a string"));
}

} // namespace
