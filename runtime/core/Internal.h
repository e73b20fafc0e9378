//===- Internal.h - what the files of the runtime core share -----------------------------------------------===//
//
// The core is compiled to LLVM bitcode and linked into every artifact, where all of it becomes internal. Hence its
// rules: no libstdc++, no exceptions, no RTTI, no static constructors, no globals that change; libc, libm and
// pthread only. It is the same source that tools and tests get as a static library.
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CORE_INTERNAL_H
#define WEFT_RUNTIME_CORE_INTERNAL_H

#include "../Descriptor.h"
#include <atomic>
#include <pthread.h>

namespace weft::rt {

constexpr int64_t kMessageBytes = 512;
constexpr size_t kPageThreshold = 1 << 20; // larger blocks are mapped, so that untouched pages cost nothing
constexpr size_t kHugePage = 2 << 20;

/// Where a message goes: a context's own, or the caller's buffer of the options (then data may be null).
struct Message {
  char *data;
  size_t size;
};

/// Writes the message and returns the status, so that failing is one statement.
weft_status fail(Message message, weft_status status, const char *format, ...) __attribute__((format(printf, 3, 4)));

/// snprintf piece by piece; counts on past the end of the buffer.
struct TextSink {
  char *data;
  size_t size;
  size_t length = 0;
  void print(const char *format, ...) __attribute__((format(printf, 2, 3)));
  /// A JSON string with its quotes.
  void quoted(const char *text);
};

void *allocate(const weft_allocator &allocator, size_t bytes);
void release(const weft_allocator &allocator, void *memory, size_t bytes);
/// Whether memory that asks for huge pages can get them.
bool hasHugePages();

inline uint64_t alignUp(uint64_t value) { return (value + WEFT_ALIGNMENT - 1) & ~uint64_t(WEFT_ALIGNMENT - 1); }
/// Positions of a batch row that are no padding. Lengths may still be unchecked in a run: what is out of range counts as the nearest length
/// that is possible, and the check ends the run before anyone sees a result.
inline int64_t clampLength(int32_t length, int64_t time) { return length < 0 ? 0 : length > time ? time : length; }
inline int64_t elementBytes(int32_t dtype) { return dtype == WEFT_BOOL ? 1 : 4; }

/// Features of the processor that the operating system supports, as bits of weft_target_info.features.
uint64_t hostFeatures();
weft_arch hostArch();
/// Index of the best target for these features (named `wanted` unless null), or -1.
int32_t chooseTarget(const weft_model_descriptor &descriptor, const char *wanted, uint64_t features);

void sha256(const uint8_t *data, uint64_t bytes, uint8_t digest[32]);
void hexDigest(const uint8_t digest[32], char text[65]);

/// Sets model->weights from the embedded section or the mapped file, or from a copy of them in huge pages.
weft_status openWeights(weft_model &model, const weft_options &options, Message message);
void closeWeights(weft_model &model);

/// A word that threads wait on: spins for a while, then sleeps in the kernel until wakeAll.
struct WaitWord {
  alignas(64) std::atomic<uint32_t> value;
  std::atomic<uint32_t> sleepers;
};
void waitWhile(WaitWord &word, uint32_t value, int64_t spinNanoseconds);
void wakeAll(WaitWord &word);

/// What one thread of a context owns.
struct alignas(64) ThreadSlot {
  weft_context *context;
  pthread_t handle;
  int32_t index;
  int32_t openLaunch; // of the profile, -1: none
  int64_t openSince;
  int64_t eventCount;
  int64_t droppedCount;
};

weft_status startWorkers(weft_context &context, Message message);
void stopWorkers(weft_context &context);
/// Runs the entry on all threads of the context and returns when all are done.
void runEverywhere(weft_context &context, weft_entry entry);

void closeInterval(weft_frame &frame, int32_t thread);

/// The dims of the run that is prepared are within their bounds and the context's limits, and what must be whole is.
weft_status checkDims(weft_context &context);

/// The head of a cache's memory.
struct CacheHeader {
  uint64_t magic; // 0: fresh
  uint64_t identity;
  int64_t limits[WEFT_MAX_DIMS]; // the model's dims, then the cache's sizes
  int64_t dims[WEFT_MAX_DIMS];   // of the prompts
  int64_t batch;                 // sequences; 0: no prompt yet
};

/// A cache that a context works on; see Generation.h. All pointers lead into its memory.
struct Cache {
  uint8_t *memory;
  CacheHeader *header;
  int32_t *positions, *sources; // of each sequence: how many positions it has, the row of its source
  int32_t *tables, *spare;      // [sequences, pages]; room for as much and the two above
  int32_t *tokens;              // of each sequence
  float *logits;                // [sequences, vocabulary]
  weft_state_place places[WEFT_MAX_STATES];
};

} // namespace weft::rt

struct weft_model {
  const weft_model_descriptor *descriptor;
  weft_options options; // strings of it are not kept: weights_file, target and error are null
  const weft_target_info *target;
  const uint8_t *weights;
  void *mapping; // of the weights file, or null
  size_t mappingBytes;
  void *copy; // of the weights in huge pages, or null
};

struct weft_profile {
  weft_profile_event *events;
  int64_t perThread;
};

struct weft_context {
  const weft_model *model;
  weft_frame frame;
  weft_profile profile;

  int64_t dims[WEFT_MAX_DIMS];
  int64_t limits[WEFT_MAX_DIMS];
  const void *inputs[WEFT_MAX_TENSORS];
  void *outputs[WEFT_MAX_TENSORS];

  uint8_t *arena;
  size_t arenaBytes;
  bool ownsArena;
  weft::rt::Cache cache; // header null: none yet
  void *ownCache;
  size_t ownCacheBytes;
  size_t contextBytes;

  int32_t threads;
  int32_t workers; // started threads of our own
  weft::rt::ThreadSlot *slots;
  int64_t spinNanoseconds;
  weft_entry entry;
  std::atomic<bool> stopping;
  weft::rt::WaitWord generation; // counts runs, workers wait for the next
  weft::rt::WaitWord pending;    // workers that have not finished the run
  weft::rt::WaitWord phase;      // of the barrier
  alignas(64) std::atomic<int32_t> arrived;

  std::atomic<int32_t> running;
  std::atomic<int32_t> status; // of the run, a weft_status
  char message[weft::rt::kMessageBytes];
};

#endif
