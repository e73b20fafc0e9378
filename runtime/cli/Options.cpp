//===- Options.cpp - the options of `weft run` and of executable artifacts -----------------------------------===//
#include "runtime/cli/Options.h"
#include <algorithm>
#include <cctype>
#include <cerrno>
#include <cstdlib>

using namespace weft::cli;

namespace {

/// A flag has no value; an option takes the next argument or what stands behind '='.
struct OptionRow {
  const char *name;
  bool RunOptions::*flag;
  std::string (*take)(RunOptions &, const std::string &value);
};

std::optional<int64_t> integer(const std::string &text, int64_t lo, int64_t hi) {
  char *end = nullptr;
  errno = 0;
  long long value = strtoll(text.c_str(), &end, 10);
  bool digits = !text.empty() && (isdigit(static_cast<unsigned char>(text[0])) || text[0] == '-');
  if (!digits || *end || errno || value < lo || value > hi)
    return std::nullopt;
  return value;
}

std::string badNumber(const std::string &value, int64_t lo, int64_t hi) {
  return "'" + value + "' is no number in " + std::to_string(lo) + ".." + std::to_string(hi);
}

NamedValue splitName(const std::string &value) {
  size_t equals = value.find('=');
  bool isName = equals != std::string::npos && equals > 0;
  for (size_t i = 0; isName && i < equals; ++i)
    isName = isalnum(static_cast<unsigned char>(value[i])) || value[i] == '_';
  return isName ? NamedValue{value.substr(0, equals), value.substr(equals + 1)} : NamedValue{"", value};
}

std::string takeDim(RunOptions &options, const std::string &value) {
  NamedValue dim = splitName(value);
  std::optional<int64_t> size = integer(dim.value, 0, INT64_MAX);
  if (dim.name.empty() || !size)
    return "'" + value + "' is not of the form NAME=SIZE";
  options.dims.emplace_back(dim.name, *size);
  return "";
}

template <auto Field> std::string takeText(RunOptions &options, const std::string &value) {
  options.*Field = value;
  return value.empty() ? "the value is empty" : "";
}

template <auto Field> std::string takeNamed(RunOptions &options, const std::string &value) {
  (options.*Field).push_back(splitName(value));
  return (options.*Field).back().value.empty() ? "the file name is empty" : "";
}

template <auto Field, int64_t Lo, int64_t Hi> std::string takeNumber(RunOptions &options, const std::string &value) {
  std::optional<int64_t> number = integer(value, Lo, Hi);
  if (!number)
    return badNumber(value, Lo, Hi);
  options.*Field = static_cast<std::decay_t<decltype(options.*Field)>>(*number);
  return "";
}

/// Options of --generate.
template <auto Field, int64_t Lo, int64_t Hi> std::string takeChoice(RunOptions &options, const std::string &value) {
  std::optional<int64_t> number = integer(value, Lo, Hi);
  if (!number)
    return badNumber(value, Lo, Hi);
  options.how.*Field = static_cast<std::decay_t<decltype(options.how.*Field)>>(*number);
  return "";
}

/// Bounds that no model changes; `Above`: the lower one is left out.
template <auto Field, int Lo, int Hi, bool Above = false> std::string takeReal(RunOptions &options, const std::string &value) {
  char *end = nullptr;
  double number = strtod(value.c_str(), &end);
  options.how.*Field = static_cast<std::decay_t<decltype(options.how.*Field)>>(number);
  bool isWithin = number <= Hi && (Above ? number > Lo : number >= Lo);
  if (!value.empty() && !*end && isWithin)
    return "";
  return "'" + value + "' is no number " + (Above ? "above " + std::to_string(Lo) + " and at most " : "from " + std::to_string(Lo) + " to ") + std::to_string(Hi);
}

std::string takeLogits(RunOptions &options, const std::string &value) {
  options.how.logitsFile = value;
  return value.empty() ? "the file name is empty" : "";
}

const OptionRow kOptions[] = {
    {"--input", nullptr, takeNamed<&RunOptions::inputs>},
    {"--output", nullptr, takeNamed<&RunOptions::outputs>},
    {"--dim", nullptr, takeDim},
    {"--threads", nullptr, takeNumber<&RunOptions::threads, 1, 256>},
    {"--bench", nullptr, takeNumber<&RunOptions::benchRuns, 1, 1000000>},
    {"--profile", nullptr, takeText<&RunOptions::profileFile>},
    {"--weights-file", nullptr, takeText<&RunOptions::weightsFile>},
    {"--target", nullptr, takeText<&RunOptions::target>},
    {"--random-inputs", nullptr, takeNumber<&RunOptions::randomSeed, 0, INT64_MAX>},
    {"--verify-weights", &RunOptions::verifyWeights, nullptr},
    {"--describe", &RunOptions::describe, nullptr},
    {"--generate", &RunOptions::generate, nullptr},
    {"--max", nullptr, takeChoice<&GenerateOptions::most, 1, INT32_MAX>},
    {"--beam", nullptr, takeChoice<&GenerateOptions::beams, 1, 1000000>},
    {"--results", nullptr, takeChoice<&GenerateOptions::results, 1, 1000000>},
    {"--length-penalty", nullptr, takeReal<&GenerateOptions::lengthPenalty, -100, 100>},
    {"--temperature", nullptr, takeReal<&GenerateOptions::temperature, 0, 1000000>},
    {"--top-k", nullptr, takeChoice<&GenerateOptions::topK, 0, INT32_MAX>},
    {"--top-p", nullptr, takeReal<&GenerateOptions::topP, 0, 1, true>},
    {"--seed", nullptr, takeChoice<&GenerateOptions::seed, 0, INT64_MAX>},
    {"--logits", nullptr, takeLogits},
    {"--quiet", &RunOptions::quiet, nullptr},
    {"--json", &RunOptions::json, nullptr},
    {"--help", &RunOptions::help, nullptr},
    {"-h", &RunOptions::help, nullptr},
};

bool isChoice(const std::string &name) {
  for (const char *each : {"--max", "--beam", "--results", "--length-penalty", "--temperature", "--top-k", "--top-p", "--seed", "--logits"})
    if (name == each)
      return true;
  return false;
}

const OptionRow *findOption(const std::string &name) {
  for (const OptionRow &row : kOptions)
    if (name == row.name)
      return &row;
  return nullptr;
}

/// Of two outputs in one file the first would be lost.
std::string sharedFile(const RunOptions &options) {
  for (const NamedValue &one : options.outputs)
    for (const NamedValue &other : options.outputs)
      if (&one < &other && one.value == other.value)
        return "option '--output': '" + one.value + "' is given twice; --output F.npz writes all outputs to one file";
  return "";
}

/// What is wrong with the options of --generate taken together.
std::string choiceProblem(const RunOptions &options) {
  const std::vector<std::string> &used = options.how.used;
  auto isGiven = [&](const char *name) { return std::find(used.begin(), used.end(), name) != used.end(); };
  if (!options.generate && !used.empty())
    return "option '" + used[0] + "' says how to generate: it needs --generate";
  for (const char *name : {"--top-k", "--top-p", "--seed"})
    if (isGiven(name) && !isGiven("--temperature"))
      return "option '" + std::string(name) + "' says how tokens are drawn: it needs --temperature";
  if (isGiven("--length-penalty") && !isGiven("--beam"))
    return "option '--length-penalty' is about beams: it needs --beam";
  return "";
}

} // namespace

