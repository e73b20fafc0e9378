//===- Generate.cpp - `--generate`: a prompt from files, new tokens to a file or the terminal ------------------===//
#include "runtime/cli/Generate.h"
#include "runtime/cli/InputFile.h"
#include "runtime/cli/Session.h"
#include "runtime/io/Json.h"
#include "runtime/io/Npy.h"
#include <cmath>
#include <cstdio>

using namespace weft;
using namespace weft::cli;

namespace {

/// The fixed words of --generate.
constexpr const char *kTokens = "tokens", *kPromptLength = "prompt_len";

class Generation {
public:
  Generation(const weft_model_descriptor &model, const RunOptions &options)
      : model(model), info(*model.generate), options(options), session(model) {}

  Error run() {
    if (Error error = checkOutputs())
      return error;
    if (Error error = session.open(options))
      return error;
    if (Error error = bindPrompt())
      return error;
    if (Error error = prepare())
      return error;
    if (Error error = generate())
      return error;
    if (options.benchRuns)
      if (Error error = measure())
        return error;
    if (!options.profileFile.empty())
      if (Error error = trace())
        return error;
    return write();
  }

private:
  int64_t batch() const { return inputs.dims[size_t(info.batch)]; }
  bool hasInput(const std::string &name) const {
    for (int32_t i = 0; i < model.input_count; ++i)
      if (name == model.inputs[i].name)
        return true;
    return false;
  }

  static bool holds(const InputFile &file, const std::string &name) {
    for (const io::FileArray &array : file.arrays())
      if (array.name == name)
        return true;
    return false;
  }

  Error checkOutputs() {
    for (const NamedValue &output : options.outputs)
      if (output.name != kTokens)
        return Error("--generate has one output, the new tokens: --output tokens=F.npy");
    return io::success();
  }

  /// The model's inputs, and the prompts' lengths, which are no input of it.
  Error bindPrompt() {
    RunOptions own = options;
    own.inputs.clear();
    std::optional<NamedValue> lengthOption;
    bool isGiven = false;
    for (const NamedValue &input : options.inputs) {
      bool isLength = input.name == kPromptLength && !hasInput(kPromptLength);
      if (!isLength)
        own.inputs.push_back(input);
      else
        lengthOption = input;
      isGiven |= input.name == model.inputs[info.input].name;
      if (!input.name.empty())
        continue;
      // A file that is taken as a whole tells by its names what is in it.
      InputFile file;
      if (Error error = file.open(input.value))
        return error;
      isGiven |= !file.isArchive() || holds(file, model.inputs[info.input].name);
      if (file.isArchive() && !hasInput(kPromptLength) && holds(file, kPromptLength))
        lengthOption = NamedValue{kPromptLength, input.value};
    }
    uint64_t needs = isGiven || !info.has_start ? UINT64_C(1) << info.input : 0;
    for (int32_t i = 0; i < info.prefill_count; ++i)
      if (info.prefill[i].role == WEFT_ROLE_INPUT)
        needs |= UINT64_C(1) << info.prefill[i].input;
    if (Error error = bindNeeded(model, own, needs, 0, inputs))
      return error;
    if (!inputs.tensors[size_t(info.input)])
      inputs.dims[size_t(info.time)] = 1;
    if (lengthOption && !isGiven)
      return "input 'prompt_len' tells the lengths of prompts, but there is no prompt: input '" + std::string(model.inputs[info.input].name) + "' is not given";
    return lengthOption ? bindLengths(*lengthOption) : io::success();
  }

  Error bindLengths(const NamedValue &option) {
    InputFile file;
    bool literal = option.value[0] == '[';
    if (Error error = literal ? file.literal(option.value, WEFT_I32) : file.open(option.value))
      return "input 'prompt_len': " + error.text();
    const io::FileArray *found = &file.arrays()[0];
    for (const io::FileArray &each : file.arrays())
      found = file.isArchive() && each.name == kPromptLength ? &each : found;
    const io::FileArray &array = *found;
    if (array.shape != std::vector<int64_t>{batch()})
      return "input 'prompt_len' has shape " + io::shapeText(array.shape) + ", expected [" + std::to_string(batch()) + "], one length a row";
    return io::toTensor(array, WEFT_I32, "input 'prompt_len'", lengths.emplace());
  }

