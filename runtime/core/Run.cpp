//===- Run.cpp - one run: check everything, then execute the host program ------------------------------------===//
//
// Kernels have no checks of their own, so nothing starts before dimensions, derived sizes, pointers and memory are
// known to be right. Messages name the tensor or dimension, what was given and what was expected.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <string.h>

using namespace weft::rt;

namespace {

using ll = long long;

Message messageOf(weft_context &context) { return {context.message, sizeof context.message}; }

/// *elements = the tensor's size; names the axis that is no whole number.
weft_status countElements(weft_context &context, const weft_tensor_info &tensor, const char *role, int64_t *elements) {
  const weft_model_descriptor &d = *context.model->descriptor;
  *elements = 1;
  for (int32_t axis = 0; axis < tensor.rank; ++axis) {
    int64_t size;
    if (weft_expr_eval(&tensor.shape[axis], context.dims, &size) == 0 && size >= 0 &&
        !__builtin_mul_overflow(*elements, size, elements))
      continue;
    char text[128];
    weft_expr_print(&tensor.shape[axis], d.dims, text, sizeof text);
    return fail(messageOf(context), WEFT_ERROR_SHAPE,
                "size %s of %s '%s' is no whole number for the given dimensions", text, role, tensor.name);
  }
  return WEFT_OK;
}

weft_status takeInputs(weft_context &context, const void *const *given) {
  const weft_model_descriptor &d = *context.model->descriptor;
  for (int32_t i = 0; i < d.input_count; ++i) {
    int64_t elements;
    if (weft_status status = countElements(context, d.inputs[i], "input", &elements))
      return status;
    context.inputs[i] = given[i];
    if (given[i] || elements == 0)
      continue;
    for (int32_t o = 0; o < d.output_count; ++o)
      if ((context.frame.wanted >> o & 1) && (d.outputs[o].needs >> i & 1))
        return fail(messageOf(context), WEFT_ERROR_NULL, "input '%s' is NULL, but output '%s' needs it",
                    d.inputs[i].name, d.outputs[o].name);
  }
  return WEFT_OK;
}

/// Sets the wanted mask, and gives unwanted outputs that are written all the same a place behind the arena.
weft_status takeOutputs(weft_context &context, void *const *given) {
  const weft_model_descriptor &d = *context.model->descriptor;
  int64_t used = d.arena_bytes ? d.arena_bytes(context.dims, context.threads) : 0;
  if (used < 0 || uint64_t(used) > context.arenaBytes)
    return fail(messageOf(context), WEFT_ERROR_MEMORY, "this run needs %lld bytes of arena, the context has %zu",
                ll(used), context.arenaBytes);
  uint64_t top = alignUp(uint64_t(used));
  context.frame.wanted = 0;
  for (int32_t i = 0; i < d.output_count; ++i) {
    int64_t elements;
    if (weft_status status = countElements(context, d.outputs[i], "output", &elements))
      return status;
    context.outputs[i] = given[i];
    if (given[i]) {
      context.frame.wanted |= UINT64_C(1) << i;
      continue;
    }
    if (!(d.outputs[i].flags & WEFT_TENSOR_ALWAYS_WRITTEN))
      continue;
    uint64_t bytes = alignUp(uint64_t(elements * elementBytes(d.outputs[i].dtype)));
    if (top + bytes > context.arenaBytes)
      return fail(messageOf(context), WEFT_ERROR_MEMORY, "this run needs %llu bytes of arena, the context has %zu",
                  static_cast<unsigned long long>(top + bytes), context.arenaBytes);
    context.outputs[i] = context.arena + top;
    top += bytes;
  }
  if (context.frame.wanted == 0)
    return fail(messageOf(context), WEFT_ERROR_NULL, "no output is wanted: all output pointers are NULL");
  return WEFT_OK;
}

weft_status prepare(weft_context &context, const void *args) {
  const weft_model_descriptor &d = *context.model->descriptor;
  auto *words = static_cast<const uint8_t *>(args);
  memcpy(context.dims, words, size_t(d.dim_count) * 8);
  auto *inputs = reinterpret_cast<const void *const *>(words + size_t(d.dim_count) * 8);
  auto *outputs = reinterpret_cast<void *const *>(words + size_t(d.dim_count + d.input_count) * 8);
  if (weft_status status = checkDims(context))
    return status;
  if (weft_status status = takeOutputs(context, outputs))
    return status;
  return takeInputs(context, inputs);
}

/// "[0, 3]" for an input, "element 3" for a computed tensor.
void printPlace(const weft_context &context, const weft_check_info &check, int64_t element, TextSink &sink) {
  const weft_model_descriptor &d = *context.model->descriptor;
  if (check.input < 0) {
    sink.print("element %lld", ll(element));
    return;
  }
  const weft_tensor_info &tensor = d.inputs[check.input];
  int64_t index[WEFT_MAX_RANK] = {};
  for (int32_t axis = tensor.rank - 1; axis >= 0; --axis) {
    int64_t size = 1;
    weft_expr_eval(&tensor.shape[axis], context.dims, &size);
    index[axis] = element % (size > 0 ? size : 1);
    element /= size > 0 ? size : 1;
  }
  sink.print("[");
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    sink.print("%s%lld", axis ? ", " : "", ll(index[axis]));
  sink.print("]");
}

__attribute__((noinline)) void failRange(weft_frame &frame, const int32_t *data, int64_t element, int64_t lo, int64_t hi,
                                         int32_t checkIndex) {
  weft_context &context = *frame.context;
  int32_t ok = WEFT_OK;
  if (!context.status.compare_exchange_strong(ok, WEFT_ERROR_VALUE_RANGE))
    return;
  const weft_model_descriptor &d = *context.model->descriptor;
  const weft_check_info &check = d.checks[checkIndex];
  char place[128] = "";
  TextSink sink{place, sizeof place};
  printPlace(context, check, element, sink);
  bool isInput = check.input >= 0;
  fail(messageOf(context), WEFT_ERROR_VALUE_RANGE, "%s%s%s%s %d at %s, expected %lld..%lld (%s:%d:%d)", check.what,
       isInput ? " of input '" : "", isInput ? d.inputs[check.input].name : "", isInput ? "':" : ":", data[element],
       place, ll(lo), ll(hi), check.file, check.line, check.column);
}

} // namespace

