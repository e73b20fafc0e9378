// weft.hpp: compiled models in C++, with handles that clean up after themselves. Header-only, C++17.
//
//   #include "embedder.h"
//   #include "weft.hpp"
//   weft::Model model(embedder_descriptor());
//   weft::Context context(model);
//   context.run(embedder_run_args{batch, seq, ids, types, lengths, embedding});
//
// Failures throw weft::Error, which carries the status and the message; tryRun returns the status instead.
#ifndef WEFT_HPP
#define WEFT_HPP

#include "Descriptor.h"
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace weft {

/// What a call came to, with the message that names tensor, given and expected.
class Error : public std::runtime_error {
public:
  Error(weft_status status, const char *message) : std::runtime_error(message), code(status) {}
  weft_status status() const { return code; }

private:
  weft_status code;
};

/// Options of a model; what stays unset is the default.
struct Options {
  int threads = 1;            ///< of each context, the caller's included
  std::string weightsFile;    ///< packed weights, for models compiled with --weights-file
  std::string target;         ///< one of the compiled targets; empty: the best that runs here
  bool verifyWeights = false; ///< hash the whole weights file at opening
  bool mapWeights = false;    ///< read the weights where the file is mapped: shared by processes, but slower (weft.h)
};

/// An opened model: immutable, may be shared by threads, must outlive its contexts.
class Model {
public:
  /// Throws WEFT_ERROR_TARGET, WEFT_ERROR_WEIGHTS, WEFT_ERROR_VERSION, WEFT_ERROR_MEMORY, WEFT_ERROR_ARGUMENT.
  explicit Model(const weft_model_descriptor *descriptor, const Options &options = {}) : about(descriptor) {
    char message[512] = "";
    weft_options open = {};
    open.threads = options.threads;
    open.verify_weights = options.verifyWeights;
    open.map_weights = options.mapWeights;
    open.weights_file = options.weightsFile.empty() ? nullptr : options.weightsFile.c_str();
    open.target = options.target.empty() ? nullptr : options.target.c_str();
    open.error = message;
    open.error_size = sizeof message;
    if (weft_status status = about->api->open(about, &handle, &open))
      throw Error(status, message);
  }
  Model(Model &&other) noexcept : about(other.about), handle(std::exchange(other.handle, nullptr)) {}
  Model &operator=(Model &&other) noexcept {
    std::swap(about, other.about);
    std::swap(handle, other.handle);
    return *this;
  }
  ~Model() { about->api->close(handle); }

  const weft_model_descriptor &descriptor() const { return *about; }
  const weft_model *get() const { return handle; }
  /// Name of the target that was chosen, "x86-64-v4".
  std::string target() const { return about->api->target(handle); }
  /// What the model says of itself, as JSON.
  std::string describe() const {
    std::string text(about->api->describe(about, nullptr, 0) + 1, '\0');
    about->api->describe(about, text.data(), text.size());
    text.pop_back();
    return text;
  }

private:
  const weft_model_descriptor *about;
  weft_model *handle = nullptr;
};

/// Memory and threads of one caller at a time.
class Context {
public:
  /// `dimLimits`: largest size of each dimension, in declared order, that runs will have; empty: the bounds.
  /// Throws WEFT_ERROR_MEMORY, WEFT_ERROR_THREADS, WEFT_ERROR_DIM_BOUNDS, WEFT_ERROR_ARGUMENT.
  explicit Context(const Model &model, const std::vector<int64_t> &dimLimits = {}) : about(&model.descriptor()) {
    char message[512] = "";
    weft_context_options create = {};
    if (!dimLimits.empty() && dimLimits.size() != size_t(about->dim_count))
      throw Error(WEFT_ERROR_ARGUMENT, "as many limits as dimensions are needed");
    create.dim_limits = dimLimits.empty() ? nullptr : dimLimits.data();
    create.error = message;
    create.error_size = sizeof message;
    if (weft_status status = about->api->context_create(model.get(), &handle, &create))
      throw Error(status, message);
  }
  Context(Context &&other) noexcept : about(other.about), handle(std::exchange(other.handle, nullptr)) {}
  Context &operator=(Context &&other) noexcept {
    std::swap(about, other.about);
    std::swap(handle, other.handle);
    return *this;
  }
  ~Context() { about->api->context_destroy(handle); }

  /// One run; `args` is the model's NAME_run_args. Throws what NAME_run returns.
  template <typename Args> void run(const Args &args) {
    if (weft_status status = tryRun(args))
      throw Error(status, about->api->message(handle));
  }
  /// The same without exceptions; message() says more.
  template <typename Args> weft_status tryRun(const Args &args) {
    if (sizeof(Args) != 8 * size_t(about->dim_count + about->input_count + about->output_count))
      return WEFT_ERROR_ARGUMENT; // the arguments of another model
    return about->api->run(handle, &args);
  }
  /// Prompt, steps and choices in one call; `args` is the model's NAME_generate_args, `how` begins as WEFT_GENERATE_DEFAULTS. Throws what
  /// NAME_generate returns.
  template <typename Args> void generate(const Args &args, const weft_generate_options &how) {
    check(sizeof(Args) == argumentBytes(5) ? about->api->generate(handle, &args, &how) : WEFT_ERROR_ARGUMENT);
  }
  /// Begins sequences; `args` is the model's NAME_prefill_args.
  template <typename Args> void prefill(const Args &args) {
    check(sizeof(Args) == argumentBytes(2) ? about->api->prefill(handle, &args) : WEFT_ERROR_ARGUMENT);
  }
  /// Appends a token to each sequence.
  void step(const weft_step_args &args) { check(about->api->step(handle, &args)); }
  /// Works on the caller's cache from now on (zeros at first, aligned to 64 bytes, `cacheBytes` long), or with null on its own.
  void useCache(void *memory, size_t bytes) { check(about->api->cache_use(handle, memory, bytes)); }
  /// Bytes of a cache at these limits of the dimensions; empty: the bounds.
  int64_t cacheBytes(const std::vector<int64_t> &dimLimits = {}) const {
    return about->api->cache_bytes(about, dimLimits.empty() ? nullptr : dimLimits.data());
  }

  const char *message() const { return about->api->message(handle); }

private:
  size_t argumentBytes(int more) const { return 8 * size_t(about->dim_count + about->input_count + more); }
  void check(weft_status status) {
    if (status)
      throw Error(status, about->api->message(handle));
  }

  const weft_model_descriptor *about;
  weft_context *handle = nullptr;
};

} // namespace weft

#endif
