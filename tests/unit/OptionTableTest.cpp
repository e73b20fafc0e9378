// Command lines against a table of options.
// LINK: weft_driver
#include "tools/driver/CompileOptions.h"
#include <gtest/gtest.h>

using namespace weft::tools;

namespace {

constexpr OptionRow kRows[] = {{"--out", "F", "a file"}, {"-D", "n=v", "a const"}, {"--flag", nullptr, "a flag"}};

std::string problem(std::vector<std::string> words) {
  auto parsed = parseOptions(kRows, words);
  return parsed ? "" : llvm::toString(parsed.takeError());
}

TEST(OptionTable, AllSpellings) {
  auto parsed = llvm::cantFail(parseOptions(kRows, {"a", "--out", "x", "-Dk=1", "-D", "l=2", "--flag", "--", "--out"}));
  EXPECT_EQ(parsed.get("--out"), "x");
  EXPECT_EQ(parsed.all("-D"), (std::vector<std::string>{"k=1", "l=2"}));
  EXPECT_TRUE(parsed.has("--flag"));
  EXPECT_EQ(parsed.positional, (std::vector<std::string>{"a", "--out"}));
  EXPECT_EQ(llvm::cantFail(parseOptions(kRows, {"--out=a=b"})).get("--out"), "a=b");
  EXPECT_EQ(llvm::cantFail(parseOptions(kRows, {"--out=1", "--out=2"})).get("--out"), "2");
}

TEST(OptionTable, Problems) {
  EXPECT_EQ(problem({"--ot=1"}), "unknown option '--ot'; did you mean '--out'?");
  EXPECT_EQ(problem({"--entirely-else"}), "unknown option '--entirely-else'");
  EXPECT_EQ(problem({"--flag=1"}), "option '--flag' takes no value");
  EXPECT_EQ(problem({"--out"}), "option '--out' needs a value: --out=F");
  EXPECT_EQ(problem({"--out="}), "option '--out' needs a value: --out=F");
  EXPECT_EQ(problem({"-x"}), "unknown option '-x'");
}

TEST(CompileOptions, Identifiers) {
  EXPECT_EQ(identifierOf("mini-lm.v2"), "mini_lm_v2");
  EXPECT_EQ(identifierOf("2nd"), "_2nd");
  EXPECT_EQ(identifierOf(""), "_");
}

TEST(CompileOptions, TargetsWeakestFirst) {
  auto targets = llvm::cantFail(readTargets("x86-64-v4,x86-64-v2, x86-64-v4"));
  ASSERT_EQ(targets.size(), 2u);
  EXPECT_EQ(targets[0].name, "x86-64-v2");
  EXPECT_EQ(targets[1].name, "x86-64-v4");
}

TEST(CompileOptions, KindFromSuffix) {
  auto kind = [](std::vector<std::string> words) {
    auto parsed = llvm::cantFail(parseOptions(compileTable(), words));
    return llvm::cantFail(readCompileOptions(parsed)).emit;
  };
  EXPECT_EQ(kind({"m.weft", "-o", "m.o"}), EmitKind::Obj);
  EXPECT_EQ(kind({"m.weft", "-o", "m.a"}), EmitKind::Static);
  EXPECT_EQ(kind({"m.weft", "-o", "dir.d/m"}), EmitKind::Exe);
  EXPECT_EQ(kind({"m.weft", "-o", "m.ll"}), EmitKind::Llvm);
  EXPECT_EQ(kind({"m.weft", "-o", "m.o", "--emit=shared"}), EmitKind::Shared);
  EXPECT_EQ(kind({"m.weft"}), EmitKind::Exe);
}

} // namespace
