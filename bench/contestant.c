/* weft's contestant of the comparison, in a process of its own: contestant MODEL.so SEQ THREADS.
 *
 * Speaks as contestant.py does: prints the embedding of the fixed input (ids 1000 + 7 i, one row) as JSON when ready, then for each line
 * "N" on standard input runs the model N times after one run of warm-up and answers with the times in milliseconds. It loads the model by
 * the generic interface of runtime/Descriptor.h, so that it needs no header made for the model. */
#define _GNU_SOURCE
#include "runtime/Descriptor.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { MAX_ARGS = WEFT_MAX_DIMS + 2 * WEFT_MAX_TENSORS };

static double nowMs(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return 1e3 * t.tv_sec + 1e-6 * t.tv_nsec;
}

static _Noreturn void die(const char *what, const char *why) {
  fprintf(stderr, "contestant: error: %s: %s\n", what, why);
  exit(1);
}

static int64_t elements(const weft_model_descriptor *d, const weft_tensor_info *tensor, const int64_t *dims) {
  int64_t total = 1;
  for (int i = 0; i < tensor->rank; i++) {
    int64_t size = 0; /* a dimension is 1 row, SEQ, or a constant: sums of products of the dims */
    for (int64_t t = 0; t < tensor->shape[i].count; t++) {
      const weft_term *term = &tensor->shape[i].terms[t];
      int64_t value = term->num;
      for (int k = 0; k < d->dim_count; k++)
        for (int p = 0; p < term->power[k]; p++)
          value *= dims[k];
      size += value / term->den;
    }
    total *= size;
  }
  return total;
}

/* ids 1000 + 7 i, types 0, lengths SEQ. */
static void fillInput(const char *name, int32_t *data, int64_t count, int64_t seq) {
  for (int64_t i = 0; i < count; i++)
    data[i] = !strcmp(name, "ids") ? (int32_t)(1000 + 7 * i) : !strcmp(name, "lengths") ? (int32_t)seq : 0;
}

/* Fills the run's arguments, laid out as the generated NAME_run_args; returns the buffer of `embedding`, *count its elements. */
static float *prepare(const weft_model_descriptor *d, int64_t seq, int64_t *args, int64_t *count) {
  for (int i = 0; i < d->dim_count; i++)
    args[i] = !strcmp(d->dims[i].name, "seq") ? seq : 1;
  void **inputs = (void **)(args + d->dim_count), **outputs = inputs + d->input_count;
  for (int i = 0; i < d->input_count; i++) {
    int64_t size = elements(d, &d->inputs[i], args);
    inputs[i] = aligned_alloc(64, (size * 4 + 63) / 64 * 64);
    fillInput(d->inputs[i].name, inputs[i], size, seq);
  }
  float *embedding = NULL;
  for (int i = 0; i < d->output_count; i++) {
    int64_t size = elements(d, &d->outputs[i], args);
    outputs[i] = aligned_alloc(64, (size * 4 + 63) / 64 * 64);
    if (!strcmp(d->outputs[i].name, "embedding"))
      embedding = outputs[i], *count = size;
  }
  return embedding;
}

static void printNumbers(const double *values, int64_t count) {
  for (int64_t i = 0; i < count; i++)
    printf("%s%.9g", i ? ", " : "[", values[i]);
  puts("]");
  fflush(stdout);
}

int main(int argc, char **argv) {
  if (argc != 4)
    return fputs("contestant MODEL.so SEQ THREADS\n", stderr), 2;
  void *library = dlopen(argv[1], RTLD_NOW);
  if (!library)
    die("dlopen", dlerror());
  weft_artifact_function artifact = (weft_artifact_function)dlsym(library, WEFT_ARTIFACT_SYMBOL);
  if (!artifact)
    die(argv[1], "no weft model");
  const weft_model_descriptor *d = artifact();
  weft_options options = {.threads = atoi(argv[3])};
  weft_model *model;
  weft_context *context;
  if (d->api->open(d, &model, &options) || d->api->context_create(model, &context, NULL))
    die(argv[1], "can't be opened");

  int64_t args[MAX_ARGS] = {0}, count = 0;
  float *embedding = prepare(d, atoi(argv[2]), args, &count);
  if (!embedding || d->api->run(context, args))
    die("run", embedding ? d->api->message(context) : "no output named embedding");
  double *values = malloc((count > 100000 ? count : 100000) * sizeof(double));
  for (int64_t i = 0; i < count; i++)
    values[i] = embedding[i];
  printNumbers(values, count);

  for (int runs; scanf("%d", &runs) == 1 && runs <= 100000;) {
    d->api->run(context, args);
    for (int i = 0; i < runs; i++) {
      double start = nowMs();
      d->api->run(context, args);
      values[i] = nowMs() - start;
    }
    printNumbers(values, runs);
  }
  d->api->context_destroy(context);
  d->api->close(model);
  return 0;
}
