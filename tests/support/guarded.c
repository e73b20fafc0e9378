/* Runs a compiled model with every buffer of the caller ending at (or beginning behind) a page that must not be touched.
 *
 * guarded MODEL.so THREADS end|begin DIM... -- INPUT.raw... -- OUTPUT.raw...   in the descriptor's order, elements as the model has them.
 * A read or write outside of an input, an output or the arena is a SIGSEGV; the outputs are written when the run was clean. */
#define _GNU_SOURCE
#include "runtime/Descriptor.h"
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum { PAGE = 4096, MAX_ARGS = WEFT_MAX_DIMS + 2 * WEFT_MAX_TENSORS };

static _Noreturn void die(const char *what, const char *why) {
  fprintf(stderr, "guarded: error: %s: %s\n", what, why);
  exit(1);
}

/* BYTES bytes between two forbidden pages, touching the one behind them (alignment permitting) or the one before. */
static void *guarded(size_t bytes, size_t alignment, int atEnd) {
  size_t inside = (bytes + PAGE - 1) / PAGE * PAGE;
  inside = inside ? inside : PAGE;
  char *base = mmap(NULL, inside + 2 * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (base == MAP_FAILED || mprotect(base, PAGE, PROT_NONE) || mprotect(base + PAGE + inside, PAGE, PROT_NONE))
    die("mmap", "no memory");
  return base + PAGE + (atEnd ? (inside - bytes) / alignment * alignment : 0);
}

static size_t tensorBytes(const weft_tensor_info *tensor, const int64_t *dims, int dimCount) {
  int64_t total = tensor->dtype == WEFT_BOOL ? 1 : 4;
  for (int i = 0; i < tensor->rank; i++) {
    int64_t size = 0;
    for (int64_t t = 0; t < tensor->shape[i].count; t++) {
      const weft_term *term = &tensor->shape[i].terms[t];
      int64_t value = term->num;
      for (int k = 0; k < dimCount; k++)
        for (int p = 0; p < term->power[k]; p++)
          value *= dims[k];
      size += value / term->den;
    }
    total *= size;
  }
  return (size_t)total;
}

static void readInput(const char *path, void *data, size_t bytes) {
  FILE *file = fopen(path, "rb");
  if (!file || fread(data, 1, bytes, file) != bytes || fgetc(file) != EOF)
    die(path, "not the input's size");
  fclose(file);
}

static void writeOutput(const char *path, const void *data, size_t bytes) {
  FILE *file = fopen(path, "wb");
  if (!file || fwrite(data, 1, bytes, file) != bytes || fclose(file))
    die(path, "can't be written");
}

int main(int argc, char **argv) {
  if (argc < 4)
    return fputs("guarded MODEL.so THREADS end|begin DIM... -- INPUT... -- OUTPUT...\n", stderr), 2;
  void *library = dlopen(argv[1], RTLD_NOW);
  weft_artifact_function artifact = library ? (weft_artifact_function)dlsym(library, WEFT_ARTIFACT_SYMBOL) : NULL;
  if (!artifact)
    die(argv[1], "no model");
  const weft_model_descriptor *d = artifact();
  int threads = atoi(argv[2]), atEnd = !strcmp(argv[3], "end");
  if (argc != 4 + d->dim_count + 1 + d->input_count + 1 + d->output_count)
    die(argv[1], "wrong number of arguments");

  int64_t args[MAX_ARGS];
  char **next = argv + 4;
  for (int i = 0; i < d->dim_count; i++)
    args[i] = atoll(*next++);
  void **tensors = (void **)(args + d->dim_count), **outputs = tensors + d->input_count;
  next++;
  for (int i = 0; i < d->input_count; i++) {
    size_t bytes = tensorBytes(&d->inputs[i], args, d->dim_count);
    tensors[i] = guarded(bytes, 4, atEnd);
    readInput(*next++, tensors[i], bytes);
    mprotect((void *)((size_t)tensors[i] / PAGE * PAGE), bytes + (size_t)tensors[i] % PAGE, PROT_READ); /* inputs stay as they are */
  }
  next++;
  for (int i = 0; i < d->output_count; i++)
    outputs[i] = guarded(tensorBytes(&d->outputs[i], args, d->dim_count), 4, atEnd);

  weft_options options = {.threads = threads};
  weft_context_options memory = {.dim_limits = args};
  weft_model *model;
  weft_context *context;
  memory.arena_size = (size_t)d->api->arena_bytes(d, args, threads);
  memory.arena = guarded(memory.arena_size, WEFT_ALIGNMENT, atEnd);
  memset(memory.arena, 0xff, memory.arena_size); /* NaN: scratch that is read before it is written shows */
  if (d->api->open(d, &model, &options) || d->api->context_create(model, &context, &memory))
    die(argv[1], "can't be opened");
  for (int run = 0; run < 2; run++)
    if (d->api->run(context, args))
      die("run", d->api->message(context));
  for (int i = 0; i < d->output_count; i++)
    writeOutput(next[i], outputs[i], tensorBytes(&d->outputs[i], args, d->dim_count));
  d->api->context_destroy(context);
  d->api->close(model);
  return 0;
}
