// One line on a terminal, rewritten in place.
#include "tools/driver/Progress.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Process.h"

using namespace llvm;
using namespace weft::tools;

Progress::Progress(bool quiet) : shows(!quiet && sys::Process::StandardErrIsDisplayed()), since(Clock::now()) {}

void Progress::begin(StringRef phase, StringRef detail) {
  if (phase != current) {
    close();
    current = phase.str();
    since = Clock::now();
  }
  if (!shows)
    return;
  errs() << "\r\x1b[K" << phase << (detail.empty() ? "" : ": ") << detail;
  errs().flush();
  isShown = true;
}

void Progress::clear() {
  if (!isShown)
    return;
  errs() << "\r\x1b[K";
  errs().flush();
  isShown = false;
}

void Progress::close() {
  if (current.empty())
    return;
  double passed = std::chrono::duration<double>(Clock::now() - since).count();
  auto known = find_if(seconds, [&](const auto &one) { return one.first == current; });
  if (known != seconds.end())
    known->second += passed;
  else
    seconds.push_back({current, passed});
  current.clear();
}

void Progress::printTimes(raw_ostream &out) {
  close();
  clear();
  double total = 0;
  for (const auto &[phase, passed] : seconds) {
    out << format("%8.3f s  ", passed) << phase << '\n';
    total += passed;
  }
  out << format("%8.3f s  ", total) << "total\n";
}