std::string weft::cli::parseOptions(const std::vector<std::string> &arguments, RunOptions &options) {
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string &argument = arguments[i];
    if (argument.size() < 2 || argument[0] != '-') {
      options.positional.push_back(argument);
      continue;
    }
    size_t equals = argument.find('=');
    std::string name = argument.substr(0, equals);
    const OptionRow *row = findOption(name);
    if (!row)
      return "unknown option '" + name + "'";
    if (row->flag) {
      if (equals != std::string::npos)
        return "option '" + name + "' takes no value";
      options.*row->flag = true;
      continue;
    }
    bool inNext = equals == std::string::npos;
    if (inNext && i + 1 == arguments.size())
      return "option '" + name + "' needs a value";
    if (isChoice(name))
      options.how.used.push_back(name);
    std::string problem = row->take(options, inNext ? arguments[++i] : argument.substr(equals + 1));
    if (!problem.empty())
      return "option '" + name + "': " + problem;
  }
  std::string shared = sharedFile(options);
  return shared.empty() ? choiceProblem(options) : shared;
}

std::string weft::cli::helpText(const std::string &program) {
  return "usage: " + program + R"( [options]

Runs the model on inputs from files and writes or summarises its outputs.

  --input NAME=F       a tensor from F.npy, or of that name from F.npz or F.safetensors;
                       or its values: --input 'lengths=[7, 5]'
  --input F            an .npz or .safetensors with the inputs by name (an .npy if there is one input)
  --output NAME=F      compute this output and write it to F.npy
  --output F           write all outputs to F.npz or F.safetensors (F.npy if there is one output)
                       without --output all outputs are summarised
  --dim NAME=N         size of a dimension that the given inputs don't tell
  --random-inputs SEED draw the inputs that are not given
  --threads N          1 to 256, default 1
  --bench N            print one JSON line: min, median and max milliseconds of N runs after warm-up
  --profile F.json     write a trace of the kernels, for Perfetto or chrome://tracing
  --target NAME        use this one of the compiled targets, not the best that runs here
  --weights-file F     the packed weights, for a model that was compiled with --weights-file
  --verify-weights     hash the whole weights file before running
  --describe           say what the artifact is and stop
  --quiet, --json, --help

Generation, of models whose description says `generate`:
  --generate           continue the prompt: the --input of the generated tokens (with
                       --input prompt_len=F where rows differ in length), or the start token
  --output tokens=F    write the new tokens [batch, n] to F.npy; else they are printed as they come
  --max N              new tokens at most; default: up to the description's limit
  --beam N             beam search with N beams; --length-penalty A (default 1)
  --results N          the N best sequences of each row: [batch, N, n]
  --temperature T      draw tokens instead of taking the likeliest; --top-k K, --top-p P, --seed S
  --logits F           write the logits of the chosen positions [batch, n, vocabulary] to F.npy;
                       NaN where a row has ended before

i32 inputs take integers that fit, f32 inputs take f16, bf16 and f64 too. Inputs that no requested output
needs may be left out. Exit status: 0, 1 (files and what is in them), 2 (usage).

examples:
  )" + program + R"( --input ids=ids.npy --input lengths=lengths.npy --output embedding=out.npy
  )" + program + R"( --input batch.safetensors --output out.npz --threads 2
  )" + program + R"( --random-inputs 1 --dim batch=1 --dim seq=128 --bench 100
  )" + program + R"( --generate --input 'tokens=[[464, 3290]]' --max 20
)";
}
