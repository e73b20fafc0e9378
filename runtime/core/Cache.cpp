//===- Cache.cpp - memory of generation: sizes, whose it is, sequences that fork ------------------------------===//
#include "Generation.h"
#include <string.h>

using namespace weft::rt;

namespace {

using ll = long long;

constexpr uint64_t kMagic = 0x3165686361437457; // "WtCache1"

/// FNV-1a of what tells one model from another.
uint64_t identityOf(const weft_model_descriptor &d) {
  uint64_t hash = 14695981039346656037u;
  auto add = [&](const char *text) {
    for (const char *c = text ? text : ""; *c; ++c)
      hash = (hash ^ uint8_t(*c)) * 1099511628211u;
    hash = (hash ^ 0xff) * 1099511628211u;
  };
  add(d.name), add(d.command), add(d.precision);
  for (int32_t i = 0; i < d.source_count; ++i)
    add(d.sources[i].sha256);
  for (int32_t i = 0; i < d.generate->state_count; ++i)
    add(d.generate->states[i].name);
  return hash;
}

/// Offsets of a cache's parts, for limits with the cache's sizes.
struct CacheLayout {
  uint64_t positions, sources, tables, spare, tokens, logits, states[WEFT_MAX_STATES], bytes;
  int64_t layerBytes[WEFT_MAX_STATES];
};

bool layOut(const weft_model_descriptor &d, const int64_t all[WEFT_MAX_DIMS], CacheLayout &layout) {
  const weft_generate_info &info = *d.generate;
  uint64_t rows = uint64_t(all[d.dim_count + info.rows]), pages = uint64_t(all[d.dim_count + info.pages]), at = 0;
  bool fits = true;
  auto part = [&](uint64_t count, uint64_t each) {
    uint64_t begin = alignUp(at), bytes = 0;
    fits = fits && !__builtin_mul_overflow(count, each, &bytes) && bytes < (uint64_t(1) << 62) - begin;
    at = begin + bytes;
    return begin;
  };
  part(1, sizeof(CacheHeader));
  layout.positions = part(rows, 4);
  layout.sources = part(rows, 4);
  layout.tables = part(rows * pages, 4);
  layout.spare = part(rows * (pages + 2), 4);
  layout.tokens = part(rows, 4);
  layout.logits = part(rows * uint64_t(info.vocabulary), 4);
  weft_dim_info range[WEFT_MAX_DIMS] = {};
  int32_t dimCount = d.dim_count + info.cache_dim_count;
  for (int32_t i = 0; i < dimCount; ++i)
    range[i] = {"", i < d.dim_count ? d.dims[i].lo : all[i], all[i]};
  for (int32_t i = 0; i < info.state_count; ++i) {
    int64_t bytes = weft_expr_upper_bound(&info.states[i].bytes, range, dimCount);
    fits = fits && bytes >= 0;
    layout.layerBytes[i] = int64_t(alignUp(uint64_t(bytes)));
    layout.states[i] = part(uint64_t(info.states[i].layers), uint64_t(layout.layerBytes[i]));
  }
  layout.bytes = alignUp(at);
  return fits;
}

void setPointers(Cache &cache, const CacheLayout &layout, const weft_generate_info &info) {
  auto ints = [&](uint64_t at) { return reinterpret_cast<int32_t *>(cache.memory + at); };
  cache.header = reinterpret_cast<CacheHeader *>(cache.memory);
  cache.positions = ints(layout.positions);
  cache.sources = ints(layout.sources);
  cache.tables = ints(layout.tables);
  cache.spare = ints(layout.spare);
  cache.tokens = ints(layout.tokens);
  cache.logits = reinterpret_cast<float *>(cache.memory + layout.logits);
  for (int32_t i = 0; i < info.state_count; ++i)
    cache.places[i] = {cache.memory + layout.states[i], layout.layerBytes[i], 0};
}

/// A fresh cache gets its header; any other must be this model's, of the same sizes.
weft_status takeHeader(weft_context &context, Cache &cache, const int64_t all[WEFT_MAX_DIMS]) {
  const weft_model_descriptor &d = *context.model->descriptor;
  uint64_t identity = identityOf(d);
  CacheHeader &header = *cache.header;
  if (header.magic == 0) {
    header.magic = kMagic;
    header.identity = identity;
    memcpy(header.limits, all, sizeof header.limits);
    header.batch = 0;
    return WEFT_OK;
  }
  if (header.magic != kMagic || header.identity != identity)
    return fail(messageOf(context), WEFT_ERROR_CACHE, "the cache is not one of model '%s'; a new cache begins as zeros", d.name);
  if (memcmp(header.limits, all, sizeof header.limits) != 0)
    return fail(messageOf(context), WEFT_ERROR_CACHE, "the cache was made by a context with other dim_limits");
  return WEFT_OK;
}

weft_status attach(weft_context &context, void *memory, size_t bytes) {
  const weft_model_descriptor &d = *context.model->descriptor;
  int64_t all[WEFT_MAX_DIMS] = {};
  CacheLayout layout;
  if (!cacheLimits(d, context.limits, all) || !layOut(d, all, layout))
    return fail(messageOf(context), WEFT_ERROR_MEMORY, "the cache of model '%s' at these limits exceeds 63 bits", d.name);
  if (memory && reinterpret_cast<uintptr_t>(memory) % WEFT_ALIGNMENT)
    return fail(messageOf(context), WEFT_ERROR_ARGUMENT, "the cache must be aligned to %d bytes", WEFT_ALIGNMENT);
  if (memory && bytes < layout.bytes)
    return fail(messageOf(context), WEFT_ERROR_MEMORY, "the cache has %zu bytes, model '%s' needs %lld", bytes, d.name, ll(layout.bytes));
  if (!memory && !context.ownCache) {
    context.ownCache = allocate(context.model->options.allocator, layout.bytes);
    if (!context.ownCache)
      return fail(messageOf(context), WEFT_ERROR_MEMORY, "can't allocate %lld bytes for the cache; smaller dim_limits need less", ll(layout.bytes));
    context.ownCacheBytes = layout.bytes;
    memset(context.ownCache, 0, sizeof(CacheHeader));
  }
  Cache cache = {};
  cache.memory = static_cast<uint8_t *>(memory ? memory : context.ownCache);
  setPointers(cache, layout, *d.generate);
  if (weft_status status = takeHeader(context, cache, all))
    return status;
  context.cache = cache;
  return WEFT_OK;
}

} // namespace

