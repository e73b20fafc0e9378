//===- Beam.cpp - beam search --------------------------------------------------------------------------------===//
//
// Each row keeps up to `beams` open sequences, the most probable ones, and the best that have ended. A sequence of n new tokens
// scores log probability / n^length_penalty. A row is done when no open sequence can still beat the worst of its `beams` ended
// ones (judged at its present length, as Marian and Hugging Face do), or at its limit, where open sequences count as they are.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Generation.h"
#include <math.h>
#include <string.h>

using namespace weft::rt;

namespace {

/// An open sequence going on with one more token.
struct Candidate {
  double score; // log probability of all new tokens
  int32_t sequence, token;
};

struct Ended {
  double score; // with the length penalty
  int32_t length;
};

class BeamSearch {
public:
  BeamSearch(Generation &generation, void *scratch)
      : g(generation), cache(g.context.cache), beams(g.options.beams), width(g.options.max_new), scores(static_cast<double *>(scratch)),
        nextScores(scores + sequences()), candidates(reinterpret_cast<Candidate *>(nextScores + sequences())),
        ended(reinterpret_cast<Ended *>(candidates + 2 * beams)), history(reinterpret_cast<int32_t *>(ended + sequences())),
        nextHistory(history + sequences() * width), endedTokens(nextHistory + sequences() * width), parents(endedTokens + sequences() * width),
        nextTokens(parents + sequences()), endedCount(nextTokens + sequences()), isDone(endedCount + g.batch) {
    for (int64_t b = 0; b < g.batch; ++b)
      scores[b] = 0, endedCount[b] = 0, isDone[b] = g.roomOf(b) < 1;
  }

  static size_t scratchBytes(int64_t batch, int64_t beams, int64_t width) {
    size_t sequences = size_t(batch * beams);
    return sequences * (2 * sizeof(double) + sizeof(Ended) + 8) + size_t(2 * beams) * sizeof(Candidate) + 3 * sequences * size_t(width) * 4 + size_t(batch) * 8 + 64;
  }

  weft_status run() {
    for (int64_t length = 1; advance(length); ++length)
      if (weft_status status = stepSequences(g.context, cache.tokens))
        return status;
    finish();
    return WEFT_OK;
  }

private:
  int64_t sequences() const { return g.batch * beams; }
  int64_t rowOf(int64_t sequence) const { return cache.sources[sequence] / beams; }
  double penalized(double score, int64_t length) const { return score / pow(double(length), double(g.options.length_penalty)); }

  /// Chooses the sequences of `length` new tokens from the logits; false when there are none left to run.
  bool advance(int64_t length) {
    int64_t count = cache.header->batch, next = 0;
    for (int64_t first = 0, last; first < count; first = last) {
      for (last = first; last < count && cache.sources[last] == cache.sources[first];)
        ++last;
      int64_t b = rowOf(first);
      if (!isDone[b])
        next = advanceRow(b, first, last, length, next);
    }
    double *oldScores = scores;
    int32_t *oldHistory = history;
    scores = nextScores, nextScores = oldScores;
    history = nextHistory, nextHistory = oldHistory;
    if (next > 0)
      forkSequences(g.context, parents, next);
    memcpy(cache.tokens, nextTokens, size_t(next) * 4);
    return next > 0;
  }

  /// Adds the row's sequences behind the `next` first ones; returns their number.
  int64_t advanceRow(int64_t b, int64_t first, int64_t last, int64_t length, int64_t next) {
    int64_t found = collect(first, last, length), begin = next;
    for (int64_t i = 0; i < found && next - begin < beams; ++i) {
      const Candidate &candidate = candidates[i];
      if (!g.isStop(candidate.token)) {
        open(candidate, length, next++);
        continue;
      }
      // A sequence that ends must be among the `beams` best at its length.
      if (i < beams)
        end(b, candidate, length);
    }
    bool isLast = length >= g.roomOf(b);
    for (int64_t i = begin; isLast && i < next; ++i)
      keep(b, nextScores[i], nextHistory + i * width, length);
    bool isSettled = endedCount[b] == beams && next > begin && ended[b * beams + beams - 1].score >= penalized(nextScores[begin], length);
    isDone[b] = isLast || isSettled || next == begin;
    return isDone[b] ? begin : next;
  }

