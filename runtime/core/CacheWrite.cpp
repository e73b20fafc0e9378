//===- CacheWrite.cpp - values into states, by all threads of a run ------------------------------------------===//
#include "Generation.h"
#include <string.h>

using namespace weft::rt;

namespace {

constexpr int64_t kPage = WEFT_PAGE_POSITIONS, kSide = WEFT_KEY_POSITIONS;
/// `width` floats from one place to another, in vectors: no call for what is a few of them.
void copyRow(float *to, const float *from, int32_t width) {
  int32_t d = 0;
  for (; d + 16 <= width; d += 16)
    memcpy(to + d, from + d, 16 * sizeof(float));
  for (; d < width; ++d)
    to[d] = from[d];
}

/// The keys of one position into a block of squares: `features` of them side by side.
template <int features>
void spreadKeys(float *to, const float *from, int32_t width) {
  for (int32_t d = 0; d < width; d += features, to += WEFT_KEY_POSITIONS * features)
    memcpy(to, from + d, features * sizeof(float));
}

void writeKeys(float *to, const float *from, int32_t width) {
  switch (WEFT_KEY_FEATURES(width)) {
  case 4:
    return spreadKeys<4>(to, from, width);
  case 2:
    return spreadKeys<2>(to, from, width);
  default:
    return spreadKeys<1>(to, from, width);
  }
}

/// Positions of one page and head that are to be written: `count` from `at` on, counted from `to`.
struct Piece {
  float *to;
  const float *from;
  int64_t at, count;
};

class Writer {
public:
  Writer(const weft_frame &frame, const weft_state_info &info, const weft_cache_write &write)
      : info(info), write(write), place(frame.states[write.state]), state(place.data + write.layer * place.layer_bytes),
        pages(info.heads ? place.row_bytes / info.heads / pageBytes(info) : 1) {}

  /// Lines of x from begin to end: positions, or rows of plain states.
  void run(int64_t begin, int64_t end) {
    int64_t row = 0, before = 0; // rows of x that lie in front of the batch row's, where padding is left out
    for (int64_t line = begin, count; line < end; line += count) {
      int64_t b = line / write.inner, i = line % write.inner, at = i + (write.offset ? write.offset[b] : 0);
      for (; write.is_packed && row < b; ++row)
        before += clampLength(write.lengths[row], write.inner);
      count = info.kind == WEFT_STATE_PLAIN ? 1 : least(kPage - at % kPage, write.inner - i, end - line);
      int64_t kept = write.lengths ? least(count, write.lengths[b] - i, count) : count; // the rest is padding
      if (info.kind == WEFT_STATE_PLAIN)
        plain(b, i, line);
      else if (kept > 0 && !isPassed(b, i))
        page(b, at, static_cast<const float *>(write.x) + (write.is_packed ? before + i : line) * write.x_stride + write.first, kept);
    }
    for (int64_t left = began < kAhead ? began : kAhead; left > 0; --left)
      finish(ahead[(began - left) % kAhead]);
  }

private:
  void plain(int64_t b, int64_t i, int64_t line) {
    int64_t each = elementBytes(info.dtype), row = write.rows ? write.rows[b] * place.row_bytes : b * write.inner * write.state_stride * each;
    auto *from = static_cast<const uint8_t *>(write.x) + (line * write.x_stride + write.first) * each;
    memcpy(state + row + i * write.state_stride * each, from, size_t(write.width * each));
  }

  static int64_t least(int64_t a, int64_t b, int64_t c) { return a < b ? (a < c ? a : c) : (b < c ? b : c); }

  /// A window has left the page behind before the prompt ends.
  bool isPassed(int64_t b, int64_t i) const { return write.lengths && info.is_stream && i / kPage + pages <= (write.lengths[b] - 1) / kPage; }

  /// `count` positions of one page, from `at` on.
  void page(int64_t b, int64_t at, const float *x, int64_t count) {
    int64_t row = write.rows[b * write.rows_stride + (write.rows_stride > 1 ? at / kPage : 0)], head = place.row_bytes / info.heads;
    at = at / kPage % pages * kPage + at % kPage;
    for (int32_t h = 0; h < info.heads; ++h, x += info.width)
      begin({reinterpret_cast<float *>(state + row * place.row_bytes + h * head), x, at, count});
  }

  /// Asks for the lines of a piece, and writes the one that was asked for some pieces ago: heads lie far apart, so that each piece would
  /// wait for its lines.
  void begin(const Piece &piece) {
    int64_t unit = info.kind == WEFT_STATE_KEYS ? kSide : 1, stride = info.kind == WEFT_STATE_KEYS ? info.width : info.row_stride;
    const float *line = piece.to + piece.at / unit * unit * stride, *end = piece.to + (piece.at + piece.count + unit - 1) / unit * unit * stride;
    for (; line < end; line += 16)
      __builtin_prefetch(line, 1);
    Piece &slot = ahead[began % kAhead];
    if (began++ >= kAhead)
      finish(slot);
    slot = piece;
  }

  void finish(const Piece &piece) {
    const float *from = piece.from;
    for (int64_t t = piece.at; t < piece.at + piece.count; ++t, from += write.x_stride)
      if (info.kind == WEFT_STATE_KEYS)
        writeKeys(piece.to + t / kSide * kSide * info.width + t % kSide * WEFT_KEY_FEATURES(info.width), from, info.width);
      else
        copyRow(piece.to + t * info.row_stride, from, info.width);
  }

  static constexpr int kAhead = 4;
  const weft_state_info &info;
  const weft_cache_write &write;
  const weft_state_place &place;
  uint8_t *state;
  int64_t pages; // of a row
  Piece ahead[kAhead];
  int64_t began = 0;
};

} // namespace

void weft_rt_cache_write(weft_frame *frame, int32_t thread, const weft_cache_write *write) {
  const weft_generate_info &info = *frame->context->model->descriptor->generate;
  int64_t lines = write->batch * write->inner;
  // Whole pages a thread, so that no two write one cache line.
  int64_t chunks = (lines + kPage - 1) / kPage, begin = chunks * thread / frame->threads * kPage, end = chunks * (thread + 1) / frame->threads * kPage;
  Writer(*frame, info.states[write->state], *write).run(begin, end < lines ? end : lines);
}
