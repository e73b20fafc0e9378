//===- Cli.cpp - the command line of `weft run` and of executable artifacts ----------------------------------===//
#include "runtime/cli/Cli.h"
#include "runtime/cli/DescribeText.h"
#include "runtime/cli/Generate.h"
#include "runtime/cli/Outputs.h"
#include "runtime/cli/Peak.h"
#include "runtime/cli/Session.h"
#include "runtime/io/Json.h"
#include <cstdio>
#include <new>

using namespace weft;
using namespace weft::cli;
using io::Error;

namespace {

void printBench(const weft_model_descriptor &model, const RunOptions &options, const BoundInputs &inputs,
                const Session &session, const std::vector<double> &times) {
  double median = medianOf(times);
  size_t n = times.size();
  printf("{\"model\":%s,\"target\":%s,\"threads\":%d,\"dims\":{", io::jsonString(model.name).c_str(),
         io::jsonString(session.target()).c_str(), options.threads);
  for (int32_t d = 0; d < model.dim_count; ++d)
    printf("%s\"%s\":%lld", d ? "," : "", model.dims[d].name, static_cast<long long>(inputs.dims[size_t(d)]));
  printf("},\"runs\":%zu,\"min_ms\":%.4f,\"median_ms\":%.4f,\"max_ms\":%.4f}\n", n, times.front(), median, times.back());
}

void printSummaries(const weft_model_descriptor &model, const std::vector<std::optional<io::Tensor>> &outputs, bool json) {
  bool first = true;
  if (json)
    printf("{\"model\":%s,\"outputs\":[", io::jsonString(model.name).c_str());
  for (int32_t o = 0; o < model.output_count; ++o) {
    const auto &tensor = outputs[size_t(o)];
    if (!tensor)
      continue;
    if (json)
      printf("%s%s", first ? "" : ",", summaryJson(model.outputs[o].name, *tensor).c_str());
    else
      printf("%s\n", summaryText(model.outputs[o].name, *tensor).c_str());
    first = false;
  }
  if (json)
    printf("]}\n");
}

Error takeProfile(const weft_model_descriptor &model, const RunOptions &options, const BoundInputs &inputs, Session &session) {
  Profile profile;
  profile.dims = inputs.dims;
  profile.threads = options.threads;
  if (Error error = session.run()) // first touch of weights and arena is no kernel's time
    return error;
  if (Error error = session.profile(profile, [&] { return session.run(); }))
    return error;
  profile.peakGflops = measureFmaPeak();
  if (Error error = writeTrace(options.profileFile, model, profile))
    return error;
  if (!options.quiet && !options.json)
    fputs(profileTable(model, profile).c_str(), stdout);
  return io::success();
}

Error runAndWrite(const weft_model_descriptor &model, const RunOptions &options) {
  uint64_t wanted;
  BoundInputs inputs;
  std::vector<std::optional<io::Tensor>> outputs;
  if (Error error = wantedOutputs(model, options, wanted))
    return error;
  Session session(model);
  if (Error error = session.open(options))
    return error;
  if (Error error = bindInputs(model, options, wanted, inputs))
    return error;
  if (Error error = makeOutputs(model, inputs.dims, wanted, outputs))
    return error;
  if (Error error = session.prepare(inputs.dims))
    return error;
  session.setArguments(inputs, outputs);
  if (Error error = session.run())
    return withSource(model, inputs, error.text());
  if (options.benchRuns) {
    std::vector<double> times;
    if (Error error = bench([&] { return session.run(); }, options.benchRuns, times))
      return error;
    printBench(model, options, inputs, session, times);
  }
  if (!options.profileFile.empty())
    if (Error error = takeProfile(model, options, inputs, session))
      return error;
  if (Error error = writeOutputs(model, options, outputs))
    return error;
  bool summarise = options.outputs.empty() && !options.benchRuns && !options.quiet;
  if (summarise)
    printSummaries(model, outputs, options.json);
  return io::success();
}

} // namespace

int weft::cli::report(const std::string &program, const std::string &text, ExitStatus status) {
  fprintf(stderr, "%s: error: %s\n", program.c_str(), text.c_str());
  return status;
}

int weft::cli::print(const std::string &program, const std::string &text) {
  fputs(text.c_str(), stdout);
  return fflush(stdout) == 0 ? int(kSuccess) : report(program, "can't write to standard output", kFailure);
}

std::optional<RunOptions> weft::cli::readOptions(const std::vector<std::string> &arguments, const std::string &program,
                                                 size_t positional, int *status) {
  RunOptions options;
  std::string problem = parseOptions(arguments, options);
  if (problem.empty() && options.positional.size() > positional)
    problem = "unexpected argument '" + options.positional[positional] + "'";
  *status = kSuccess;
  if (problem.empty() && !options.help)
    return options;
  if (problem.empty())
    *status = print(program, helpText(program));
  else
    *status = report(program, problem + " (--help shows all options)", kUsage);
  return std::nullopt;
}

int weft::cli::runModel(const weft_model_descriptor &model, const RunOptions &options, const std::string &program) {
  if (model.abi_version != WEFT_ABI_VERSION || model.descriptor_bytes != sizeof(weft_model_descriptor))
    return report(program, "the artifact was made by another version of weft", kFailure);
  if (options.describe)
    return print(program, options.json ? describeJson(model) + "\n" : describeText(model));
  Error error;
  try {
    error = options.generate ? generateAndWrite(model, options) : runAndWrite(model, options);
  } catch (const std::bad_alloc &) { // the standard library's only way to say so
    error = Error("not enough memory for the inputs and outputs");
  }
  if (!error && fflush(stdout) != 0)
    error = Error("can't write to standard output");
  return error ? report(program, error.text(), kFailure) : int(kSuccess);
}

int weft_cli_main(const weft_model_descriptor *model, int argc, char **argv) {
  std::string program = argc > 0 ? argv[0] : model->name;
  std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
  int status;
  std::optional<RunOptions> options = readOptions(arguments, program, 0, &status);
  return options ? runModel(*model, *options, program) : status;
}
