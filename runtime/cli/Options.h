//===- Options.h - the options of `weft run` and of executable artifacts -------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_OPTIONS_H
#define WEFT_RUNTIME_CLI_OPTIONS_H

#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace weft::cli {

/// Exit statuses: 1 is about files, what is in them, and names they don't have; 2 is wrong whatever they hold.
enum ExitStatus { kSuccess = 0, kFailure = 1, kUsage = 2 };

/// "name=value", or a value alone (name empty).
struct NamedValue {
  std::string name;
  std::string value;
};

/// How tokens are chosen; see weft_generate_options.
struct GenerateOptions {
  std::optional<int64_t> most; // --max; without it, up to the limit
  int32_t beams = 1, results = 1, topK = 0;
  double lengthPenalty = 1, temperature = 0, topP = 1;
  uint64_t seed = 0;
  std::string logitsFile;
  std::vector<std::string> used; // those of these options that were given
};

struct RunOptions {
  std::vector<NamedValue> inputs, outputs;
  std::vector<std::pair<std::string, int64_t>> dims;
  int32_t threads = 1;
  int64_t benchRuns = 0;
  std::string profileFile, weightsFile, target;
  std::optional<uint64_t> randomSeed;
  bool verifyWeights = false;
  bool describe = false;
  bool generate = false;
  GenerateOptions how; // of --generate
  bool quiet = false;
  bool json = false;
  bool help = false;
  std::vector<std::string> positional;
};

/// Reads the arguments; returns a sentence about the first that is wrong, or "".
std::string parseOptions(const std::vector<std::string> &arguments, RunOptions &options);

/// Help text; `program` opens every example ("weft run model.so", "./model").
std::string helpText(const std::string &program);

} // namespace weft::cli

#endif
