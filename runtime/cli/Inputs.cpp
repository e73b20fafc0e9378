//===- Inputs.cpp - from --input options to tensors and dimensions -------------------------------------------===//
#include "runtime/cli/Inputs.h"
#include "runtime/cli/Dims.h"
#include "runtime/cli/InputFile.h"
#include <random>

using namespace weft;
using namespace weft::cli;
using io::Error;

namespace weft::cli {

std::string exprText(const weft_model_descriptor &model, const weft_expr &expr) {
  std::string text(weft_expr_print(&expr, model.dims, nullptr, 0) + 1, '\0');
  weft_expr_print(&expr, model.dims, text.data(), text.size());
  text.pop_back();
  return text;
}

std::string typeText(const weft_model_descriptor &model, const weft_tensor_info &tensor) {
  std::string text = std::string(io::dtypeName(weft_dtype(tensor.dtype))) + "[";
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    text += (axis ? ", " : "") + exprText(model, tensor.shape[axis]);
  return text + "]";
}

Error shapeAt(const weft_model_descriptor &model, const weft_tensor_info &tensor, const std::vector<int64_t> &dims,
              std::vector<int64_t> &shape) {
  int64_t padded[WEFT_MAX_DIMS] = {};
  std::copy(dims.begin(), dims.end(), padded);
  shape.assign(size_t(tensor.rank), 0);
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    if (weft_expr_eval(&tensor.shape[axis], padded, &shape[size_t(axis)]) || shape[size_t(axis)] < 0)
      return "size " + exprText(model, tensor.shape[axis]) + " of '" + tensor.name +
             "' is no whole number for the given dimensions";
  return io::success();
}

} // namespace weft::cli

static int32_t findInput(const weft_model_descriptor &model, const std::string &name) {
  for (int32_t i = 0; i < model.input_count; ++i)
    if (name == model.inputs[i].name)
      return i;
  return -1;
}

static std::string inputNames(const weft_model_descriptor &model) {
  std::string names;
  for (int32_t i = 0; i < model.input_count; ++i)
    names += (i ? ", " : "") + std::string(model.inputs[i].name);
  return names;
}

static Error bindOne(const weft_model_descriptor &model, int32_t index, const io::FileArray &array,
                     const std::string &source, BoundInputs &bound) {
  const weft_tensor_info &info = model.inputs[index];
  std::optional<io::Tensor> &slot = bound.tensors[size_t(index)];
  if (slot)
    return "input '" + std::string(info.name) + "' is given twice: by " + bound.sources[size_t(index)] + " and " + source;
  std::string where = source + ": input '" + info.name + "'";
  if (array.shape.size() != size_t(info.rank))
    return where + " is " + typeText(model, info) + ", the file has shape " + io::shapeText(array.shape);
  slot.emplace();
  bound.sources[size_t(index)] = source;
  return io::toTensor(array, weft_dtype(info.dtype), where, *slot);
}

/// `--input F`: by name out of an archive, or the only input.
static Error bindArchive(const weft_model_descriptor &model, const InputFile &file, const std::string &path,
                         BoundInputs &bound) {
  if (!file.isArchive()) {
    if (model.input_count != 1)
      return "'" + path + "' is one array: say for which input, --input NAME=" + path + " (inputs: " +
             inputNames(model) + ")";
    return bindOne(model, 0, file.arrays()[0], path, bound);
  }
  bool any = false;
  for (const io::FileArray &array : file.arrays()) {
    int32_t index = findInput(model, array.name);
    if (index < 0)
      continue; // archives may hold more, expected results for example
    any = true;
    if (Error error = bindOne(model, index, array, path, bound))
      return error;
  }
  if (!any && model.input_count)
    return "'" + path + "' holds none of the model's inputs (" + inputNames(model) + ")";
  return io::success();
}

static Error bindFile(const weft_model_descriptor &model, const NamedValue &option, BoundInputs &bound) {
  int32_t index = option.name.empty() ? -1 : findInput(model, option.name);
  if (!option.name.empty() && index < 0)
    return "model '" + std::string(model.name) + "' has no input '" + option.name + "' (inputs: " + inputNames(model) + ")";
  InputFile file;
  bool literal = index >= 0 && option.value[0] == '[';
  Error error = literal ? file.literal(option.value, weft_dtype(model.inputs[index].dtype)) : file.open(option.value);
  if (error)
    return literal ? Error("input '" + option.name + "': " + error.text()) : error;
  if (index < 0)
    return bindArchive(model, file, option.value, bound);
  std::string source = literal ? "the command line" : option.value;
  if (!file.isArchive())
    return bindOne(model, index, file.arrays()[0], source, bound);
  for (const io::FileArray &array : file.arrays())
    if (array.name == option.name)
      return bindOne(model, index, array, source, bound);
  return "'" + option.value + "' holds no tensor '" + option.name + "'";
}

