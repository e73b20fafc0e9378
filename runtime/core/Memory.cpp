//===- Memory.cpp - the system's memory, or the caller's allocator ------------------------------------------===//
#include "Internal.h"
#include <stdlib.h>
#include <sys/mman.h>

using namespace weft::rt;

void *weft::rt::allocate(const weft_allocator &allocator, size_t bytes) {
  if (allocator.allocate)
    return allocator.allocate(allocator.user, bytes, WEFT_ALIGNMENT);
  if (bytes < kPageThreshold)
    return aligned_alloc(WEFT_ALIGNMENT, alignUp(bytes));
  // Arenas are sized for the declared bounds; what a run does not touch is never backed by memory.
  int flags = MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
  void *memory = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, flags, -1, 0);
  return memory == MAP_FAILED ? nullptr : memory;
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
