//===- CacheWrite.cpp - values into states, by all threads of a run ------------------------------------------===//
#include "Generation.h"
#include <string.h>

using namespace weft::rt;

namespace {

constexpr int64_t kPage = WEFT_PAGE_POSITIONS;

class Writer {
public:
  Writer(const weft_frame &frame, const weft_state_info &info, const weft_cache_write &write)
      : info(info), write(write), place(frame.states[write.state]), state(place.data + write.layer * place.layer_bytes),
        pages(info.heads ? place.row_bytes / info.heads / pageBytes(info) : 1) {}

  /// Lines of x from begin to end: positions, or rows of plain states.
  void run(int64_t begin, int64_t end) {
    for (int64_t line = begin; line < end; ++line) {
      int64_t b = line / write.inner, i = line % write.inner;
      if (write.lengths && (i >= write.lengths[b] || (info.is_stream && i / kPage + pages <= (write.lengths[b] - 1) / kPage)))
        continue; // padding, and what a window has left behind
      if (info.kind == WEFT_STATE_PLAIN)
        plain(b, i, line);
      else
        position(b, i + (write.offset ? write.offset[b] : 0), static_cast<const float *>(write.x) + line * write.x_stride + write.first);
    }
  }

private:
  void plain(int64_t b, int64_t i, int64_t line) {
    int64_t each = elementBytes(info.dtype), row = write.rows ? write.rows[b] * place.row_bytes : b * write.inner * write.state_stride * each;
    auto *from = static_cast<const uint8_t *>(write.x) + (line * write.x_stride + write.first) * each;
    memcpy(state + row + i * write.state_stride * each, from, size_t(write.width * each));
  }

  void position(int64_t b, int64_t at, const float *x) {
    int64_t row = write.rows[b * write.rows_stride + (write.rows_stride > 1 ? at / kPage : 0)], head = place.row_bytes / info.heads;
    at = at / kPage % pages * kPage + at % kPage;
    for (int32_t h = 0; h < info.heads; ++h, x += info.width) {
      auto *to = reinterpret_cast<float *>(state + row * place.row_bytes + h * head);
      if (info.kind == WEFT_STATE_VALUES) {
        memcpy(to + at * info.row_stride, x, size_t(info.width) * 4);
        continue;
      }
      float *lane = to + at / kPage * kPage * info.width + at % kPage;
      for (int32_t d = 0; d < info.width; ++d)
        lane[d * kPage] = x[d];
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
