// Progress: what a long command is doing, on a terminal; where its time went, with --timing.
#ifndef WEFT_TOOLS_DRIVER_PROGRESS_H
#define WEFT_TOOLS_DRIVER_PROGRESS_H

#include "llvm/ADT/StringRef.h"
#include "llvm/Support/raw_ostream.h"
#include <chrono>
#include <string>
#include <vector>

namespace weft::tools {

class Progress {
public:
  /// Shows nothing when quiet, or when standard error is no terminal.
  explicit Progress(bool quiet);
  ~Progress() { clear(); }
  /// A phase begins ("kernels"); `detail` says what of it. The same phase again goes on.
  void begin(llvm::StringRef phase, llvm::StringRef detail = "");
  /// Takes the line away.
  void clear();
  void printTimes(llvm::raw_ostream &out);

private:
  using Clock = std::chrono::steady_clock;
  void close();

  bool shows;
  bool isShown = false;
  std::string current;
  Clock::time_point since;
  std::vector<std::pair<std::string, double>> seconds;
};

} // namespace weft::tools

#endif
