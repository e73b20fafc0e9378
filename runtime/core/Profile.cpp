//===- Profile.cpp - intervals of launches, recorded into the caller's memory --------------------------------===//
//
// A mark opens an interval of its thread, the next mark or barrier closes it: waiting at the barrier is not the
// kernel's time. With no profile a mark is one load and a branch, inlined into the host program.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <string.h>
#include <time.h>

using namespace weft::rt;

static int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

__attribute__((noinline)) static void closeOpenInterval(weft_frame &frame, int32_t thread, int32_t next) {
  ThreadSlot &slot = frame.context->slots[thread];
  const weft_profile &profile = *frame.profile;
  int64_t time = now();
  if (slot.openLaunch >= 0 && slot.eventCount < profile.perThread)
    profile.events[thread * profile.perThread + slot.eventCount++] = {slot.openLaunch, thread, slot.openSince, time};
  else if (slot.openLaunch >= 0)
    ++slot.droppedCount;
  slot.openLaunch = next;
  slot.openSince = time;
}

void weft::rt::closeInterval(weft_frame &frame, int32_t thread) {
  if (frame.profile)
    closeOpenInterval(frame, thread, -1);
}

void weft_rt_mark(weft_frame *frame, int32_t thread, int32_t launch) {
  if (frame->profile)
    closeOpenInterval(*frame, thread, launch);
}

weft_status weft_rt_profile_start(weft_context *context, weft_profile_event *events, int64_t capacity) {
  if (!context)
    return WEFT_ERROR_ARGUMENT;
  Message message{context->message, sizeof context->message};
  if (!events || capacity < context->threads)
    return fail(message, WEFT_ERROR_ARGUMENT, "a profile needs room for at least one event per thread");
  context->profile = {events, capacity / context->threads};
  for (int32_t thread = 0; thread < context->threads; ++thread) {
    context->slots[thread].openLaunch = -1;
    context->slots[thread].eventCount = context->slots[thread].droppedCount = 0;
  }
  context->frame.profile = &context->profile;
  return WEFT_OK;
}

int64_t weft_rt_profile_stop(weft_context *context, int64_t *dropped) {
  int64_t count = 0, lost = 0;
  if (context && context->frame.profile) {
    weft_profile_event *events = context->profile.events;
    for (int32_t thread = 0; thread < context->threads; ++thread) {
      const ThreadSlot &slot = context->slots[thread];
      memmove(events + count, events + thread * context->profile.perThread, size_t(slot.eventCount) * sizeof *events);
      count += slot.eventCount;
      lost += slot.droppedCount;
    }
    context->frame.profile = nullptr;
  }
  if (dropped)
    *dropped = lost;
  return count;
}