  /// A context that is just large enough, the options, and room for the results.
  Error prepare() {
    int64_t time = inputs.dims[size_t(info.time)], most = std::max<int64_t>(info.limit - time, 1);
    if (lengths)
      for (int64_t b = 0; b < batch(); ++b)
        most = std::max<int64_t>(most, info.limit - lengths->as<int32_t>()[b]);
    const GenerateOptions &given = options.how;
    how = WEFT_GENERATE_DEFAULTS;
    how.max_new = std::min(given.most.value_or(most), info.limit);
    how.beams = given.beams;
    how.results = given.results;
    how.length_penalty = float(given.lengthPenalty);
    how.temperature = float(given.temperature);
    how.top_k = given.topK;
    how.top_p = float(given.topP);
    how.seed = given.seed;
    const weft_dim_info &bound = model.dims[info.batch];
    if (batch() * how.beams > bound.hi)
      return "--beam " + std::to_string(how.beams) + ": " + std::to_string(batch()) + " rows of as many beams are " +
             std::to_string(batch() * how.beams) + " sequences, dimension '" + bound.name + "' of this model goes to " + std::to_string(bound.hi);
    std::vector<int64_t> limits = inputs.dims;
    auto raise = [&](int32_t dim, int64_t size) { limits[size_t(dim)] = std::min(model.dims[dim].hi, size); };
    raise(info.batch, batch() * how.beams);
    raise(info.time, time + how.max_new);
    if (Error error = session.prepare(limits))
      return error;
    size_t rows = size_t(batch()) * size_t(std::min<int64_t>(how.results, 1 << 16)), cells = rows * size_t(how.max_new);
    tokens.assign(cells, 0);
    made.assign(rows, 0);
    if (!given.logitsFile.empty())
      logits.assign(size_t(batch()) * size_t(how.max_new) * size_t(info.vocabulary), NAN); // where a row has ended, nothing was chosen
    return io::success();
  }

  /// NAME_generate_args as words.
  std::vector<uint64_t> arguments() {
    auto address = [](const void *pointer) { return reinterpret_cast<uint64_t>(pointer); };
    static const uint8_t nothing = 0;
    std::vector<uint64_t> words;
    for (int64_t dim : inputs.dims)
      words.push_back(uint64_t(dim));
    for (const auto &tensor : inputs.tensors)
      words.push_back(!tensor ? 0 : address(tensor->data.empty() ? &nothing : tensor->data.data()));
    words.push_back(lengths ? address(lengths->data.data()) : 0);
    words.push_back(address(tokens.data()));
    words.push_back(address(made.data()));
    words.push_back(0); // scores
    words.push_back(logits.empty() ? 0 : address(logits.data()));
    return words;
  }

  static int32_t printToken(void *user, int64_t, int32_t token) {
    auto &self = *static_cast<Generation *>(user);
    printf("%s%d", self.printed++ ? " " : "", token);
    fflush(stdout);
    return 0;
  }

  Error generate() {
    // One row is told as it comes.
    bool streams = batch() == 1 && how.results == 1 && isPrinting() && !options.json;
    weft_generate_options first = how;
    if (streams) {
      first.on_token = printToken;
      first.user = this;
    }
    Error error = session.generate(arguments().data(), first);
    if (printed)
      printf("\n");
    return error ? Error(withSource(model, inputs, error.text())) : error;
  }

