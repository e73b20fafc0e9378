/* Descriptor.h: the ABI between generated code and the runtime, and what an artifact says of itself.
 *
 * Plain C structs: code generation fills in one weft_model_descriptor per model as constant data, generic loaders
 * (weft run, weft describe, other languages) read it. All pointers and 64-bit fields are naturally aligned and
 * there are no bit-fields, so that a front end can mirror the layout by hand; the static assertions at the end hold
 * the offsets that generated code relies on. Any change of a layout raises WEFT_ABI_VERSION.
 */
#ifndef WEFT_DESCRIPTOR_H
#define WEFT_DESCRIPTOR_H

#include "weft.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WEFT_ABI_VERSION 2
#define WEFT_MAX_DIMS 16    /* run-time dimensions of one model, those of its cache included */
#define WEFT_MAX_STATES 64  /* of one model */
#define WEFT_MAX_RANK 8     /* of an input or output */
#define WEFT_MAX_TENSORS 64 /* inputs, and outputs, of one model: they are bits of a mask */
#define WEFT_MAX_THREADS 256
#define WEFT_ALIGNMENT 64 /* bytes: arena slots and weights */

/* ---- sizes as expressions of the run-time dimensions ---- */

/** num / den * product of dims[i] ^ power[i]; den > 0. */
typedef struct weft_term {
  int64_t num;
  int64_t den;
  int8_t power[WEFT_MAX_DIMS];
} weft_term;

/** A canonical sum of terms; no term at all is 0. */
typedef struct weft_expr {
  const weft_term *terms;
  int64_t count;
} weft_expr;

/* ---- tables ---- */

typedef enum weft_dtype { WEFT_F32 = 0, WEFT_I32 = 1, WEFT_BOOL = 2 /* one byte, 0 or 1 */ } weft_dtype;

typedef struct weft_dim_info {
  const char *name;
  int64_t lo, hi; /* bounds, both included */
} weft_dim_info;

enum {
  /** Output: the program touches it even when the caller does not want it, since another output reads it. The
   *  runtime then gives the program scratch memory for it; without this flag an unwanted output is NULL in the
   *  frame and the launches that write it must be guarded by frame->wanted. */
  WEFT_TENSOR_ALWAYS_WRITTEN = 1
};

/** An input or output. Row-major and dense; its sizes are `rank` expressions. */
typedef struct weft_tensor_info {
  const char *name;
  const char *doc; /* documentation of the description, may be "" */
  int32_t dtype;   /* weft_dtype */
  int32_t rank;
  const weft_expr *shape;
  uint64_t needs; /* outputs: bit i set when input i is read to compute it; inputs: 0 */
  uint32_t flags; /* WEFT_TENSOR_... */
  uint32_t reserved;
} weft_tensor_info;

/** One launch of a kernel in the host program, the unit of a profile. A launch inside a stack stands here once. */
typedef struct weft_launch_info {
  const char *kernel; /* symbol-like name, "linear_gelu_768x3072" */
  const char *label;  /* where it is in the model, "encoder.feed_forward" */
  const char *file;   /* of the .weft source */
  int32_t line, column;
  weft_expr flops; /* of one execution */
  weft_expr bytes; /* read and written by one execution, weights included */
} weft_launch_info;

/** A value check that the host program makes before the kernels that rely on it. */
typedef struct weft_check_info {
  const char *what; /* "token ids", "lengths", "positions" */
  int32_t input;    /* index of the input whose values are checked, or -1 for a computed tensor */
  int32_t line, column;
  int32_t reserved;
  const char *file;
  weft_expr lo, hi; /* the bounds, both included, for tools; the program passes their values to the check */
} weft_check_info;

/** A size that must be whole and not negative for given dims, though no input or output shows it. */
typedef struct weft_constraint_info {
  weft_expr value;
  const char *text; /* as written, "frames/2" */
} weft_constraint_info;

/** A file that the artifact was made from. */
typedef struct weft_source_info {
  const char *kind;   /* "description", "import", "config", "weights" */
  const char *name;   /* file name without folders */
  const char *sha256; /* 64 hexadecimal digits */
} weft_source_info;

/* ---- targets ---- */

