//===- ThreadsTest.cpp - runs on several threads: barriers, failures, floating-point mode, profiles ----------===//
// LINK: weft_runtime
#include "FakeModel.h"
#include "runtime/weft.hpp"
#include <atomic>
#include <cmath>
#include <gtest/gtest.h>
#include <limits>
#include <thread>

using namespace weft::test;

namespace {

/// Every thread adds its number after the others have seen the round before: a broken barrier loses a round.
void countRounds(weft_frame *frame, int32_t thread) {
  auto *counters = reinterpret_cast<int32_t *>(frame->arena);
  for (int32_t round = 0; round < 200; ++round) {
    counters[16 * thread] = round;
    if (weft_rt_barrier(frame, thread))
      return;
    for (int32_t other = 0; other < frame->threads; ++other)
      if (counters[16 * other] != round)
        static_cast<int32_t *>(frame->outputs[1])[0] = -round - 1;
    if (weft_rt_barrier(frame, thread))
      return;
  }
  if (thread == 0)
    static_cast<int32_t *>(frame->outputs[1])[1] = frame->threads;
}

/// Denormals vanish during a run.
void squareTiny(weft_frame *frame, int32_t thread) {
  volatile float tiny = 1e-30f;
  static_cast<float *>(frame->outputs[0])[thread] = tiny * tiny * 1e-9f;
  volatile float denormal = 1e-40f;
  static_cast<float *>(frame->outputs[0])[thread + 4] = denormal * 1e20f;
  weft_rt_barrier(frame, thread);
}

struct ThreadsTest : testing::Test {
  weft_model_descriptor descriptor = fakeModel();
  weft_target_info target = baselineTarget();
  std::vector<int32_t> ids = std::vector<int32_t>(32, 1), total = std::vector<int32_t>(4, 0);
  std::vector<float> scale = std::vector<float>(4, 3.0f), doubled = std::vector<float>(32, -1);
  FakeArgs args{4, 8, ids.data(), scale.data(), doubled.data(), total.data()};

