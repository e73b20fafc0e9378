// Writes NAME.h.
#include "codegen/artifact/Header.h"
#include "codegen/artifact/WeftH.h"
#include "codegen/host/GenerateInfo.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;
using namespace weft;

static std::string upper(StringRef text) { return text.upper(); }

/// Member names: the description's, unless C or C++ keeps the word for itself.
static std::string memberName(StringRef name) {
  static const char *const keywords[] = {"asm", "auto", "bool", "break", "case", "catch", "char", "class", "const", "continue",
      "default", "delete", "do", "double", "else", "enum", "explicit", "export", "extern", "false", "float", "for", "friend",
      "goto", "if", "inline", "int", "long", "mutable", "namespace", "new", "operator", "private", "protected", "public",
      "register", "restrict", "return", "short", "signed", "sizeof", "static", "struct", "switch", "template", "this", "throw",
      "true", "try", "typedef", "typename", "union", "unsigned", "using", "virtual", "void", "volatile", "while", "and", "or",
      "not", "xor"};
  return is_contained(keywords, name) ? (name + "_").str() : name.str();
}

static StringRef elementType(NamedTensorType type) {
  return type.isF32() ? "float" : type.isI32() ? "int32_t" : "uint8_t";
}

/// "f32 [batch, seq, 384], row-major"
static std::string shapeLine(NamedTensorType type) {
  StringRef element = type.isF32() ? "f32" : type.isI32() ? "i32" : "bool (one byte, 0 or 1)";
  return (element + " " + type.shapeText() + ", row-major and dense").str();
}

/// Comment text can't end the comment.
static std::string commentText(StringRef text) {
  std::string safe = text.trim().str();
  for (size_t at; (at = safe.find("*/")) != std::string::npos;)
    safe.replace(at, 2, "* /");
  return safe;
}

static void writeComment(raw_ostream &out, StringRef indent, ArrayRef<std::string> paragraphs) {
  std::string text;
  for (const std::string &paragraph : paragraphs)
    if (!paragraph.empty())
      text += (text.empty() ? "" : "\n") + commentText(paragraph);
  if (text.empty())
    return;
  SmallVector<StringRef> lines;
  StringRef(text).split(lines, '\n');
  out << indent << "/** " << lines.front().trim();
  for (StringRef line : ArrayRef(lines).drop_front())
    out << '\n' << indent << " *  " << line.trim();
  out << " */\n";
}

static void writeSizes(raw_ostream &out, const ModelInfo &info, const HeaderFacts &facts) {
  std::string prefix = upper(info.name) + "_";
  out << "/* Bounds of the run-time dimensions, both included. */\n";
  for (const DimInfo &dim : info.dims) {
    writeComment(out, "", {dim.doc});
    out << "#define " << prefix << upper(dim.name) << "_MIN " << dim.lower << "\n";
    out << "#define " << prefix << upper(dim.name) << "_MAX " << dim.upper << "\n";
  }
  out << "#define " << prefix << "DIM_COUNT " << info.dims.size() << "\n\n";
  out << "/* Sizes of the last dimension where it is fixed. */\n";
  auto width = [&](const TensorInfo &tensor) {
    if (tensor.type.getRank() > 0)
      if (std::optional<int64_t> size = tensor.type.getExpr(-1).constant())
        out << "#define " << prefix << upper(tensor.name) << "_WIDTH " << *size << "\n";
  };
  for_each(info.inputs, width);
  for_each(info.outputs, width);
  out << "\n/** Parameters of the checkpoint that the model reads. */\n#define " << prefix << "PARAMETERS INT64_C("
      << info.parameters << ")\n";
  out << "/** Bytes of the packed weights" << (facts.externalWeights ? " (a file of their own)" : "") << ". */\n#define "
      << prefix << "WEIGHTS_BYTES INT64_C(" << facts.weightsBytes << ")\n";
  if (facts.arenaBytes > 0)
    out << "/** Bytes of arena at the bounds of all dimensions, with one thread. */\n#define " << prefix
        << "ARENA_BYTES_MAX INT64_C(" << facts.arenaBytes << ")\n";
  out << "\n";
}