weft_status weft::rt::checkDims(weft_context &context) {
  const weft_model_descriptor &d = *context.model->descriptor;
  for (int32_t i = 0; i < d.dim_count; ++i) {
    int64_t size = context.dims[i];
    const weft_dim_info &dim = d.dims[i];
    if (size < dim.lo || size > dim.hi)
      return fail(messageOf(context), WEFT_ERROR_DIM_BOUNDS, "dimension '%s' is %lld, expected %lld..%lld", dim.name,
                  ll(size), ll(dim.lo), ll(dim.hi));
    if (size > context.limits[i])
      return fail(messageOf(context), WEFT_ERROR_DIM_BOUNDS,
                  "dimension '%s' is %lld, this context was created for at most %lld", dim.name, ll(size),
                  ll(context.limits[i]));
  }
  for (int32_t i = 0; i < d.constraint_count; ++i) {
    int64_t value;
    if (weft_expr_eval(&d.constraints[i].value, context.dims, &value) || value < 0)
      return fail(messageOf(context), WEFT_ERROR_SHAPE, "%s is no whole number for the given dimensions",
                  d.constraints[i].text);
  }
  return WEFT_OK;
}

void weft_rt_check_range(weft_frame *frame, const int32_t *data, int64_t count, int64_t lo, int64_t hi, int32_t check) {
  // Blocks without an exit in the middle vectorize; the exact place is only looked for in a bad block.
  constexpr int64_t block = 256;
  for (int64_t begin = 0; begin < count; begin += block) {
    int64_t end = begin + block < count ? begin + block : count;
    int32_t bad = 0;
    for (int64_t i = begin; i < end; ++i)
      bad |= int32_t(data[i] < lo) | int32_t(data[i] > hi);
    if (!bad)
      continue;
    int64_t i = begin;
    while (data[i] >= lo && data[i] <= hi)
      ++i;
    return failRange(*frame, data, i, lo, hi, check);
  }
}

weft_status weft_rt_run(weft_context *context, const void *args) {
  if (!context)
    return WEFT_ERROR_ARGUMENT;
  if (context->running.exchange(1, std::memory_order_acquire))
    return WEFT_ERROR_BUSY; // the message belongs to the run that is on
  context->message[0] = 0;
  context->status.store(WEFT_OK, std::memory_order_relaxed);
  context->frame.failed = 0;
  weft_status status = args ? prepare(*context, args)
                            : fail(messageOf(*context), WEFT_ERROR_ARGUMENT, "the arguments of the run are NULL");
  weft_entry entry = context->model->target->entries[WEFT_ENTRY_FORWARD];
  if (!status && !entry)
    status = fail(messageOf(*context), WEFT_ERROR_TARGET, "the model has no forward program");
  if (!status) {
    runEverywhere(*context, entry);
    status = weft_status(context->status.load(std::memory_order_relaxed));
  }
  context->running.store(0, std::memory_order_release);
  return status;
}
