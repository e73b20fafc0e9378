// Reads the options of compilations.
#include "tools/driver/CompileOptions.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

namespace {

struct KindRow {
  const char *name, *suffix;
  EmitKind kind;
};
constexpr KindRow kKinds[] = {
    {"ast", nullptr, EmitKind::Ast},        {"ir", ".mlir", EmitKind::Ir},     {"ir-fused", nullptr, EmitKind::IrFused},
    {"ir-kernels", nullptr, EmitKind::IrKernels}, {"llvm", ".ll", EmitKind::Llvm},   {"halide", nullptr, EmitKind::Halide},
    {"asm", ".s", EmitKind::Asm},           {"obj", ".o", EmitKind::Obj},      {"static", ".a", EmitKind::Static},
    {"shared", ".so", EmitKind::Shared},    {"exe", "", EmitKind::Exe}};

#define WEFT_SOURCE_ROWS                                                                                                         \
  {"--config", "C.json", "the checkpoint's config.json, read by config(...)"},                                                   \
      {"--weights", "W", "a .safetensors file, a sharded index .json, or a checkpoint folder\n(whose config.json is read too)"}, \
      {"--random-weights", "SEED", "draw the weights from a seed instead"}, {"-D", "name=value", "override a const"},           \
      {"-I", "DIR", "look for imports here too"}, {"--quiet", nullptr, "print errors only"},                                     \
      {"--sizes", "dim=N[,dim=N]", "sizes of dimensions at which costs are given too"},                                       \
      {"--json", nullptr, "answer in JSON"}, {"--help", nullptr, "this text"}

constexpr OptionRow kSourceRows[] = {WEFT_SOURCE_ROWS};
constexpr OptionRow kCompileRows[] = {
    {"-o", "OUT", "the output; its suffix says what it is: .o .a .so .mlir .ll .s,\nnone: an executable"},
    {"--emit", "KIND", "ast, ir, ir-fused, ir-kernels, llvm, halide, asm, obj, static,\nshared or exe"},
    {"--target", "T[,T]", "x86-64-v2, x86-64-v3, x86-64-v4, native, aarch64;\ndefault x86-64-v3,x86-64-v4, chosen when loaded"},
    {"--name", "NAME", "names the C interface; default: the output's stem"},
    {"--precision", "P", "f32"},
    {"--strassen", nullptr, "multiply long inputs by fewer products (about a tenth faster from 128\nrows on), with twice the memory for such weights"},
    {"--weights-file", nullptr, "weights in NAME.weights beside the output, mapped at load"},
    {"--depfile", "F", "write what the output depends on, for make and ninja"},
    {"--cache-dir", "D", "keep artifacts here, and take them from here when nothing\nchanged"},
    {"--print-ir-after", "PASS", "print the IR after a pass"},
    {"--print-ir-after-all", nullptr, "print the IR after every pass"},
    {"--dump-dir", "D", "write the IR after every pass, each kernel's loop nest and\nassembly"},
    {"--timing", nullptr, "say where the time went"},
    {"--report", "F.html", "write what explain says, with pictures"},
    {"--require-fusion", nullptr, "a missed fusion is an error"},
    {"--dry-run", nullptr, "parameters, flops and bytes, without compiling"},
    WEFT_SOURCE_ROWS};

} // namespace

ArrayRef<OptionRow> weft::tools::compileTable() { return kCompileRows; }
ArrayRef<OptionRow> weft::tools::sourceTable() { return kSourceRows; }

std::string weft::tools::identifierOf(StringRef stem) {
  std::string name;
  for (char c : stem)
    name += isAlnum(c) ? c : '_';
  if (name.empty() || isDigit(name[0]))
    name = "_" + name;
  return name;
}

Expected<std::vector<TargetInfo>> weft::tools::readTargets(StringRef list) {
  std::vector<std::string> order = targetNames(); // rows stand weakest first, native last
  std::vector<std::pair<size_t, TargetInfo>> rows;
  SmallVector<StringRef> words;
  list.split(words, ',');
  for (StringRef word : words) {
    Expected<TargetInfo> target = findTarget(word.trim());
    if (!target)
      return usageError(toString(target.takeError()));
    auto rank = size_t(find(order, word.trim()) - order.begin());
    if (none_of(rows, [&](const auto &row) { return row.first == rank; }))
      rows.push_back({rank, std::move(*target)});
  }
  sort(rows, [](const auto &lhs, const auto &rhs) { return lhs.first < rhs.first; });
  std::vector<TargetInfo> targets;
  for (auto &row : rows) {
    if (!targets.empty() && targets.front().triple != row.second.triple)
      return usageError("targets '" + targets.front().name + "' and '" + row.second.name + "' can't share one artifact");
    targets.push_back(std::move(row.second));
  }
  return targets;
}

static Expected<uint64_t> readSeed(StringRef text) {
  uint64_t seed;
  if (text.getAsInteger(10, seed))
    return usageError("'" + text + "' is no seed for --random-weights: expected a number from 0 on");
  return seed;
}

