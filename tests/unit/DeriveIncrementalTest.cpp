// Prompt and steps give what the whole sequence gives: for every family that generates, the oracle runs the full-sequence graph, then
// @prefill over prompts of different lengths, or @encode, and @step for the positions after them, over states that begin full of garbage and
// whose rows and pages lie anywhere.
// LINK: weft_frontend weft_passes weft_ir
#include "RandomStore.h"
#include "frontend/Frontend.h"
#include "mlir/Parser/Parser.h"
#include "mlir/Pass/PassManager.h"
#include "passes/Pipelines.h"
#include "reference/Interpreter.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

using namespace mlir;
using namespace weft;
using namespace weft::test;
using reference::Tensor;

namespace {

using Tensors = llvm::StringMap<Tensor>;

constexpr int64_t batch = 3, positions = 58, cacheRows = 5, pages = 4;
constexpr int64_t promptLengths[batch] = {3, 5, 1};
constexpr int64_t longestPrompt = 5;

struct Family {
  const char *name; ///< examples/NAME/NAME.weft, unless there is a text
  std::vector<std::pair<std::string, std::string>> defines;
  const char *text = nullptr;
  const char *config = nullptr; ///< JSON
};
void PrintTo(const Family &family, std::ostream *out) { *out << family.name; }

Tensor i32(std::vector<int64_t> dims, std::vector<double> values) { return Tensor(Tensor::Element::I32, dims, std::move(values)); }

class Derive : public testing::TestWithParam<Family> {
protected:
  Derive() {
    context.disableMultithreading();
    context.getDiagEngine().registerHandler([](mlir::Diagnostic &diagnostic) {
      if (diagnostic.getSeverity() == DiagnosticSeverity::Error)
        ADD_FAILURE() << diagnostic.str();
    });
  }

  std::string writeFile(StringRef name, StringRef suffix, StringRef text) {
    llvm::SmallString<128> file;
    std::error_code error = llvm::sys::fs::createTemporaryFile(name, suffix, file);
    llvm::raw_fd_ostream(file, error) << text;
    files.push_back(file.str().str());
    return files.back();
  }
  void load(const Family &family) {
    std::string path = std::string(WEFT_SOURCE_DIR "/examples/") + family.name + "/" + family.name + ".weft", config;
    if (family.text)
      path = writeFile(family.name, "weft", family.text);
    if (family.config)
      config = writeFile(family.name, "json", family.config);
    FrontendOptions options;
    options.defines = family.defines;
    options.configPath = config;
    SourceManager sources;
    Diagnostics diagnostics;
    module = lowerFile(path, options, context, sources, diagnostics);
    for (const std::string &file : files)
      llvm::sys::fs::remove(file);
    diagnostics.print(llvm::errs());
    ASSERT_TRUE(module) << path;
    store = std::make_unique<RandomStore>(model());
    generate = *model().getOps<GenerateOp>().begin();
  }
  void run(Phase last) {
    PassManager manager(&context);
    buildPipeline(manager, {last, false, true});
    ASSERT_TRUE(succeeded(manager.run(*module)));
  }

  ModelOp model() { return *module->getOps<ModelOp>().begin(); }
  GraphOp graph(StringRef name) { return cast<GraphOp>(SymbolTable::lookupSymbolIn(model(), name)); }

