// The grammar, line by line; errors and what is parsed after them.
// LINK: weft_syntax
#include "SyntaxTest.h"

using namespace weft;
using namespace weft::ast;
using testing::HasSubstr;

namespace {

std::string readInput(llvm::StringRef name) {
  auto buffer = readTextFile((WEFT_SOURCE_DIR "/tests/frontend/Inputs/" + name).str());
  EXPECT_TRUE(bool(buffer)) << name.str();
  return buffer ? (*buffer)->getBuffer().str() : "";
}

//===----------------------------------------------------------------------===//
// Expressions
//===----------------------------------------------------------------------===//

TEST(Parser, Precedence) {
  EXPECT_EQ(expr("a + b * c - d / e"), "((a + (b * c)) - (d / e))");
  EXPECT_EQ(expr("-a * -b - -c"), "(((-a) * (-b)) - (-c))");
  EXPECT_EQ(expr("a or b and not c == d + 1 or e"), "((a or (b and (not (c == (d + 1))))) or e)");
  EXPECT_EQ(expr("not not a and b"), "((not (not a)) and b)");
  EXPECT_EQ(expr("a & b < c & d"), "((a & (b < c)) & d)");
  EXPECT_EQ(expr("(a + b) * c"), "((a + b) * c)");
}

TEST(Parser, ScopesBindTighterThanOperators) {
  EXPECT_EQ(expr("a + f(x) @ \"s\" * -g(x) @ \"t.{i}\""), "(a + (f(x) @ \"s\" * (-g(x) @ \"t.{i}\")))");
  EXPECT_EQ(expr("f(g(x) @ \"in\", n, bias = false) @ \"out\""), "f(g(x) @ \"in\", n, bias = false) @ \"out\"");
  EXPECT_EQ(expr("(f(x)) @ \"s\""), "f(x) @ \"s\"");
  EXPECT_EQ(expr("f(x) @ \"s\"[:, 0]"), "f(x) @ \"s\"[:, 0]");
}

TEST(Parser, Slices) {
  EXPECT_EQ(expr("x[:, 0]"), "x[:, 0]");
  EXPECT_EQ(expr("x[:, 1:][..., -1]"), "x[:, 1:][..., (-1)]");
  EXPECT_EQ(expr("x[a:b + 1, :-2]"), "x[a:(b + 1), :(-2)]");
}

TEST(Parser, ListsAndTrailingCommas) {
  EXPECT_EQ(expr("reshape(x, [batch, -1, d,],)"), "reshape(x, [batch, (-1), d])");
  EXPECT_EQ(expr("[]"), "[]");
}

TEST(Parser, Strings) {
  EXPECT_EQ(expr(R"("a\"b\\c\n\t{{x}}")"), R"("a\"b\\c\n\t{{x}}")");
  EXPECT_EQ(expr("\"layers.{i + 1}.{name}\""), "\"layers.{(i + 1)}.{name}\"");
  EXPECT_EQ(expr("\"\""), "\"\"");
}

TEST(Parser, StringParts) {
  Parsed parsed("const c = \"a{{b}}.{i}\"\n");
  auto &string = llvm::cast<StringExpr>(*llvm::cast<ConstStmt>(*parsed.file->items[0]).value);
  ASSERT_EQ(string.parts.size(), 2u);
  EXPECT_EQ(string.parts[0].text, "a{b}.");
  EXPECT_EQ(string.parts[1].expr->range.getText(), "i");
  EXPECT_FALSE(string.getPlain());
}

TEST(Parser, Numbers) {
  Parsed parsed("const a = 9223372036854775807\nconst b = 1e-5\n");
  auto &a = llvm::cast<NumberExpr>(*llvm::cast<ConstStmt>(*parsed.file->items[0]).value);
  auto &b = llvm::cast<NumberExpr>(*llvm::cast<ConstStmt>(*parsed.file->items[1]).value);
  EXPECT_TRUE(a.isInteger);
  EXPECT_EQ(a.integer, INT64_MAX);
  EXPECT_FALSE(b.isInteger);
  EXPECT_EQ(b.real, 1e-5);
}

TEST(Parser, BracketsGoOverLines) {
  EXPECT_EQ(expr("(a\n  + b)"), "(a + b)");
  EXPECT_EQ(expr("f(\n  a,\n  b = [\n 1 ]\n)"), "f(a, b = [1])");
}

TEST(Parser, RangesIncludeParentheses) {
  Parsed parsed("const c = (a + b) * f(x) @ \"s\"\n");
  auto &product = llvm::cast<BinaryExpr>(*llvm::cast<ConstStmt>(*parsed.file->items[0]).value);
  EXPECT_EQ(product.range.getText(), "(a + b) * f(x) @ \"s\"");
  EXPECT_EQ(product.opRange.getText(), "*");
  auto &call = llvm::cast<CallExpr>(*product.rhs);
  EXPECT_EQ(call.callRange.getText(), "f(x)");
  EXPECT_EQ(call.callee.range.getText(), "f");
}

//===----------------------------------------------------------------------===//
// Statements
//===----------------------------------------------------------------------===//

TEST(Parser, TheContractsExamples) {
  for (llvm::StringRef name : {"transformer.weft", "gpt2.weft"}) {
    Parsed parsed(readInput(name));
    EXPECT_EQ(parsed.errors(), "") << name.str();
    ASSERT_EQ(parsed.file->items.size(), 1u);
    EXPECT_GT(llvm::cast<ModelStmt>(*parsed.file->items[0]).body.size(), 10u);
  }
}

TEST(Parser, EveryStatement) {
  Parsed parsed(R"(import "blocks.weft"
/// A model.
model m {
  const n = config("a.b", 2)
  prefix "bert.", ""
  dim batch, time in 1..n * 2
  input x : f32[batch, 2 * time, n / 2]
  input flag : bool[]
  weight w : f32[n] @ "w.{n}"
  let a, b = split(x, 2)
  let c : f32[n], d : i32[] = f(x)
  block f(x, n = 3) {
    if n == 1 { return x, x } else if n < 3 { return x, w } else {
      let y = x
    }
    return y, y
  }
  encoder memory(x = a) repeat n as i @ "layers.{i}" {
    x = g(x)
  }
  decoder state(y = b, memory) repeat 2 * n {
  }
  output o = state
  generate x from o { start = 1, stop = [2, 3] }
  generate x from o
  require a == 1 and not b, "a is {a}"
  require true
}
)");
  EXPECT_EQ(parsed.errors(), "");
  EXPECT_EQ(parsed.printed(), R"(import "blocks.weft" <1:1>
model m <3:1>
  /// A model.
  const n = config("a.b", 2) <4:3>
  prefix "bert.", "" <5:3>
  dim batch, time in 1..(n * 2) <6:3>
  input x : f32[batch, (2 * time), (n / 2)] <7:3>
  input flag : bool[] <8:3>
  weight w : f32[n] @ "w.{n}" <9:3>
  let a, b = split(x, 2) <10:3>
  let c : f32[n], d : i32[] = f(x) <11:3>
  block f(x, n = 3) <12:3>
    if (n == 1) <13:5>
      return x, x <13:17>
    else
      if (n < 3) <13:36>
        return x, w <13:47>
      else
        let y = x <14:7>
    return y, y <16:5>
  encoder memory(x = a) repeat n as i @ "layers.{i}" <18:3>
    assign x = g(x) <19:5>
  decoder state(y = b, memory) repeat (2 * n) <21:3>
  output o = state <23:3>
  generate x from o {start = 1, stop = [2, 3]} <24:3>
  generate x from o {} <25:3>
  require ((a == 1) and (not b)), "a is {a}" <26:3>
  require true <27:3>
)");
}

TEST(Parser, RepeatsScopeIsTheStacks) {
  Parsed parsed("model m {\n  encoder e(x = f(y) @ \"in\") repeat n @ \"layers\" {\n  }\n}\n");
  EXPECT_EQ(parsed.errors(), "");
  auto &stack = llvm::cast<StackStmt>(*llvm::cast<ModelStmt>(*parsed.file->items[0]).body[0]);
  EXPECT_EQ(stack.scope->getPlain(), llvm::StringRef("layers"));
  EXPECT_FALSE(stack.index);
  EXPECT_EQ(stack.headerRange.getText(), "encoder e(x = f(y) @ \"in\") repeat n @ \"layers\"");
}

TEST(Parser, DocsOfStatements) {
  Parsed parsed("/// A.\n///\n///  B.\nblock f(x) {\n  /// Inner.\n  let y = x\n  return y\n}\n");
  EXPECT_EQ(parsed.file->items[0]->doc, "A.\n\n B.");
  EXPECT_EQ(llvm::cast<BlockStmt>(*parsed.file->items[0]).body[0]->doc, "Inner.");
}

//===----------------------------------------------------------------------===//
// Errors
//===----------------------------------------------------------------------===//

TEST(ParserErrors, AStatementEndsWithItsLine) {
  EXPECT_EQ(bodyErrors("let a = 1 +\nlet b = 2"), "1:22: expected an expression before the end of the line\n");
  EXPECT_EQ(bodyErrors("let a = 1\n + 2"), "2:2: expected a statement, found '+'\n");
  EXPECT_EQ(bodyErrors("let a = 1 let b = 2"), "1:21: expected the end of the line, found 'let'\n");
}

TEST(ParserErrors, AllInOneRun) {
  EXPECT_EQ(bodyErrors("let a = )\nlet b = (1\nlet c = f(,)\ndim x 3\nlet ok = 1\noutput = 3"),
            "1:19: expected an expression, found ')'\n"
            "2:11: expected ')' before the end of the line\n"
            "3:11: expected an expression, found ','\n"
            "4:7: expected 'in', found '3'\n"
            "6:8: expected a name, found '='\n");
}

TEST(ParserErrors, BodiesOfBrokenHeadersAreParsed) {
  EXPECT_EQ(bodyErrors("encoder e(x = f(y) repeat 2 as i {\n  x = )\n}\nlet b = ]"),
            "1:30: expected ',' or ')', found 'repeat'\n"
            "2:7: expected an expression, found ')'\n"
            "4:9: expected an expression, found ']'\n");
  EXPECT_EQ(bodyErrors("decoder d(x = 1) repeat n @ \"abc {\n  x = )\n}\nlet b = ]"),
            "1:39: unterminated string\n"
            "2:7: expected an expression, found ')'\n"
            "4:9: expected an expression, found ']'\n");
}

TEST(ParserErrors, LexicalErrorsAreNotReportedTwice) {
  EXPECT_EQ(bodyErrors("let a = $ + 1\nx $ y\nlet b = \"x\nlet c = 1"),
            "1:19: unexpected text '$'\n2:3: unexpected text '$'\n3:9: unterminated string\n");
}

TEST(ParserErrors, StatementsOutOfPlace) {
  EXPECT_EQ(bodyErrors("return 1\nblock f(x) {\n  dim a in 1..2\n  return x\n}\nencoder e(x = 1) repeat 1 {\n  return x\n}"),
            "1:11: 'return' stands in a block only\n"
            "3:3: 'dim' stands in a model only\n"
            "7:3: 'return' stands in a block only\n");
  EXPECT_EQ(Parsed("let a = 1\n").errors(), "1:1: 'let' stands in a model, a block or a stack only\n");
}

TEST(ParserErrors, UnclosedBodies) {
  EXPECT_EQ(Parsed("model m {\n  block f(x) {\n    return x\n").errors(), "4:1: expected '}' before the end of the file\n");
  EXPECT_EQ(Parsed("model m {\n  let a = 1\n\nmodel n {\n}\n").errors(), "4:1: expected '}' before 'model'\n");
  EXPECT_EQ(Parsed("model m {\n}\n}\n").errors(), "3:1: '}' closes nothing\n");
}

TEST(ParserErrors, Hints) {
  EXPECT_THAT(Parsed("model m {\n  ouput y = 1\n}\n").shown(), HasSubstr("note: did you mean 'output'?"));
  EXPECT_THAT(Parsed("modle m {\n}\n").shown(), HasSubstr("note: did you mean 'model'?"));
  EXPECT_EQ(bodyErrors("input encoder : f32[]"), "1:17: expected a name, but 'encoder' is a reserved word\n");
  EXPECT_EQ(bodyErrors("input x : f64[2]"), "1:21: unknown element type 'f64'\n");
}

TEST(ParserErrors, Calls) {
  EXPECT_EQ(bodyErrors("let a = f(x = 1, y)"), "1:28: an argument without a name follows one with a name\n");
  EXPECT_EQ(bodyErrors("let a = f(x = 1, x = 2)"), "1:28: 'x' is given twice\n");
  EXPECT_EQ(bodyErrors("let a = x @ \"s\""), "1:21: '@' gives the weight scope of a call and stands directly after its ')'\n");
  EXPECT_EQ(bodyErrors("let a = f(x) @ \"s\" @ \"t\""), "1:30: the call has a weight scope already\n");
  EXPECT_EQ(bodyErrors("f(x)"), "1:11: an expression alone is no statement\n");
}

TEST(ParserErrors, Expressions) {
  EXPECT_EQ(bodyErrors("let a = b < c < d"), "1:25: comparisons do not chain\n");
  EXPECT_EQ(bodyErrors("let a = x[1:2:3]"), "1:24: slices have no steps\n");
  EXPECT_EQ(bodyErrors("let a = x[]"), "1:20: expected an index or a slice in '[ ]'\n");
  EXPECT_EQ(bodyErrors("let a = 9223372036854775808"), "1:19: the number is too large\n");
  EXPECT_EQ(bodyErrors("let a = 1e999"), "1:19: the number is too large\n");
}

TEST(ParserErrors, Strings) {
  EXPECT_EQ(bodyErrors("let a = \"{i\""), "1:20: '{' without '}' in a string\n");
  EXPECT_EQ(bodyErrors("let a = \"i}\""), "1:21: '}' without '{' in a string\n");
  EXPECT_EQ(bodyErrors("let a = \"{}\""), "1:20: expected a name in '{ }'\n");
  EXPECT_EQ(bodyErrors("let a = \"{i j}\""), "1:23: expected '}', found 'j'\n");
  EXPECT_EQ(bodyErrors("let a = \"{i +}\""), "1:24: expected an expression before the '}' of the string\n");
  EXPECT_EQ(bodyErrors("let a = \"\\q\""), "1:20: unknown escape\n");
}

TEST(ParserErrors, BrokenStatementsKeepTheirNames) {
  Parsed parsed("model m {\n  let a = )\n  const b = 1 +\n}\n");
  EXPECT_FALSE(parsed.file->declarationsUnknown) << "both names are known";
  auto &body = llvm::cast<ModelStmt>(*parsed.file->items[0]).body;
  EXPECT_EQ(llvm::cast<LetStmt>(*body[0]).names[0].name.text, "a");
  EXPECT_TRUE(llvm::isa<ErrorExpr>(*llvm::cast<ConstStmt>(*body[1]).value));
  EXPECT_TRUE(Parsed("model m {\n  lett a = 1\n}\n").file->declarationsUnknown);
}

//===----------------------------------------------------------------------===//
// Malformed text of any size
//===----------------------------------------------------------------------===//

std::string repeated(llvm::StringRef text, unsigned times) {
  std::string result;
  for (unsigned i = 0; i < times; ++i)
    result += text;
  return result;
}

TEST(ParserLimits, DeepNestingIsOneError) {
  constexpr unsigned deep = 100000;
  for (llvm::StringRef opening : {"(", "[", "-", "f(", "not ", "x["}) {
    std::string errors = bodyErrors("let a = " + repeated(opening, deep) + "1\nlet b = 1");
    EXPECT_THAT(errors, HasSubstr("nested more than 256 levels deep")) << opening.str();
    EXPECT_EQ(llvm::StringRef(errors).count('\n'), 1u) << errors;
  }
  EXPECT_EQ(bodyErrors("\n" + repeated("if a {\n", deep) + repeated("}\n", deep)), "257:4: nested more than 256 levels deep\n");
  EXPECT_EQ(bodyErrors("if a {\n}" + repeated(" else if a {\n}", deep)), "256:11: nested more than 256 levels deep\n");
}

TEST(ParserLimits, LongChainsAreOneError) {
  EXPECT_EQ(bodyErrors("let a = 1" + repeated(" + 1", 100000)),
            "1:19: an expression of more than 256 levels; name parts of it with 'let'\n");
  EXPECT_EQ(bodyErrors("let a = 1" + repeated(" + 1", 200)), "");
}

TEST(ParserLimits, GarbageGivesABoundedNumberOfErrors) {
  Parsed parsed(repeated("$ ", 100000));
  EXPECT_EQ(parsed.diagnostics.getNumErrors(), maxSyntaxErrors + 1);
  EXPECT_THAT(parsed.errors(), HasSubstr("too many errors; the rest of the file is not read"));
}

TEST(ParserLimits, ManyLines) {
  Parsed parsed("model m {\n" + repeated("  let x = layer_norm(x + f(x, n) @ \"s\", eps = 1e-5) @ \"t.{i}\"\n", 100000) + "}\n");
  EXPECT_EQ(parsed.errors(), "");
  EXPECT_EQ(llvm::cast<ModelStmt>(*parsed.file->items[0]).body.size(), 100000u);
}

TEST(ParserLimits, InvalidUtf8IsOneErrorAtItsPlace) {
  EXPECT_EQ(Parsed(std::string("!<arch>\n\xff")).errors(),
            "1:1: the file is a static library, expected a description; `weft describe` tells what is in an artifact\n");
  EXPECT_EQ(Parsed("model m {\n  const a = \"\xff\xfe\" $\n}\n").errors(), "2:14: the file is not valid UTF-8\n");
}

TEST(ParserFiles, UnreadableFilesAreErrorsOfTheirImport) {
  SourceManager sources;
  Diagnostics diagnostics;
  EXPECT_EQ(parseFile("no/such/file.weft", sources, diagnostics), nullptr);
  EXPECT_EQ(parseFile(WEFT_SOURCE_DIR, sources, diagnostics), nullptr);
  ASSERT_EQ(diagnostics.getNumErrors(), 2u);
  EXPECT_EQ(diagnostics.getAll()[0].message, "no/such/file.weft: no such file or directory");
  EXPECT_THAT(diagnostics.getAll()[1].message, HasSubstr("is a directory"));
}

} // namespace
