//===- Generate.cpp - prompt, steps and choices in one call --------------------------------------------------===//
//
// Rows end at different steps: what has ended leaves the batch, so that no step computes it. Nothing is allocated between
// two tokens.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Generation.h"
#include <math.h>
#include <string.h>

using namespace weft::rt;

namespace {

using ll = long long;

weft_status refuse(weft_context &context, const char *what, double given, const char *expected) {
  return fail(messageOf(context), WEFT_ERROR_ARGUMENT, "%s is %g, expected %s", what, given, expected);
}

weft_status checkOptions(weft_context &context, const weft_generate_options &o) {
  const weft_generate_info &info = *context.model->descriptor->generate;
  if (o.max_new < 1)
    return refuse(context, "max_new", double(o.max_new), "at least 1");
  if (o.beams < 1)
    return refuse(context, "beams", o.beams, "at least 1");
  if (o.beams > info.vocabulary)
    return refuse(context, "beams", o.beams, "at most the vocabulary");
  if (o.results < 1 || o.results > o.beams)
    return refuse(context, "results", o.results, "1 to beams");
  if (!(o.length_penalty >= -100 && o.length_penalty <= 100))
    return refuse(context, "length_penalty", o.length_penalty, "-100 to 100");
  if (!(o.temperature >= 0) || isinf(o.temperature))
    return refuse(context, "temperature", o.temperature, "a finite number of at least 0");
  if (o.top_k < 0 || o.top_k > info.vocabulary)
    return fail(messageOf(context), WEFT_ERROR_ARGUMENT, "top_k is %d, expected 0 to %lld, the vocabulary", o.top_k, ll(info.vocabulary));
  if (!(o.top_p > 0 && o.top_p <= 1))
    return refuse(context, "top_p", o.top_p, "above 0, at most 1");
  if (o.beams > 1 && o.temperature > 0)
    return refuse(context, "temperature", o.temperature, "0 with several beams: beam search draws nothing");
  return WEFT_OK;
}

/// Memory of one call.
class Scratch {
public:
  Scratch(weft_context &context, size_t bytes) : allocator(context.model->options.allocator), bytes(bytes ? bytes : 1), memory(allocate(allocator, this->bytes)) {}
  ~Scratch() { release(allocator, memory, bytes); }
  Scratch(const Scratch &) = delete;
  int32_t *ints() const { return static_cast<int32_t *>(memory); }

private:
  const weft_allocator &allocator;
  size_t bytes;
  void *memory;
};

/// Tokens that are not chosen but known: row b's begin at tokens + b * stride.
struct Known {
  const int32_t *tokens;
  int64_t stride;
};

/// One sequence a row: greedy, drawn, or known.
class Rows {
public:
  Rows(Generation &generation, int32_t *scratch, Known known = {nullptr, 0})
      : g(generation), cache(g.context.cache), known(known), rowOf(scratch), made(rowOf + g.batch), kept(made + g.batch), indices(kept + g.batch) {
    for (int64_t b = 0; b < g.batch; ++b)
      rowOf[b] = int32_t(b), made[b] = 0;
  }
  static size_t scratchBytes(int64_t batch, int64_t vocabulary) { return size_t(batch * 3 + vocabulary) * 4; }

  weft_status run() {
    dropFull();
    while (active() > 0) {
      if (chooseAll() || active() == 0)
        return WEFT_OK;
      if (weft_status status = stepSequences(g.context, cache.tokens))
        return status;
    }
    return WEFT_OK;
  }
  /// Ends every row's tokens and lengths.
  void finish() {
    for (int64_t b = 0; b < g.batch; ++b) {
      int32_t last = made[b] ? g.tokens[b * g.options.max_new + made[b] - 1] : 0;
      int32_t filler = made[b] && g.isStop(last) ? last : g.filler();
      for (int64_t i = made[b]; i < g.options.max_new; ++i)
        g.tokens[b * g.options.max_new + i] = filler;
      if (g.lengths)
        g.lengths[b] = made[b];
    }
  }

private:
  int64_t active() const { return cache.header->batch; }

  /// Prompts that leave no room are done at once.
  void dropFull() {
    int64_t count = 0;
    for (int64_t i = 0; i < active(); ++i)
      if (g.roomOf(i) > 0) {
        memmove(cache.logits + count * g.info.vocabulary, cache.logits + i * g.info.vocabulary, size_t(g.info.vocabulary) * 4);
        kept[count++] = int32_t(i);
      }
    compact(count);
  }

  /// Sequences kept[0..count) go on.
  void compact(int64_t count) {
    if (count == active())
      return;
    for (int64_t i = 0; i < count; ++i) {
      rowOf[i] = rowOf[kept[i]];
      cache.tokens[i] = cache.tokens[kept[i]];
    }
    forkSequences(g.context, kept, count);
  }

  int32_t choose(const float *logits, int64_t b) {
    if (known.tokens)
      return known.tokens[b * known.stride + made[b]];
    if (g.options.temperature > 0)
      return drawToken(logits, g.info.vocabulary, g.options, uint64_t(b), uint64_t(made[b]), indices);
    return mostLikely(logits, g.info.vocabulary);
  }

  /// A token for each sequence; true when the caller ends it all.
  bool chooseAll() {
    int64_t vocabulary = g.info.vocabulary, count = 0;
    for (int64_t i = 0; i < active(); ++i) {
      int64_t b = rowOf[i];
      float *logits = cache.logits + i * vocabulary;
      if (g.logits)
        memcpy(g.logits + (b * g.options.max_new + made[b]) * vocabulary, logits, size_t(vocabulary) * 4);
      g.suppress(logits, made[b] == 0);
      int32_t token = choose(logits, b);
      g.tokens[b * g.options.max_new + made[b]++] = token;
      cache.tokens[i] = token;
      if (!g.isStop(token) && made[b] < g.roomOf(b))
        kept[count++] = int32_t(i);
      if (g.options.on_token && g.options.on_token(g.options.user, b, token))
        return true;
    }
    compact(count);
    return false;
  }

