//===- Sequence.cpp - prompts and steps: the programs of generation over a cache ------------------------------===//
//
// A failed prompt leaves a cache without sequences, a failed step leaves every sequence as it was: the programs check values
// before they write.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Generation.h"
#include <string.h>

using namespace weft::rt;

namespace {

using ll = long long;

const weft_generate_info &infoOf(const weft_context &context) { return *context.model->descriptor->generate; }
int64_t pagesOf(const weft_context &context) {
  return context.cache.header->limits[context.model->descriptor->dim_count + infoOf(context).pages];
}

/// Positions that a sequence can have here.
int64_t capacityOf(const weft_context &context) {
  int64_t limit = infoOf(context).limit, time = context.limits[infoOf(context).time];
  return limit < time ? limit : time;
}

/// What a program reads beside the description's inputs.
struct Arguments {
  const void *const *inputs;
  const int32_t *tokens;
};

weft_status takeArguments(weft_context &context, const weft_argument_info *arguments, int32_t count, const Arguments &given) {
  const weft_model_descriptor &d = *context.model->descriptor;
  Cache &cache = context.cache;
  for (int32_t i = 0; i < count; ++i) {
    const void *&place = context.inputs[i];
    switch (arguments[i].role) {
    case WEFT_ROLE_TOKENS:
      place = given.tokens;
      break;
    case WEFT_ROLE_PROMPT_LEN:
    case WEFT_ROLE_POSITION:
      place = cache.positions;
      break;
    case WEFT_ROLE_ROWS:
      place = cache.tables;
      break;
    case WEFT_ROLE_SOURCE:
      place = cache.sources;
      break;
    default:
      place = given.inputs[arguments[i].input];
      if (!place)
        return fail(messageOf(context), WEFT_ERROR_NULL, "input '%s' is NULL, but generation needs it", d.inputs[arguments[i].input].name);
    }
  }
  return WEFT_OK;
}

/// Runs a program whose dims and arguments are set; the logits go to the cache.
weft_status runProgram(weft_context &context, int32_t which, int64_t (*arenaBytes)(const int64_t *, int32_t)) {
  const weft_generate_info &info = infoOf(context);
  weft_entry entry = context.model->target->entries[which];
  if (!entry)
    return fail(messageOf(context), WEFT_ERROR_TARGET, "the model has no program for generation");
  int64_t needed = arenaBytes(context.dims, context.threads);
  if (needed < 0 || uint64_t(needed) > context.arenaBytes)
    return fail(messageOf(context), WEFT_ERROR_MEMORY, "this run needs %lld bytes of arena, the context has %zu", ll(needed), context.arenaBytes);
  for (int32_t i = 0; i < info.state_count; ++i)
    if (weft_expr_eval(&info.states[i].row_bytes, context.dims, &context.cache.places[i].row_bytes))
      return fail(messageOf(context), WEFT_ERROR_SHAPE, "the size of state '%s' is no whole number", info.states[i].name);
  context.outputs[0] = context.cache.logits;
  context.frame.wanted = 1;
  context.frame.states = context.cache.places;
  context.frame.failed = 0;
  context.status.store(WEFT_OK, std::memory_order_relaxed);
  runEverywhere(context, entry);
  return weft_status(context.status.load(std::memory_order_relaxed));
}

weft_status checkPrompt(weft_context &context, const Prompt &prompt) {
  const weft_model_descriptor &d = *context.model->descriptor;
  const weft_generate_info &info = infoOf(context);
  int64_t batch = prompt.dims[info.batch], time = prompt.dims[info.time], rows = context.cache.header->limits[d.dim_count + info.rows];
  if (time > info.limit)
    return fail(messageOf(context), WEFT_ERROR_DIM_BOUNDS, "the prompt has %lld positions, '%s' is generated up to %lld", ll(time),
                d.inputs[info.input].name, ll(info.limit));
  memcpy(context.dims, prompt.dims, size_t(d.dim_count) * 8);
  if (weft_status status = checkDims(context))
    return status;
  if (batch * prompt.beams > rows)
    return fail(messageOf(context), WEFT_ERROR_DIM_BOUNDS, "%lld rows of %lld beams are %lld sequences, this context has room for %lld", ll(batch),
                ll(prompt.beams), ll(batch * prompt.beams), ll(rows));
  for (int64_t b = 0; prompt.lengths && b < batch; ++b)
    if (prompt.lengths[b] < 1 || prompt.lengths[b] > time)
      return fail(messageOf(context), WEFT_ERROR_VALUE_RANGE, "prompt_len of row %lld is %d, expected 1..%lld", ll(b), prompt.lengths[b], ll(time));
  return WEFT_OK;
}

/// Prompts of one token: the source's part, then a step at position 0. A step's kernels are made for one position.
weft_status beginWithStep(weft_context &context, const Arguments &given, int64_t batch) {
  const weft_generate_info &info = infoOf(context);
  CacheHeader &header = *context.cache.header;
  if (info.encode_arena_bytes) {
    if (weft_status status = takeArguments(context, info.encode, info.encode_count, given))
      return status;
    if (weft_status status = runProgram(context, WEFT_ENTRY_ENCODE, info.encode_arena_bytes))
      return status;
  }
  memset(context.cache.positions, 0, size_t(batch) * sizeof(int32_t));
  memcpy(header.dims, context.dims, sizeof header.dims);
  header.batch = batch;
  weft_status status = stepSequences(context, given.tokens);
  if (status)
    header.batch = 0;
  return status;
}

} // namespace