static void writeDimsAndInputs(raw_ostream &out, const ModelInfo &info) {
  for (const DimInfo &dim : info.dims) {
    writeComment(out, "  ", {dim.doc, "Size, " + std::to_string(dim.lower) + ".." + std::to_string(dim.upper) + "."});
    out << "  int64_t " << memberName(dim.name) << ";\n";
  }
  for (const TensorInfo &input : info.inputs) {
    writeComment(out, "  ", {input.doc, "Input, " + shapeLine(input.type) + "."});
    out << "  const " << elementType(input.type) << " *" << memberName(input.name) << ";\n";
  }
}

static void writeArguments(raw_ostream &out, const ModelInfo &info) {
  StringRef name = info.name;
  out << "/** One run. All memory is the caller's; outputs that are NULL are not computed, inputs that no wanted output needs\n"
         " *  may be NULL. Nothing needs alignment beyond its element's. */\n";
  out << "typedef struct " << name << "_run_args {\n";
  writeDimsAndInputs(out, info);
  for (const TensorInfo &output : info.outputs) {
    std::string needs;
    for (size_t i = 0; i < info.inputs.size(); ++i)
      if (output.needs >> i & 1)
        needs += (needs.empty() ? "" : ", ") + info.inputs[i].name;
    writeComment(out, "  ", {output.doc, "Output, " + shapeLine(output.type) + "; needs " + (needs.empty() ? "no input" : needs) + "."});
    out << "  " << elementType(output.type) << " *" << memberName(output.name) << ";\n";
  }
  out << "} " << name << "_run_args;\n\n";
}

/// The arguments of NAME_prefill and NAME_generate, and what else a model that generates offers.
static void writeGeneration(raw_ostream &out, const ModelInfo &info) {
  const GenerateInfo &generate = *info.generate;
  auto taken = [&](StringRef name) {
    auto is = [&](const auto &each) { return memberName(each.name) == name; };
    return any_of(info.dims, is) || any_of(info.inputs, is);
  };
  auto member = [&](StringRef doc, StringRef type, std::string name) {
    while (taken(name))
      name += "_";
    writeComment(out, "  ", {doc.str()});
    out << "  " << type << " *" << name << ";\n";
  };
  const std::string batch = info.dims[size_t(generate.batch)].name, input = info.inputs[size_t(generate.input)].name,
                    vocabulary = std::to_string(generate.vocabulary);
  const std::string lengthDoc = "Tokens in each row of " + input + ", i32 [" + batch + "]; NULL: all of them.";
  std::string upperName = upper(info.name);
  out << "/* Generation: " << input << " grows one token at a time, up to " << generate.limit << " with the prompt. */\n";
  out << "#define " << upperName << "_LIMIT " << generate.limit << "\n#define " << upperName << "_VOCABULARY " << vocabulary << "\n\n";
  out << "/** The prompts of a batch, padded on the right. */\ntypedef struct " << info.name << "_prefill_args {\n";
  writeDimsAndInputs(out, info);
  member(lengthDoc, "const int32_t", "prompt_len");
  member("Of the token after each prompt, f32 [" + batch + ", " + vocabulary + "]; may be NULL.", "float", "new_logits");
  out << "} " << info.name << "_prefill_args;\n\n";
  out << "/** A generation" << (generate.op->hasAttr("start") ? "; " + input + " may be NULL: the start token is the prompt then" : std::string())
      << ". */\ntypedef struct " << info.name << "_generate_args {\n";
  writeDimsAndInputs(out, info);
  member(lengthDoc, "const int32_t", "prompt_len");
  member("The new tokens, i32 [" + batch + ", results, max_new]: ended by a stop token and filled with it.", "int32_t", "new_tokens");
  member("How many they are, the stop token included, i32 [" + batch + ", results]; may be NULL.", "int32_t", "new_lengths");
  member("Scores of beam search, f32 [" + batch + ", results]; may be NULL.", "float", "new_scores");
  member("What the tokens of the best results were chosen from, f32 [" + batch + ", max_new, " + vocabulary + "]; may be NULL.", "float", "new_logits");
  out << "} " << info.name << "_generate_args;\n\n";
}

