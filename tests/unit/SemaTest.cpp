// The checker beyond single rules: files, -D, config, several errors in one run, limits.
// LINK: weft_frontend
#include "SemaRules.h"

using namespace weft;
using namespace weft::testing;

namespace {

//===-- Errors -------------------------------------------------------------------------------------------------------===//

TEST(Sema, AllErrorsInOneRunNoneAFollowUp) {
  CheckedModel checked("let a = x + memory\n"   // differs
                       "let b = relu(a) + 1\n"  // follows from it
                       "let c = linear(a, nn)\n" // unknown name
                       "let d = c + undefined\n" // unknown name
                       "encoder e(y = a) repeat 2 { y = y + e2 }\n"
                       "output z = e");
  EXPECT_EQ(errorsOf(checked).size(), 4u) << checked.text();
}

TEST(Sema, ShapeErrorsPointToBothSides) {
  CheckedModel checked("let a = x * 2\nlet b = a + memory");
  EXPECT_TRUE(holds(errorsOf(checked), "[batch, seq, 8] and [batch, src, 8] differ in dimension 1: seq and src"));
  EXPECT_TRUE(holds(notesOf(checked), "this is f32[batch, seq, 8]"));
  EXPECT_TRUE(holds(notesOf(checked), "this is f32[batch, src, 8]"));
}

TEST(Sema, ABlockReportsAPlaceOnceAndItsCall) {
  CheckedModel checked("block f(a) { return a + ids }\nlet a = f(x)\nlet b = f(memory)");
  EXPECT_EQ(errorsOf(checked).size(), 1u) << checked.text();
  EXPECT_TRUE(holds(notesOf(checked), "in this call of 'f'"));
}

TEST(Sema, UncalledBlocksAreCheckedForNames) {
  CheckedModel checked("block f(a) { return linear(a, widht) }");
  EXPECT_TRUE(holds(errorsOf(checked), "unknown name 'widht'")) << checked.text();
}

TEST(Sema, UncalledBlocksLeaveTheModelAlone) {
  CheckedModel checked("block f(a) { return linear(x, 4) @ \"l\" }");
  ASSERT_TRUE(checked.module) << checked.text();
  EXPECT_EQ(checked.ir().find("weft.weight"), std::string::npos);
}

TEST(Sema, NearestNames) {
  CheckedModel checked("let hidden = x\nlet a = hiden + 1\nlet b = sofmax(x)");
  EXPECT_TRUE(holds(notesOf(checked), "did you mean 'hidden'?"));
  EXPECT_TRUE(holds(notesOf(checked), "did you mean 'softmax'?"));
}

TEST(Sema, NamesStayQuietBehindSyntaxErrors) {
  CheckedModel checked("let = x\nlet b = a + 1");
  EXPECT_EQ(errorsOf(checked).size(), 1u) << checked.text();
}

TEST(Sema, WhatDeclaresNothingHidesNoUnknownName) {
  for (llvm::StringRef stray : {"return x", ") + 1"}) {
    CheckedModel checked((stray + "\nlet b = nope + 1").str());
    EXPECT_TRUE(holds(errorsOf(checked), "unknown name 'nope'")) << checked.text();
    EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text();
  }
}

TEST(Sema, ASecondDeclarationIsOneWhateverItsType) {
  CheckedModel checked("dim bad in 3..1\ninput y : f32[bad, seq]\ninput y : f32[bad]");
  EXPECT_TRUE(holds(errorsOf(checked), "'y' is already declared")) << checked.text();
  EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text();
}

TEST(Sema, NoDimIsLostBehindAnInputOfUnknownType) {
  CheckedModel checked("dim other in 1..2\ninput y : f32[other, nope]");
  ASSERT_EQ(checked.diagnostics.getSorted().size(), 1u) << checked.text();
  EXPECT_TRUE(holds(errorsOf(checked), "unknown name 'nope'"));
}

TEST(Sema, LeaksBeforeAnotherErrorOfTheLayer) {
  for (llvm::StringRef error : {"y = y + memory", "y = linear(y, 4) @ \"l\""}) {
    CheckedModel checked(("decoder d(y = x) repeat 2 {\n y = y + attention(y, y, y, 2)\n " + error + "\n}").str());
    EXPECT_TRUE(holds(errorsOf(checked), "un-masked attention")) << checked.text();
    EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text();
  }
}

TEST(Sema, NoErrorFollowsASyntaxError) {
  for (llvm::StringRef line : {"let = 1\nconst 3 = 4\nencoder (y = x) repeat 2 { y = y }", // names that are missing are not all the same name
                               "output z = 1.e3 * x", "generate ids { limit = 3 }", "const c = x % 2",
                               "weight w : f32[2] @ \"unterminated"}) {
    CheckedModel checked(line);
    EXPECT_EQ(errorsOf(checked).size(), 1u + line.count('\n')) << checked.text();
  }
}

TEST(Sema, PartsOfAValueWithASyntaxErrorAreChecked) {
  CheckedModel checked("let a = softmax(x, nope) % 2");
  EXPECT_TRUE(holds(errorsOf(checked), "unknown name 'nope'")) << checked.text();
  EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text();
}

TEST(Sema, WrongOptionsOfGenerateHideNoLeak) {
  CheckedModel checked("let h = embedding(ids, 9, 8) @ \"e\"\noutput l = h + mean(h, 1, keep = true)\n"
                       "generate ids from l { limit = 99, stop = [1, \"a\"] }");
  EXPECT_TRUE(holds(errorsOf(checked), "can't be computed position by position")) << checked.text();
  EXPECT_TRUE(holds(errorsOf(checked), "the limit of 99 is above the bound"));
  EXPECT_TRUE(holds(errorsOf(checked), "stop must be a whole number or a list of them, not a list with the string \"a\""));
}

TEST(Sema, AMemoryThatMixesPositionsIsOneError) {
  CheckedModel checked("let h = embedding(ids, 9, 8) @ \"e\"\nlet all = mean(h, 1, keep = true)\n"
                       "decoder d(y = h, all) repeat 2 { y = y + all }\noutput l = d\n"
                       "generate ids from l { limit = 9 }");
  EXPECT_EQ(errorsOf(checked).size(), 1u) << checked.text();
  EXPECT_TRUE(holds(errorsOf(checked), "the memory 'all' depends on all positions of 'ids'"));
}

TEST(Sema, EveryMaskThatGetsAheadIsAnError) {
  CheckedModel checked("decoder d(y = x) repeat 2 {\n y = y + attention(y, y, y, 2, causal(1))\n"
                       " y = y + attention(y, y, y, 2, causal)\n y = y + attention(y, y, y, 2, window(3))\n}");
  EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text();
  EXPECT_TRUE(holds(errorsOf(checked), "position t of 'y' sees position t+1: attention whose mask shows later positions"));
  EXPECT_TRUE(holds(errorsOf(checked), "position t of 'y' sees position t+2: attention whose mask shows later positions"));
}

TEST(Sema, TwoUnmaskedAttentionsAreTwoErrors) {
  CheckedModel checked("decoder d(y = x) repeat 2 {\n y = y + attention(y, y, y, 2)\n"
                       " y = y + attention(y, y, y, 2)\n}");
  EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text();
}

TEST(Sema, LeaksThroughBlocksNameTheCall) {
  CheckedModel checked("block look(a) { return attention(a, a, a, 2) }\n"
                       "decoder d(y = x) repeat 2 { y = y + look(y) }");
  EXPECT_TRUE(holds(errorsOf(checked), "un-masked attention"));
  EXPECT_TRUE(holds(notesOf(checked), "in this call"));
  EXPECT_TRUE(holds(notesOf(checked), "'y' is the stream of this decoder"));
}

TEST(Sema, WarnsOfWhatNothingDecides) {
  CheckedModel checked("dim lost in 1..2\nencoder e(y = x) repeat 2 { let a = y }\nlet b = relu(x) @ \"a\"");
  EXPECT_TRUE(checked.module) << checked.text();
  std::vector<std::string> warnings;
  for (const Diagnostic &diagnostic : checked.diagnostics.getSorted())
    warnings.push_back(diagnostic.message);
  EXPECT_EQ(warnings.size(), 3u) << checked.text();
  EXPECT_TRUE(holds(warnings, "no input has the dim 'lost'"));
  EXPECT_TRUE(holds(warnings, "no layer rebinds the stream 'y'"));
  EXPECT_TRUE(holds(warnings, "'relu' reads no weights, so this scope does nothing"));
}

//===-- Limits -------------------------------------------------------------------------------------------------------===//

TEST(Sema, DoublingBlocksEnd) {
  std::string blocks = "block b0(a) { return a + 1 }\n";
  for (int i = 1; i < 40; ++i) {
    std::string inner = "b" + std::to_string(i - 1);
    blocks += "block b" + std::to_string(i) + "(a) { return " + inner + "(" + inner + "(a)) }\n";
  }
  CheckedModel checked(blocks + "let z = b39(x)");
  EXPECT_EQ(errorsOf(checked).size(), 1u);
  EXPECT_TRUE(holds(errorsOf(checked), "expands to more than"));
}

TEST(Sema, DoublingConstantsEnd) {
  for (llvm::StringRef step : {"\"{c}{c}\"", "c * c + c"}) {
      std::string text = step.starts_with("\"") ? "const c0 = \"ab\"\n" : "const c0 = 3\n";
    for (int i = 1; i < 40; ++i) {
      std::string line = step.str(), name = "c" + std::to_string(i - 1);
      for (size_t at = line.find('c'); at != std::string::npos; at = line.find('c', at + name.size()))
        line.replace(at, 1, name);
      text += "const c" + std::to_string(i) + " = " + line + "\n";
    }
    CheckedModel checked(text);
    EXPECT_EQ(errorsOf(checked).size(), 1u) << checked.text().substr(0, 400);
  }
}

TEST(Sema, DoublingTablesEnd) {
  std::string text = "let t0 = sinusoidal(8)\nlet m0 = causal\n";
  for (int i = 1; i < 40; ++i) {
    std::string n = std::to_string(i), last = std::to_string(i - 1);
    text += "let t" + n + " = t" + last + " + t" + last + "\nlet m" + n + " = m" + last + " & m" + last + "\n";
  }
  CheckedModel checked(text + "let a = x + t39");
  EXPECT_EQ(errorsOf(checked).size(), 2u) << checked.text().substr(0, 400);
}

TEST(Sema, HugeSizesAreErrors) {
  for (llvm::StringRef body :
       {"input y : f32[2000000000, 2000000000, 2000000000]", "dim big in 1..2000000000\ninput y : f32[big, big, big]",
        "let a = linear(x, 2000000000) @ \"l\"\nlet b = matmul(transpose(a), a)", "encoder e(y = x) repeat 1000000000 { y = y + 1 }",
        "let a = split(x, 1000000000)", "let a = x[:, -2147483648]", "let a = reshape(x, [batch, seq, 2000000000, 2000000000, 2000000000])",
        "let a = attention(x, x, x, 99999999999999999999)"}) {
      CheckedModel checked(body);
    EXPECT_FALSE(checked.module) << body.str();
    EXPECT_GE(errorsOf(checked).size(), 1u) << body.str();
  }
}

//===-- Files and -D -------------------------------------------------------------------------------------------------===//

constexpr llvm::StringLiteral importer = "import \"lib/blocks.weft\"\n"
                                         "model m {\n  dim n in 1..4\n  input x : f32[n, 8]\n"
                                         "  output y = twice(x) * width\n}\n";

TEST(Sema, ImportsRelativeToTheFile) {
  Folder folder;
  folder.write("lib/blocks.weft", "import \"more.weft\"\nblock twice(a) { return a * factor }\nconst width = 8\n");
  folder.write("lib/more.weft", "const factor = 2\n");
  Checked checked;
  checked.run(folder.write("m.weft", importer));
  EXPECT_TRUE(checked.module) << checked.text();
}

TEST(Sema, ImportsFromIncludeFolders) {
  Folder folder, library;
  library.write("lib/blocks.weft", "block twice(a) { return a * 2 }\nconst width = 8\n");
  Checked found, lost;
  std::string path = folder.write("m.weft", importer);
  found.options.includes = {library.at("nowhere"), library.at("")};
  found.run(path);
  EXPECT_TRUE(found.module) << found.text();
  lost.run(path);
  EXPECT_EQ(errorsOf(lost).size(), 1u) << lost.text();
  EXPECT_TRUE(holds(errorsOf(lost), "there is no file 'lib/blocks.weft'"));
}

TEST(Sema, ImportCyclesAndClashes) {
  Folder folder;
  folder.write("a.weft", "import \"b.weft\"\nconst one = 1\n");
  folder.write("b.weft", "import \"a.weft\"\nconst two = 2\n");
  folder.write("c.weft", "const one = 3\n");
  Checked cycle, clash;
  cycle.run(folder.write("m.weft", "import \"a.weft\"\n" + inModel("")));
  EXPECT_TRUE(holds(errorsOf(cycle), "imports itself")) << cycle.text();
  folder.write("b.weft", "const two = 2\n");
  clash.run(folder.write("n.weft", "import \"a.weft\"\nimport \"c.weft\"\n" + inModel("")));
  EXPECT_TRUE(holds(errorsOf(clash), "'one' of 'c.weft' is already declared")) << clash.text();
}

TEST(Sema, DefinesOverrideConsts) {
  Folder folder;
  std::string path = folder.write("m.weft", inModel("const n = config(\"missing\")\nlet a = linear(x, n) @ \"l\"\noutput y = a"));
  Checked checked;
  checked.options.defines = {{"n", "5"}};
  checked.run(path);
  ASSERT_TRUE(checked.module) << checked.text();
  EXPECT_NE(checked.ir().find("[5, 8]"), std::string::npos);
}

TEST(Sema, DefinesOfNothingAndOfAnotherKind) {
  Folder folder;
  std::string path = folder.write("m.weft", inModel("const layers = 2\nif layers == 3 { const only = 1 }"));
  Checked unknown, kind, untaken;
  unknown.options.defines = {{"layrs", "5"}};
  unknown.run(path);
  EXPECT_TRUE(holds(errorsOf(unknown), "-D layrs: there is no const of this name"));
  EXPECT_TRUE(holds(notesOf(unknown), "did you mean 'layers'?"));
  kind.options.defines = {{"layers", "many"}};
  kind.run(path);
  EXPECT_TRUE(holds(errorsOf(kind), "expected a number")) << kind.text();
  EXPECT_EQ(errorsOf(kind).size(), 1u) << kind.text();
  untaken.options.defines = {{"only", "5"}};
  untaken.run(path);
  EXPECT_TRUE(untaken.module) << untaken.text();
}

TEST(Sema, ConfigValues) {
  Folder folder;
  std::string config = folder.write("config.json", R"({"d": 8, "text": {"heads": 2}, "none": null, "act": "relu", "stop": [1, 2]})");
  Checked good, bad;
  good.options.configPath = config;
  good.run(folder.write("m.weft", inModel("const d = config(\"d\")\nconst h = config(\"text.heads\", 4)\nconst n = config(\"none\", 3)\n"
                                          "let a = activation(attention(x, x, x, h), config(\"act\", \"gelu\"))\n"
                                          "output y = linear(a, d + n) @ \"l\"")));
  ASSERT_TRUE(good.module) << good.text();
  EXPECT_NE(good.ir().find("heads 2"), std::string::npos);
  EXPECT_NE(good.ir().find("[11, 8]"), std::string::npos);
  bad.options.configPath = config;
  bad.run(folder.write("n.weft", inModel("const a = config(\"dd\")\nconst b = config(\"act\", 3)\nconst c = config(\"text\")\n"
                                         "const e = config(\"none\")")));
  EXPECT_EQ(errorsOf(bad).size(), 4u) << bad.text();
  EXPECT_TRUE(holds(errorsOf(bad), "'dd' is not in"));
  EXPECT_TRUE(holds(errorsOf(bad), "expected a number as its default is"));
}

TEST(Sema, AWrongNumberOfTheConfigIsOneErrorThatNamesIt) {
  Folder folder;
  for (llvm::StringRef width : {"3.5", "-4", "1e30"}) {
    Checked checked;
    std::string config = folder.write("config.json", ("{\"d\": " + width + "}").str());
    checked.options.configPath = config;
    checked.run(folder.write("m.weft", inModel("const d = config(\"d\", 8)\nlet a = linear(x, d) @ \"a\"\nlet b = linear(x, d) @ \"b\"\n"
                                               "weight w : f32[d] @ \"w\"\nencoder e(y = x) repeat d { y = y + 1 }")));
    EXPECT_EQ(errorsOf(checked).size(), 1u) << checked.text();
    EXPECT_TRUE(holds(notesOf(checked), "it comes from here in '" + config + "'")) << checked.text();
  }
}

TEST(Sema, RequirementsTellWhatTheConfigSays) {
  Folder folder;
  std::string config = folder.write("config.json", R"({"model_type": "gpt2", "d": 8})");
  std::string text = inModel("const kind = config(\"model_type\", \"bert\")\nrequire kind == \"bert\" or config(\"model_type\") == \"roberta\"\n"
                             "const more = config(\"not there\")");
  Checked wrong, absent;
  wrong.options.configPath = config;
  wrong.run(folder.write("m.weft", text));
  std::vector<Diagnostic> errors = wrong.diagnostics.getSorted();
  ASSERT_EQ(errors.size(), 1u) << wrong.text();
  EXPECT_EQ(errors[0].message, "a requirement does not hold: kind is \"gpt2\", config(\"model_type\") is \"gpt2\" in '" + config + "'");
  ASSERT_EQ(errors[0].notes.size(), 1u);
  EXPECT_EQ(errors[0].notes[0].message, "'kind' comes from here");
  absent.run(folder.write("n.weft", inModel("require config(\"model_type\", \"bert\") == \"bert\"")));
  EXPECT_TRUE(absent.module) << absent.text();
}

TEST(Sema, GenerationConfigLiesBesideTheConfig) {
  Folder folder;
  std::string config = folder.write("config.json", R"({"d": 6, "generation_config.own": 1})");
  std::string path = folder.write("m.weft", inModel("output y = linear(x, config(\"generation_config.max_length\", 5)) @ \"l\""));
  Checked without, with, unread, broken;
  without.options.configPath = with.options.configPath = unread.options.configPath = broken.options.configPath = config;
  without.run(path);
  EXPECT_NE(without.ir().find("[5, 8]"), std::string::npos) << without.text();
  folder.write("generation_config.json", R"({"max_length": 7, "suppress_tokens": null})");
  with.run(path);
  EXPECT_NE(with.ir().find("[7, 8]"), std::string::npos) << with.text();
  unread.run(folder.write("n.weft", inModel("const a = config(\"generation_config.suppress_tokens\")\nconst b = config(\"generation_config.max_lenth\")\n"
                                            "const c = config(\"generation_config.max_length\", true)\nconst d = config(\"generation_config.own\")")));
  EXPECT_EQ(errorsOf(unread).size(), 3u) << unread.text();
  EXPECT_TRUE(holds(errorsOf(unread), "'generation_config.suppress_tokens' is not in '" + folder.at("generation_config.json") + "'")) << unread.text();
  EXPECT_NE(unread.text().find("did you mean 'generation_config.max_length'?"), std::string::npos) << unread.text();
  folder.write("generation_config.json", "{]");
  broken.run(path);
  EXPECT_TRUE(holds(errorsOf(broken), "not valid JSON")) << broken.text();
}

TEST(Sema, ConfigLengths) {
  Folder folder;
  Checked lists, missing;
  lists.options.configPath = folder.write("config.json", R"({"id2label": {"0": "cat", "1": "dog", "2": "newt"}, "own": {"length": 5}, "d": 8})");
  lists.run(folder.write("m.weft", inModel("const n = config(\"id2label.length\", 1000)\nconst o = config(\"own.length\")\n"
                                           "const f = config(\"d.length\", 7)\noutput y = linear(x, n * 100 + o * 10 + f) @ \"l\"")));
  ASSERT_TRUE(lists.module) << lists.text();
  EXPECT_NE(lists.ir().find("[357, 8]"), std::string::npos) << lists.ir();
  missing.options.configPath = lists.options.configPath;
  missing.run(folder.write("n.weft", inModel("output y = linear(x, config(\"labels.length\")) @ \"l\"")));
  EXPECT_TRUE(holds(errorsOf(missing), "'labels.length' is not in")) << missing.text();
}

TEST(Sema, ConfigOfACheckpointFolder) {
  Folder folder;
  folder.write("config.json", R"({"d": 6})");
  Checked checked;
  checked.options.checkpointDir = folder.at("");
  checked.run(folder.write("m.weft", inModel("output y = linear(x, config(\"d\")) @ \"l\"")));
  ASSERT_TRUE(checked.module) << checked.text();
  EXPECT_NE(checked.ir().find("[6, 8]"), std::string::npos);
}

TEST(Sema, FilesWithoutAModel) {
  Folder folder;
  std::string path = folder.write("m.weft", "block f(a) { return a }\n");
  Checked strict, lenient;
  strict.run(path);
  EXPECT_TRUE(holds(errorsOf(strict), "declares no model"));
  lenient.options.needsModel = false;
  lenient.run(path);
  EXPECT_FALSE(lenient.diagnostics.hasErrors()) << lenient.text();
}

} // namespace
