// Report: what a model costs and what the passes made of it, as text, JSON or a page with pictures.
#ifndef WEFT_TOOLS_DRIVER_REPORT_H
#define WEFT_TOOLS_DRIVER_REPORT_H

#include "codegen/host/ModelInfo.h"
#include "tools/driver/Session.h"

namespace weft::tools {

/// The sizes of dimensions, by name.
using SizeTable = std::vector<std::pair<std::string, int64_t>>;
/// The expression's value, 0 where it has none.
int64_t valueAt(const DimExpr &expr, const SizeTable &sizes);
/// The largest of several, 0 of none.
int64_t largestAt(llvm::ArrayRef<DimExpr> exprs, const SizeTable &sizes);

/// A model's numbers for some sizes of its dimensions.
struct Costs {
  std::string title; ///< "at the bounds", "at batch=1, seq=128"
  SizeTable sizes;
  int64_t flops = 0, arenaBytes = 0, inputBytes = 0, outputBytes = 0, cacheBytes = 0;
};

struct ModelCosts {
  int64_t parameters = 0, weightBytes = 0, cacheBytes = 0;
  int64_t kernels = 0, launches = 0; ///< distinct kernels; launches of one run
  std::vector<Costs> at;
};

/// At the lower and the upper bounds, and at `sizes` if there are any (a dimension that is not named has its upper bound).
llvm::Expected<ModelCosts> computeCosts(const ModelInfo &info, llvm::ArrayRef<std::pair<std::string, int64_t>> sizes);

void printCosts(const ModelCosts &costs, bool json, llvm::raw_ostream &out);

/// Remarks, launches, kernels and the memory plan of a session whose passes have run.
void printExplanation(const ModelInfo &info, const Diagnostics &diagnostics, llvm::raw_ostream &out);
std::string explanationHtml(const ModelInfo &info, const ModelCosts &costs, const Diagnostics &diagnostics);

/// Computes all that and writes the page.
llvm::Error writeHtmlReport(Session &session, const CompileOptions &options, llvm::StringRef path);

/// "1.5 GB", "340.2 MB", "12 bytes"
std::string byteText(int64_t bytes);
/// "22.5 GFLOP"
std::string flopText(int64_t flops);

} // namespace weft::tools

#endif