weft_status weft::rt::beginSequences(weft_context &context, const Prompt &prompt) {
  const weft_model_descriptor &d = *context.model->descriptor;
  const weft_generate_info &info = infoOf(context);
  Cache &cache = context.cache;
  CacheHeader &header = *cache.header;
  if (weft_status status = checkPrompt(context, prompt))
    return status;
  int64_t batch = prompt.dims[info.batch], time = prompt.dims[info.time], pages = pagesOf(context);
  header.batch = 0;
  memcpy(context.dims + d.dim_count, header.limits + d.dim_count, size_t(info.cache_dim_count) * 8);
  for (int64_t b = 0; b < batch; ++b) {
    auto row = int32_t(b * prompt.beams);
    cache.positions[b] = prompt.lengths ? prompt.lengths[b] : int32_t(time);
    cache.sources[b] = row;
    for (int64_t page = 0; page < pages; ++page)
      cache.tables[b * pages + page] = row;
  }
  Arguments given{prompt.inputs, static_cast<const int32_t *>(prompt.inputs[info.input])};
  if (!given.tokens)
    return fail(messageOf(context), WEFT_ERROR_NULL, "input '%s' is NULL: there is no prompt", d.inputs[info.input].name);
  if (time == 1)
    return beginWithStep(context, given, batch);
  if (weft_status status = takeArguments(context, info.prefill, info.prefill_count, given))
    return status;
  if (weft_status status = runProgram(context, WEFT_ENTRY_PREFILL, info.prefill_arena_bytes))
    return status;
  memcpy(header.dims, context.dims, sizeof header.dims);
  header.batch = batch;
  return WEFT_OK;
}

weft_status weft::rt::stepSequences(weft_context &context, const int32_t *tokens) {
  const weft_generate_info &info = infoOf(context);
  Cache &cache = context.cache;
  CacheHeader &header = *cache.header;
  int64_t capacity = capacityOf(context);
  for (int64_t i = 0; i < header.batch; ++i)
    if (cache.positions[i] >= capacity)
      return fail(messageOf(context), WEFT_ERROR_DIM_BOUNDS, "sequence %lld has %d positions, which is the limit", ll(i), cache.positions[i]);
  memcpy(context.dims, header.dims, sizeof header.dims);
  context.dims[info.batch] = header.batch;
  context.dims[info.time] = 1;
  if (weft_status status = takeArguments(context, info.step, info.step_count, {nullptr, tokens}))
    return status;
  if (weft_status status = runProgram(context, WEFT_ENTRY_STEP, info.step_arena_bytes))
    return status;
  for (int64_t i = 0; i < header.batch; ++i)
    ++cache.positions[i];
  return WEFT_OK;
}

/// dims, inputs, prompt_len of the caller's arguments.
static Prompt readPrompt(const weft_model_descriptor &d, const void *args, int64_t beams) {
  auto *words = static_cast<const uint8_t *>(args);
  auto *inputs = reinterpret_cast<const void *const *>(words + size_t(d.dim_count) * 8);
  return {reinterpret_cast<const int64_t *>(words), inputs, static_cast<const int32_t *>(inputs[d.input_count]), beams};
}

weft_status weft_rt_prefill(weft_context *context, const void *args) {
  if (!context)
    return WEFT_ERROR_ARGUMENT;
  RunGuard guard(*context);
  if (!guard.isFree)
    return WEFT_ERROR_BUSY;
  if (weft_status status = needCache(*context))
    return status;
  if (!args)
    return fail(messageOf(*context), WEFT_ERROR_ARGUMENT, "the arguments of the prompt are NULL");
  const weft_model_descriptor &d = *context->model->descriptor;
  Prompt prompt = readPrompt(d, args, 1);
  if (weft_status status = beginSequences(*context, prompt))
    return status;
  auto *logits = static_cast<float *>(const_cast<void *>(prompt.inputs[d.input_count + 1]));
  if (logits)
    memcpy(logits, context->cache.logits, size_t(context->cache.header->batch * d.generate->vocabulary) * 4);
  return WEFT_OK;
}

weft_status weft_rt_step(weft_context *context, const weft_step_args *args) {
  if (!context)
    return WEFT_ERROR_ARGUMENT;
  RunGuard guard(*context);
  if (!guard.isFree)
    return WEFT_ERROR_BUSY;
  if (weft_status status = needCache(*context))
    return status;
  if (!args || !args->tokens)
    return fail(messageOf(*context), args ? WEFT_ERROR_NULL : WEFT_ERROR_ARGUMENT, "the %s of the step are NULL", args ? "tokens" : "arguments");
  const CacheHeader &header = *context->cache.header;
  if (header.batch == 0)
    return fail(messageOf(*context), WEFT_ERROR_CACHE, "a step needs a prompt before it");
  if (args->batch != header.batch)
    return fail(messageOf(*context), WEFT_ERROR_CACHE, "the cache holds %lld sequences, the step gives tokens for %lld", ll(header.batch), ll(args->batch));
  if (weft_status status = stepSequences(*context, args->tokens))
    return status;
  if (args->logits)
    memcpy(args->logits, context->cache.logits, size_t(header.batch * context->model->descriptor->generate->vocabulary) * 4);
  return WEFT_OK;
}