static constexpr StringLiteral generationFunctions = R"(/** Generates: prompts, steps and choices in one call. `options` begin as WEFT_GENERATE_DEFAULTS. */
weft_status NAME_generate(NAME_context *context, const NAME_generate_args *args, const weft_generate_options *options);
/** Runs prompts; their sequences are then in the cache, to be continued by steps. */
weft_status NAME_prefill(NAME_context *context, const NAME_prefill_args *args);
/** Appends one token to every sequence of the cache. */
weft_status NAME_step(NAME_context *context, const weft_step_args *args);
/** Bytes of a cache for a context with these dim_limits (NULL: the bounds). */
int64_t NAME_cache_bytes(const int64_t *dim_limits);
/** Works on the caller's cache from now on: memory that begins as zeros, aligned to 64 bytes, and keeps its sequences for as long as the
 *  caller does; NULL: on the context's own. */
weft_status NAME_cache_use(NAME_context *context, void *memory, size_t bytes);
)";

static void writeFunctions(raw_ostream &out, StringRef name, bool generates) {
  std::string text = R"(/** Opens the model; options may be NULL. On failure *model is NULL. */
weft_status NAME_open(NAME_model **model, const weft_options *options);
/** Closes it; all contexts must be destroyed before. NULL is ignored. */
void NAME_close(NAME_model *model);
/** Makes a context: memory and threads for one caller at a time. */
weft_status NAME_context_create(const NAME_model *model, NAME_context **context);
weft_status NAME_context_create_with(const NAME_model *model, NAME_context **context,
                                     const weft_context_options *options);
/** NULL is ignored. */
void NAME_context_destroy(NAME_context *context);
/** Runs the model once. */
weft_status NAME_run(NAME_context *context, const NAME_run_args *args);
/** What the last failed call on this context had to say; "" if none failed. */
const char *NAME_message(const NAME_context *context);
/** Bytes that a caller's arena needs for these sizes (NAME_run_args' dimensions in order; NULL: the bounds). */
int64_t NAME_arena_bytes(const int64_t *dims, int32_t threads);
/** Writes what the model says of itself as JSON, as snprintf does. */
size_t NAME_describe(char *text, size_t size);
/** The target that open chose, "x86-64-v3". */
const char *NAME_target(const NAME_model *model);
/** For generic loaders: the descriptor that runtime/Descriptor.h of weft declares. */
const struct weft_model_descriptor *NAME_descriptor(void);
)";
  if (generates)
    text += generationFunctions;
  for (size_t at; (at = text.find("NAME")) != std::string::npos;)
    text.replace(at, 4, name);
  out << text;
}

std::string weft::headerText(const ModelInfo &info, const HeaderFacts &facts) {
  std::string text;
  raw_string_ostream out(text);
  std::string guard = "WEFT_MODEL_" + upper(info.name) + "_H", targets = llvm::join(facts.targets, ", ");
  writeComment(out, "", {info.name + ".h: a model compiled by weft (" + facts.precision + ", for " + targets + ").", info.doc});
  out << "#ifndef " << guard << "\n#define " << guard << "\n\n";
  out << "/* ---- weft.h: shared by all models ---- */\n" << weftHeaderText() << "/* ---- end of weft.h ---- */\n\n";
  out << "#ifdef __cplusplus\nextern \"C\" {\n#endif\n\n";
  out << "typedef struct weft_model " << info.name << "_model;\ntypedef struct weft_context " << info.name << "_context;\n"
      << "struct weft_model_descriptor;\n\n";
  writeSizes(out, info, facts);
  writeArguments(out, info);
  if (info.generate)
    writeGeneration(out, info);
  writeFunctions(out, info.name, info.generate != nullptr);
  out << "\n#ifdef __cplusplus\n}\n#endif\n#endif\n";
  return text;
}
