//===- Model.cpp - opening a model: version, target, weights -------------------------------------------------===//
#include "Internal.h"
#include <string.h>

using namespace weft::rt;

const weft_runtime_api weft_rt_api = {
    WEFT_ABI_VERSION,      sizeof(weft_runtime_api), weft_rt_open,        weft_rt_close,    weft_rt_context_create,
    weft_rt_context_destroy, weft_rt_run,            weft_rt_message,     weft_rt_arena_bytes, weft_rt_describe,
    weft_rt_target,        weft_rt_profile_start,    weft_rt_profile_stop, weft_rt_prefill,    weft_rt_step,
    weft_rt_generate,      weft_rt_cache_bytes,      weft_rt_cache_use,    {}};

static weft_status checkDescriptor(const weft_model_descriptor &d, Message message) {
  if (d.abi_version != WEFT_ABI_VERSION || d.descriptor_bytes != sizeof(weft_model_descriptor))
    return fail(message, WEFT_ERROR_VERSION, "the artifact has interface version %u, this runtime has %u",
                d.abi_version, unsigned(WEFT_ABI_VERSION));
  if (d.dim_count > WEFT_MAX_DIMS || d.input_count > WEFT_MAX_TENSORS || d.output_count > WEFT_MAX_TENSORS)
    return fail(message, WEFT_ERROR_VERSION, "the artifact has more dimensions, inputs or outputs than this runtime takes");
  return WEFT_OK;
}

static weft_status selectTarget(weft_model &model, const char *wanted, Message message) {
  const weft_model_descriptor &d = *model.descriptor;
  int32_t index = chooseTarget(d, wanted, hostFeatures());
  if (index >= 0) {
    model.target = &d.targets[index];
    return WEFT_OK;
  }
  char names[256];
  TextSink sink{names, sizeof names};
  names[0] = 0;
  bool known = false;
  for (int32_t t = 0; t < d.target_count; ++t) {
    sink.print("%s%s", t ? ", " : "", d.targets[t].name);
    known |= wanted && strcmp(wanted, d.targets[t].name) == 0;
  }
  if (wanted && !known)
    return fail(message, WEFT_ERROR_TARGET, "model '%s' has no target '%s'; it was compiled for %s", d.name, wanted, names);
  return fail(message, WEFT_ERROR_TARGET, "this processor can't run target %s of model '%s'", wanted ? wanted : names, d.name);
}

weft_status weft_rt_open(const weft_model_descriptor *descriptor, weft_model **out, const weft_options *given) {
  weft_options options = {};
  if (given)
    options = *given;
  Message message{options.error, options.error_size};
  if (!descriptor || !out)
    return fail(message, WEFT_ERROR_ARGUMENT, "the model handle is NULL");
  *out = nullptr;
  if (weft_status status = checkDescriptor(*descriptor, message))
    return status;
  if (options.threads < 0 || options.threads > WEFT_MAX_THREADS)
    return fail(message, WEFT_ERROR_ARGUMENT, "%d threads, expected 1..%d", options.threads, WEFT_MAX_THREADS);
  if (!options.allocator.allocate != !options.allocator.release)
    return fail(message, WEFT_ERROR_ARGUMENT, "an allocator needs both allocate and release");
  auto *model = static_cast<weft_model *>(allocate(options.allocator, sizeof(weft_model)));
  if (!model)
    return fail(message, WEFT_ERROR_MEMORY, "can't allocate %zu bytes for model '%s'", sizeof(weft_model), descriptor->name);
  *model = {};
  model->descriptor = descriptor;
  model->options = options;
  weft_status status = selectTarget(*model, options.target, message);
  if (!status)
    status = openWeights(*model, options, message);
  if (status) {
    weft_rt_close(model);
    return status;
  }
  model->options.threads = options.threads ? options.threads : 1;
  model->options.weights_file = model->options.target = nullptr;
  model->options.error = nullptr;
  *out = model;
  return WEFT_OK;
}

void weft_rt_close(weft_model *model) {
  if (!model)
    return;
  closeWeights(*model);
  weft_allocator allocator = model->options.allocator;
  release(allocator, model, sizeof(weft_model));
}

const char *weft_rt_target(const weft_model *model) { return model ? model->target->name : ""; }