/** Bits of weft_target_info.features. A bit counts as present only if the operating system saves its registers. */
enum {
  WEFT_CPU_SSE3 = 0,
  WEFT_CPU_SSSE3,
  WEFT_CPU_SSE41,
  WEFT_CPU_SSE42,
  WEFT_CPU_POPCNT,
  WEFT_CPU_CX16,
  WEFT_CPU_LAHF,
  WEFT_CPU_AVX,
  WEFT_CPU_F16C,
  WEFT_CPU_FMA,
  WEFT_CPU_AVX2,
  WEFT_CPU_BMI1,
  WEFT_CPU_BMI2,
  WEFT_CPU_LZCNT,
  WEFT_CPU_MOVBE,
  WEFT_CPU_AVX512F,
  WEFT_CPU_AVX512BW,
  WEFT_CPU_AVX512CD,
  WEFT_CPU_AVX512DQ,
  WEFT_CPU_AVX512VL,
  WEFT_CPU_AVX512VNNI,
  WEFT_CPU_AVX512BF16,
  WEFT_CPU_AVX512FP16,
  WEFT_CPU_AVX512IFMA,
  WEFT_CPU_AVX512VBMI,
  WEFT_CPU_AVX512VBMI2,
  WEFT_CPU_AVX512BITALG,
  WEFT_CPU_AVX512VPOPCNTDQ,
  WEFT_CPU_AVXVNNI,
  WEFT_CPU_GFNI,
  WEFT_CPU_VAES,
  WEFT_CPU_VPCLMULQDQ,
  /* AArch64 */
  WEFT_CPU_ARM_DOTPROD = 48,
  WEFT_CPU_ARM_FP16,
  WEFT_CPU_ARM_BF16,
  WEFT_CPU_ARM_I8MM
};
#define WEFT_CPU_BIT(feature) (UINT64_C(1) << (feature))
#define WEFT_CPU_X86_64_V2 UINT64_C(0x7f)                      /* SSE3 .. LAHF */
#define WEFT_CPU_X86_64_V3 (WEFT_CPU_X86_64_V2 | UINT64_C(0x7f80)) /* AVX .. MOVBE */
#define WEFT_CPU_X86_64_V4 (WEFT_CPU_X86_64_V3 | UINT64_C(0xf8000)) /* AVX512F, BW, CD, DQ, VL */

struct weft_frame;

/** A host program. Every thread of a run calls it with its own number, at the same time. */
typedef void (*weft_entry)(struct weft_frame *frame, int32_t thread);

/** FORWARD computes the outputs from the inputs; the others begin and continue a sequence, see weft_generate_info. */
enum { WEFT_ENTRY_FORWARD = 0, WEFT_ENTRY_PREFILL = 1, WEFT_ENTRY_STEP = 2, WEFT_ENTRY_ENCODE = 3, WEFT_MAX_ENTRIES = 8 };

typedef enum weft_arch { WEFT_X86_64 = 0, WEFT_AARCH64 = 1 } weft_arch;

/** Code for one target. The table is ordered: the last entry that runs here is the best. */
typedef struct weft_target_info {
  const char *name; /* "x86-64-v3", "native:znver5" */
  int32_t arch;     /* weft_arch */
  int32_t reserved;
  uint64_t features; /* all that the code uses */
  weft_entry entries[WEFT_MAX_ENTRIES]; /* NULL where the model has none */
} weft_target_info;

/* ---- weights ---- */

/** Packed weights: inside the artifact (data != NULL), or in a file of their own. The file is
 *  weft_weights_header, zeros up to data_offset, then `bytes` bytes. */
typedef struct weft_weights_info {
  const void *data; /* WEFT_ALIGNMENT aligned; NULL: external, or the model has no weights (bytes == 0) */
  uint64_t bytes;
  const char *file;   /* external: name beside the artifact, "NAME.weights"; else NULL */
  uint8_t sha256[32]; /* of the bytes; checked against the file */
} weft_weights_info;

#define WEFT_WEIGHTS_MAGIC "WEFTPACK"
#define WEFT_WEIGHTS_DATA_OFFSET 4096
typedef struct weft_weights_header {
  char magic[8];
  uint32_t abi_version;
  uint32_t data_offset; /* WEFT_WEIGHTS_DATA_OFFSET */
  uint64_t bytes;
  uint8_t sha256[32];
} weft_weights_header;