Expected<CompileOptions> weft::tools::readSourceOptions(const ParsedOptions &parsed) {
  CompileOptions options;
  if (parsed.positional.size() != 1)
    return usageError(parsed.positional.empty() ? Twine("no input file")
                                                : "one input file at a time, got also '" + parsed.positional[1] + "'");
  options.input = parsed.positional[0];
  options.config = parsed.get("--config", "");
  options.weights = parsed.get("--weights", "");
  options.includes = parsed.all("-I");
  options.quiet = parsed.has("--quiet");
  options.json = parsed.has("--json");
  if (std::optional<std::string> text = parsed.get("--random-weights")) {
    Expected<uint64_t> seed = readSeed(*text);
    if (!seed)
      return seed.takeError();
    if (!options.weights.empty())
      return usageError("--weights and --random-weights exclude each other");
    options.randomSeed = *seed;
  }
  for (const std::string &list : parsed.all("--sizes"))
    for (StringRef word : split(list, ',')) {
      auto [name, number] = word.split('=');
      int64_t size;
      if (name.empty() || number.getAsInteger(10, size) || size < 0)
        return usageError("'" + word + "' is no size for --sizes: expected dim=N");
      options.sizes.push_back({name.str(), size});
    }
  for (const std::string &define : parsed.all("-D")) {
    auto [name, value] = StringRef(define).split('=');
    if (name.empty() || name.size() == define.size())
      return usageError("'-D " + define + "' has no value: expected -D name=value");
    options.defines.push_back({name.str(), value.str()});
  }
  return options;
}

static Expected<EmitKind> readKind(const ParsedOptions &parsed, StringRef output) {
  if (std::optional<std::string> word = parsed.get("--emit")) {
    SmallVector<StringRef> names;
    for (const KindRow &row : kKinds) {
      if (*word == row.name)
        return row.kind;
      names.push_back(row.name);
    }
    StringRef nearest = nearestWord(*word, names);
    return usageError("unknown kind '" + *word + "' for --emit" +
                      (nearest.empty() ? ": expected " + join(names, ", ") : "; did you mean '" + nearest.str() + "'?"));
  }
  StringRef suffix = sys::path::extension(output);
  for (const KindRow &row : kKinds)
    if (row.suffix && suffix == row.suffix)
      return row.kind;
  return usageError("the suffix of '" + output + "' says no kind of output: name it with --emit");
}

static Error settleOutput(const ParsedOptions &parsed, CompileOptions &options) {
  options.output = parsed.get("-o", "");
  Expected<EmitKind> kind = readKind(parsed, options.output);
  if (!kind)
    return kind.takeError();
  options.emit = *kind;
  StringRef stem = sys::path::stem(options.output.empty() ? options.input : options.output);
  if (options.output.empty()) {
    const KindRow *row = find_if(kKinds, [&](const KindRow &one) { return one.kind == options.emit; });
    options.output = options.emit >= EmitKind::Obj ? stem.str() + row->suffix : "-";
  }
  if (options.output == "-" && options.emit >= EmitKind::Obj)
    return usageError("objects, libraries and executables can't go to standard output");
  options.name = parsed.get("--name", identifierOf(stem));
  if (options.name != identifierOf(options.name))
    return usageError("'" + options.name + "' is no C identifier, as --name needs");
  if (StringRef(options.name).starts_with("weft_"))
    return usageError("a model can't be called '" + options.name + "': names that begin with weft_ are the runtime's; use --name");
  return Error::success();
}

static Error readPrecision(const ParsedOptions &parsed, CompileOptions &options) {
  options.precision = parsed.get("--precision", "f32");
  StringRef known[] = {"f32", "bf16", "int8", "int4"};
  if (!is_contained(known, options.precision))
    return usageError("unknown precision '" + options.precision + "': expected f32, bf16, int8 or int4");
  if (options.precision != "f32")
    return createStringError("precision " + options.precision + " can't be compiled yet; use f32");
  return Error::success();
}

/// The options that change what is compiled, for the artifact's record: file names without folders.
static std::string recordOf(const CompileOptions &options) {
  std::string text;
  auto add = [&](const Twine &word) { text += (text.empty() ? "" : " ") + word.str(); };
  for (const auto &[name, value] : options.defines)
    add("-D " + name + "=" + value);
  add("--target=" + join(map_range(options.targets, [](const TargetInfo &target) { return target.name; }), ","));
  if (options.randomSeed)
    add("--random-weights=" + std::to_string(*options.randomSeed));
  if (options.weightsFile)
    add("--weights-file");
  if (options.strassen)
    add("--strassen");
  return text;
}

Expected<CompileOptions> weft::tools::readCompileOptions(const ParsedOptions &parsed) {
  Expected<CompileOptions> options = readSourceOptions(parsed);
  if (!options)
    return options.takeError();
  if (Error error = settleOutput(parsed, *options))
    return std::move(error);
  if (Error error = readPrecision(parsed, *options))
    return std::move(error);
#if defined(__aarch64__)
  constexpr StringLiteral standard = "aarch64";
#else
  constexpr StringLiteral standard = "x86-64-v3,x86-64-v4";
#endif
  Expected<std::vector<TargetInfo>> targets = readTargets(parsed.get("--target", standard));
  if (!targets)
    return targets.takeError();
  options->targets = std::move(*targets);
  options->weightsFile = parsed.has("--weights-file");
  options->depfile = parsed.get("--depfile", "");
  options->cacheFolder = parsed.get("--cache-dir", "");
  options->dumpFolder = parsed.get("--dump-dir", "");
  options->report = parsed.get("--report", "");
  options->printAfter = parsed.all("--print-ir-after");
  options->printAfterAll = parsed.has("--print-ir-after-all");
  options->timing = parsed.has("--timing");
  options->requireFusion = parsed.has("--require-fusion");
  options->strassen = parsed.has("--strassen");
  options->dryRun = parsed.has("--dry-run");
  options->command = recordOf(*options);
  return options;
}
