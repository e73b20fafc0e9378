//===- Cli.cpp - the command line of `weft run` and of executable artifacts ----------------------------------===//
#include "runtime/cli/Cli.h"
#include "runtime/cli/DescribeText.h"
#include "runtime/cli/Inputs.h"
#include "runtime/cli/Outputs.h"
#include "runtime/cli/Peak.h"
#include "runtime/cli/Trace.h"
#include "runtime/io/Json.h"
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <new>

using namespace weft;
using namespace weft::cli;
using io::Error;

namespace {

/// An opened model with one context; every call goes through the artifact's own runtime.
class Session {
public:
  explicit Session(const weft_model_descriptor &model) : model(model), api(*model.api) {}
  Session(const Session &) = delete;
  Session &operator=(const Session &) = delete;
  ~Session() {
    api.context_destroy(context);
    api.close(handle);
  }

  /// Target and weights.
  Error open(const RunOptions &options) {
    char message[512] = "";
    weft_options open = {};
    open.threads = options.threads;
    open.verify_weights = options.verifyWeights;
    open.weights_file = options.weightsFile.empty() ? nullptr : options.weightsFile.c_str();
    open.target = options.target.empty() ? nullptr : options.target.c_str();
    open.error = message;
    open.error_size = sizeof message;
    return api.open(&model, &handle, &open) ? Error(message) : io::success();
  }

  /// Memory for these dims, and threads.
  Error prepare(const std::vector<int64_t> &dims) {
    char message[512] = "";
    weft_context_options create = {};
    create.dim_limits = dims.data();
    create.error = message;
    create.error_size = sizeof message;
    return api.context_create(handle, &context, &create) ? Error(message) : io::success();
  }

  /// Lays out the arguments as NAME_run_args has them.
  void setArguments(const BoundInputs &inputs, std::vector<std::optional<io::Tensor>> &outputs) {
    static_assert(sizeof(void *) == 8, "pointers and dimensions have the same size");
    arguments.clear();
    for (int64_t dim : inputs.dims)
      arguments.push_back(uint64_t(dim));
    static const uint8_t nothing = 0; // an empty tensor is given, though it has no bytes
    for (const auto &tensor : inputs.tensors)
      arguments.push_back(!tensor ? 0 : reinterpret_cast<uint64_t>(tensor->data.empty() ? &nothing : tensor->data.data()));
    for (auto &tensor : outputs)
      arguments.push_back(!tensor ? 0 : reinterpret_cast<uint64_t>(tensor->data.empty() ? &nothing : tensor->data.data()));
  }

  Error run() {
    weft_status status = api.run(context, arguments.data());
    if (status == WEFT_OK)
      return io::success();
    std::string message = api.message(context);
    return message.empty() ? "the run failed with status " + std::to_string(status) : message;
  }

  Error profile(Profile &profile) {
    std::vector<weft_profile_event> events(size_t(profile.threads) << 16);
    if (api.profile_start(context, events.data(), int64_t(events.size())))
      return Error(api.message(context));
    Error error = run();
    events.resize(size_t(api.profile_stop(context, nullptr)));
    profile.events = std::move(events);
    profile.target = target();
    return error;
  }

  const char *target() const { return api.target(handle); }

private:
  const weft_model_descriptor &model;
  const weft_runtime_api &api;
  weft_model *handle = nullptr;
  weft_context *context = nullptr;
  std::vector<uint64_t> arguments;
};

/// Runs until 50 ms or 3 runs are behind us, then N times; returns milliseconds in ascending order.
Error bench(Session &session, int64_t runs, std::vector<double> &times) {
  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); };
  Clock::time_point warm = Clock::now();
  for (int64_t i = 0; i < 3 || since(warm) < 50; ++i)
    if (Error error = session.run())
      return error;
  for (int64_t i = 0; i < runs; ++i) {
    Clock::time_point begin = Clock::now();
    if (Error error = session.run())
      return error;
    times.push_back(since(begin));
  }
  std::sort(times.begin(), times.end());
  return io::success();
}

void printBench(const weft_model_descriptor &model, const RunOptions &options, const BoundInputs &inputs,
                const Session &session, const std::vector<double> &times) {
  size_t n = times.size();
  double median = n % 2 ? times[n / 2] : (times[n / 2 - 1] + times[n / 2]) / 2;
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
  if (Error error = session.profile(profile))
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
    return error;
  if (options.benchRuns) {
    std::vector<double> times;
    if (Error error = bench(session, options.benchRuns, times))
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
    fputs(helpText(program).c_str(), stdout);
  else
    *status = report(program, problem + " (--help shows all options)", kUsage);
  return std::nullopt;
}

int weft::cli::runModel(const weft_model_descriptor &model, const RunOptions &options, const std::string &program) {
  if (model.abi_version != WEFT_ABI_VERSION || model.descriptor_bytes != sizeof(weft_model_descriptor))
    return report(program, "the artifact was made by another version of weft", kFailure);
  if (options.describe) {
    fputs(options.json ? (describeJson(model) + "\n").c_str() : describeText(model).c_str(), stdout);
    return kSuccess;
  }
  if (options.generate)
    return report(program, "model '" + std::string(model.name) + "' was compiled without generation", kFailure);
  Error error;
  try {
    error = runAndWrite(model, options);
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
