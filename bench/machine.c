/* Measures one core's limits: the FMA peak in GFLOP/s and the read bandwidth from memory in GB/s, as one JSON line.
 *
 * machine [SECONDS [BANDWIDTH-THREADS]]. The peak is that of the widest vectors that the compiler was told of (-march=native): 24 independent
 * accumulators hide the latency of any current core. The bandwidth is a sum over 512 MB, far beyond the caches,
 * read in one, two or three streams, with huge pages asked for; both report the best of the repetitions, since noise only adds time. */
#define _GNU_SOURCE
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>

#if defined(__AVX512F__)
enum { LANES = 16 };
#elif defined(__AVX__)
enum { LANES = 8 };
#else
enum { LANES = 4 };
#endif
typedef float Vector __attribute__((vector_size(LANES * 4)));
enum { ACCUMULATORS = LANES == 16 ? 24 : 12, STEPS = 200000 };

static double read(clockid_t clock) {
  struct timespec t;
  clock_gettime(clock, &t);
  return t.tv_sec + 1e-9 * t.tv_nsec;
}
static double now(void) { return read(CLOCK_MONOTONIC); }

/* Flops of one call: STEPS x ACCUMULATORS x LANES x 2. The asm keeps the compiler from folding the chain. */
static float multiplyAdd(void) {
  Vector acc[ACCUMULATORS], a = {0}, b = {0};
  a += 0.999f, b += 1e-3f;
  for (int i = 0; i < ACCUMULATORS; i++)
    acc[i] = b * (float)i;
  for (int step = 0; step < STEPS; step++) {
    __asm__ volatile("" : "+x"(a), "+x"(b));
#pragma clang loop unroll(full)
    for (int i = 0; i < ACCUMULATORS; i++)
      acc[i] = acc[i] * a + b;
  }
  Vector sum = {0};
  for (int i = 0; i < ACCUMULATORS; i++)
    sum += acc[i];
  return sum[0];
}

static double peakGflops(double seconds) {
  double best = 0, end = now() + seconds;
  volatile float sink;
  while (now() < end) {
    double start = read(CLOCK_THREAD_CPUTIME_ID);
    sink = multiplyAdd();
    double rate = 2.0 * STEPS * ACCUMULATORS * LANES / (read(CLOCK_THREAD_CPUTIME_ID) - start) * 1e-9;
    best = rate > best ? rate : best;
  }
  (void)sink;
  return best;
}

enum { ROUNDS = 12 };

/* A reader's share of the data, the barrier that starts all readers at once, and when it began and ended each round by its own clock: a thread that
 * only watches may be woken long after the readers began. One reader alone counts its own time, without what others take of the core. */
struct Reader {
  const Vector *data;
  size_t vectors;
  pthread_barrier_t *barrier;
  clockid_t clock;
  double begin[ROUNDS], end[ROUNDS];
  float sum;
};

/* The sum of COUNT vectors, read in STREAMS streams at once. */
static inline __attribute__((always_inline)) float sumOf(const Vector *data, size_t count, const int streams) {
  size_t part = count / (4 * streams) * 4;
  Vector sum[4] = {{0}};
  for (size_t i = 0; i < part; i += 4)
    for (int s = 0; s < streams; s++)
      for (int j = 0; j < 4; j++)
        sum[j] += data[s * part + i + j];
  return sum[0][0] + sum[1][0] + sum[2][0] + sum[3][0];
}

static void *readAll(void *argument) {
  struct Reader *reader = argument;
  for (int round = 0; round < ROUNDS; round++) {
    pthread_barrier_wait(reader->barrier);
    reader->begin[round] = read(reader->clock);
    /* Which of these a processor reads fastest differs by half. */
    reader->sum += round % 3 == 0 ? sumOf(reader->data, reader->vectors, 1) : round % 3 == 1 ? sumOf(reader->data, reader->vectors, 2) : sumOf(reader->data, reader->vectors, 3);
    reader->end[round] = read(reader->clock);
  }
  return NULL;
}

static double bandwidth(int threads) {
  size_t bytes = 512u << 20;
  Vector *data = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (data == MAP_FAILED)
    return 0;
  madvise(data, bytes, MADV_HUGEPAGE);
  for (size_t i = 0; i < bytes / sizeof(Vector); i++)
    data[i] = (Vector){1};
  pthread_barrier_t barrier;
  pthread_barrier_init(&barrier, NULL, threads);
  struct Reader readers[64];
  pthread_t ids[64];
  size_t share = bytes / sizeof(Vector) / threads / 12 * 12;
  for (int t = 0; t < threads; t++) {
    readers[t] = (struct Reader){.data = data + t * share, .vectors = share, .barrier = &barrier, .clock = threads == 1 ? CLOCK_THREAD_CPUTIME_ID : CLOCK_MONOTONIC};
    pthread_create(&ids[t], NULL, readAll, &readers[t]);
  }
  for (int t = 0; t < threads; t++)
    pthread_join(ids[t], NULL);
  double best = 0;
  for (int round = 0; round < ROUNDS; round++) {
    double begin = readers[0].begin[round], end = readers[0].end[round];
    for (int t = 1; t < threads; t++) {
      begin = readers[t].begin[round] < begin ? readers[t].begin[round] : begin;
      end = readers[t].end[round] > end ? readers[t].end[round] : end;
    }
    double rate = threads * share * sizeof(Vector) / (end - begin) * 1e-9;
    best = rate > best ? rate : best;
  }
  pthread_barrier_destroy(&barrier);
  munmap(data, bytes);
  return best;
}

int main(int argc, char **argv) {
  double seconds = argc > 1 ? atof(argv[1]) : 0.3;
  int threads = argc > 2 ? atoi(argv[2]) : 1;
  if (threads < 1 || threads > 64)
    return fputs("machine: 1 to 64 threads\n", stderr), 2;
  printf("{\"lanes\": %d, \"gflops\": %.1f, \"gbytes\": %.2f, \"threads\": %d}\n", LANES, peakGflops(seconds),
         bandwidth(threads), threads);
  return 0;
}
