//===- Trace.cpp - a profile as a trace-event file and as a table --------------------------------------------===//
#include "runtime/cli/Trace.h"
#include "runtime/io/File.h"
#include "runtime/io/Json.h"
#include <algorithm>
#include <cinttypes>
#include <map>

using namespace weft;
using namespace weft::cli;
using io::Error;

namespace {

struct Cost {
  double flops = 0, bytes = 0; // one thread's share of one execution
};

Cost costOf(const weft_launch_info &launch, const Profile &profile) {
  int64_t dims[WEFT_MAX_DIMS] = {}, flops = 0, bytes = 0;
  std::copy(profile.dims.begin(), profile.dims.end(), dims);
  if (weft_expr_eval(&launch.flops, dims, &flops) || weft_expr_eval(&launch.bytes, dims, &bytes))
    return {};
  return {double(flops) / profile.threads, double(bytes) / profile.threads};
}

std::string format(const char *text, double value) {
  char buffer[64];
  snprintf(buffer, sizeof buffer, text, value);
  return buffer;
}

std::string sourceOf(const weft_launch_info &launch) {
  return std::string(launch.file) + ":" + std::to_string(launch.line) + ":" + std::to_string(launch.column);
}

std::string eventJson(const weft_launch_info &launch, const weft_profile_event &event, int64_t execution, int64_t origin,
                      const Profile &profile) {
  double nanoseconds = double(std::max<int64_t>(event.end - event.begin, 1));
  Cost cost = costOf(launch, profile);
  std::string text = "{\"name\":" + io::jsonString(launch.label) + ",\"cat\":\"kernel\",\"ph\":\"X\",\"pid\":1,\"tid\":" +
                     std::to_string(event.thread) + ",\"ts\":" + format("%.3f", double(event.begin - origin) / 1000) +
                     ",\"dur\":" + format("%.3f", nanoseconds / 1000) + ",\"args\":{\"kernel\":" +
                     io::jsonString(launch.kernel) + ",\"source\":" + io::jsonString(sourceOf(launch)) +
                     ",\"execution\":" + std::to_string(execution) + ",\"flops\":" + format("%.0f", cost.flops) +
                     ",\"bytes\":" + format("%.0f", cost.bytes) + ",\"gflops\":" + format("%.2f", cost.flops / nanoseconds) +
                     ",\"gbytes_per_s\":" + format("%.2f", cost.bytes / nanoseconds);
  if (profile.peakGflops > 0)
    text += ",\"share_of_peak\":" + format("%.4f", cost.flops / nanoseconds / profile.peakGflops);
  return text + "}}";
}

} // namespace

Error weft::cli::writeTrace(const std::string &path, const weft_model_descriptor &model, const Profile &profile) {
  int64_t origin = INT64_MAX;
  for (const weft_profile_event &event : profile.events)
    origin = std::min(origin, event.begin);
  std::string text = "{\"displayTimeUnit\":\"ns\",\"otherData\":{\"model\":" + io::jsonString(model.name) + ",\"target\":" +
                     io::jsonString(profile.target) + ",\"threads\":" + std::to_string(profile.threads) +
                     ",\"peak_gflops_per_thread\":" + format("%.1f", profile.peakGflops) + "},\"traceEvents\":[\n";
  for (int32_t thread = 0; thread < profile.threads; ++thread)
    text += "{\"name\":\"thread_name\",\"ph\":\"M\",\"pid\":1,\"tid\":" + std::to_string(thread) +
            ",\"args\":{\"name\":\"thread " + std::to_string(thread) + "\"}},\n";
  std::map<std::pair<int32_t, int32_t>, int64_t> executions;
  for (const weft_profile_event &event : profile.events) {
    int64_t execution = executions[{event.thread, event.launch}]++;
    text += eventJson(model.launches[event.launch], event, execution, origin, profile) + ",\n";
  }
  text.resize(text.size() - 2); // the comma behind the last: there is one event at least, a thread's name
  text += "\n]}\n";
  io::AtomicWriter writer;
  if (Error error = writer.open(path))
    return error;
  if (Error error = writer.write(text.data(), text.size()))
    return error;
  return writer.commit();
}

std::string weft::cli::profileTable(const weft_model_descriptor &model, const Profile &profile) {
  struct Row {
    int32_t launch;
    double nanoseconds = 0;
    int64_t count = 0;
  };
  std::vector<Row> rows(size_t(model.launch_count));
  double total = 0;
  for (const weft_profile_event &event : profile.events) {
    Row &row = rows[size_t(event.launch)];
    row.nanoseconds += double(event.end - event.begin);
    ++row.count;
    total += double(event.end - event.begin);
  }
  for (size_t i = 0; i < rows.size(); ++i)
    rows[i].launch = int32_t(i);
  std::sort(rows.begin(), rows.end(), [](const Row &a, const Row &b) { return a.nanoseconds > b.nanoseconds; });
  std::string text = "     ms  share  runs   GF/s  peak  launch\n";
  for (const Row &row : rows) {
    if (row.count == 0)
      break;
    const weft_launch_info &launch = model.launches[row.launch];
    double gflops = costOf(launch, profile).flops * double(row.count) / std::max(row.nanoseconds, 1.0);
    char line[256];
    snprintf(line, sizeof line, "%7.3f %5.1f%% %5" PRId64 " %6.1f %4.0f%%  %s (%s)\n",
             row.nanoseconds / 1e6 / profile.threads, 100 * row.nanoseconds / std::max(total, 1.0),
             row.count / profile.threads, gflops, profile.peakGflops > 0 ? 100 * gflops / profile.peakGflops : 0.0,
             launch.label, sourceOf(launch).c_str());
    text += line;
  }
  return text;
}
