//===- Describe.cpp - what an artifact says of itself, as JSON -----------------------------------------------===//
#include "Internal.h"

using namespace weft::rt;

namespace {

void describeTensors(TextSink &sink, const weft_model_descriptor &d, const weft_tensor_info *tensors, int32_t count) {
  static const char *const dtypes[] = {"f32", "i32", "bool"};
  for (int32_t i = 0; i < count; ++i) {
    const weft_tensor_info &tensor = tensors[i];
    sink.print("%s{\"name\":", i ? "," : "");
    sink.quoted(tensor.name);
    sink.print(",\"dtype\":\"%s\",\"shape\":[", dtypes[tensor.dtype]);
    for (int32_t axis = 0; axis < tensor.rank; ++axis) {
      char text[256];
      weft_expr_print(&tensor.shape[axis], d.dims, text, sizeof text);
      sink.print("%s", axis ? "," : "");
      sink.quoted(text);
    }
    sink.print("],\"doc\":");
    sink.quoted(tensor.doc);
    if (tensors == d.outputs) {
      sink.print(",\"needs\":[");
      bool first = true;
      for (int32_t input = 0; input < d.input_count; ++input)
        if (tensor.needs >> input & 1) {
          sink.print("%s", first ? "" : ",");
          sink.quoted(d.inputs[input].name);
          first = false;
        }
      sink.print("]");
    }
    sink.print("}");
  }
}

void describeTargets(TextSink &sink, const weft_model_descriptor &d) {
  uint64_t features = hostFeatures();
  for (int32_t t = 0; t < d.target_count; ++t) {
    const weft_target_info &target = d.targets[t];
    bool runs = target.arch == hostArch() && (target.features & ~features) == 0;
    sink.print("%s{\"name\":", t ? "," : "");
    sink.quoted(target.name);
    sink.print(",\"runs_here\":%s}", runs ? "true" : "false");
  }
}

void describeWeights(TextSink &sink, const weft_model_descriptor &d) {
  sink.print("{\"bytes\":%llu,\"embedded\":%s,\"file\":", static_cast<unsigned long long>(d.weights.bytes),
             d.weights.data ? "true" : "false");
  if (d.weights.file)
    sink.quoted(d.weights.file);
  else
    sink.print("null");
  if (d.weights.data)
    return sink.print(",\"sha256\":null}"); // of weights in a file of their own
  char hash[65];
  hexDigest(d.weights.sha256, hash);
  sink.print(",\"sha256\":\"%s\"}", hash);
}

void describeTokens(TextSink &sink, const char *what, const int32_t *tokens, int32_t count) {
  sink.print(",\"%s\":[", what);
  for (int32_t i = 0; i < count; ++i)
    sink.print("%s%d", i ? "," : "", tokens[i]);
  sink.print("]");
}

void describeGeneration(TextSink &sink, const weft_model_descriptor &d) {
  sink.print(",\"generate\":");
  if (!d.generate) {
    sink.print("null");
    return;
  }
  const weft_generate_info &g = *d.generate;
  sink.print("{\"input\":");
  sink.quoted(d.inputs[g.input].name);
  sink.print(",\"output\":");
  sink.quoted(d.outputs[g.output].name);
  sink.print(",\"limit\":%lld,\"vocabulary\":%lld,\"start\":", static_cast<long long>(g.limit), static_cast<long long>(g.vocabulary));
  if (g.has_start)
    sink.print("%d", g.start);
  else
    sink.print("null");
  describeTokens(sink, "stop", g.stop, g.stop_count);
  describeTokens(sink, "suppress", g.suppress, g.suppress_count);
  describeTokens(sink, "suppress_first", g.suppress_first, g.suppress_first_count);
  sink.print(",\"cache_bytes_at_bounds\":%lld}", static_cast<long long>(weft_rt_cache_bytes(&d, nullptr)));
}

void describeOrigin(TextSink &sink, const weft_model_descriptor &d) {
  sink.print(",\"compiler\":");
  sink.quoted(d.compiler);
  sink.print(",\"command\":");
  sink.quoted(d.command);
  sink.print(",\"sources\":[");
  for (int32_t i = 0; i < d.source_count; ++i) {
    sink.print("%s{\"kind\":", i ? "," : "");
    sink.quoted(d.sources[i].kind);
    sink.print(",\"name\":");
    sink.quoted(d.sources[i].name);
    sink.print(",\"sha256\":");
    sink.quoted(d.sources[i].sha256);
    sink.print("}");
  }
  sink.print("]");
}

} // namespace

size_t weft_rt_describe(const weft_model_descriptor *descriptor, char *text, size_t size) {
  const weft_model_descriptor &d = *descriptor;
  TextSink sink{text, size};
  if (text && size)
    text[0] = 0;
  sink.print("{\"abi\":%u,\"name\":", d.abi_version);
  sink.quoted(d.name);
  sink.print(",\"doc\":");
  sink.quoted(d.doc);
  sink.print(",\"precision\":");
  sink.quoted(d.precision);
  sink.print(",\"dims\":[");
  for (int32_t i = 0; i < d.dim_count; ++i) {
    sink.print("%s{\"name\":", i ? "," : "");
    sink.quoted(d.dims[i].name);
    sink.print(",\"lo\":%lld,\"hi\":%lld}", static_cast<long long>(d.dims[i].lo), static_cast<long long>(d.dims[i].hi));
  }
  sink.print("],\"inputs\":[");
  describeTensors(sink, d, d.inputs, d.input_count);
  sink.print("],\"outputs\":[");
  describeTensors(sink, d, d.outputs, d.output_count);
  sink.print("],\"targets\":[");
  describeTargets(sink, d);
  sink.print("],\"parameters\":%lld,\"weights\":", static_cast<long long>(d.parameters));
  describeWeights(sink, d);
  int64_t arena = weft_rt_arena_bytes(&d, nullptr, 1);
  sink.print(",\"arena_bytes_at_bounds\":%lld,\"peak_bytes_at_bounds\":%lld,\"launches\":%d",
             static_cast<long long>(arena), static_cast<long long>(arena < 0 ? -1 : arena + int64_t(d.weights.bytes)),
             d.launch_count);
  describeGeneration(sink, d);
  describeOrigin(sink, d);
  sink.print("}");
  return sink.length;
}
