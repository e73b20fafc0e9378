//===- Rows.cpp - rows without their padding, and back in their places ---------------------------------------===//
//
// A thread moves the batch rows of its part.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <string.h>

using namespace weft::rt;

int64_t weft_rt_count_rows(const int32_t *lengths, int64_t batch, int64_t time) {
  int64_t rows = 0;
  for (int64_t b = 0; lengths && b < batch; ++b)
    rows += clampLength(lengths[b], time);
  return rows > 0 ? rows : 1;
}

static void copyRows(const weft_row_move &move, const uint8_t *from, uint8_t *to, int64_t rows) {
  if (move.from_stride == move.to_stride && rows > 0) {
    memcpy(to, from, size_t((rows - 1) * move.to_stride + move.width));
    return;
  }
  for (int64_t row = 0; row < rows; ++row)
    memcpy(to + row * move.to_stride, from + row * move.from_stride, size_t(move.width));
}

void weft_rt_move_rows(weft_frame *frame, int32_t thread, const weft_row_move *move) {
  if (!move->lengths)
    return;
  int64_t begin = move->batch * thread / frame->threads, end = move->batch * (thread + 1) / frame->threads, packed = 0;
  for (int64_t b = 0; b < end; ++b) {
    int64_t rows = clampLength(move->lengths[b], move->time), place = b * move->time, from = move->unpack ? packed : place;
    packed += rows;
    if (b < begin)
      continue;
    uint8_t *to = move->to + (move->unpack ? place : packed - rows) * move->to_stride;
    copyRows(*move, move->from + from * move->from_stride, to, rows);
    for (int64_t row = rows; move->unpack && row < move->time; ++row)
      memset(to + row * move->to_stride, 0, size_t(move->width));
  }
  if (!move->unpack && packed == 0 && end == move->batch) // all of it is padding: the one row that kernels get
    memset(move->to, 0, size_t(move->width));
}
