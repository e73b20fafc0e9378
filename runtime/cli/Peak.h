//===- Peak.h - the FMA peak of one core, measured -----------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_PEAK_H
#define WEFT_RUNTIME_CLI_PEAK_H

namespace weft::cli {

/// Single-precision GFLOP/s that one core reaches with independent fused multiply-adds of its widest vectors, best of
/// several rounds of about 2 ms; 0 where there is no FMA.
double measureFmaPeak();

} // namespace weft::cli

#endif
