// Paths into config.json, and files that are none.
// LINK: weft_syntax
#include "frontend/Config.h"
#include "SyntaxTest.h"

using namespace weft;

namespace {

struct Read {
  SourceManager sources;
  Diagnostics diagnostics;
  std::optional<Config> config;

  explicit Read(llvm::StringRef text) : config(Config::parse(*sources.add("config.json", text), diagnostics)) {}
  std::string found(llvm::StringRef path) const {
    const llvm::json::Value *value = config->find(path);
    return value ? describeJson(*value) : "missing";
  }
  std::string errors() const {
    std::string text;
    llvm::raw_string_ostream os(text);
    diagnostics.print(os);
    return llvm::StringRef(text).split('\n').first.str();
  }
};

TEST(Config, Paths) {
  Read read(R"({"a": 1, "text": {"width": 2.5, "act": "gelu", "none": null}, "list": [3, [4, 5], {"x": true}], "dotted.key": 6,
               "no": null, "huge": 9007199254740993})");
  ASSERT_TRUE(read.config);
  EXPECT_EQ(read.found("a"), "1");
  EXPECT_EQ(read.found("text.width"), "2.5");
  EXPECT_EQ(read.found("text.act"), "the string \"gelu\"");
  EXPECT_EQ(read.found("text"), "an object");
  EXPECT_EQ(read.found("list"), "a list");
  EXPECT_EQ(read.found("list.0"), "3");
  EXPECT_EQ(read.found("list.1.1"), "5");
  EXPECT_EQ(read.found("list.2.x"), "true");
  EXPECT_EQ(read.found("dotted.key"), "6");
  EXPECT_EQ(read.found("huge"), "9007199254740993") << "integers are exact";
}

TEST(Config, MissingAndNull) {
  Read read(R"({"a": 1, "no": null, "list": [1], "o": {"no": null}})");
  for (const char *path : {"b", "a.b", "no", "o.no", "list.1", "list.x", "list.-1", "", ".", "a."})
    EXPECT_EQ(read.found(path), "missing") << path;
}

TEST(Config, NearestKey) {
  Read read(R"({"hidden_size": 1, "text_config": {"hidden_act": 2}})");
  EXPECT_EQ(read.config->findNearest("hiden_size"), "hidden_size");
  EXPECT_EQ(read.config->findNearest("text_config.hiden_act"), "text_config.hidden_act");
  EXPECT_EQ(read.config->findNearest("vocab"), "");
}

TEST(Config, ByteOrderMark) { EXPECT_EQ(Read("\xef\xbb\xbf{\"a\": 1}").found("a"), "1"); }

TEST(ConfigErrors, NoJson) {
  EXPECT_EQ(Read("").errors(), "config.json:1:1: error: not valid JSON: unexpected eof");
  EXPECT_EQ(Read("{\n  \"a\": }").errors(), "config.json:2:9: error: not valid JSON: invalid json value");
  EXPECT_EQ(Read("[1]").errors(), "config.json:1:1: error: expected a JSON object, found a list");
  EXPECT_EQ(Read("{\"a\": \"\xff\"}").errors(), "config.json:1:8: error: the text is not valid UTF-8");
  EXPECT_EQ(Read("{\"a\": 1e400}").errors(), "config.json:1:1: error: a number is too large");
  EXPECT_EQ(Read("{\"a\": 1,\n\"a\": 2}").errors(), "config.json:2:1: error: the key \"a\" stands twice");
}

TEST(ConfigErrors, DeepNesting) {
  EXPECT_EQ(Read("{\"a\": " + std::string(200000, '[')).errors(), "config.json:1:106: error: nested more than 100 levels deep");
}

TEST(ConfigErrors, UnreadableFiles) {
  SourceManager sources;
  Diagnostics diagnostics;
  EXPECT_FALSE(Config::open("no/such/config.json", sources, diagnostics));
  EXPECT_EQ(diagnostics.getAll()[0].message, "no/such/config.json: no such file or directory");
}

} // namespace