  /// The 2 * beams best continuations, best first, in `candidates`. What is suppressed keeps its part of the probability.
  int64_t collect(int64_t first, int64_t last, int64_t length) {
    int64_t vocabulary = g.info.vocabulary, room = 2 * beams, found = 0;
    for (int64_t sequence = first; sequence < last; ++sequence) {
      float *logits = cache.logits + sequence * vocabulary;
      double base = scores[sequence] - logSumExp(logits, vocabulary);
      g.suppress(logits, length == 1);
      for (int64_t token = 0; token < vocabulary; ++token) {
        double score = base + double(logits[token]);
        if (!(score > -INFINITY) || (found == room && score <= candidates[found - 1].score))
          continue;
        int64_t at = found < room ? found++ : room - 1;
        for (; at > 0 && candidates[at - 1].score < score; --at)
          candidates[at] = candidates[at - 1];
        candidates[at] = {score, int32_t(sequence), int32_t(token)};
      }
    }
    return found;
  }

  void open(const Candidate &candidate, int64_t length, int64_t at) {
    parents[at] = candidate.sequence;
    nextTokens[at] = candidate.token;
    nextScores[at] = candidate.score;
    memcpy(nextHistory + at * width, history + candidate.sequence * width, size_t(length - 1) * 4);
    nextHistory[at * width + length - 1] = candidate.token;
  }

  void end(int64_t b, const Candidate &candidate, int64_t length) {
    int32_t *tokens = history + candidate.sequence * width;
    tokens[length - 1] = candidate.token; // rewritten by the next that ends here: every one is kept by its copy
    keep(b, candidate.score, tokens, length);
  }

  /// Keeps an ended sequence among the row's best, in their order.
  void keep(int64_t b, double score, const int32_t *tokens, int64_t length) {
    Ended *best = ended + b * beams;
    double own = penalized(score, length);
    int32_t &count = endedCount[b];
    if (count == beams && own <= best[count - 1].score)
      return;
    int64_t at = count < beams ? count++ : beams - 1;
    int32_t *places = endedTokens + b * beams * width;
    for (; at > 0 && best[at - 1].score < own; --at) {
      best[at] = best[at - 1];
      memcpy(places + at * width, places + (at - 1) * width, size_t(best[at].length) * 4);
    }
    best[at] = {own, int32_t(length)};
    memcpy(places + at * width, tokens, size_t(length) * 4);
  }

  void finish() {
    int64_t results = g.options.results;
    for (int64_t b = 0; b < g.batch; ++b)
      for (int64_t r = 0; r < results; ++r) {
        bool isThere = r < endedCount[b];
        int64_t length = isThere ? ended[b * beams + r].length : 0, to = b * results + r;
        const int32_t *from = endedTokens + (b * beams + r) * width;
        memcpy(g.tokens + to * width, from, size_t(length) * 4);
        int32_t filler = length && g.isStop(from[length - 1]) ? from[length - 1] : g.filler();
        for (int64_t i = length; i < width; ++i)
          g.tokens[to * width + i] = filler;
        if (g.lengths)
          g.lengths[to] = int32_t(length);
        if (g.scores)
          g.scores[to] = isThere ? float(ended[b * beams + r].score) : -INFINITY;
        for (int64_t i = 0; r == 0 && g.options.on_token && i < length; ++i)
          if (g.options.on_token(g.options.user, b, from[i]))
            break;
      }
  }

  Generation &g;
  Cache &cache;
  int64_t beams, width;
  double *scores, *nextScores; // of the open sequences
  Candidate *candidates;
  Ended *ended;                // [batch, beams], best first
  int32_t *history, *nextHistory, *endedTokens; // [sequences, width]
  int32_t *parents, *nextTokens, *endedCount, *isDone;
};

} // namespace

weft_status weft::rt::generateBeams(Generation &generation) {
  Generation &g = generation;
  const weft_allocator &allocator = g.context.model->options.allocator;
  size_t bytes = BeamSearch::scratchBytes(g.batch, g.options.beams, g.options.max_new);
  void *scratch = allocate(allocator, bytes);
  if (!scratch)
    return fail(messageOf(g.context), WEFT_ERROR_MEMORY, "can't allocate %zu bytes for beam search", bytes);
  weft_status status = BeamSearch(g, scratch).run();
  release(allocator, scratch, bytes);
  return status;
}
