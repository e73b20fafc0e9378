// weft verify: the compiled model against the double-precision reference, launch by launch.
#include "tools/driver/Command.h"
#include "tools/driver/Verifier.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/FormatVariadic.h"
#include "llvm/Support/JSON.h"
#include <cmath>

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static constexpr HelpText kHelp = {
    "weft verify M.weft [options]",
    "Compiles the model, runs it and the double-precision reference on the same inputs, compares every launch in the order of\n"
    "execution and every output, and names the first that leaves the tolerance (status 1).",
    "  weft verify bert.weft --weights minilm/\n"
    "  weft verify bert.weft --config config.json --random-weights=1 --sizes batch=2,seq=33 --target=x86-64-v3\n"
    "  weft verify bert.weft --weights minilm/ --input ids=ids.npy --input types=types.npy --input lengths=lengths.npy\n"};

static std::string placeText(const SourcePlace &place) {
  return place.file.empty() ? "" : " (" + place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column) + ")";
}

static void printJson(ArrayRef<Difference> differences, double tolerance) {
  json::Array rows;
  for (const Difference &one : differences)
    rows.push_back(json::Object{{"what", one.what}, {"file", one.place.file}, {"line", one.place.line},
                                {"error", std::isfinite(one.error) ? json::Value(one.error) : json::Value("infinite")},
                                {"ok", one.error <= tolerance}});
  outs() << json::Value(json::Object{{"tolerance", tolerance}, {"compared", std::move(rows)}}) << '\n';
}

static Error judge(ArrayRef<Difference> differences, const CompileOptions &options, double tolerance) {
  double worst = 0;
  for (const Difference &one : differences) {
    worst = std::max(worst, one.error);
    if (!options.quiet && !options.json)
      outs() << (one.error <= tolerance ? "ok    " : "WRONG ") << format("%9.2e  ", one.error) << one.what << placeText(one.place)
             << '\n';
  }
  if (options.json)
    printJson(differences, tolerance);
  for (const Difference &one : differences)
    if (!(one.error <= tolerance))
      return createStringError(formatv("{0} differs from the reference by {1:e2} of its largest value, tolerance {2:e2}{3}; it is the "
                                       "first to leave it",
                                       one.what, one.error, tolerance, placeText(one.place)));
  if (!options.quiet && !options.json)
    outs() << differences.size() << " compared, largest difference " << format("%.2e", worst) << " of the largest value\n";
  return Error::success();
}

static Expected<VerifyOptions> readVerifyOptions(const ParsedOptions &parsed) {
  VerifyOptions options;
  Expected<std::vector<TargetInfo>> targets = readTargets(parsed.get("--target", "native"));
  if (!targets)
    return targets.takeError();
  if (targets->size() != 1)
    return usageError("weft verify runs one target at a time");
  options.target = targets->front();
  options.inputs = parsed.all("--input");
  if (StringRef(parsed.get("--tolerance", "1e-4")).getAsDouble(options.tolerance) || !(options.tolerance >= 0))
    return usageError("'" + parsed.get("--tolerance", "") + "' is no tolerance: expected a number such as 1e-4");
  if (StringRef(parsed.get("--seed", "1")).getAsInteger(10, options.seed))
    return usageError("'" + parsed.get("--seed", "") + "' is no seed: expected a number from 0 on");
  return options;
}

int weft::tools::verifyMain(ArrayRef<std::string> arguments) {
  SmallVector<OptionRow> rows{{"--input", "name=F", "an input from a file, as weft run takes it; others are drawn"},
                              {"--seed", "N", "of the inputs that are drawn; default 1"},
                              {"--target", "T", "what to compile for and run; default native"},
                              {"--tolerance", "X", "largest difference, relative to the largest value; default 1e-4"}};
  append_range(rows, sourceTable());
  Expected<ParsedOptions> parsed = parseOptions(rows, arguments);
  if (!parsed)
    return endWith(parsed.takeError());
  if (parsed->has("--help"))
    return printHelp(kHelp, rows), kSuccess;
  Expected<CompileOptions> options = readSourceOptions(*parsed);
  if (!options)
    return endWith(options.takeError());
  Expected<VerifyOptions> verify = readVerifyOptions(*parsed);
  if (!verify)
    return endWith(verify.takeError());
  Progress progress(options->quiet);
  Session session(*options, progress);
  Expected<std::vector<Difference>> differences = verifyModel(session, *options, *verify, progress);
  progress.clear();
  if (!differences)
    return endWith(differences.takeError(), session);
  return endWith(judge(*differences, *options, verify->tolerance), session);
}