/* ---- generation ---- */

#define WEFT_PAGE_POSITIONS 16 /* of a stream that lie together in one row of a state: beams share whole pages */
#define WEFT_KEY_POSITIONS 4   /* of keys that lie side by side, as many as the features of each: a step's vector is a square of both */
#define WEFT_KEY_FEATURES(width) ((width) % 4 == 0 ? 4 : (width) % 2 == 0 ? 2 : 1)

typedef enum weft_state_kind {
  WEFT_STATE_PLAIN = 0,  /* [rows, ...], or any shape where it has no rows */
  WEFT_STATE_KEYS = 1,   /* [rows][heads][positions / 4][width / F][4][F], F = WEFT_KEY_FEATURES(width) */
  WEFT_STATE_VALUES = 2  /* [rows][heads][positions][row_stride] */
} weft_state_kind;

/** A tensor that outlives a run, in a cache. Its shape speaks of the model's dims and of the cache's. */
typedef struct weft_state_info {
  const char *name;
  int32_t dtype;      /* weft_dtype */
  int32_t kind;       /* weft_state_kind */
  int32_t layers;     /* at least 1 */
  int32_t heads;      /* keys and values: heads, and the width of one; else 0 */
  int32_t width;
  int32_t row_stride; /* values: elements from one position to the next */
  int32_t is_stream;  /* grows with the sequence: its pages are found by a table */
  int32_t reserved;
  weft_expr bytes;     /* of one layer */
  weft_expr row_bytes; /* of one row of one layer; 0 without rows */
} weft_state_info;

/** What an argument of the prompt's or the step's program is. */
typedef enum weft_role {
  WEFT_ROLE_INPUT = 0,  /* the description's input number `input` */
  WEFT_ROLE_TOKENS = 1, /* i32 [batch, time], or [batch, 1] of a step */
  WEFT_ROLE_PROMPT_LEN = 2, /* i32 [batch] */
  WEFT_ROLE_POSITION = 3,   /* i32 [batch]: where a step's tokens stand */
  WEFT_ROLE_ROWS = 4,       /* i32 [batch, pages]: the row of each page */
  WEFT_ROLE_SOURCE = 5      /* i32 [batch]: the row of what depends on the source alone */
} weft_role;

typedef struct weft_argument_info {
  int32_t role;  /* weft_role */
  int32_t input; /* of WEFT_ROLE_INPUT */
} weft_argument_info;

/** A size of the cache: at least `holds` at the context's limits, in units of `unit`; at most `hi`. */
typedef struct weft_cache_dim_info {
  const char *name;
  int64_t hi;
  int64_t unit; /* 1, or WEFT_PAGE_POSITIONS */
  weft_expr holds;
} weft_cache_dim_info;

/** What generation needs. PREFILL takes prompts of any lengths; a prompt of one token may be a STEP at position 0 as well, behind ENCODE,
 *  which fills the states that depend on the source alone and is absent (no entry, encode_count 0) where there are none. The frames of its programs hold the model's dims, then the cache's; time is 1 in a step. */
typedef struct weft_generate_info {
  int32_t input, output;  /* the input that grows, and the output that it is chosen from, f32 [batch, time, vocabulary] */
  int32_t batch, time;    /* dims of the input */
  int32_t pages, rows;    /* cache dims: pages of a sequence, rows of the states */
  int64_t vocabulary;
  int64_t limit;          /* of prompt and new tokens together, at most the bound of time */
  int32_t has_start;
  int32_t start;
  const int32_t *stop;
  const weft_cache_dim_info *cache_dims;
  const weft_state_info *states;
  const weft_argument_info *prefill, *step, *encode;
  const int32_t *suppress, *suppress_first; /* tokens that are never chosen, and never as the first new one */
  int32_t stop_count, cache_dim_count, state_count, prefill_count, step_count, suppress_count, suppress_first_count, encode_count;
  int64_t (*prefill_arena_bytes)(const int64_t *dims, int32_t threads); /* as arena_bytes, of all dims */
  int64_t (*step_arena_bytes)(const int64_t *dims, int32_t threads);
  int64_t (*encode_arena_bytes)(const int64_t *dims, int32_t threads);
} weft_generate_info;

