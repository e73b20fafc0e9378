//===- DescribeText.cpp - what an artifact says of itself, for a terminal ------------------------------------===//
#include "runtime/cli/DescribeText.h"
#include "runtime/cli/Inputs.h"
#include "runtime/io/Json.h"

using namespace weft;
using namespace weft::cli;

static std::string bytesText(int64_t bytes) {
  if (bytes < 0)
    return "too large to say";
  char text[64];
  if (bytes < 10 * 1024)
    snprintf(text, sizeof text, "%lld bytes", static_cast<long long>(bytes));
  else if (bytes < 10 * 1024 * 1024)
    snprintf(text, sizeof text, "%.1f KiB", double(bytes) / 1024);
  else
    snprintf(text, sizeof text, "%.1f MiB", double(bytes) / 1024 / 1024);
  return text;
}

static std::string tensorLines(const weft_model_descriptor &model, const char *title, const weft_tensor_info *tensors,
                               int32_t count) {
  std::string text = std::string(title) + "\n";
  for (int32_t i = 0; i < count; ++i) {
    text += "  " + std::string(tensors[i].name) + " : " + typeText(model, tensors[i]);
    if (tensors[i].doc && tensors[i].doc[0])
      text += "   " + std::string(tensors[i].doc);
    text += "\n";
  }
  return text;
}

std::string weft::cli::describeJson(const weft_model_descriptor &model) {
  std::string text(model.api->describe(&model, nullptr, 0) + 1, '\0');
  model.api->describe(&model, text.data(), text.size());
  text.pop_back();
  return text;
}

std::string weft::cli::describeText(const weft_model_descriptor &model) {
  std::string text = "model " + std::string(model.name) + "\n";
  if (model.doc && model.doc[0])
    text += std::string(model.doc) + "\n";
  text += "dimensions\n";
  for (int32_t d = 0; d < model.dim_count; ++d)
    text += "  " + std::string(model.dims[d].name) + " in " + std::to_string(model.dims[d].lo) + ".." +
            std::to_string(model.dims[d].hi) + "\n";
  text += tensorLines(model, "inputs", model.inputs, model.input_count);
  text += tensorLines(model, "outputs", model.outputs, model.output_count);
  if (const weft_generate_info *generate = model.generate) {
    text += "generates " + std::string(model.inputs[generate->input].name) + " from " + model.outputs[generate->output].name + ", up to " +
            std::to_string(generate->limit) + " with the prompt";
    if (generate->has_start)
      text += ", starts at " + std::to_string(generate->start);
    for (int32_t i = 0; i < generate->stop_count; ++i)
      text += (i ? ", " : ", stops at ") + std::to_string(generate->stop[i]);
    if (generate->suppress_count)
      text += ", never chooses " + std::to_string(generate->suppress_count) + " of its tokens";
    if (generate->suppress_first_count)
      text += ", nor " + std::to_string(generate->suppress_first_count) + " more as the first";
    text += "\ncache at the bounds " + bytesText(model.api->cache_bytes(&model, nullptr)) + "\n";
  }
  text += "precision " + std::string(model.precision) + "\n";
  // What runs here is the runtime's to say: it stands in its JSON.
  io::Json json;
  if (!io::parseJson(describeJson(model), json))
    if (const io::Json *targets = json.find("targets"))
      for (const io::Json &target : targets->items)
        text += "target " + target.find("name")->text + (target.find("runs_here")->boolean ? " (runs here)" : "") + "\n";
  int64_t arena = model.api->arena_bytes(&model, nullptr, 1);
  text += "parameters " + std::to_string(model.parameters) + "\n";
  text += "weights " + bytesText(int64_t(model.weights.bytes));
  text += model.weights.data || model.weights.bytes == 0 ? "\n" : " in " + std::string(model.weights.file) + "\n";
  text += "intermediate tensors at the bounds, one thread " + bytesText(arena) + "\n";
  text += "peak memory at the bounds " + bytesText(arena < 0 ? -1 : arena + int64_t(model.weights.bytes)) + "\n";
  text += "compiled by " + std::string(model.compiler) + ": " + model.command + "\n";
  for (int32_t s = 0; s < model.source_count; ++s)
    text += "from " + std::string(model.sources[s].kind) + " " + model.sources[s].name + " sha256 " +
            model.sources[s].sha256 + "\n";
  return text;
}
