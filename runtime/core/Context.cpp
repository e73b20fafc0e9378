//===- Context.cpp - a caller's memory and threads -----------------------------------------------------------===//
//
// All memory of a context is had at its creation: the arena for the largest dimensions that it serves, and behind
// it the outputs that the program writes though nobody asked for them. A run allocates nothing.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Generation.h"
#include <new>
#include <string.h>

using namespace weft::rt;

/// Upper bound of an output's bytes for dims up to the given ones; -1 on overflow.
static int64_t outputBytes(const weft_model_descriptor &d, const weft_tensor_info &tensor, const weft_dim_info *dims) {
  int64_t bytes = elementBytes(tensor.dtype);
  for (int32_t axis = 0; axis < tensor.rank; ++axis) {
    int64_t size = weft_expr_upper_bound(&tensor.shape[axis], dims, d.dim_count);
    if (size < 0 || __builtin_mul_overflow(bytes, size, &bytes))
      return -1;
  }
  return bytes > INT64_MAX - WEFT_ALIGNMENT ? -1 : int64_t(alignUp(uint64_t(bytes)));
}

static int64_t forwardBytes(const weft_model_descriptor *descriptor, const int64_t *dims, int32_t threads) {
  const weft_model_descriptor &d = *descriptor;
  weft_dim_info range[WEFT_MAX_DIMS] = {};
  int64_t largest[WEFT_MAX_DIMS] = {};
  for (int32_t i = 0; i < d.dim_count; ++i) {
    largest[i] = dims ? dims[i] : d.dims[i].hi;
    range[i] = {d.dims[i].name, dims ? dims[i] : d.dims[i].lo, largest[i]};
  }
  int64_t total = d.arena_bytes ? d.arena_bytes(largest, threads) : 0;
  if (total < 0 || total > INT64_MAX - WEFT_ALIGNMENT)
    return -1;
  total = int64_t(alignUp(uint64_t(total)));
  for (int32_t i = 0; i < d.output_count; ++i) {
    if (!(d.outputs[i].flags & WEFT_TENSOR_ALWAYS_WRITTEN))
      continue;
    int64_t bytes = outputBytes(d, d.outputs[i], range);
    if (bytes < 0 || __builtin_add_overflow(total, bytes, &total))
      return -1;
  }
  return total;
}

/// The arena of generation's programs for dims up to these; 0 without generation.
static int64_t generationBytes(const weft_model_descriptor &d, const int64_t *dims, int32_t threads) {
  int64_t all[WEFT_MAX_DIMS] = {};
  if (!d.generate)
    return 0;
  if (!cacheLimits(d, dims, all))
    return -1;
  const weft_generate_info &info = *d.generate;
  int64_t most = info.prefill_arena_bytes(all, threads);
  all[info.time] = 1;
  int64_t ofOne[] = {info.step_arena_bytes(all, threads), info.encode_arena_bytes ? info.encode_arena_bytes(all, threads) : 0};
  for (int64_t bytes : ofOne)
    most = most < 0 || bytes < 0 ? -1 : most > bytes ? most : bytes;
  return most;
}

int64_t weft_rt_arena_bytes(const weft_model_descriptor *descriptor, const int64_t *dims, int32_t threads) {
  int64_t forward = forwardBytes(descriptor, dims, threads), generation = generationBytes(*descriptor, dims, threads);
  return forward < 0 || generation < 0 ? -1 : forward > generation ? forward : generation;
}

static weft_status setLimits(weft_context &context, const int64_t *given, Message message) {
  const weft_model_descriptor &d = *context.model->descriptor;
  for (int32_t i = 0; i < d.dim_count; ++i) {
    const weft_dim_info &dim = d.dims[i];
    context.limits[i] = given ? given[i] : dim.hi;
    if (context.limits[i] < dim.lo || context.limits[i] > dim.hi)
      return fail(message, WEFT_ERROR_DIM_BOUNDS, "limit of dimension '%s' is %lld, expected %lld..%lld", dim.name,
                  static_cast<long long>(context.limits[i]), static_cast<long long>(dim.lo),
                  static_cast<long long>(dim.hi));
  }
  return WEFT_OK;
}