/** A state in a cache, for host programs. */
typedef struct weft_state_place {
  uint8_t *data;
  int64_t layer_bytes, row_bytes;
} weft_state_place;

/** A write into a state at one layer. x is [batch, inner, columns] with x_stride elements from one row to the next. */
typedef struct weft_cache_write {
  const void *x;
  const int32_t *rows;    /* NULL: the state has no rows; else [batch, rows_stride], a page's row each, or one row for all */
  const int32_t *offset;  /* [batch], or NULL: positions begin at 0 */
  const int32_t *lengths; /* [batch], or NULL: all positions are written */
  int64_t state, layer;
  int64_t batch, inner;   /* inner: positions of keys and values */
  int64_t x_stride, first; /* first: the column where what is written begins */
  int64_t width;          /* of plain states: columns; and elements from one of their rows to the next */
  int64_t state_stride;
  int64_t rows_stride;    /* pages of the table, or 1 */
  int64_t is_packed;      /* rows of x beyond the lengths are left out of x too */
} weft_cache_write;

/** Rows of x [batch, time] that come together (pack) or go back to their places. Strides from row to row and widths in bytes. */
typedef struct weft_row_move {
  const uint8_t *from;
  uint8_t *to;
  const int32_t *lengths; /* [batch]: rows that are not padding; NULL: nobody wants the result */
  int64_t batch, time;
  int64_t from_stride, to_stride, width;
  int64_t unpack; /* 0: pack */
} weft_row_move;

/* ---- the model ---- */

struct weft_runtime_api;

typedef struct weft_model_descriptor {
  uint32_t abi_version;      /* WEFT_ABI_VERSION */
  uint32_t descriptor_bytes; /* sizeof(weft_model_descriptor) */
  const char *name;
  const char *doc;
  const char *precision; /* "f32", "bf16", "int8", "int4" */
  const char *compiler;  /* "weft 0.1.0 (LLVM 22.1.8, Halide 21.0.0)" */
  const char *command;   /* options of the compilation, without paths of the machine */

  const weft_source_info *sources;
  const weft_dim_info *dims;
  const weft_tensor_info *inputs;
  const weft_tensor_info *outputs;
  const weft_constraint_info *constraints;
  const weft_check_info *checks;
  const weft_launch_info *launches;
  const weft_target_info *targets;
  int32_t source_count, dim_count, input_count, output_count;
  int32_t constraint_count, check_count, launch_count, target_count;

  weft_weights_info weights;
  int64_t parameters; /* elements of the checkpoint's tensors that are used */

  /** Bytes of arena that the host program needs for these dims and threads (scratch of all threads included).
   *  Never fails: quotients that are not whole round up. */
  int64_t (*arena_bytes)(const int64_t *dims, int32_t threads);

  /** The runtime that was linked into the artifact; loaders call through it. Generated code: &weft_rt_api. */
  const struct weft_runtime_api *api;

  const weft_generate_info *generate; /* NULL where the description generates nothing */
  const void *reserved[8];
} weft_model_descriptor;

/* ---- a run ---- */

typedef struct weft_profile weft_profile;

/** What a host program sees. Read-only for it. */
typedef struct weft_frame {
  const int64_t *dims;       /* checked against bounds, limits and constraints */
  const void *const *inputs; /* dense; NULL only where no wanted output needs the input */
  void *const *outputs;      /* dense; NULL where not wanted, see WEFT_TENSOR_ALWAYS_WRITTEN */
  uint8_t *arena;            /* WEFT_ALIGNMENT aligned, arena_bytes(dims, threads) bytes */
  const uint8_t *weights;    /* weights.data or the mapped file */
  uint64_t wanted;           /* bit i: output i is wanted; launches that serve none of them are skipped */
  int32_t threads;           /* how many threads run the program */
  int32_t failed;            /* latched at barriers, the same for all threads; see weft_rt_barrier */
  weft_profile *profile;     /* NULL when no profile is taken */
  weft_context *context;
  const weft_state_place *states; /* of a program of generation, in the order of weft_generate_info */
  void *reserved[4];
} weft_frame;

/* Called by generated code. */