  static int64_t sizeOf(DimOp dim) {
    StringRef name = dim.getSymName();
    if (dim->hasAttr("cache"))
      return name.starts_with("cache_rows") ? cacheRows : pages;
    return name == "batch" ? batch : name == "frames" ? 6 : 7;
  }
  /// Random inputs; the generated one has `positions` positions.
  Tensors randomInputs() {
    GraphOp forward = graph("forward");
    reference::Sizes sizes;
    for (auto dim : model().getOps<DimOp>())
      sizes.set(dim.getSymName(), sizeOf(dim));
    Tensors inputs;
    std::mt19937 random(7);
    for (auto [arg, name] : llvm::zip(forward.getBody().getArguments(), forward.getInputNames())) {
      auto type = cast<NamedTensorType>(arg.getType());
      SmallVector<int64_t> shape = cantFail(sizes.shape(type));
      StringRef input = cast<StringAttr>(name).getValue();
      bool generated = input == generate.getInput();
      if (generated)
        shape[1] = positions;
      if (input == "stream_len") {
        inputs[input] = i32({batch}, std::vector<double>(batch, positions));
        continue;
      }
      std::vector<double> values(reference::countOf(shape));
      for (double &value : values)
        value = type.isF32() ? static_cast<float>(std::normal_distribution<double>()(random)) : 1 + static_cast<int>(random() % 6);
      inputs[input] = Tensor(reference::elementOf(type), shape, values);
    }
    return inputs;
  }

  /// States of a run with `cacheRows` rows, full of garbage.
  void makeStates() {
    reference::Sizes sizes;
    for (auto dim : model().getOps<DimOp>())
      sizes.set(dim.getSymName(), sizeOf(dim));
    std::mt19937 random(11);
    for (auto state : model().getOps<StateOp>()) {
      auto type = cast<NamedTensorType>(state.getType());
      SmallVector<int64_t> shape = cantFail(sizes.shape(type));
      if (state.getLayers())
        shape.insert(shape.begin(), *state.getLayers());
      std::vector<double> values(reference::countOf(shape));
      for (double &value : values)
        value = type.isF32() ? 1e3 * std::normal_distribution<double>()(random) : 0;
      states[state.getSymName()] = Tensor(reference::elementOf(type), shape, values);
    }
  }

  /// The outputs of a derived graph, whose arguments are found by their roles.
  Tensor runGraph(StringRef name, Tensors given) {
    GraphOp derived = graph(name);
    Tensors inputs;
    std::vector<double> rows, source;
    for (int64_t b = 0; b < batch; ++b) {
      source.push_back(cacheRows - 1 - b);
      for (int64_t page = 0; page < pages; ++page)
        rows.push_back((b + 2 * page + 1) % cacheRows);
    }
    given["@rows"] = i32({batch, pages}, rows);
    given["@source"] = i32({batch}, source);
    for (auto [attr, role] : llvm::zip(derived.getInputNames(), derived->getAttrOfType<ArrayAttr>("roles"))) {
      StringRef input = cast<StringAttr>(attr).getValue(), what = cast<StringAttr>(role).getValue();
      inputs[input] = given[what == "input" ? input.str() : "@" + what.str()];
    }
    reference::RunOptions options;
    options.states = &states;
    for (auto dim : model().getOps<DimOp>())
      if (dim->hasAttr("cache") || name == "step")
        options.sizes[dim.getSymName()] = sizeOf(dim);
    llvm::Expected<Tensors> outputs = reference::run(derived, inputs, *store, options);
    if (!outputs) {
      ADD_FAILURE() << name.str() << ": " << toString(outputs.takeError());
      return {};
    }
    return outputs->lookup(generate.getOutput());
  }

  /// Logits of row b against those of the whole sequence at `position`.
  void expectSame(const Tensor &logits, int64_t b, int64_t position) {
    int64_t vocabulary = whole.dim(2);
    ASSERT_EQ(logits.dims(), (ArrayRef<int64_t>{batch, 1, vocabulary}));
    double largest = 1e-30, error = 0;
    for (int64_t i = 0; i < vocabulary; ++i) {
      double want = whole[(b * positions + position) * vocabulary + i];
      largest = std::max(largest, std::abs(want));
      error = std::max(error, std::abs(want - logits[b * vocabulary + i]));
    }
    EXPECT_LE(error / largest, 1e-9) << "row " << b << ", position " << position;
  }

