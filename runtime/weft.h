/* weft.h: the C interface that every compiled model shares.
 *
 * A model NAME brings its own header NAME.h, whose functions NAME_open, NAME_context_create, NAME_run, ... take
 * the types of this file. Handles are opaque; a model is immutable and may be shared by threads; a context serves
 * one caller at a time. Every function that can fail returns a status, and nothing here throws, exits or prints.
 */
#ifndef WEFT_H
#define WEFT_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

/** An opened model: code, weights, chosen target. Immutable after opening. */
typedef struct weft_model weft_model;
/** One caller's memory and threads for running a model. */
typedef struct weft_context weft_context;

/** What a call came to. Values are stable. */
typedef enum weft_status {
  WEFT_OK = 0,
  WEFT_ERROR_ARGUMENT = 1,    /**< a handle or an option is NULL or makes no sense */
  WEFT_ERROR_NULL = 2,        /**< a tensor that a requested output needs is NULL */
  WEFT_ERROR_DIM_BOUNDS = 3,  /**< a dimension is outside its declared bounds */
  WEFT_ERROR_SHAPE = 4,       /**< a size derived from the dimensions is no whole number */
  WEFT_ERROR_VALUE_RANGE = 5, /**< a token id, a length or a position is outside its range */
  WEFT_ERROR_MEMORY = 6,      /**< memory can't be had, or the caller's arena is too small */
  WEFT_ERROR_WEIGHTS = 7,     /**< the weights file is missing, truncated, or not this model's */
  WEFT_ERROR_TARGET = 8,      /**< this processor runs none of the targets that were compiled */
  WEFT_ERROR_THREADS = 9,     /**< a thread can't be started */
  WEFT_ERROR_VERSION = 10,    /**< the artifact speaks another version of this interface */
  WEFT_ERROR_BUSY = 11,       /**< the context is running on another thread */
  WEFT_ERROR_CACHE = 12       /**< a step without a prompt before it, or a cache of another model or batch */
} weft_status;

/** Runs task(data, i) for every i in 0..count-1. All of them must run at the same time, each on its own thread
 *  (they wait for each other), and parallel_for returns when all have returned. */
typedef void (*weft_parallel_for)(void *user, int32_t count, void (*task)(void *data, int32_t index), void *data);

/** Where memory comes from. allocate returns NULL when there is none; bytes and alignment (a power of two) are
 *  never 0. */
typedef struct weft_allocator {
  void *(*allocate)(void *user, size_t bytes, size_t alignment);
  void (*release)(void *user, void *memory, size_t bytes);
  void *user;
} weft_allocator;

/** Options of NAME_open. A zeroed struct, or NULL, is the default. */
typedef struct weft_options {
  int32_t threads;          /**< threads of each context, the caller's included; 0 means 1; at most 256 */
  int32_t verify_weights;   /**< non-zero: hash the whole weights file at opening, not only its header */
  const char *weights_file; /**< path of the packed weights, for models compiled with --weights-file; NULL: as named there */
  const char *target;       /**< use this one of the compiled targets ("x86-64-v3"); NULL: the best that runs here */
  weft_allocator allocator; /**< zeroed: the system's memory */
  weft_parallel_for parallel_for; /**< NULL: each context keeps its own threads */
  void *parallel_user;            /**< first argument of parallel_for */
  char *error;                    /**< receives a message when opening fails; may be NULL */
  size_t error_size;              /**< bytes of error, its final 0 included */
  int32_t map_weights; /**< non-zero: read the weights where the file is mapped, in memory that processes share. Else opening copies them into
                            huge pages, which are read up to twice as fast, where the system has some and no allocator is given */
  int32_t reserved0;   /**< zero */
  uint64_t reserved[7]; /**< zero */
} weft_options;

/** Options of NAME_context_create_with. A zeroed struct, or NULL, is the default. */
typedef struct weft_context_options {
  const int64_t *dim_limits; /**< largest size of each dimension, in their declared order, for which memory is kept
                                  ready; NULL: the declared bounds */
  void *arena;               /**< the caller's memory for intermediate tensors; NULL: the context allocates it */
  size_t arena_size;         /**< bytes of arena; NAME_arena_bytes says how many are needed */
  int32_t threads;           /**< 0: as the model was opened */
  int32_t reserved0;         /**< zero */
  char *error;               /**< receives a message when creation fails; may be NULL */
  size_t error_size;         /**< bytes of error, its final 0 included */
  uint64_t reserved[8];      /**< zero */
} weft_context_options;

/* ---- generation: models whose description says `generate` ---- */

/** The next token of every sequence of the cache, as NAME_step's arguments. */
typedef struct weft_step_args {
  int64_t batch;         /**< sequences, as in the prompt */
  const int32_t *tokens; /**< [batch] */
  float *logits;         /**< [batch, vocabulary], of the token after these */
} weft_step_args;

/** How NAME_generate chooses tokens. Begin with WEFT_GENERATE_DEFAULTS. */
typedef struct weft_generate_options {
  int64_t max_new;      /**< new tokens of a row at most, and columns of the result; at least 1. The description's limit
                             bounds prompt and new tokens together */
  int32_t beams;        /**< 1: one sequence a row; more: beam search */
  int32_t results;      /**< the best so many of a row's beams are returned, best first; 1..beams */
  float length_penalty; /**< of beam search: a sequence of n new tokens scores log probability / n^length_penalty */
  float temperature;    /**< 0: the most likely token, the first of equals; else logits are divided by it and a token is drawn */
  int32_t top_k;        /**< draws among the k most likely tokens; 0: all */
  float top_p;          /**< draws among the most likely tokens that together have this probability; 1: all */
  uint64_t seed;        /**< of the draws; a row's draws depend on it and on the row alone */
  /** Called with each new token as it is chosen (beam search: at the end, the best sequence); non-zero ends generation, and the
   *  rows then hold what they have. May be NULL. */
  int32_t (*on_token)(void *user, int64_t row, int32_t token);
  void *user;           /**< first argument of on_token */
  uint64_t reserved[8]; /**< zero */
} weft_generate_options;

/** Greedy: the most likely token, at most 32 of them. */
#define WEFT_GENERATE_DEFAULTS {32, 1, 1, 1.0f, 0.0f, 0, 1.0f, 0, NULL, NULL, {0, 0, 0, 0, 0, 0, 0, 0}}

#ifdef __cplusplus
}
#endif
#endif
