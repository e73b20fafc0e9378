//===- Generation.h - what the files of generation share ------------------------------------------------------===//
//
// A cache holds the states of up to `rows` sequences and, beside them, where each sequence stands. A sequence is a line of
// numbers: its position, the row of its source's memory, and for each page of 16 positions the row that holds it. Beams that
// share a past so share its pages; only the page that is being filled belongs to one sequence, and is copied when a
// sequence forks.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CORE_GENERATION_H
#define WEFT_RUNTIME_CORE_GENERATION_H

#include "Internal.h"

namespace weft::rt {

/// The limits of a context with the cache's sizes behind them. False when the model's numbers do not fit.
bool cacheLimits(const weft_model_descriptor &d, const int64_t *limits, int64_t all[WEFT_MAX_DIMS]);
/// Makes sure that the context has a cache to work on.
weft_status needCache(weft_context &context);

/// Bytes of a page of one head of keys or values.
inline int64_t pageBytes(const weft_state_info &state) {
  return int64_t(WEFT_PAGE_POSITIONS) * 4 * (state.kind == WEFT_STATE_KEYS ? state.width : state.row_stride);
}

/// Where new sequences come from. Sequence i becomes a continuation of the old sequence parents[i]; those that are nobody's
/// parent end. Sequences of one source stand together.
void forkSequences(weft_context &context, const int32_t *parents, int64_t count);

/// The caller's arguments: dims, inputs, and what stands behind them.
struct Prompt {
  const int64_t *dims;
  const void *const *inputs;
  const int32_t *lengths; // or null
  int64_t beams;          // rows of the cache for each row of the batch
};
/// Runs the prompts: afterwards each has a sequence, and the cache's logits those of its last position.
weft_status beginSequences(weft_context &context, const Prompt &prompt);
/// Runs one token more of every sequence.
weft_status stepSequences(weft_context &context, const int32_t *tokens);

/// The most likely token, the first of equals; what is no number is never chosen.
int32_t mostLikely(const float *logits, int64_t count);
/// Draws a token. `indices` has room for `count`; `draw` numbers the draws of a row.
int32_t drawToken(const float *logits, int64_t count, const weft_generate_options &options, uint64_t row, uint64_t draw,
                  int32_t *indices);
/// log(sum(exp(logits))), NaN excepted.
double logSumExp(const float *logits, int64_t count);

/// A generation: the options, checked, and the caller's results.
struct Generation {
  weft_context &context;
  const weft_generate_info &info;
  const weft_generate_options &options;
  int64_t batch;
  int32_t *tokens, *lengths; // [batch, results, max_new], [batch, results]
  float *scores, *logits;    // [batch, results], [batch, max_new, vocabulary]
  const int32_t *promptLengths; // or null: promptTime
  int64_t promptTime;

  bool isStop(int32_t token) const;
  /// Makes what may not be chosen impossible: minus infinity in its place. `isFirst`: of a row's first new token.
  void suppress(float *logits, bool isFirst) const;
  /// New tokens that row b may get.
  int64_t roomOf(int64_t b) const;
  int32_t filler() const { return info.stop_count ? info.stop[0] : 0; }
};
weft_status generateBeams(Generation &generation);

inline Message messageOf(weft_context &context) { return {context.message, sizeof context.message}; }

/// Marks the context as running for as long as it lives; `isFree` says whether it was.
class RunGuard {
public:
  explicit RunGuard(weft_context &context) : context(context), isFree(!context.running.exchange(1, std::memory_order_acquire)) {
    if (isFree)
      context.message[0] = 0;
  }
  ~RunGuard() {
    if (isFree)
      context.running.store(0, std::memory_order_release);
  }
  RunGuard(const RunGuard &) = delete;

  weft_context &context;
  const bool isFree;
};

} // namespace weft::rt

#endif
