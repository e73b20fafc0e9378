/* weft's contestant of the comparison of generation, in a process of its own: generator MODEL.so THREADS WORKLOAD [busy].
 *
 * WORKLOAD is a text file of whole numbers, ROWS COLUMNS MAX-NEW, then the tokens of each row behind how many of them are real: prompts, or sources
 * where the model has an input `source`. Prints the greedy tokens of all rows as JSON when ready, then answers each line on standard input with
 * times in milliseconds: "generate RUNS" (the whole call), "prefill LENGTH RUNS" (the first LENGTH tokens of row 0, the last position's logits),
 * "step POSITION RUNS" (one token each, the likeliest, from that position on; each position has a cache of its own, which goes on from call to call).
 * bench/generators.py speaks the same for the peers. `busy`: times are the process's own, for one thread on a machine that others use too. */
#define _GNU_SOURCE
#include "runtime/Descriptor.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>

enum { MAX_ARGS = WEFT_MAX_DIMS + 2 * WEFT_MAX_TENSORS, MAX_CACHES = 8, HUGE_PAGE = 2 << 20 };

struct Workload {
  int64_t rows, columns, maxNew;
  int32_t *lengths, *tokens;
};

/* A cache that a sequence lives in, and the token that comes next in it. */
struct Sequence {
  int64_t position;
  void *cache;
  int32_t token;
};

struct Program {
  const weft_model_descriptor *d;
  weft_context *context;
  struct Workload work;
  int64_t limits[WEFT_MAX_DIMS], vocabulary;
  int32_t *made, *lengths;
  float *logits;
  double *times;
  struct Sequence sequences[MAX_CACHES];
};

static double nowMs(int isBusy) {
  struct timespec t;
  clock_gettime(isBusy ? CLOCK_PROCESS_CPUTIME_ID : CLOCK_MONOTONIC, &t);
  return 1e3 * t.tv_sec + 1e-6 * t.tv_nsec;
}

static _Noreturn void die(const char *what, const char *why) {
  fprintf(stderr, "generator: error: %s: %s\n", what, why);
  exit(1);
}

static void need(const struct Program *p, const char *what, weft_status status) {
  if (status)
    die(what, p->d->api->message(p->context));
}

static struct Workload readWorkload(const char *path) {
  struct Workload w;
  long long rows, columns, maxNew, value;
  FILE *file = fopen(path, "r");
  if (!file || fscanf(file, "%lld %lld %lld", &rows, &columns, &maxNew) != 3)
    die(path, "is no workload");
  w = (struct Workload){rows, columns, maxNew, calloc(rows, 4), calloc(rows * columns, 4)};
  for (int64_t i = 0; i < rows * (columns + 1); i++) {
    if (fscanf(file, "%lld", &value) != 1)
      die(path, "ends early");
    int64_t row = i / (columns + 1), column = i % (columns + 1);
    *(column ? &w.tokens[row * columns + column - 1] : &w.lengths[row]) = (int32_t)value;
  }
  fclose(file);
  return w;
}

static int64_t dimOf(const struct Program *p, const char *name) {
  for (int i = 0; i < p->d->dim_count; i++)
    if (!strcmp(p->d->dims[i].name, name))
      return i;
  return -1;
}

static int hasSource(const struct Program *p) { return dimOf(p, "src") >= 0; }

/* Dims and inputs of ROWS rows of COLUMNS tokens; returns where what follows the inputs begins. */
static int64_t *arguments(const struct Program *p, int64_t rows, int64_t columns, int64_t *args) {
  const weft_model_descriptor *d = p->d;
  args[d->generate->batch] = rows;
  args[d->generate->time] = hasSource(p) ? 1 : columns;
  if (hasSource(p))
    args[dimOf(p, "src")] = columns;
  const void **inputs = (const void **)(args + d->dim_count);
  for (int i = 0; i < d->input_count; i++)
    inputs[i] = i == d->generate->input && hasSource(p) ? NULL : !strcmp(d->inputs[i].name, "source_len") ? p->work.lengths : p->work.tokens;
  return args + d->dim_count + d->input_count;
}

static void generate(const struct Program *p) {
  int64_t args[MAX_ARGS] = {0}, *rest = arguments(p, p->work.rows, p->work.columns, args);
  weft_generate_options options = WEFT_GENERATE_DEFAULTS;
  options.max_new = p->work.maxNew;
  rest[0] = (int64_t)(hasSource(p) ? NULL : p->work.lengths);
  rest[1] = (int64_t)p->made;
  rest[2] = (int64_t)p->lengths;
  need(p, "generate", p->d->api->generate(p->context, args, &options));
}