/** Waits for all threads of the frame. Returns non-zero when the run has failed: every thread gets the same answer
 *  and must then return. Also closes the profile's open interval of this thread. */
int32_t weft_rt_barrier(weft_frame *frame, int32_t thread);

/** The answer of the last barrier; stable, hence the same for all threads, until the next one. */
int32_t weft_rt_failed(const weft_frame *frame);

/** Checks that lo <= data[i] <= hi for all i < count. On failure the run's status becomes
 *  WEFT_ERROR_VALUE_RANGE and the message names checks[check], the place and the value; the first failure wins.
 *  Call it on one thread (0), for all checks in a fixed order, followed by one barrier whose result is obeyed. */
void weft_rt_check_range(weft_frame *frame, const int32_t *data, int64_t count, int64_t lo, int64_t hi,
                         int32_t check);

/** Tells the profile that this thread starts launch `launch`; the next barrier or mark ends it. */
void weft_rt_mark(weft_frame *frame, int32_t thread, int32_t launch);

/** Writes this thread's part of new positions, or of a whole value, into a state. The values must have been computed: a
 *  barrier lies between their launch and this, and one between this and what reads the state. */
void weft_rt_cache_write(weft_frame *frame, int32_t thread, const weft_cache_write *write);

/** Rows that packed values have: the sum of the lengths, each taken as 0..time; at least 1, for kernels want a row. */
int64_t weft_rt_count_rows(const int32_t *lengths, int64_t batch, int64_t time);

/** Moves this thread's part of the rows. The values must have been computed, as for weft_rt_cache_write. Padding becomes zeros. */
void weft_rt_move_rows(weft_frame *frame, int32_t thread, const weft_row_move *move);

/* Called by the NAME_* functions, which only forward to these, and by generic loaders through weft_runtime_api.
 * The arguments of a run are laid out as NAME_run_args: int64_t dims[dim_count], then
 * const void *inputs[input_count], then void *outputs[output_count], in descriptor order. */

/** NAME_open. */
weft_status weft_rt_open(const weft_model_descriptor *descriptor, weft_model **model, const weft_options *options);
/** NAME_close; NULL is ignored. All contexts of the model must be destroyed before. */
void weft_rt_close(weft_model *model);
/** NAME_context_create (options NULL), NAME_context_create_with. */
weft_status weft_rt_context_create(const weft_model *model, weft_context **context,
                                   const weft_context_options *options);
/** NAME_context_destroy; NULL is ignored. */
void weft_rt_context_destroy(weft_context *context);
/** NAME_run. Outputs that are NULL are not computed. */
weft_status weft_rt_run(weft_context *context, const void *args);
/** NAME_message: what the last failed call on this context had to say; "" if none failed. Never NULL. */
const char *weft_rt_message(const weft_context *context);
/** NAME_arena_bytes: bytes that a caller's arena needs for these dims; dims NULL: for the declared bounds.
 *  -1 when it does not fit 63 bits. */
int64_t weft_rt_arena_bytes(const weft_model_descriptor *descriptor, const int64_t *dims, int32_t threads);
/** NAME_describe: writes the descriptor as one JSON object, as snprintf does: at most `size` bytes with the final 0;
 *  returns the length of the whole text. */
size_t weft_rt_describe(const weft_model_descriptor *descriptor, char *text, size_t size);
/** NAME_prefill: runs the prompts of a batch and begins its sequences in the cache. Arguments as NAME_prefill_args: dims, inputs,
 *  const int32_t *prompt_len (NULL: every row is as long as the dimension), float *logits [batch, vocabulary] (NULL: not wanted). */
weft_status weft_rt_prefill(weft_context *context, const void *args);
/** NAME_step: one token more for every sequence. */
weft_status weft_rt_step(weft_context *context, const weft_step_args *args);
/** NAME_generate: prompt, steps and choices. Arguments as NAME_generate_args: dims, inputs, const int32_t *prompt_len, then
 *  int32_t *tokens [batch, results, max_new], and, NULL where not wanted, int32_t *lengths and float *scores [batch, results] and
 *  float *logits [batch, max_new, vocabulary], of the best
 *  sequence. The generated input may be NULL: the description's start token is the prompt then. */