  void expectStepsAgree() {
    Tensors inputs = randomInputs();
    llvm::Expected<Tensors> outputs = reference::run(graph("forward"), inputs, *store);
    ASSERT_TRUE(static_cast<bool>(outputs)) << toString(outputs.takeError());
    whole = outputs->lookup(generate.getOutput());
    const Tensor tokens = inputs[generate.getInput()];
    std::vector<double> prompt, lengths(promptLengths, promptLengths + batch);
    for (int64_t b = 0; b < batch; ++b)
      for (int64_t t = 0; t < longestPrompt; ++t)
        prompt.push_back(t < promptLengths[b] ? tokens[b * positions + t] : 0);
    Tensors given = inputs;
    given["@tokens"] = i32({batch, longestPrompt}, prompt);
    given["@prompt_len"] = i32({batch}, lengths);
    makeStates();
    Tensor logits = runGraph("prefill", given);
    for (int64_t b = 0; b < batch; ++b)
      expectSame(logits, b, promptLengths[b] - 1);
    expectSteps(tokens, std::vector<int64_t>(promptLengths, promptLengths + batch));

    makeStates(); // a prompt of one token: the source, then a step
    if (SymbolTable::lookupSymbolIn(model(), "encode"))
      runGraph("encode", inputs);
    expectSteps(tokens, std::vector<int64_t>(batch, 0));
  }

  /// Steps from these positions on, to the end.
  void expectSteps(const Tensor &tokens, std::vector<int64_t> from) {
    while (*llvm::max_element(from) < positions && !HasFailure()) {
      std::vector<double> next, at(from.begin(), from.end());
      for (int64_t b = 0; b < batch; ++b)
        next.push_back(tokens[b * positions + from[b]]);
      Tensors now;
      now["@tokens"] = i32({batch, 1}, next);
      now["@position"] = i32({batch}, at);
      Tensor logits = runGraph("step", now);
      for (int64_t b = 0; b < batch; ++b)
        expectSame(logits, b, from[b]++);
    }
  }

  std::vector<std::string> files;
  MLIRContext context;
  OwningOpRef<ModuleOp> module;
  std::unique_ptr<RandomStore> store;
  GenerateOp generate;
  Tensors states;
  Tensor whole;
};

TEST_P(Derive, StepsAgreeWithTheWholeSequence) {
  load(GetParam());
  if (HasFatalFailure())
    return;
  run(Phase::Fused);
  expectStepsAgree();
}

TEST_P(Derive, KernelsAgreeToo) {
  load(GetParam());
  if (HasFatalFailure())
    return;
  run(Phase::Kernels);
  expectStepsAgree();
}

TEST_P(Derive, GoesOnFromItsOwnText) {
  load(GetParam());
  if (HasFatalFailure())
    return;
  auto text = [](Operation *op) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    op->print(stream);
    return text;
  };
  for (Phase phase : {Phase::Fused, Phase::Kernels}) {
    run(phase);
    std::string once = text(*module);
    OwningOpRef<ModuleOp> again = parseSourceString<ModuleOp>(once, &context);
    ASSERT_TRUE(again);
    EXPECT_EQ(text(*again), once);
    if (phase == Phase::Kernels)
      break;
    run(phase);
    EXPECT_EQ(text(*module), once) << "what is derived once is not derived again";
  }
}

/// A GPT whose attention is a parameter.
#define TOY(declarations, positions_text, attention_text)                                                                         \
  "model toy {\n  const d = 16\n  dim batch in 1..4\n  dim time in 1..64\n  input tokens : i32[batch, time]\n" declarations          \
  "  weight table : f32[30, d] @ \"table\"\n"                                                                                         \
  "  decoder hidden(x = lookup(table, tokens)" positions_text ") repeat 2 as i @ \"h.{i}\" {\n"                                         \
  "    let h = layer_norm(x) @ \"ln\"\n    let q = linear(h, d) @ \"q\"\n    let k = linear(h, d) @ \"k\"\n"                              \
  "    let v = linear(h, d) @ \"v\"\n    x = x + linear(" attention_text ", d) @ \"o\"\n  }\n"                                         \
  "  output logits = matmul(hidden, transpose(table))\n  generate tokens from logits { stop = 2, limit = 64 }\n}\n"