/* The last position's logits are written where the caller would read them. */
static void prefill(const struct Program *p, int64_t length) {
  int64_t args[MAX_ARGS] = {0}, *rest = arguments(p, 1, length, args);
  rest[1] = (int64_t)p->logits;
  need(p, "prefill", p->d->api->prefill(p->context, args));
}

static int32_t likeliest(const struct Program *p) {
  float top = p->logits[0];
  for (int64_t i = 1; i < p->vocabulary; i++)
    top = p->logits[i] > top ? p->logits[i] : top;
  int64_t token = 0;
  while (p->logits[token] != top)
    token++;
  return (int32_t)token;
}

static struct Sequence *sequenceAt(struct Program *p, int64_t position) {
  struct Sequence *s = p->sequences;
  while (s < p->sequences + MAX_CACHES && s->cache && s->position != position)
    s++;
  if (s == p->sequences + MAX_CACHES)
    die("step", "too many positions");
  int isNew = !s->cache;
  int64_t bytes = p->d->api->cache_bytes(p->d, p->limits);
  if (isNew) {
    s->position = position;
    s->cache = aligned_alloc(HUGE_PAGE, (bytes + HUGE_PAGE - 1) / HUGE_PAGE * HUGE_PAGE);
    madvise(s->cache, bytes, MADV_HUGEPAGE);
    memset(s->cache, 0, bytes);
  }
  need(p, "cache", p->d->api->cache_use(p->context, s->cache, bytes));
  if (isNew) {
    prefill(p, position);
    s->token = likeliest(p);
  }
  return s;
}

static void step(const struct Program *p, struct Sequence *s) {
  weft_step_args args = {1, &s->token, p->logits};
  need(p, "step", p->d->api->step(p->context, &args));
  s->token = likeliest(p);
}

static void print(const struct Program *p, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    printf("%s%.6g", i ? ", " : "[", p->times[i]);
  puts("]");
  fflush(stdout);
}

static void printTokens(const struct Program *p) {
  for (int64_t b = 0; b < p->work.rows; b++) {
    printf(b ? ", [" : "[[");
    for (int64_t i = 0; i < p->lengths[b]; i++)
      printf("%s%d", i ? ", " : "", p->made[b * p->work.maxNew + i]);
    printf("]");
  }
  puts("]");
  fflush(stdout);
}

static void openModel(struct Program *p, const char *path, int threads) {
  void *library = dlopen(path, RTLD_NOW);
  if (!library)
    die("dlopen", dlerror());
  weft_artifact_function artifact = (weft_artifact_function)dlsym(library, WEFT_ARTIFACT_SYMBOL);
  if (!artifact || !artifact()->generate)
    die(path, "no weft model that generates");
  p->d = artifact();
  p->vocabulary = p->d->generate->vocabulary;
  for (int i = 0; i < p->d->dim_count; i++)
    p->limits[i] = p->d->dims[i].hi;
  p->limits[p->d->generate->batch] = p->work.rows;
  weft_model *model;
  weft_options options = {.threads = threads};
  weft_context_options limits = {.dim_limits = p->limits};
  if (p->d->api->open(p->d, &model, &options) || p->d->api->context_create(model, &p->context, &limits))
    die(path, "can't be opened");
  p->made = calloc(p->work.rows * p->work.maxNew, 4);
  p->lengths = calloc(p->work.rows, 4);
  p->logits = calloc(p->work.rows * p->vocabulary, 4);
  p->times = calloc(1000, sizeof(double));
}

/* Runs one command once. */
static void runOnce(struct Program *p, const char *what, int64_t number) {
  if (!strcmp(what, "generate"))
    generate(p);
  else if (!strcmp(what, "prefill"))
    prefill(p, number);
  else
    step(p, sequenceAt(p, number));
}

int main(int argc, char **argv) {
  if (argc != 4 && argc != 5)
    return fputs("generator MODEL.so THREADS WORKLOAD [busy]\n", stderr), 2;
  struct Program program = {.work = readWorkload(argv[3])};
  openModel(&program, argv[1], atoi(argv[2]));
  generate(&program);
  printTokens(&program);
  char line[256], what[32];
  while (fgets(line, sizeof line, stdin)) {
    long long number = 0, runs = 0;
    int isGenerate = sscanf(line, "generate %lld", &runs) == 1;
    if (!isGenerate && sscanf(line, "%31s %lld %lld", what, &number, &runs) != 3)
      die("no command", line);
    runs = runs < 1000 ? runs : 1000;
    for (int64_t i = -1; i < runs; i++) { /* the first one warms up */
      double start = nowMs(argc == 5);
      runOnce(&program, isGenerate ? "generate" : what, number);
      if (i >= 0)
        program.times[i] = nowMs(argc == 5) - start;
    }
    print(&program, runs);
  }
  return 0;
}