  Generation &g;
  Cache &cache;
  Known known;
  int32_t *rowOf, *made, *kept, *indices; // the caller's row of each sequence; tokens of each row; scratch
};

weft_status generateRows(Generation &g) {
  Scratch scratch(g.context, Rows::scratchBytes(g.batch, g.info.vocabulary));
  if (!scratch.ints())
    return fail(messageOf(g.context), WEFT_ERROR_MEMORY, "can't allocate memory for %lld rows", ll(g.batch));
  Rows rows(g, scratch.ints());
  weft_status status = rows.run();
  rows.finish();
  return status;
}

/// Runs the best sequence of every row once more, for the logits of its positions.
weft_status replay(Generation &g, const Prompt &prompt) {
  if (weft_status status = beginSequences(g.context, prompt))
    return status;
  Scratch scratch(g.context, Rows::scratchBytes(g.batch, g.info.vocabulary) + size_t(g.batch * g.options.max_new) * 4);
  if (!scratch.ints())
    return fail(messageOf(g.context), WEFT_ERROR_MEMORY, "can't allocate memory for %lld rows", ll(g.batch));
  weft_generate_options options = g.options;
  options.on_token = nullptr;
  Generation again{g.context, g.info, options, g.batch, scratch.ints(), nullptr, nullptr, g.logits, g.promptLengths, g.promptTime};
  return Rows(again, scratch.ints() + g.batch * options.max_new, {g.tokens, g.options.results * options.max_new}).run();
}

/// The caller's arguments after the inputs.
struct Results {
  const int32_t *promptLengths;
  int32_t *tokens, *lengths;
  float *scores, *logits;
};
static_assert(sizeof(Results) == 5 * sizeof(void *), "read as it lies");

weft_status generate(weft_context &context, const void *args, const weft_generate_options &options) {
  const weft_model_descriptor &d = *context.model->descriptor;
  const weft_generate_info &info = *d.generate;
  auto *words = static_cast<const uint8_t *>(args);
  int64_t dims[WEFT_MAX_DIMS] = {};
  const void *inputs[WEFT_MAX_TENSORS] = {};
  Results results;
  memcpy(dims, words, size_t(d.dim_count) * 8);
  memcpy(inputs, words + size_t(d.dim_count) * 8, size_t(d.input_count) * 8);
  memcpy(&results, words + size_t(d.dim_count + d.input_count) * 8, sizeof results);
  if (!results.tokens)
    return fail(messageOf(context), WEFT_ERROR_NULL, "there is no place for the tokens: `tokens` is NULL");
  int64_t batch = dims[info.batch];
  if (!inputs[info.input]) {
    if (!info.has_start)
      return fail(messageOf(context), WEFT_ERROR_NULL, "input '%s' is NULL, and the description names no start token", d.inputs[info.input].name);
    if (batch < 1 || batch > context.cache.header->limits[d.dim_count + info.rows])
      return fail(messageOf(context), WEFT_ERROR_DIM_BOUNDS, "dimension '%s' is %lld, this context has room for %lld sequences", d.dims[info.batch].name,
                  ll(batch), ll(context.cache.header->limits[d.dim_count + info.rows]));
    for (int64_t b = 0; b < batch; ++b)
      context.cache.tokens[b] = info.start;
    inputs[info.input] = context.cache.tokens;
    dims[info.time] = 1;
    results.promptLengths = nullptr;
  }
  if (weft_status status = beginSequences(context, {dims, inputs, results.promptLengths, options.beams}))
    return status;
  Generation generation{context, info, options, batch, results.tokens, results.lengths, results.scores, results.logits, results.promptLengths, dims[info.time]};
  weft_status status = options.beams > 1 ? generateBeams(generation) : generateRows(generation);
  if (!status && options.beams > 1 && results.logits)
    status = replay(generation, {dims, inputs, results.promptLengths, 1});
  context.cache.header->batch = 0; // what is left of the sequences is nobody's
  return status;
}

} // namespace

bool Generation::isStop(int32_t token) const {
  for (int32_t i = 0; i < info.stop_count; ++i)
    if (info.stop[i] == token)
      return true;
  return false;
}

void Generation::suppress(float *row, bool isFirst) const {
  auto forbid = [&](const int32_t *list, int32_t count) {
    for (int32_t i = 0; i < count; ++i)
      if (list[i] >= 0 && list[i] < info.vocabulary)
        row[list[i]] = -INFINITY;
  };
  forbid(info.suppress, info.suppress_count);
  if (isFirst)
    forbid(info.suppress_first, info.suppress_first_count);
}

int64_t Generation::roomOf(int64_t b) const {
  int64_t limit = info.limit < context.limits[info.time] ? info.limit : context.limits[info.time];
  int64_t room = limit - (promptLengths ? promptLengths[b] : promptTime);
  return room < options.max_new ? room : options.max_new;
}

weft_status weft_rt_generate(weft_context *context, const void *args, const weft_generate_options *options) {
  if (!context)
    return WEFT_ERROR_ARGUMENT;
  RunGuard guard(*context);
  if (!guard.isFree)
    return WEFT_ERROR_BUSY;
  if (weft_status status = needCache(*context))
    return status;
  if (!args || !options)
    return fail(messageOf(*context), WEFT_ERROR_ARGUMENT, "the %s of the generation are NULL", args ? "options" : "arguments");
  if (weft_status status = checkOptions(*context, *options))
    return status;
  return generate(*context, args, *options);
}
