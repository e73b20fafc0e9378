//===- CliTest.cpp - the command line of `weft run` and of executable artifacts ------------------------------===//
// LINK: weft_cli
#include "FakeModel.h"
#include "runtime/cli/Cli.h"
#include "runtime/cli/Peak.h"
#include "runtime/io/Json.h"
#include "runtime/io/Npy.h"
#include <fstream>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sstream>
#include <sys/stat.h>
#include <unistd.h>

using namespace weft;
using namespace weft::test;
using testing::HasSubstr;
using testing::StartsWith;

namespace {

struct Outcome {
  int status;
  std::string out, err;
};

struct CliTest : testing::Test {
  weft_model_descriptor descriptor = fakeModel();
  std::string folder = testing::TempDir() + "cli-" + std::to_string(getpid()) + "/";

  void SetUp() override {
    mkdir(folder.c_str(), 0755);
    std::vector<int32_t> ids{1, 2, 3, 4, 5, 6};
    std::vector<float> scale{2, 10};
    io::NamedTensor a{"ids", WEFT_I32, {2, 3}, ids.data(), 24}, b{"scale", WEFT_F32, {2}, scale.data(), 8};
    ASSERT_FALSE(io::writeNpy(folder + "ids.npy", a));
    ASSERT_FALSE(io::writeNpy(folder + "scale.npy", b));
    ASSERT_FALSE(io::writeNpz(folder + "both.npz", {a, b, {"other", WEFT_F32, {2}, scale.data(), 8}}));
  }
  void TearDown() override { EXPECT_EQ(system(("rm -rf " + folder).c_str()), 0); }

  Outcome run(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), "fake");
    std::vector<char *> argv;
    for (std::string &argument : arguments)
      argv.push_back(argument.data());
    testing::internal::CaptureStdout();
    testing::internal::CaptureStderr();
    int status = weft_cli_main(&descriptor, int(argv.size()), argv.data());
    std::string out = testing::internal::GetCapturedStdout();
    return {status, out, testing::internal::GetCapturedStderr()};
  }

  void expectFailure(const std::vector<std::string> &arguments, int status, const std::string &message) {
    Outcome outcome = run(arguments);
    EXPECT_EQ(outcome.status, status);
    EXPECT_EQ(outcome.out, "");
    EXPECT_THAT(outcome.err, StartsWith("fake: error: "));
    EXPECT_THAT(outcome.err, HasSubstr(message));
  }

  std::string ids() const { return "ids=" + folder + "ids.npy"; }
  std::string scale() const { return "scale=" + folder + "scale.npy"; }

  std::vector<float> readFloats(const std::string &path) {
    io::File file;
    io::FileArray array;
    io::Tensor tensor;
    EXPECT_FALSE(file.open(path));
    EXPECT_FALSE(io::parseNpy(file.data(), file.size(), path, array));
    EXPECT_FALSE(io::toTensor(array, WEFT_F32, path, tensor));
    return {tensor.as<float>(), tensor.as<float>() + tensor.elements()};
  }
};

TEST_F(CliTest, SummarisesAllOutputs) {
  Outcome outcome = run({"--input", ids(), "--input", scale()});
  EXPECT_EQ(outcome.err, "");
  EXPECT_EQ(outcome.status, 0);
  EXPECT_EQ(outcome.out, "doubled: f32[2, 3]  min 2  max 60  mean 27  [2, 4, 6, 40, ...]\n"
                         "total: i32[2]  min 6  max 15  mean 10.5  [6, 15]\n");
  EXPECT_EQ(run({"--input", ids(), "--input", scale(), "--quiet"}).out, "");
}

TEST_F(CliTest, JsonSummary) {
  Outcome outcome = run({"--input", folder + "both.npz", "--json"});
  io::Json json;
  ASSERT_FALSE(io::parseJson(outcome.out, json)) << outcome.out;
  EXPECT_EQ(json.find("outputs")->items[1].find("name")->text, "total");
}

