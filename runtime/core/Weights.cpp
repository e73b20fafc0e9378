//===- Weights.cpp - embedded or mapped weights --------------------------------------------------------------===//
//
// A weights file is mapped read-only and its header compared with what the code wants: size and SHA-256. The whole
// content is hashed only on request, since that costs more than opening should. Mapped files lie in pages of 4 KiB, which hold up what reads
// them once from end to end (docs/generation.md): where there are huge pages, the weights are copied into some.
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

using namespace weft::rt;

/// The file's name beside the artifact that holds the descriptor.
static void besideArtifact(const weft_model_descriptor &descriptor, char path[PATH_MAX]) {
  const char *file = descriptor.weights.file;
  snprintf(path, PATH_MAX, "%s", file);
  Dl_info info;
  if (file[0] == '/' || !dladdr(&descriptor, &info) || !info.dli_fname)
    return;
  const char *slash = strrchr(info.dli_fname, '/');
  if (slash)
    snprintf(path, PATH_MAX, "%.*s/%s", int(slash - info.dli_fname), info.dli_fname, file);
}

static weft_status checkHeader(const weft_weights_info &info, const uint8_t *file, const char *path, Message message) {
  weft_weights_header header;
  memcpy(&header, file, sizeof header);
  if (memcmp(header.magic, WEFT_WEIGHTS_MAGIC, 8) != 0)
    return fail(message, WEFT_ERROR_WEIGHTS, "'%s' is not a packed weights file", path);
  if (header.abi_version != WEFT_ABI_VERSION || header.data_offset != WEFT_WEIGHTS_DATA_OFFSET)
    return fail(message, WEFT_ERROR_WEIGHTS, "weights file '%s' has version %u, expected %u", path, header.abi_version,
                unsigned(WEFT_ABI_VERSION));
  if (header.bytes == info.bytes && memcmp(header.sha256, info.sha256, 32) == 0)
    return WEFT_OK;
  char given[65], expected[65];
  hexDigest(header.sha256, given);
  hexDigest(info.sha256, expected);
  return fail(message, WEFT_ERROR_WEIGHTS,
              "weights file '%s' belongs to another compilation: hash %.16s, expected %.16s", path, given, expected);
}

static weft_status mapFile(weft_model &model, const char *path, Message message) {
  const weft_weights_info &info = model.descriptor->weights;
  int file = open(path, O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return fail(message, WEFT_ERROR_WEIGHTS, "can't open weights file '%s': %s", path, strerror(errno));
  struct stat status;
  uint64_t expected = WEFT_WEIGHTS_DATA_OFFSET + info.bytes;
  if (fstat(file, &status) != 0 || !S_ISREG(status.st_mode) || uint64_t(status.st_size) != expected) {
    close(file);
    return fail(message, WEFT_ERROR_WEIGHTS, "weights file '%s' has %lld bytes, expected %llu", path,
                static_cast<long long>(status.st_size), static_cast<unsigned long long>(expected));
  }
  void *mapping = mmap(nullptr, expected, PROT_READ, MAP_PRIVATE, file, 0);
  int error = errno;
  close(file);
  if (mapping == MAP_FAILED)
    return fail(message, WEFT_ERROR_MEMORY, "can't map weights file '%s': %s", path, strerror(error));
  model.mapping = mapping;
  model.mappingBytes = expected;
  model.weights = static_cast<const uint8_t *>(mapping) + WEFT_WEIGHTS_DATA_OFFSET;
  return checkHeader(info, static_cast<const uint8_t *>(mapping), path, message);
}

static weft_status findWeights(weft_model &model, const weft_options &options, Message message) {
  const weft_weights_info &info = model.descriptor->weights;
  model.weights = static_cast<const uint8_t *>(info.data);
  if (info.bytes == 0 || info.data) {
    if (options.weights_file)
      return fail(message, WEFT_ERROR_WEIGHTS, "model '%s' carries its weights, but weights file '%s' was given",
                  model.descriptor->name, options.weights_file);
    return WEFT_OK;
  }
  char path[PATH_MAX];
  if (!options.weights_file && !info.file)
    return fail(message, WEFT_ERROR_WEIGHTS, "model '%s' needs a weights file", model.descriptor->name);
  if (options.weights_file)
    snprintf(path, sizeof path, "%s", options.weights_file);
  else
    besideArtifact(*model.descriptor, path);
  if (weft_status status = mapFile(model, path, message))
    return status;
  if (!options.verify_weights)
    return WEFT_OK;
  uint8_t digest[32];
  sha256(model.weights, info.bytes, digest);
  if (memcmp(digest, info.sha256, 32) != 0)
    return fail(message, WEFT_ERROR_WEIGHTS, "weights file '%s' is damaged: its content does not match its hash", path);
  return WEFT_OK;
}

/// Copies the weights into huge pages if there are any; without memory for it they stay where they are.
static void moveWeights(weft_model &model, const weft_options &options) {
  uint64_t bytes = model.descriptor->weights.bytes;
  if (options.map_weights || options.allocator.allocate || bytes < kHugePage || !hasHugePages())
    return;
  void *copy = allocate(options.allocator, bytes);
  if (!copy)
    return;
  memcpy(copy, model.weights, bytes);
  model.copy = copy;
  model.weights = static_cast<const uint8_t *>(copy);
  if (model.mapping)
    munmap(model.mapping, model.mappingBytes);
  model.mapping = nullptr;
}

weft_status weft::rt::openWeights(weft_model &model, const weft_options &options, Message message) {
  weft_status status = findWeights(model, options, message);
  if (!status)
    moveWeights(model, options);
  return status;
}

void weft::rt::closeWeights(weft_model &model) {
  if (model.mapping)
    munmap(model.mapping, model.mappingBytes);
  release(model.options.allocator, model.copy, model.descriptor->weights.bytes);
}
