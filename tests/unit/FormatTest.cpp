// The one canonical format: spacing, line breaks, comments, and that it is stable.
// LINK: weft_syntax
#include "SyntaxTest.h"

using namespace weft;

namespace {

/// Formats; checks that formatting again changes nothing and that the tree stays the same but for its places.
std::string formatted(llvm::StringRef text) {
  Parsed parsed(text);
  std::optional<std::string> once = formatSource(*parsed.source, parsed.diagnostics);
  EXPECT_TRUE(once) << parsed.shown();
  if (!once)
    return "";
  Parsed again(*once);
  EXPECT_EQ(formatSource(*again.source, again.diagnostics).value_or("no longer parses"), *once);
  auto withoutPlaces = [](std::string tree) {
    std::string result;
    for (llvm::StringRef rest = tree; !rest.empty();) {
      auto [line, tail] = rest.split('\n');
      result += line.rsplit(" <").first.str() + "\n";
      rest = tail;
    }
    return result;
  };
  EXPECT_EQ(withoutPlaces(again.printed()), withoutPlaces(parsed.printed()));
  return *once;
}

/// Formats a statement of a model; its first line is shown without its indentation.
std::string statement(llvm::StringRef text) {
  std::string whole = formatted(("model m {\n" + text + "\n}\n").str());
  llvm::StringRef shown = whole;
  EXPECT_TRUE(shown.consume_front("model m {\n  ") && shown.consume_back("\n}\n")) << whole;
  return shown.str();
}

TEST(Format, Spaces) {
  EXPECT_EQ(statement("const a=1+2*-3- -b"), "const a = 1 + 2 * -3 - -b");
  EXPECT_EQ(statement("dim  x,y  in -1 .. ( a+2 )"), "dim x, y in -1..(a + 2)");
  EXPECT_EQ(statement("input t:f32[ x,2*y ]"), "input t : f32[x, 2 * y]");
  EXPECT_EQ(statement("weight w:f32[ ]@\"p\""), "weight w : f32[] @ \"p\"");
  EXPECT_EQ(statement("let q=f ( x [ : , 0 ,a+1 :b],[1,-1] ,k=true )@\"s\" [ ..., -1 ]"),
            "let q = f(x[:, 0, a + 1:b], [1, -1], k = true) @ \"s\"[..., -1]");
  EXPECT_EQ(statement("let q = not(a)and(b)or-c==-d&e"), "let q = not (a) and (b) or -c == -d & e");
  EXPECT_EQ(statement("encoder e(x=y,z) repeat(n) as i@\"l.{i}\"{}"), "encoder e(x = y, z) repeat (n) as i @ \"l.{i}\" {}");
  EXPECT_EQ(statement("generate a from b{stop=1}"), "generate a from b { stop = 1 }");
  EXPECT_EQ(statement("require a==-1 ,\"why\""), "require a == -1, \"why\"");
  EXPECT_EQ(statement("prefix \"a.\" ,\"\""), "prefix \"a.\", \"\"");
}

TEST(Format, BodiesStandOnTheirOwnLines) {
  EXPECT_EQ(formatted("block f(x){return x}"), "block f(x) {\n  return x\n}\n");
  EXPECT_EQ(statement("if a{let b=1}else if c {\n\nlet b=2\n\n}\nelse{let b=3}"),
            "if a {\n    let b = 1\n  } else if c {\n    let b = 2\n  } else {\n    let b = 3\n  }");
}

TEST(Format, OneEmptyLineAtMost) {
  EXPECT_EQ(formatted("\n\nmodel m {\n\n  const a = 1\n\n\n  const b = 2\n  const c = 3\n\n}\n\n\n"),
            "model m {\n  const a = 1\n\n  const b = 2\n  const c = 3\n}\n");
}

TEST(Format, CommentsStay) {
  EXPECT_EQ(formatted("//a\n\n///  doc  \nmodel m { // b\n// c\n  const a = 1 // d\n\n\n  // e\n} // f\n// g"),
            "//a\n\n///  doc\nmodel m { // b\n  // c\n  const a = 1 // d\n\n  // e\n} // f\n// g\n");
}

TEST(Format, CommentsInBracketsOpenThem) {
  EXPECT_EQ(statement("let z = f( // why\n a, // first\n // own\n b, // last\n)"),
            "let z = f( // why\n    a, // first\n    // own\n    b // last\n  )");
  EXPECT_EQ(statement("let z = f(\n // only\n)"), "let z = f(\n    // only\n  )");
}

TEST(Format, ShortStatementsAreJoined) {
  EXPECT_EQ(statement("let z = f(\n  a,\n  b,\n)"), "let z = f(a, b)");
}

TEST(Format, LongStatementsOpenTheOutermostBrackets) {
  std::string a(40, 'a'), b(40, 'b'), c(40, 'c');
  EXPECT_EQ(statement("let z = f(" + a + ", g(" + b + "), " + c + ") @ \"s\""),
            "let z = f(\n    " + a + ",\n    g(" + b + "),\n    " + c + "\n  ) @ \"s\"");
  EXPECT_EQ(statement("let z = (" + a + " * 2 + " + b + " - " + c + ")"),
            "let z = (\n    " + a + " * 2\n    + " + b + "\n    - " + c + "\n  )");
}

TEST(Format, LineEndsOfOtherSystems) { EXPECT_EQ(formatted("\xef\xbb\xbf" "const a = 1\r\n\r\nconst b = 2"), "const a = 1\n\nconst b = 2\n"); }

TEST(Format, EmptyFile) { EXPECT_EQ(formatted(""), ""); }

TEST(Format, FilesWithErrorsAreNotFormatted) {
  Parsed parsed("const a = )\n");
  parsed.diagnostics.clear();
  EXPECT_FALSE(formatSource(*parsed.source, parsed.diagnostics));
  EXPECT_EQ(parsed.diagnostics.getNumErrors(), 1u);
}

TEST(Format, TheContractsExamples) {
  for (const char *name : {"transformer.weft", "gpt2.weft"}) {
    auto buffer = readTextFile(std::string(WEFT_SOURCE_DIR "/tests/frontend/Inputs/") + name);
    ASSERT_TRUE(bool(buffer)) << name;
    EXPECT_NE(formatted((*buffer)->getBuffer()), "") << name;
  }
}

} // namespace
