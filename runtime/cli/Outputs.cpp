//===- Outputs.cpp - the tensors that a run fills, their summaries and files ---------------------------------===//
#include "runtime/cli/Outputs.h"
#include "runtime/io/Json.h"
#include "runtime/io/Safetensors.h"
#include <algorithm>
#include <cmath>

using namespace weft;
using namespace weft::cli;
using io::Error;

static bool endsWith(const std::string &text, const std::string &suffix) {
  return text.size() >= suffix.size() && text.compare(text.size() - suffix.size(), suffix.size(), suffix) == 0;
}

static int32_t findOutput(const weft_model_descriptor &model, const std::string &name) {
  for (int32_t o = 0; o < model.output_count; ++o)
    if (name == model.outputs[o].name)
      return o;
  return -1;
}

Error weft::cli::wantedOutputs(const weft_model_descriptor &model, const RunOptions &options, uint64_t &wanted) {
  uint64_t all = model.output_count == 64 ? ~UINT64_C(0) : (UINT64_C(1) << model.output_count) - 1;
  wanted = options.outputs.empty() ? all : 0;
  for (const NamedValue &option : options.outputs) {
    if (option.name.empty()) {
      bool archive = endsWith(option.value, ".npz") || endsWith(option.value, ".safetensors");
      if (!archive && !(endsWith(option.value, ".npy") && model.output_count == 1))
        return "'" + option.value + "' can't hold all outputs: give an .npz or .safetensors, or --output NAME=F.npy";
      wanted = all;
      continue;
    }
    int32_t index = findOutput(model, option.name);
    std::string names;
    for (int32_t o = 0; o < model.output_count; ++o)
      names += (o ? ", " : "") + std::string(model.outputs[o].name);
    if (index < 0)
      return "model '" + std::string(model.name) + "' has no output '" + option.name + "' (outputs: " + names + ")";
    wanted |= UINT64_C(1) << index;
  }
  return io::success();
}

Error weft::cli::makeOutputs(const weft_model_descriptor &model, const std::vector<int64_t> &dims, uint64_t wanted,
                             std::vector<std::optional<io::Tensor>> &outputs) {
  outputs.assign(size_t(model.output_count), std::nullopt);
  for (int32_t o = 0; o < model.output_count; ++o) {
    if (!(wanted >> o & 1))
      continue;
    io::Tensor &tensor = outputs[size_t(o)].emplace();
    tensor.dtype = weft_dtype(model.outputs[o].dtype);
    if (Error error = shapeAt(model, model.outputs[o], dims, tensor.shape))
      return error;
    std::optional<int64_t> count = io::countElements(tensor.shape, io::dtypeBytes(tensor.dtype));
    if (!count)
      return "output '" + std::string(model.outputs[o].name) + "' is too large";
    tensor.data.resize(size_t(*count) * io::dtypeBytes(tensor.dtype));
  }
  return io::success();
}

static io::NamedTensor view(const weft_model_descriptor &model, int32_t index, const io::Tensor &tensor) {
  return {model.outputs[index].name, tensor.dtype, tensor.shape, tensor.data.data(), tensor.data.size()};
}

static Error writeOne(const std::string &path, const std::vector<io::NamedTensor> &tensors) {
  if (endsWith(path, ".npz"))
    return io::writeNpz(path, tensors);
  if (endsWith(path, ".safetensors"))
    return io::writeSafetensors(path, tensors);
  return io::writeNpy(path, tensors[0]);
}

Error weft::cli::writeOutputs(const weft_model_descriptor &model, const RunOptions &options,
                              const std::vector<std::optional<io::Tensor>> &outputs) {
  for (const NamedValue &option : options.outputs) {
    std::vector<io::NamedTensor> tensors;
    for (int32_t o = 0; o < model.output_count; ++o)
      if (option.name.empty() || option.name == model.outputs[o].name)
        tensors.push_back(view(model, o, *outputs[size_t(o)]));
    if (Error error = writeOne(option.value, tensors))
      return error;
  }
  return io::success();
}

namespace {
struct Summary {
  double min = INFINITY, max = -INFINITY, sum = 0;
  int64_t count = 0, notNumbers = 0;
  std::vector<double> first;

  explicit Summary(const io::Tensor &tensor) {
    for (int64_t i = 0; i < tensor.elements(); ++i) {
      double value = tensor.dtype == WEFT_F32   ? double(tensor.as<float>()[i])
                     : tensor.dtype == WEFT_I32 ? double(tensor.as<int32_t>()[i])
                                                : double(tensor.data[size_t(i)]);
      if (i < 4)
        first.push_back(value);
      if (std::isnan(value)) {
        ++notNumbers;
        continue;
      }
      min = std::min(min, value);
      max = std::max(max, value);
      sum += value;
      ++count;
    }
  }
  double mean() const { return count ? sum / double(count) : 0; }
};

std::string number(double value) {
  char text[32];
  snprintf(text, sizeof text, "%.6g", value);
  return text;
}

std::string jsonNumber(double value) { return std::isfinite(value) ? number(value) : "null"; }
} // namespace

std::string weft::cli::summaryText(const std::string &name, const io::Tensor &tensor) {
  Summary summary(tensor);
  std::string text = name + ": " + io::dtypeName(tensor.dtype) + io::shapeText(tensor.shape);
  if (summary.count)
    text += "  min " + number(summary.min) + "  max " + number(summary.max) + "  mean " + number(summary.mean());
  if (summary.notNumbers)
    text += "  NaN " + std::to_string(summary.notNumbers);
  text += "  [";
  for (size_t i = 0; i < summary.first.size(); ++i)
    text += (i ? ", " : "") + number(summary.first[i]);
  return text + (tensor.elements() > 4 ? ", ...]" : "]");
}

std::string weft::cli::summaryJson(const std::string &name, const io::Tensor &tensor) {
  Summary summary(tensor);
  std::string text = "{\"name\":" + io::jsonString(name) + ",\"dtype\":\"" + io::dtypeName(tensor.dtype) +
                     "\",\"shape\":" + io::shapeText(tensor.shape) + ",\"min\":" + jsonNumber(summary.min) +
                     ",\"max\":" + jsonNumber(summary.max) + ",\"mean\":" + jsonNumber(summary.mean()) +
                     ",\"nan\":" + std::to_string(summary.notNumbers) + ",\"first\":[";
  for (size_t i = 0; i < summary.first.size(); ++i)
    text += (i ? "," : "") + jsonNumber(summary.first[i]);
  return text + "]}";
}