bool weft::rt::cacheLimits(const weft_model_descriptor &d, const int64_t *limits, int64_t all[WEFT_MAX_DIMS]) {
  weft_dim_info range[WEFT_MAX_DIMS] = {};
  for (int32_t i = 0; i < d.dim_count; ++i) {
    all[i] = limits ? limits[i] : d.dims[i].hi;
    range[i] = {d.dims[i].name, d.dims[i].lo, all[i]};
  }
  const weft_generate_info &info = *d.generate;
  for (int32_t i = 0; i < info.cache_dim_count; ++i) {
    const weft_cache_dim_info &dim = info.cache_dims[i];
    int64_t holds = weft_expr_upper_bound(&dim.holds, range, d.dim_count);
    if (holds < 0)
      return false;
    int64_t size = holds / dim.unit + (holds % dim.unit != 0);
    all[d.dim_count + i] = size < 1 ? 1 : size > dim.hi ? dim.hi : size;
  }
  return true;
}

weft_status weft::rt::needCache(weft_context &context) {
  if (!context.model->descriptor->generate)
    return fail(messageOf(context), WEFT_ERROR_TARGET, "model '%s' generates nothing: its description has no `generate`",
                context.model->descriptor->name);
  return context.cache.header ? WEFT_OK : attach(context, nullptr, 0);
}

