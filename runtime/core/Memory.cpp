//===- Memory.cpp - the system's memory, or the caller's allocator ------------------------------------------===//
//
// Large blocks ask for huge pages: a step of generation reads all weights and the whole cache once, and by pages of 4 KiB that is
// bound by address translation, not by memory (docs/generation.md).
//
//===------------------------------------------------------------------------------------------------------===//
#include "Internal.h"
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

using namespace weft::rt;

/// Maps `bytes` zeros that begin on a huge page, whose tail page is the block's own too.
static void *mapAligned(size_t bytes) {
  // Arenas are sized for the declared bounds; what a run does not touch is never backed by memory.
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  size_t slack = bytes < kHugePage ? 0 : kHugePage;
  if (bytes > SIZE_MAX - slack)
    return nullptr;
  void *memory = mmap(nullptr, bytes + slack, PROT_READ | PROT_WRITE, flags, -1, 0);
  if (memory == MAP_FAILED)
    return nullptr;
  if (slack == 0)
    return memory;
  auto *begin = static_cast<uint8_t *>(memory);
  size_t before = (kHugePage - reinterpret_cast<uintptr_t>(begin) % kHugePage) % kHugePage;
  size_t end = (before + bytes + 4095) / 4096 * 4096;
  if (before)
    munmap(begin, before);
  if (end < bytes + slack)
    munmap(begin + end, bytes + slack - end);
  madvise(begin + before, bytes, MADV_HUGEPAGE);
  return begin + before;
}

void *weft::rt::allocate(const weft_allocator &allocator, size_t bytes) {
  if (allocator.allocate)
    return allocator.allocate(allocator.user, bytes, WEFT_ALIGNMENT);
  return bytes < kPageThreshold ? aligned_alloc(WEFT_ALIGNMENT, alignUp(bytes)) : mapAligned(bytes);
}

void weft::rt::release(const weft_allocator &allocator, void *memory, size_t bytes) {
  if (!memory)
    return;
  if (allocator.allocate)
    return allocator.release(allocator.user, memory, bytes);
  if (bytes < kPageThreshold)
    return free(memory);
  munmap(memory, bytes);
}

bool weft::rt::hasHugePages() {
  int file = open("/sys/kernel/mm/transparent_hugepage/enabled", O_RDONLY | O_CLOEXEC);
  if (file < 0)
    return false;
  char text[64] = {};
  ssize_t length = read(file, text, sizeof text - 1);
  close(file);
  return length > 0 && !strstr(text, "[never]");
}
