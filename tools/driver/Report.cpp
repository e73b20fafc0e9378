// What explain says, as text.
#include "tools/driver/Report.h"
#include "codegen/artifact/OutputFile.h"
#include "codegen/pack/WeightPlan.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static std::string placeText(const SourcePlace &place) {
  return place.file.empty() ? "?" : place.file + ":" + std::to_string(place.line) + ":" + std::to_string(place.column);
}

static void printRemarks(const Diagnostics &diagnostics, raw_ostream &out) {
  out << "fusions\n";
  bool hasAny = false;
  for (const Diagnostic &diagnostic : diagnostics.getSorted()) {
    if (diagnostic.severity != Severity::Remark)
      continue;
    hasAny = true;
    out << "  ";
    if (diagnostic.range.isValid()) {
      LineColumn at = diagnostic.range.getBegin();
      out << diagnostic.range.file->getName() << ':' << at.line << ':' << at.column << ": ";
    }
    out << diagnostic.message << '\n';
    for (const Note &note : diagnostic.notes) {
      out << "    ";
      if (note.range.isValid())
        out << note.range.file->getName() << ':' << note.range.getBegin().line << ": ";
      out << note.message << '\n';
    }
  }
  if (!hasAny)
    out << "  none: the IR was fused already\n";
}

static void printLaunches(const ModelInfo &info, raw_ostream &out) {
  out << "\nlaunches, in order\n";
  for (LaunchInfo launch : info.launches) {
    out << "  " << left_justify(launch.op.getKernel(), 32) << ' ';
    if (launch.times != 1)
      out << launch.times << " times, ";
    if (launch.op.getPacked())
      out << "without padding, at most ";
    out << "flops " << launch.flops.text() << ", bytes " << launch.bytes.text() << "  (" << launch.label << ", " << placeText(launch.place)
        << ")\n";
  }
  info.graph->walk([&](MoveRowsOp op) {
    out << "  rows " << (op.getMove() == RowMove::Pack ? "without padding brought together" : "put back to their places") << "  ("
        << placeText(sourcePlace(op.getLoc())) << ")\n";
  });
}

static void printKernels(const ModelInfo &info, raw_ostream &out) {
  MapVector<StringRef, std::pair<KernelOp, int64_t>> kernels;
  for (LaunchInfo launch : info.launches) {
    auto &row = kernels[launch.op.getKernel()];
    row.first = launch.kernel;
    row.second += launch.times;
  }
  out << "\nkernels\n";
  for (auto &[name, row] : kernels) {
    out << "  " << left_justify(name, 32) << ' ' << row.second << (row.second == 1 ? " launch, " : " launches, ")
        << stringifyAnchorKind(row.first.getAnchor()) << ": ";
    if (row.first.getBody().front().without_terminator().empty())
      out << "copy";
    ListSeparator plus(" + ");
    for (mlir::Operation &op : row.first.getBody().front().without_terminator())
      out << plus << op.getName().stripDialect();
    out << '\n';
  }
}

static void printMemory(const ModelInfo &info, raw_ostream &out) {
  out << "\nmemory: " << info.slotSizes.size() << " slots in the arena, each as large as the largest of its tensors\n";
  for (auto [index, sizes] : llvm::enumerate(info.slotSizes)) {
    out << "  slot " << index << ": ";
    ListSeparator comma;
    for (const DimExpr &size : sizes)
      out << comma << size.text();
    out << " bytes\n";
    for (LaunchInfo launch : info.launches)
      for (auto [result, slot] : llvm::enumerate(launch.op.getSlots().value_or(ArrayRef<int64_t>())))
        if (slot == int64_t(index))
          out << "    " << launch.label << ' ' << cast<NamedTensorType>(launch.op.getResult(unsigned(result)).getType()).shapeText()
              << '\n';
  }
}

void weft::tools::printExplanation(const ModelInfo &info, const Diagnostics &diagnostics, raw_ostream &out) {
  printRemarks(diagnostics, out);
  printLaunches(info, out);
  printKernels(info, out);
  printMemory(info, out);
}

Error weft::tools::writeHtmlReport(Session &session, const CompileOptions &options, StringRef path) {
  Expected<ModelInfo> info = gatherModelInfo(session.model());
  if (!info)
    return info.takeError();
  Expected<ModelCosts> costs = computeCosts(*info, options.sizes);
  if (!costs)
    return costs.takeError();
  return writeOutput(path, explanationHtml(*info, *costs, session.diagnostics));
}