  void useEntry(weft_entry entry) {
    target.entries[WEFT_ENTRY_FORWARD] = entry;
    descriptor.targets = &target;
    descriptor.arena_bytes = [](const int64_t *, int32_t threads) { return int64_t(threads) * 64; };
  }
};

TEST_F(ThreadsTest, BarriersHoldForAnyNumberOfThreads) {
  useEntry(countRounds);
  for (int threads : {1, 2, 3, 8}) { // more than processors, too
    weft::Model model(&descriptor, {threads, "", "", false});
    weft::Context context(model);
    for (int run = 0; run < 3; ++run) {
      total = {0, 0, 0, 0};
      context.run(args);
      EXPECT_EQ(total[0], 0) << threads << " threads";
      EXPECT_EQ(total[1], threads);
    }
  }
}

TEST_F(ThreadsTest, SameResultsAsOneThread) {
  weft::Model model(&descriptor, {3, "", "", false});
  weft::Context context(model);
  context.run(args);
  EXPECT_EQ(doubled, std::vector<float>(32, 3.0f));
  EXPECT_EQ(total, std::vector<int32_t>(4, 8));
}

TEST_F(ThreadsTest, AllThreadsLeaveAFailedRun) {
  weft::Model model(&descriptor, {4, "", "", false});
  weft::Context context(model);
  for (int run = 0; run < 50; ++run) {
    ids[31] = run % 2 ? 5 : 77;
    EXPECT_EQ(context.tryRun(args), run % 2 ? WEFT_OK : WEFT_ERROR_VALUE_RANGE);
  }
}

TEST_F(ThreadsTest, CallersParallelFor) {
  std::atomic<int> calls{0};
  weft_options options = {};
  options.threads = 3;
  options.parallel_user = &calls;
  options.parallel_for = [](void *user, int32_t count, void (*task)(void *, int32_t), void *data) {
    ++*static_cast<std::atomic<int> *>(user);
    std::vector<std::thread> threads;
    for (int32_t i = 0; i < count; ++i)
      threads.emplace_back(task, data, i);
    for (std::thread &thread : threads)
      thread.join();
  };
  useEntry(countRounds);
  weft_model *model;
  weft_context *context;
  ASSERT_EQ(weft_rt_open(&descriptor, &model, &options), WEFT_OK);
  ASSERT_EQ(weft_rt_context_create(model, &context, nullptr), WEFT_OK);
  EXPECT_EQ(weft_rt_run(context, &args), WEFT_OK);
  EXPECT_EQ(total[0], 0);
  EXPECT_EQ(total[1], 3);
  EXPECT_EQ(calls, 1);
  weft_rt_context_destroy(context);
  weft_rt_close(model);
}

TEST_F(ThreadsTest, ContextsOfOneModelRunAtTheSameTime) {
  weft::Model model(&descriptor, {2, "", "", false});
  std::atomic<int> failures{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 3; ++caller)
    callers.emplace_back([&, caller] {
      std::vector<float> mine(32);
      std::vector<int32_t> sums(4), own(32, caller);
      weft::Context context(model);
      FakeArgs call{4, 8, own.data(), scale.data(), mine.data(), sums.data()};
      for (int run = 0; run < 100; ++run) {
        context.run(call);
        failures += sums != std::vector<int32_t>(4, 8 * caller);
      }
    });
  for (std::thread &caller : callers)
    caller.join();
  EXPECT_EQ(failures, 0);
}

weft_context *reentered;
weft_status inner;
void callAgain(weft_frame *frame, int32_t) {
  FakeArgs args = {};
  inner = weft_rt_run(reentered, &args);
  static_cast<int32_t *>(frame->outputs[1])[0] = 1;
}

TEST_F(ThreadsTest, ABusyContextSaysSo) {
  useEntry(callAgain);
  weft_model *model;
  ASSERT_EQ(weft_rt_open(&descriptor, &model, nullptr), WEFT_OK);
  ASSERT_EQ(weft_rt_context_create(model, &reentered, nullptr), WEFT_OK);
  EXPECT_EQ(weft_rt_run(reentered, &args), WEFT_OK);
  EXPECT_EQ(inner, WEFT_ERROR_BUSY);
  weft_rt_context_destroy(reentered);
  weft_rt_close(model);
}

TEST_F(ThreadsTest, DenormalsAreZeroOnlyDuringARun) {
  useEntry(squareTiny);
  weft::Model model(&descriptor, {2, "", "", false});
  weft::Context context(model);
  context.run(args);
  for (int i : {0, 1, 4, 5})
    EXPECT_EQ(doubled[size_t(i)], 0.0f) << i;
  volatile float tiny = std::numeric_limits<float>::min();
  volatile float half = tiny / 2;
  EXPECT_GT(half, 0.0f) << "the caller's mode is restored";
}

TEST_F(ThreadsTest, ProfileRecordsEveryLaunchOfEveryThread) {
  weft::Model model(&descriptor, {2, "", "", false});
  weft_context *context;
  ASSERT_EQ(weft_rt_context_create(model.get(), &context, nullptr), WEFT_OK);
  std::vector<weft_profile_event> events(16);
  ASSERT_EQ(weft_rt_profile_start(context, events.data(), 16), WEFT_OK);
  ASSERT_EQ(weft_rt_run(context, &args), WEFT_OK);
  ASSERT_EQ(weft_rt_run(context, &args), WEFT_OK);
  int64_t dropped;
  ASSERT_EQ(weft_rt_profile_stop(context, &dropped), 8) << "two launches, two threads, two runs";
  EXPECT_EQ(dropped, 0);
  for (int i = 0; i < 8; ++i) {
    EXPECT_EQ(events[size_t(i)].thread, i / 4);
    EXPECT_EQ(events[size_t(i)].launch, i % 2);
    EXPECT_LE(events[size_t(i)].begin, events[size_t(i)].end);
  }
  ASSERT_EQ(weft_rt_profile_start(context, events.data(), 2), WEFT_OK);
  ASSERT_EQ(weft_rt_run(context, &args), WEFT_OK);
  EXPECT_EQ(weft_rt_profile_stop(context, &dropped), 2);
  EXPECT_EQ(dropped, 2);
  EXPECT_EQ(weft_rt_profile_start(context, events.data(), 1), WEFT_ERROR_ARGUMENT);
  weft_rt_context_destroy(context);
}

} // namespace
