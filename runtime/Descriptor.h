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

#define WEFT_ABI_VERSION 1
#define WEFT_MAX_DIMS 8     /* run-time dimensions of one model */
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

enum { WEFT_ENTRY_FORWARD = 0, WEFT_ENTRY_PREFILL = 1, WEFT_ENTRY_STEP = 2, WEFT_MAX_ENTRIES = 8 };

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

  const void *generate; /* reserved for generation: what prefill and step need; NULL */
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
  void *state; /* reserved for caches of generation */
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
  void *reserved[8];
} weft_runtime_api;

/** The runtime's functions, for descriptors. */
extern const weft_runtime_api weft_rt_api;

/** Symbol of shared libraries: `const weft_model_descriptor *weft_artifact_descriptor(void)`. Objects and static
 *  libraries don't have it (many models may be linked together); all have NAME_descriptor. */
#define WEFT_ARTIFACT_SYMBOL "weft_artifact_descriptor"
typedef const weft_model_descriptor *(*weft_artifact_function)(void);

#ifdef __cplusplus
}

static_assert(sizeof(weft_term) == 24 && sizeof(weft_expr) == 16, "mirrored by generated code");
static_assert(offsetof(weft_frame, arena) == 24 && offsetof(weft_frame, weights) == 32 &&
                  offsetof(weft_frame, wanted) == 40 && offsetof(weft_frame, threads) == 48 &&
                  offsetof(weft_frame, failed) == 52,
              "mirrored by generated code");
#endif
#endif