int64_t weft_rt_cache_bytes(const weft_model_descriptor *descriptor, const int64_t *limits) {
  int64_t all[WEFT_MAX_DIMS] = {};
  CacheLayout layout;
  if (!descriptor->generate)
    return 0;
  return cacheLimits(*descriptor, limits, all) && layOut(*descriptor, all, layout) ? int64_t(layout.bytes) : -1;
}

weft_status weft_rt_cache_use(weft_context *context, void *memory, size_t bytes) {
  if (!context)
    return WEFT_ERROR_ARGUMENT;
  RunGuard guard(*context);
  if (!guard.isFree)
    return WEFT_ERROR_BUSY;
  if (!context->model->descriptor->generate)
    return needCache(*context);
  return attach(*context, memory, bytes);
}

//===-- Forks -----------------------------------------------------------------------------------------------------===//

namespace {

/// Sequences as they will be, and what they are made from.
class Fork {
public:
  Fork(weft_context &context, const int32_t *parents, int64_t count)
      : cache(context.cache), d(*context.model->descriptor), parents(parents), count(count),
        pages(cache.header->limits[d.dim_count + d.generate->pages]), next(cache.spare), positions(next + count * pages),
        sources(positions + count) {}

  void run() {
    for (int64_t i = 0; i < count; ++i) {
      memcpy(next + i * pages, cache.tables + parents[i] * pages, size_t(pages) * 4);
      positions[i] = cache.positions[parents[i]];
      sources[i] = cache.sources[parents[i]];
    }
    for (int64_t i = 0; i < count; ++i)
      ownPage(i);
    memcpy(cache.tables, next, size_t(count * pages) * 4);
    memcpy(cache.positions, positions, size_t(count) * 4);
    memcpy(cache.sources, sources, size_t(count) * 4);
    cache.header->batch = count;
  }

private:
  /// The page that sequence i fills next must be its own.
  void ownPage(int64_t i) {
    int64_t page = positions[i] / WEFT_PAGE_POSITIONS;
    if (page >= pages)
      return;
    int32_t row = next[i * pages + page];
    bool isShared = false;
    for (int64_t other = 0; other < i; ++other)
      isShared |= sources[other] == sources[i] && next[other * pages + page] == row;
    if (!isShared)
      return;
    int32_t own = freeRow(i, page);
    if (positions[i] % WEFT_PAGE_POSITIONS)
      copyPage(page, row, own);
    next[i * pages + page] = own;
  }

  /// A row of the source whose page nobody reads: of as many rows as there are sequences, one is always free.
  int32_t freeRow(int64_t i, int64_t page) const {
    for (int32_t row = sources[i];; ++row) {
      bool isTaken = false;
      for (int64_t other = 0; other < count; ++other)
        isTaken |= other != i && sources[other] == sources[i] && next[other * pages + page] == row;
      if (!isTaken)
        return row;
    }
  }

  void copyPage(int64_t page, int32_t from, int32_t to) const {
    for (int32_t s = 0; s < d.generate->state_count; ++s) {
      const weft_state_info &state = d.generate->states[s];
      if (!state.is_stream)
        continue;
      const weft_state_place &place = cache.places[s];
      // Where only a window is read, a row has fewer pages than a sequence.
      int64_t head = place.row_bytes / state.heads, bytes = pageBytes(state), at = page % (head / bytes) * bytes;
      for (int32_t layer = 0; layer < state.layers; ++layer)
        for (int32_t h = 0; h < state.heads; ++h) {
          uint8_t *base = place.data + layer * place.layer_bytes + h * head + at;
          memcpy(base + to * place.row_bytes, base + from * place.row_bytes, size_t(bytes));
        }
    }
  }

  Cache &cache;
  const weft_model_descriptor &d;
  const int32_t *parents;
  int64_t count, pages;
  int32_t *next, *positions, *sources;
};

} // namespace

void weft::rt::forkSequences(weft_context &context, const int32_t *parents, int64_t count) { Fork(context, parents, count).run(); }