TEST_F(CliTest, WritesTheOutputsThatWereAskedFor) {
  Outcome outcome = run({"--input=" + ids(), "--input=" + scale(), "--output", "doubled=" + folder + "out.npy", "--threads", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  EXPECT_EQ(outcome.out, "");
  EXPECT_EQ(readFloats(folder + "out.npy"), (std::vector<float>{2, 4, 6, 40, 50, 60}));
}

TEST_F(CliTest, ArchivesInAndOut) {
  for (const char *name : {"out.npz", "out.safetensors"}) {
    EXPECT_EQ(run({"--input", folder + "both.npz", "--output", folder + name}).status, 0);
    EXPECT_EQ(access((folder + name).c_str(), R_OK), 0) << name;
  }
}

TEST_F(CliTest, InputsThatNoRequestedOutputNeedsMayBeLeftOut) {
  EXPECT_EQ(run({"--input", ids(), "--output", "total=" + folder + "total.npy"}).status, 0);
  expectFailure({"--input", ids()}, 1, "missing inputs: scale: f32[batch]");
  expectFailure({}, 1, "missing inputs: ids: i32[batch, seq], scale: f32[batch]");
}

TEST_F(CliTest, ValuesOnTheCommandLine) {
  Outcome outcome = run({"--input", "ids=[[1, 2], [3, 4]]", "--input", "scale=[1.5, 2]"});
  EXPECT_THAT(outcome.out, HasSubstr("doubled: f32[2, 2]  min 1.5  max 8"));
  expectFailure({"--input", "ids=[[1, 2], [3]]", "--input", "scale=[1, 2]"}, 1, "input 'ids': lists of unequal length");
  expectFailure({"--input", "ids=[[1.5]]", "--input", "scale=[1]"}, 1, "'1.5' is no integer");
  expectFailure({"--input", "ids=[[1", "--input", "scale=[1]"}, 1, "expected ',' or ']'");
}

TEST_F(CliTest, NamesThatTheModelDoesNotHave) {
  expectFailure({"--input", "idz=" + folder + "ids.npy"}, 1, "model 'fake' has no input 'idz' (inputs: ids, scale)");
  expectFailure({"--output", "embedding=x.npy"}, 1, "model 'fake' has no output 'embedding' (outputs: doubled, total)");
  expectFailure({"--dim", "time=3", "--random-inputs", "1"}, 1, "model 'fake' has no dimension 'time' (dimensions: batch, seq)");
  expectFailure({"--target", "z80", "--input", folder + "both.npz"}, 1, "model 'fake' has no target 'z80'");
}

TEST_F(CliTest, FilesThatDoNotFit) {
  expectFailure({"--input", "ids=" + folder + "none.npy"}, 1, "can't open '" + folder + "none.npy': No such file");
  expectFailure({"--input", "ids=" + folder + "scale.npy"}, 1, "input 'ids' is i32[batch, seq], the file has shape [2]");
  expectFailure({"--input", ids(), "--input", "scale=[1, 2, 3]"}, 1, "dimension 'batch' is 3, but 2 in " + folder + "ids.npy: input 'ids'");
  expectFailure({"--input", "ids=[[1]]", "--input", "scale=[1, 2, 3, 4, 5]"}, 1, "dimension 'batch' is 5, expected 1..4");
  expectFailure({"--input", ids(), "--input", ids()}, 1, "input 'ids' is given twice");
  expectFailure({"--input", folder + "ids.npy"}, 1, "is one array: say for which input");
  expectFailure({"--input", "ids=[[12]]", "--input", "scale=[1]"}, 1, "token ids of input 'ids': 12 at [0, 0], expected 0..9");
  std::ofstream(folder + "bad.npz") << "PK nothing";
  expectFailure({"--input", folder + "bad.npz"}, 1, "not an .npz file");
  std::ofstream(folder + "text") << "hello";
  expectFailure({"--input", folder + "text"}, 1, "not an .npy, .npz or .safetensors file");
}

TEST_F(CliTest, EmptyDimensionsAreDimensionErrors) {
  io::NamedTensor empty{"ids", WEFT_I32, {2, 0}, nullptr, 0};
  ASSERT_FALSE(io::writeNpy(folder + "empty.npy", empty));
  expectFailure({"--input", "ids=" + folder + "empty.npy", "--input", scale()}, 1, "dimension 'seq' is 0, expected 1..8");
}

TEST_F(CliTest, UnwritableOutput) {
  expectFailure({"--input", folder + "both.npz", "--output", "total=" + folder + "none/x.npy"}, 1, "can't write");
  expectFailure({"--input", folder + "both.npz", "--output", "total=/dev/full"}, 1, "it exists and is no regular file");
  expectFailure({"--input", folder + "both.npz", "--output", folder + "x.npy"}, 1, "can't hold all outputs");
}

TEST_F(CliTest, UsageErrors) {
  expectFailure({"--inptu"}, 2, "unknown option '--inptu'");
  expectFailure({"--input"}, 2, "option '--input' needs a value");
  expectFailure({"--threads", "many"}, 2, "option '--threads': 'many' is no number in 1..256");
  expectFailure({"--threads=0"}, 2, "option '--threads': '0' is no number in 1..256");
  expectFailure({"--generate", "--temperature", "nan"}, 2, "option '--temperature': 'nan' is no number from 0 to 1000000");
  expectFailure({"--generate", "--top-p", "0"}, 2, "option '--top-p': '0' is no number above 0 and at most 1");
  expectFailure({"--generate", "--top-k", "4"}, 2, "option '--top-k' says how tokens are drawn: it needs --temperature");
  expectFailure({"--generate", "--seed", "4", "--beam", "2"}, 2, "option '--seed' says how tokens are drawn: it needs --temperature");
  expectFailure({"--generate", "--length-penalty", "0"}, 2, "option '--length-penalty' is about beams: it needs --beam");
  expectFailure({"--bench", "0"}, 2, "option '--bench': '0' is no number");
  expectFailure({"--json=yes"}, 2, "option '--json' takes no value");
  expectFailure({"stray"}, 2, "unexpected argument 'stray'");
}

TEST_F(CliTest, HelpHasExamples) {
  Outcome outcome = run({"--help"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("examples:\n  fake --input"));
}

TEST_F(CliTest, BenchPrintsOneJsonLine) {
  Outcome outcome = run({"--random-inputs", "3", "--dim", "batch=2", "--dim", "seq=4", "--bench", "5"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  io::Json json;
  ASSERT_FALSE(io::parseJson(outcome.out, json)) << outcome.out;
  EXPECT_EQ(std::count(outcome.out.begin(), outcome.out.end(), '\n'), 1);
  EXPECT_EQ(json.find("runs")->integer(), 5);
  EXPECT_EQ(json.find("dims")->find("seq")->integer(), 4);
  double min = std::stod(json.find("min_ms")->text), median = std::stod(json.find("median_ms")->text);
  EXPECT_LE(min, median);
  EXPECT_LE(median, std::stod(json.find("max_ms")->text));
}

TEST_F(CliTest, RandomInputsNeedTheDimensions) {
  expectFailure({"--random-inputs", "3", "--dim", "batch=2"}, 1, "dimension 'seq' can't be told from the inputs: give --dim seq=N");
  expectFailure({"--random-inputs", "3", "--dim", "batch=9"}, 1, "--dim: dimension 'batch' is 9, expected 1..4");
}

TEST_F(CliTest, ProfileIsATraceWithSourcesAndCosts) {
  Outcome outcome = run({"--input", folder + "both.npz", "--profile", folder + "p.json", "--threads", "2"});
  EXPECT_EQ(outcome.status, 0) << outcome.err;
  std::stringstream text;
  text << std::ifstream(folder + "p.json").rdbuf();
  io::Json json;
  ASSERT_FALSE(io::parseJson(text.str(), json)) << text.str();
  int events = 0;
  for (const io::Json &event : json.find("traceEvents")->items) {
    if (event.find("ph")->text != "X")
      continue;
    ++events;
    const io::Json *args = event.find("args");
    EXPECT_THAT(args->find("source")->text, StartsWith("fake.weft:"));
    EXPECT_EQ(args->find("flops")->integer(), 6) << "2*batch*seq = 12, a half each";
    EXPECT_NE(args->find("share_of_peak"), nullptr);
  }
  EXPECT_EQ(events, 4) << "two launches on two threads";
  EXPECT_THAT(outcome.out, HasSubstr("scale (fake.weft:9:3)"));
}

TEST_F(CliTest, Describe) {
  Outcome outcome = run({"--describe"});
  EXPECT_EQ(outcome.status, 0);
  EXPECT_THAT(outcome.out, HasSubstr("batch in 1..4"));
  EXPECT_THAT(outcome.out, HasSubstr("ids : i32[batch, seq]   token ids"));
  EXPECT_THAT(outcome.out, HasSubstr("target baseline (runs here)"));
  EXPECT_THAT(outcome.out, HasSubstr("from description fake.weft sha256 00ff"));
  io::Json json;
  EXPECT_FALSE(io::parseJson(run({"--describe", "--json"}).out, json));
}

TEST_F(CliTest, DimensionsAreSolvedFromExpressions) {
  // ids : i32[batch, 2*seq + 1], scale : f32[batch*seq]
  static const weft_term odd[] = {{2, 1, {0, 1}}, {1, 1, {}}};
  static const weft_term product[] = {{1, 1, {1, 1}}};
  static const weft_expr idsShape[] = {{kBatch, 1}, {odd, 2}}, scaleShape[] = {{product, 1}};
  weft_tensor_info inputs[] = {kInputs[0], kInputs[1]};
  inputs[0].shape = idsShape;
  inputs[1].shape = scaleShape;
  descriptor.inputs = inputs;
  expectFailure({"--input", "ids=[[1, 2, 3, 4]]", "--input", "scale=[1]"}, 1, "size 4 of axis 1 can't be 2*seq + 1");
  expectFailure({"--input", "ids=[[1, 2, 3, 4, 5]]", "--input", "scale=[1]"}, 1, "input 'scale' is f32[batch*seq], here [2], but the file has shape [1]");
  EXPECT_EQ(run({"--input", "ids=[[1, 2, 3, 4, 5]]", "--input", "scale=[1, 2]"}).status, 0);
}

TEST(PeakTest, IsPlausible) {
  double peak = cli::measureFmaPeak();
#if defined(__x86_64__)
  if (__builtin_cpu_supports("fma"))
    EXPECT_GT(peak, 5.0);
#endif
  EXPECT_LT(peak, 2000.0);
}

} // namespace