  Error measure() {
    std::vector<double> times;
    std::vector<uint64_t> words = arguments();
    if (Error error = bench([&] { return session.generate(words.data(), how); }, options.benchRuns, times))
      return error;
    int64_t count = 0;
    for (int32_t each : made)
      count += each;
    double median = medianOf(times);
    printf("{\"model\":%s,\"target\":%s,\"threads\":%d,\"dims\":{", io::jsonString(model.name).c_str(), io::jsonString(session.target()).c_str(),
           options.threads);
    for (int32_t d = 0; d < model.dim_count; ++d)
      printf("%s\"%s\":%lld", d ? "," : "", model.dims[d].name, static_cast<long long>(inputs.dims[size_t(d)]));
    printf("},\"runs\":%zu,\"min_ms\":%.4f,\"median_ms\":%.4f,\"max_ms\":%.4f,\"tokens\":%lld,\"tokens_per_second\":%.2f}\n", times.size(),
           times.front(), median, times.back(), static_cast<long long>(count), median > 0 ? double(count) * 1000 / median : 0);
    return io::success();
  }

  Error trace() {
    Profile profile;
    profile.dims = inputs.dims;
    profile.threads = options.threads;
    std::vector<uint64_t> words = arguments();
    if (Error error = session.profile(profile, [&] { return session.generate(words.data(), how); }))
      return error;
    return writeTrace(options.profileFile, model, profile);
  }

  bool isPrinting() const { return options.outputs.empty() && !options.benchRuns && !options.quiet; }

  /// Cuts the columns behind the longest row.
  template <typename T> std::vector<T> trimmed(const std::vector<T> &wide, int64_t longest, int64_t each) const {
    std::vector<T> result;
    int64_t rows = int64_t(wide.size()) / (how.max_new * each);
    for (int64_t r = 0; r < rows; ++r)
      result.insert(result.end(), wide.begin() + r * how.max_new * each, wide.begin() + (r * how.max_new + longest) * each);
    return result;
  }

  Error write() {
    int64_t longest = 0;
    for (int32_t each : made)
      longest = std::max<int64_t>(longest, each);
    std::vector<int32_t> rows = trimmed(tokens, longest, 1);
    std::vector<int64_t> shape = {batch(), longest};
    if (how.results > 1)
      shape.insert(shape.begin() + 1, how.results);
    for (const NamedValue &output : options.outputs)
      if (Error error = io::writeNpy(output.value, {kTokens, WEFT_I32, shape, reinterpret_cast<const uint8_t *>(rows.data()), rows.size() * 4}))
        return error;
    if (!options.how.logitsFile.empty()) {
      std::vector<float> chosen = trimmed(logits, longest, info.vocabulary);
      if (Error error = io::writeNpy(options.how.logitsFile, {"logits", WEFT_F32, {batch(), longest, info.vocabulary},
                                                               reinterpret_cast<const uint8_t *>(chosen.data()), chosen.size() * 4}))
        return error;
    }
    if (isPrinting() && !printed)
      print(longest);
    return io::success();
  }

  void print(int64_t longest) const {
    if (options.json)
      printf("{\"model\":%s,\"tokens\":[", io::jsonString(model.name).c_str());
    for (size_t r = 0; r < made.size(); ++r) {
      if (options.json)
        printf("%s[", r ? "," : "");
      for (int32_t i = 0; i < made[r]; ++i)
        printf("%s%d", i ? (options.json ? "," : " ") : "", tokens[r * size_t(how.max_new) + size_t(i)]);
      printf(options.json ? "]" : "\n");
    }
    if (options.json)
      printf("]}\n");
  }

  const weft_model_descriptor &model;
  const weft_generate_info &info;
  const RunOptions &options;
  Session session;
  BoundInputs inputs;
  std::optional<io::Tensor> lengths;
  weft_generate_options how = WEFT_GENERATE_DEFAULTS;
  std::vector<int32_t> tokens, made; // [rows, results, max_new], and how many of each count
  std::vector<float> logits;
  int64_t printed = 0;
};

} // namespace

Error weft::cli::generateAndWrite(const weft_model_descriptor &model, const RunOptions &options) {
  if (!model.generate)
    return "model '" + std::string(model.name) + "' generates nothing: its description has no `generate`";
  return Generation(model, options).run();
}
