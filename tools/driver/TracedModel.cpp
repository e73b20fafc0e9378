// Loads and runs traced models.
#include "tools/driver/TracedModel.h"
#include "runtime/cli/Outputs.h"
#include <dlfcn.h>

using namespace llvm;
using namespace weft;
using namespace weft::tools;

Expected<std::unique_ptr<TracedModel>> TracedModel::load(StringRef path, StringRef name) {
  std::unique_ptr<TracedModel> traced(new TracedModel());
  traced->library = dlopen(path.str().c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!traced->library)
    return createStringError(Twine("can't load the compiled model: ") + dlerror());
  auto function = reinterpret_cast<weft_artifact_function>(dlsym(traced->library, WEFT_ARTIFACT_SYMBOL));
  traced->hook = static_cast<void **>(dlsym(traced->library, (name + "_trace").str().c_str()));
  if (!function)
    return createStringError("internal error: the compiled model has no descriptor");
  traced->model = function();
  return std::move(traced);
}

TracedModel::~TracedModel() {
  if (library)
    dlclose(library);
}

/// The watcher of the run that is on in this thread: the hook is a plain C function.
static thread_local TracedModel::Watcher *currentWatcher = nullptr;

static void onLaunch(int32_t launch, int64_t layer, const void *const *results) { (*currentWatcher)(launch, layer, results); }

Expected<std::vector<io::Tensor>> TracedModel::run(const cli::BoundInputs &inputs, Watcher watch) {
  uint64_t wanted = model->output_count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << model->output_count) - 1;
  std::vector<std::optional<io::Tensor>> outputs;
  if (io::Error error = cli::makeOutputs(*model, inputs.dims, wanted, outputs))
    return createStringError(error.text());
  std::vector<uint64_t> words(inputs.dims.begin(), inputs.dims.end());
  static const uint8_t nothing = 0;
  auto address = [&](const std::vector<uint8_t> &data) {
    return reinterpret_cast<uint64_t>(data.empty() ? &nothing : data.data());
  };
  for (const auto &tensor : inputs.tensors)
    words.push_back(tensor ? address(tensor->data) : 0);
  for (const auto &tensor : outputs)
    words.push_back(address(tensor->data));

  const weft_runtime_api &api = *model->api;
  char message[512] = "";
  weft_options open = {};
  open.error = message;
  open.error_size = sizeof message;
  weft_model *handle = nullptr;
  weft_context *context = nullptr;
  if (api.open(model, &handle, &open))
    return createStringError("can't open the compiled model: " + Twine(message));
  weft_context_options create = {};
  create.dim_limits = inputs.dims.data();
  create.error = message;
  create.error_size = sizeof message;
  Error failed = Error::success();
  if (api.context_create(handle, &context, &create)) {
    failed = createStringError("can't make a context: " + Twine(message));
  } else {
    currentWatcher = &watch;
    if (hook)
      *hook = reinterpret_cast<void *>(onLaunch);
    if (api.run(context, words.data()))
      failed = createStringError("the compiled model fails: " + Twine(api.message(context)));
    currentWatcher = nullptr;
    if (hook)
      *hook = nullptr;
  }
  api.context_destroy(context);
  api.close(handle);
  if (failed)
    return std::move(failed);
  std::vector<io::Tensor> all;
  for (auto &tensor : outputs)
    all.push_back(std::move(*tensor));
  return std::move(all);
}
