// One row a target: what schedules and the code generators need to know of a machine. A new target is a new row in
// TargetInfo.cpp and a test. Nothing here is detected except by `native`.
#ifndef WEFT_CODEGEN_TARGET_TARGETINFO_H
#define WEFT_CODEGEN_TARGET_TARGETINFO_H

#include "llvm/Support/Error.h"
#include <string>
#include <vector>

namespace weft {

/// Accumulators that a contraction keeps in registers.
struct RegisterTile {
  int rows;    ///< at most
  int columns; ///< whole vectors
};

struct TargetInfo {
  std::string name;     ///< what users write: "x86-64-v3"
  std::string symbol;   ///< suffix of symbols in artifacts of several targets: "v3"
  std::string triple;   ///< LLVM's
  std::string cpu;      ///< LLVM's -mcpu of the host program
  std::string features; ///< LLVM's -mattr beyond the cpu, usually empty
  std::string halide;   ///< Halide's target string, without the no_* features
  int vectorFloats;     ///< floats in one register
  int registers;        ///< vector registers
  int tileRows;         ///< rows of a contraction's register tile at most
  int tileVectors;      ///< vectors of columns of that tile
  bool prefetch;        ///< ask for the next panel of weights while one is used

  /// The register tile for weights in panels of so many columns: the target's own where panels are a multiple of it, else two vectors by as
  /// many more rows.
  RegisterTile tileFor(int64_t panel) const {
    int columns = tileVectors * vectorFloats;
    return panel % columns == 0 ? RegisterTile{tileRows, columns} : RegisterTile{tileRows * tileVectors / 2, 2 * vectorFloats};
  }
};

/// The rows of the table.
std::vector<std::string> targetNames();

/// "x86-64-v2", "x86-64-v3", "x86-64-v4", "aarch64", or "native" (the row that this machine supports, tuned to it).
/// An unknown name is an error that lists the known ones.
llvm::Expected<TargetInfo> findTarget(llvm::StringRef name);

} // namespace weft

#endif