/// Values that the model's own checks admit; f32 from a standard normal distribution.
static Error drawInput(const weft_model_descriptor &model, int32_t index, uint64_t seed, BoundInputs &bound) {
  const weft_tensor_info &info = model.inputs[index];
  io::Tensor &tensor = bound.tensors[size_t(index)].emplace();
  bound.sources[size_t(index)] = "--random-inputs";
  tensor.dtype = weft_dtype(info.dtype);
  if (Error error = shapeAt(model, info, bound.dims, tensor.shape))
    return error;
  std::optional<int64_t> count = io::countElements(tensor.shape, io::dtypeBytes(tensor.dtype));
  if (!count)
    return "input '" + std::string(info.name) + "' is too large";
  tensor.data.resize(size_t(*count) * io::dtypeBytes(tensor.dtype));
  int64_t dims[WEFT_MAX_DIMS] = {}, lo = 0, hi = 1;
  std::copy(bound.dims.begin(), bound.dims.end(), dims);
  for (int32_t c = 0; c < model.check_count; ++c)
    if (model.checks[c].input == index) {
      weft_expr_eval(&model.checks[c].lo, dims, &lo);
      weft_expr_eval(&model.checks[c].hi, dims, &hi);
    }
  std::mt19937_64 random(seed + uint64_t(index));
  std::normal_distribution<float> normal;
  for (int64_t i = 0; i < *count; ++i) {
    if (tensor.dtype == WEFT_F32)
      tensor.as<float>()[i] = normal(random);
    else if (tensor.dtype == WEFT_BOOL)
      tensor.data[size_t(i)] = random() & 1;
    else
      tensor.as<int32_t>()[i] = int32_t(lo + int64_t(random() % uint64_t(hi >= lo ? hi - lo + 1 : 1)));
  }
  return io::success();
}

static uint64_t neededInputs(const weft_model_descriptor &model, uint64_t wanted) {
  uint64_t needs = 0;
  for (int32_t o = 0; o < model.output_count; ++o)
    needs |= wanted >> o & 1 ? model.outputs[o].needs : 0;
  return needs;
}

Error weft::cli::bindInputs(const weft_model_descriptor &model, const RunOptions &options, uint64_t wanted,
                            BoundInputs &bound) {
  return bindNeeded(model, options, neededInputs(model, wanted), wanted, bound);
}

Error weft::cli::bindNeeded(const weft_model_descriptor &model, const RunOptions &options, uint64_t needs, uint64_t wanted,
                            BoundInputs &bound) {
  bound.tensors.assign(size_t(model.input_count), std::nullopt);
  bound.sources.assign(size_t(model.input_count), "");
  for (const NamedValue &option : options.inputs)
    if (Error error = bindFile(model, option, bound))
      return error;
  std::string missing;
  for (int32_t i = 0; i < model.input_count && !options.randomSeed; ++i)
    if ((needs >> i & 1) && !bound.tensors[size_t(i)])
      missing += (missing.empty() ? "" : ", ") + std::string(model.inputs[i].name) + ": " + typeText(model, model.inputs[i]);
  if (!missing.empty())
    return "missing inputs: " + missing;
  if (Error error = solveDims(model, options, needs, wanted, bound))
    return error;
  for (int32_t i = 0; i < model.input_count; ++i)
    if ((needs >> i & 1) && !bound.tensors[size_t(i)])
      if (Error error = drawInput(model, i, *options.randomSeed, bound))
        return error;
  return io::success();
}

std::string weft::cli::withSource(const weft_model_descriptor &model, const BoundInputs &bound, const std::string &message) {
  for (int32_t i = 0; i < model.input_count; ++i)
    if (message.find(" of input '" + std::string(model.inputs[i].name) + "'") != std::string::npos && !bound.sources[size_t(i)].empty())
      return bound.sources[size_t(i)] + ": " + message;
  return message;
}
