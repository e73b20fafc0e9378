//===- CacheWrite.cpp - values into states, by all threads of a run ------------------------------------------===//
#include "Generation.h"
#include <string.h>

using namespace weft::rt;

namespace {

constexpr int64_t kPage = WEFT_PAGE_POSITIONS;
typedef float Four __attribute__((vector_size(16)));

Four loadFour(const float *from) {
  Four four;
  memcpy(&four, from, sizeof four);
  return four;
}

/// Four features of four positions.
void turnFour(const float *x, int64_t stride, float *lanes) {
  Four a = loadFour(x), b = loadFour(x + stride), c = loadFour(x + 2 * stride), d = loadFour(x + 3 * stride);
  Four ab = __builtin_shufflevector(a, b, 0, 4, 1, 5), cd = __builtin_shufflevector(c, d, 0, 4, 1, 5);
  Four ab2 = __builtin_shufflevector(a, b, 2, 6, 3, 7), cd2 = __builtin_shufflevector(c, d, 2, 6, 3, 7);
  Four turned[4] = {__builtin_shufflevector(ab, cd, 0, 1, 4, 5), __builtin_shufflevector(ab, cd, 2, 3, 6, 7),
                    __builtin_shufflevector(ab2, cd2, 0, 1, 4, 5), __builtin_shufflevector(ab2, cd2, 2, 3, 6, 7)};
  for (int i = 0; i < 4; ++i)
    memcpy(lanes + i * kPage, &turned[i], sizeof(Four));
}

/// Keys of `count` positions, rows of x, into a page: each feature's positions side by side.
void turn(const float *x, int64_t stride, int32_t width, int64_t count, float *lanes) {
  for (int64_t j = 0; j < count;) {
    int64_t step = j + 4 <= count ? 4 : 1;
    int32_t d = 0;
    for (; step == 4 && d + 4 <= width; d += 4)
      turnFour(x + j * stride + d, stride, lanes + d * kPage + j);
    for (; d < width; ++d)
      for (int64_t i = j; i < j + step; ++i)
        lanes[d * kPage + i] = x[i * stride + d];
    j += step;
  }
}

class Writer {
public:
  Writer(const weft_frame &frame, const weft_state_info &info, const weft_cache_write &write)
      : info(info), write(write), place(frame.states[write.state]), state(place.data + write.layer * place.layer_bytes),
        pages(info.heads ? place.row_bytes / info.heads / pageBytes(info) : 1) {}

  /// Lines of x from begin to end: positions, or rows of plain states.
  void run(int64_t begin, int64_t end) {
    for (int64_t line = begin, count; line < end; line += count) {
      int64_t b = line / write.inner, i = line % write.inner, at = i + (write.offset ? write.offset[b] : 0);
      count = info.kind == WEFT_STATE_PLAIN ? 1 : least(kPage - at % kPage, write.inner - i, end - line);
      int64_t kept = write.lengths ? least(count, write.lengths[b] - i, count) : count; // the rest is padding
      if (info.kind == WEFT_STATE_PLAIN)
        plain(b, i, line);
      else if (kept > 0 && !isPassed(b, i))
        page(b, at, static_cast<const float *>(write.x) + line * write.x_stride + write.first, kept);
    }
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
    for (int32_t h = 0; h < info.heads; ++h, x += info.width) {
      auto *to = reinterpret_cast<float *>(state + row * place.row_bytes + h * head);
      if (info.kind == WEFT_STATE_KEYS)
        turn(x, write.x_stride, info.width, count, to + at / kPage * kPage * info.width + at % kPage);
      else
        for (int64_t j = 0; j < count; ++j)
          memcpy(to + (at + j) * info.row_stride, x + j * write.x_stride, size_t(info.width) * 4);
    }
  }

  const weft_state_info &info;
  const weft_cache_write &write;
  const weft_state_place &place;
  uint8_t *state;
  int64_t pages; // of a row
};

} // namespace

void weft_rt_cache_write(weft_frame *frame, int32_t thread, const weft_cache_write *write) {
  const weft_generate_info &info = *frame->context->model->descriptor->generate;
  int64_t lines = write->batch * write->inner;
  // Whole pages a thread, so that no two write one cache line.
  int64_t chunks = (lines + kPage - 1) / kPage, begin = chunks * thread / frame->threads * kPage, end = chunks * (thread + 1) / frame->threads * kPage;
  Writer(*frame, info.states[write->state], *write).run(begin, end < lines ? end : lines);
}