static weft_status setArena(weft_context &context, const weft_context_options &options, Message message) {
  const weft_model &model = *context.model;
  int64_t needed = weft_rt_arena_bytes(model.descriptor, context.limits, context.threads);
  if (needed < 0)
    return fail(message, WEFT_ERROR_MEMORY, "intermediate tensors of model '%s' at its bounds exceed 63 bits",
                model.descriptor->name);
  if (options.arena) {
    if (reinterpret_cast<uintptr_t>(options.arena) % WEFT_ALIGNMENT)
      return fail(message, WEFT_ERROR_ARGUMENT, "the arena must be aligned to %d bytes", WEFT_ALIGNMENT);
    if (options.arena_size < uint64_t(needed))
      return fail(message, WEFT_ERROR_MEMORY, "the arena has %zu bytes, model '%s' needs %lld", options.arena_size,
                  model.descriptor->name, static_cast<long long>(needed));
    context.arena = static_cast<uint8_t *>(options.arena);
    context.arenaBytes = options.arena_size;
    return WEFT_OK;
  }
  if (needed == 0)
    return WEFT_OK;
  context.arena = static_cast<uint8_t *>(allocate(model.options.allocator, size_t(needed)));
  if (!context.arena)
    return fail(message, WEFT_ERROR_MEMORY, "can't allocate %lld bytes for intermediate tensors; smaller dim_limits need less",
                static_cast<long long>(needed));
  context.ownsArena = true;
  context.arenaBytes = size_t(needed);
  return WEFT_OK;
}

static void setFrame(weft_context &context) {
  weft_frame &frame = context.frame;
  frame.dims = context.dims;
  frame.inputs = context.inputs;
  frame.outputs = context.outputs;
  frame.arena = context.arena;
  frame.weights = context.model->weights;
  frame.threads = context.threads;
  frame.context = &context;
  for (int32_t thread = 0; thread < context.threads; ++thread) {
    context.slots[thread].context = &context;
    context.slots[thread].index = thread;
    context.slots[thread].openLaunch = -1;
  }
}

weft_status weft_rt_context_create(const weft_model *model, weft_context **out, const weft_context_options *given) {
  weft_context_options options = {};
  if (given)
    options = *given;
  Message message{options.error, options.error_size};
  if (!model || !out)
    return fail(message, WEFT_ERROR_ARGUMENT, "the model or context handle is NULL");
  *out = nullptr;
  int32_t threads = options.threads ? options.threads : model->options.threads;
  if (threads < 1 || threads > WEFT_MAX_THREADS)
    return fail(message, WEFT_ERROR_ARGUMENT, "%d threads, expected 1..%d", threads, WEFT_MAX_THREADS);
  size_t slotsAt = alignUp(sizeof(weft_context));
  size_t bytes = slotsAt + size_t(threads) * sizeof(ThreadSlot);
  void *memory = allocate(model->options.allocator, bytes);
  if (!memory)
    return fail(message, WEFT_ERROR_MEMORY, "can't allocate %zu bytes for a context", bytes);
  memset(memory, 0, bytes);
  auto *context = new (memory) weft_context{};
  context->model = model;
  context->contextBytes = bytes;
  context->threads = threads;
  context->slots = reinterpret_cast<ThreadSlot *>(static_cast<uint8_t *>(memory) + slotsAt);
  weft_status status = setLimits(*context, options.dim_limits, message);
  if (!status)
    status = setArena(*context, options, message);
  if (!status) {
    setFrame(*context);
    status = startWorkers(*context, message);
  }
  if (status) {
    weft_rt_context_destroy(context);
    return status;
  }
  *out = context;
  return WEFT_OK;
}

void weft_rt_context_destroy(weft_context *context) {
  if (!context)
    return;
  stopWorkers(*context);
  const weft_allocator &allocator = context->model->options.allocator;
  if (context->ownsArena)
    release(allocator, context->arena, context->arenaBytes);
  release(allocator, context->ownCache, context->ownCacheBytes);
  release(allocator, context, context->contextBytes);
}

const char *weft_rt_message(const weft_context *context) { return context ? context->message : "the context is NULL"; }