const Family families[] = {
    {"transformer", {{"d_model", "16"}, {"heads", "2"}, {"d_ff", "24"}, {"layers", "2"}, {"vocab", "30"}}},
    {"g2p", {{"d_model", "16"}, {"heads", "2"}, {"d_ff", "24"}, {"layers", "2"}, {"vocab", "30"}}},
    {"gpt2", {{"d", "16"}, {"heads", "2"}, {"layers", "2"}, {"vocab", "30"}, {"context", "64"}}},
    {"llama", {{"d", "16"}, {"heads", "4"}, {"kv_heads", "2"}, {"layers", "2"}, {"d_ff", "24"}, {"vocab", "30"}, {"context", "64"}}},
    {"t5", {{"d", "16"}, {"heads", "2"}, {"width", "6"}, {"layers", "2"}, {"d_ff", "24"}, {"vocab", "30"}, {"buckets", "8"}, {"far", "12"}}},
    {"marian", {}, nullptr,
     R"({"d_model": 16, "vocab_size": 30, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
         "encoder_ffn_dim": 24, "decoder_ffn_dim": 24})"},
    {"whisper", {}, nullptr,
     R"({"d_model": 16, "vocab_size": 30, "encoder_layers": 2, "decoder_layers": 2, "encoder_attention_heads": 2, "decoder_attention_heads": 2,
         "encoder_ffn_dim": 24, "decoder_ffn_dim": 24, "num_mel_bins": 5, "decoder_start_token_id": 1, "eos_token_id": 2})"},
    {"captioner", {{"iw", "16"}, {"size", "8"}, {"patch", "4"}, {"ilayers", "1"}, {"iheads", "2"}, {"d", "16"}, {"heads", "2"}, {"vocab", "30"}, {"context", "64"}, {"layers", "2"}, {"inner", "24"}},
     nullptr, R"({"decoder_start_token_id": 1, "eos_token_id": 2})"},
    {"freeform", {}, nullptr,
     R"({"d_model": 16, "heads": 2, "d_ff": 24, "layers": 2, "vocab_size": 30, "mels": 5, "audio_window": 2, "text_window": 4})"},
    {"alibi", {}, TOY("", "", "attention(q, k, v, 2, causal, bias = alibi(2))")},
    {"window", {}, TOY("", " + positions(64, d) @ \"wpe\"", "attention(q, k, v, 2, causal & window(4))")},
    {"padded", {}, TOY("  input stream_len : i32[batch]\n", " + sinusoidal(d, \"half\")", "attention(q, k, v, 2, causal & padding(stream_len))")},
    {"two_tables", {}, TOY("", " + (positions(70, d, 2) @ \"wpe\" + sinusoidal(d)) * 0.5", "attention(q, k, v, 2, causal)")},
    {"softcap", {}, TOY("", "", "attention(rope(q, 2, 100, \"interleaved\", 4), rope(k, 2, 100, \"interleaved\", 4), v, 2, causal, softcap = 5, scale = 1)")},
    {"rope_scaling", {}, TOY("", "", "attention(rope(q, 2, 100, scaling = \"llama3\", factor = 4, low = 1, high = 3, context = 20), rope(k, 2, 100, scaling = \"llama3\", factor = 4, low = 1, high = 3, context = 20), v, 2, causal)")},
    {"by_hand", {}, TOY("", "", "merge_heads(matmul(softmax(masked(matmul(split_heads(q, 2), transpose(split_heads(k, 2))) / 3, causal)), split_heads(v, 2)))")},
    {"image", {}, TOY("  input image : f32[batch, 5, d]\n  input shift : f32[batch, d]\n  input gain : f32[d]\n",
                      " * gain + reshape(shift, [batch, 1, d])", "attention(q, linear(image, d) @ \"ik\", image, 2) + attention(q, k, v, 2, causal)")},
};

INSTANTIATE_TEST_SUITE_P(Families, Derive, testing::ValuesIn(families), [](const auto &info) { return std::string(info.param.name); });

} // namespace
