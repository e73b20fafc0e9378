//===- Trace.h - a profile as a trace-event file and as a table ----------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_TRACE_H
#define WEFT_RUNTIME_CLI_TRACE_H

#include "runtime/Descriptor.h"
#include "runtime/io/Error.h"
#include <vector>

namespace weft::cli {

struct Profile {
  std::vector<weft_profile_event> events; // ordered by thread, then time
  std::vector<int64_t> dims;
  int32_t threads = 1;
  double peakGflops = 0; // of one core, 0: unknown
  std::string target;
};

/// JSON in the trace-event format ("X" events, microseconds). Each event tells kernel, source line, which execution
/// of its launch it is (the layer, inside a stack), the thread's share of flops and bytes, and its share of the peak.
io::Error writeTrace(const std::string &path, const weft_model_descriptor &model, const Profile &profile);

/// The launches that took longest, as lines for a terminal.
std::string profileTable(const weft_model_descriptor &model, const Profile &profile);

} // namespace weft::cli

#endif
