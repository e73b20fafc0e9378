//===- Session.h - an opened model on the command line, and how long its runs take ------------------------------===//
#ifndef WEFT_RUNTIME_CLI_SESSION_H
#define WEFT_RUNTIME_CLI_SESSION_H

#include "runtime/cli/Inputs.h"
#include "runtime/cli/Trace.h"
#include <algorithm>
#include <chrono>

namespace weft::cli {

using io::Error;

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

  /// Records what `work` runs.
  template <typename Work> Error profile(Profile &profile, Work work) {
    std::vector<weft_profile_event> events(size_t(profile.threads) << 16);
    if (api.profile_start(context, events.data(), int64_t(events.size())))
      return Error(api.message(context));
    Error error = work();
    events.resize(size_t(api.profile_stop(context, nullptr)));
    profile.events = std::move(events);
    profile.target = target();
    return error;
  }

  /// NAME_generate's arguments.
  Error generate(const void *args, const weft_generate_options &how) {
    weft_status status = api.generate(context, args, &how);
    if (status == WEFT_OK)
      return io::success();
    std::string message = api.message(context);
    return message.empty() ? "the generation failed with status " + std::to_string(status) : message;
  }

  const char *target() const { return api.target(handle); }

private:
  const weft_model_descriptor &model;
  const weft_runtime_api &api;
  weft_model *handle = nullptr;
  weft_context *context = nullptr;
  std::vector<uint64_t> arguments;
};

/// Runs until 50 ms or 3 runs are behind us, then N times; gives milliseconds in ascending order.
template <typename Work> Error bench(Work work, int64_t runs, std::vector<double> &times) {
  using Clock = std::chrono::steady_clock;
  auto since = [](Clock::time_point begin) { return std::chrono::duration<double, std::milli>(Clock::now() - begin).count(); };
  Clock::time_point warm = Clock::now();
  for (int64_t i = 0; i < 3 || since(warm) < 50; ++i)
    if (Error error = work())
      return error;
  for (int64_t i = 0; i < runs; ++i) {
    Clock::time_point begin = Clock::now();
    if (Error error = work())
      return error;
    times.push_back(since(begin));
  }
  std::sort(times.begin(), times.end());
  return io::success();
}

inline double medianOf(const std::vector<double> &sorted) {
  size_t n = sorted.size();
  return n % 2 ? sorted[n / 2] : (sorted[n / 2 - 1] + sorted[n / 2]) / 2;
}

} // namespace weft::cli

#endif