weft_status weft_rt_generate(weft_context *context, const void *args, const weft_generate_options *options);
/** NAME_cache_bytes: bytes of a cache for these limits of the dims; NULL: the bounds. -1 when they do not fit 63 bits, 0 when the model
 *  generates nothing. */
int64_t weft_rt_cache_bytes(const weft_model_descriptor *descriptor, const int64_t *limits);
/** NAME_cache_use: the following calls work on the caller's cache, which begins as zeros and is aligned to WEFT_ALIGNMENT; memory
 *  NULL: on the context's own. Sequences stay in each. */
weft_status weft_rt_cache_use(weft_context *context, void *memory, size_t bytes);
/** Name of the target that open chose. */
const char *weft_rt_target(const weft_model *model);

/** One interval of a profile, in nanoseconds of CLOCK_MONOTONIC. */
typedef struct weft_profile_event {
  int32_t launch;
  int32_t thread;
  int64_t begin, end;
} weft_profile_event;

/** Records the following runs into the caller's array, which threads share in equal parts; a full part drops what
 *  comes after. */
weft_status weft_rt_profile_start(weft_context *context, weft_profile_event *events, int64_t capacity);
/** Ends the profile and returns how many events stand at the array's beginning, ordered by thread, then time;
 *  *dropped (may be NULL) receives how many did not fit. */
int64_t weft_rt_profile_stop(weft_context *context, int64_t *dropped);

/** weft_expr_eval: *out = the expression's value at dims. Returns 0, or non-zero when the value is no whole number,
 *  divides by zero or does not fit 64 bits. */
int32_t weft_expr_eval(const weft_expr *expr, const int64_t *dims, int64_t *out);
/** A whole number that the expression nowhere exceeds for lo <= dims <= hi (lo > 0); -1 when it does not fit. */
int64_t weft_expr_upper_bound(const weft_expr *expr, const weft_dim_info *dims, int32_t dim_count);
/** Writes the expression as text, "2*batch*seq + 1", as snprintf does. */
size_t weft_expr_print(const weft_expr *expr, const weft_dim_info *dims, char *text, size_t size);

typedef struct weft_runtime_api {
  uint32_t abi_version;
  uint32_t api_bytes; /* sizeof(weft_runtime_api) */
  weft_status (*open)(const weft_model_descriptor *, weft_model **, const weft_options *);
  void (*close)(weft_model *);
  weft_status (*context_create)(const weft_model *, weft_context **, const weft_context_options *);
  void (*context_destroy)(weft_context *);
  weft_status (*run)(weft_context *, const void *);
  const char *(*message)(const weft_context *);
  int64_t (*arena_bytes)(const weft_model_descriptor *, const int64_t *, int32_t);
  size_t (*describe)(const weft_model_descriptor *, char *, size_t);
  const char *(*target)(const weft_model *);
  weft_status (*profile_start)(weft_context *, weft_profile_event *, int64_t);
  int64_t (*profile_stop)(weft_context *, int64_t *);
  weft_status (*prefill)(weft_context *, const void *);
  weft_status (*step)(weft_context *, const weft_step_args *);
  weft_status (*generate)(weft_context *, const void *, const weft_generate_options *);
  int64_t (*cache_bytes)(const weft_model_descriptor *, const int64_t *);
  weft_status (*cache_use)(weft_context *, void *, size_t);
  void *reserved[3];
} weft_runtime_api;

/** The runtime's functions, for descriptors. */
extern const weft_runtime_api weft_rt_api;

/** Symbol of shared libraries: `const weft_model_descriptor *weft_artifact_descriptor(void)`. Objects and static
 *  libraries don't have it (many models may be linked together); all have NAME_descriptor. */
#define WEFT_ARTIFACT_SYMBOL "weft_artifact_descriptor"
typedef const weft_model_descriptor *(*weft_artifact_function)(void);

#ifdef __cplusplus
}

static_assert(sizeof(weft_term) == 32 && sizeof(weft_expr) == 16, "mirrored by generated code");
static_assert(offsetof(weft_frame, arena) == 24 && offsetof(weft_frame, weights) == 32 &&
                  offsetof(weft_frame, wanted) == 40 && offsetof(weft_frame, threads) == 48 &&
                  offsetof(weft_frame, failed) == 52,
              "mirrored by generated code");
#endif
#endif
