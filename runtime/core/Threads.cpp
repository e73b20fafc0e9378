//===- Threads.cpp - a context's workers and the barrier between launches ------------------------------------===//
//
// One persistent region per run: every thread executes the whole host program and meets the others at barriers,
// which spin (about 0.2 us when all are there) and after 100 us sleep in the kernel. Outside of a run workers sleep.
// Where there are fewer processors than threads nobody spins.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <errno.h>
#include <linux/futex.h>
#include <sched.h>
#include <signal.h>
#include <string.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

using namespace weft::rt;

namespace {

constexpr int64_t kSpinNanoseconds = 100 * 1000;
constexpr size_t kStackBytes = 1 << 20;

int64_t now() {
  timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return int64_t(time.tv_sec) * 1000000000 + time.tv_nsec;
}

inline void pauseBriefly() {
#if defined(__x86_64__)
  _mm_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

/// Denormals cost a hundred cycles each and mean nothing to a model: they count as zero during a run. Rounding and
/// exception masks are the default ones whatever the caller's thread has set.
class FloatingPointMode {
public:
  FloatingPointMode() {
#if defined(__x86_64__)
    saved = _mm_getcsr();
    _mm_setcsr(0x1f80 | 0x8000 | 0x0040);
#elif defined(__aarch64__)
    __asm__ volatile("mrs %0, fpcr" : "=r"(saved));
    __asm__ volatile("msr fpcr, %0" ::"r"(uint64_t(1) << 24));
#endif
  }
  ~FloatingPointMode() {
#if defined(__x86_64__)
    _mm_setcsr(static_cast<uint32_t>(saved));
#elif defined(__aarch64__)
    __asm__ volatile("msr fpcr, %0" ::"r"(saved));
#endif
  }

private:
  uint64_t saved = 0;
};

void runThread(weft_context &context, int32_t thread) {
  FloatingPointMode mode;
  context.entry(&context.frame, thread);
  closeInterval(context.frame, thread);
}

void *workerMain(void *argument) {
  ThreadSlot &slot = *static_cast<ThreadSlot *>(argument);
  weft_context &context = *slot.context;
  for (uint32_t seen = 0;; ++seen) {
    waitWhile(context.generation, seen, context.spinNanoseconds);
    if (context.stopping.load(std::memory_order_acquire))
      return nullptr;
    runThread(context, slot.index);
    if (context.pending.value.fetch_sub(1, std::memory_order_seq_cst) == 1)
      wakeAll(context.pending);
  }
}

void runTask(void *data, int32_t thread) { runThread(*static_cast<weft_context *>(data), thread); }

int32_t processorCount() {
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) != 0)
    return WEFT_MAX_THREADS;
  int32_t count = 0;
  for (int32_t cpu = 0; cpu < CPU_SETSIZE; ++cpu)
    count += CPU_ISSET(cpu, &set) ? 1 : 0;
  return count;
}

long futex(std::atomic<uint32_t> &word, int operation, uint32_t value) {
  return syscall(SYS_futex, reinterpret_cast<uint32_t *>(&word), operation | FUTEX_PRIVATE_FLAG, value, nullptr,
                 nullptr, 0);
}

} // namespace

void weft::rt::waitWhile(WaitWord &word, uint32_t value, int64_t spinNanoseconds) {
  int64_t deadline = 0;
  for (uint32_t i = 0; spinNanoseconds > 0; ++i) {
    if (word.value.load(std::memory_order_acquire) != value)
      return;
    pauseBriefly();
    if (i % 64 != 63)
      continue;
    int64_t time = now();
    deadline = deadline ? deadline : time + spinNanoseconds;
    if (time > deadline)
      break;
  }
  // Announce, then look again in the kernel: a waker that changes the word either sees us or is seen.
  word.sleepers.fetch_add(1, std::memory_order_seq_cst);
  while (word.value.load(std::memory_order_seq_cst) == value)
    futex(word.value, FUTEX_WAIT, value);
  word.sleepers.fetch_sub(1, std::memory_order_relaxed);
}

void weft::rt::wakeAll(WaitWord &word) {
  if (word.sleepers.load(std::memory_order_seq_cst))
    futex(word.value, FUTEX_WAKE, INT32_MAX);
}

weft_status weft::rt::startWorkers(weft_context &context, Message message) {
  context.spinNanoseconds = processorCount() >= context.threads ? kSpinNanoseconds : 0;
  if (context.model->options.parallel_for)
    return WEFT_OK;
  // Signals are the application's business: workers take none.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  int error = 0;
  for (int32_t thread = 1; thread < context.threads && !error; ++thread) {
    error = pthread_create(&context.slots[thread].handle, &attributes, workerMain, &context.slots[thread]);
    context.workers += error ? 0 : 1;
  }
  pthread_attr_destroy(&attributes);
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  if (!error)
    return WEFT_OK;
  return fail(message, WEFT_ERROR_THREADS, "can't start thread %d of %d: %s", context.workers + 2, context.threads,
              strerror(error));
}

void weft::rt::stopWorkers(weft_context &context) {
  context.stopping.store(true, std::memory_order_release);
  context.generation.value.fetch_add(1, std::memory_order_seq_cst);
  wakeAll(context.generation);
  for (int32_t worker = 1; worker <= context.workers; ++worker)
    pthread_join(context.slots[worker].handle, nullptr);
}

void weft::rt::runEverywhere(weft_context &context, weft_entry entry) {
  context.entry = entry;
  const weft_options &options = context.model->options;
  if (context.threads == 1)
    return runThread(context, 0);
  if (options.parallel_for)
    return options.parallel_for(options.parallel_user, context.threads, runTask, &context);
  context.pending.value.store(uint32_t(context.workers), std::memory_order_relaxed);
  context.generation.value.fetch_add(1, std::memory_order_seq_cst);
  wakeAll(context.generation);
  runThread(context, 0);
  while (uint32_t left = context.pending.value.load(std::memory_order_acquire))
    waitWhile(context.pending, left, context.spinNanoseconds);
}

int32_t weft_rt_barrier(weft_frame *frame, int32_t thread) {
  weft_context &context = *frame->context;
  closeInterval(*frame, thread);
  if (frame->threads == 1) {
    frame->failed = context.status.load(std::memory_order_relaxed) != WEFT_OK;
    return frame->failed;
  }
  uint32_t phase = context.phase.value.load(std::memory_order_relaxed);
  if (context.arrived.fetch_add(1, std::memory_order_acq_rel) + 1 < frame->threads) {
    waitWhile(context.phase, phase, context.spinNanoseconds);
    return frame->failed;
  }
  // The last one decides for all: no thread may leave while another goes on to the next barrier.
  frame->failed = context.status.load(std::memory_order_relaxed) != WEFT_OK;
  int32_t failed = frame->failed;
  context.arrived.store(0, std::memory_order_relaxed);
  context.phase.value.store(phase + 1, std::memory_order_seq_cst);
  wakeAll(context.phase);
  return failed;
}

int32_t weft_rt_failed(const weft_frame *frame) { return frame->failed; }
