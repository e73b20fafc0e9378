// The page of explain: costs, one row a launch with its share of the arithmetic, what each slot of the arena holds while the launches go
// by, and the description with every remark under its line. One file, no scripts; the text form of explain is folded in at the end.
#include "passes/Rewriting.h"
#include "tools/driver/Report.h"
#include "llvm/ADT/MapVector.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/Path.h"

#include <map>

using namespace llvm;
using namespace weft;
using namespace weft::tools;

constexpr StringLiteral kStyle = R"(
body { font: 15px/1.5 sans-serif; max-width: 76em; margin: 2em auto; padding: 0 1em; color: #222 }
h1 { margin-bottom: 0 } h2 { margin-top: 2em }
table { border-collapse: collapse } td, th { padding: 2px 14px 2px 0; text-align: left; vertical-align: top }
th { border-bottom: 1px solid #bbb; font-weight: 600 } td.n, th.n { text-align: right; white-space: nowrap }
code, pre { font: 13px/1.45 monospace } pre { background: #f6f6f4; padding: 1em; overflow-x: auto; margin: 0 }
.source { background: #f6f6f4; padding: 1em 0; overflow-x: auto } .source div { white-space: pre; font: 13px/1.45 monospace; padding: 0 1em }
.source i { color: #999; font-style: normal } .source .r, .source .no { white-space: pre-wrap; padding-left: 6em }
.source .r { color: #27693f; background: #e4f1e8 } .source .no { color: #a02020; background: #fae3e3 }
.bar { background: #4a9d78; height: 12px; display: inline-block } text { font: 12px sans-serif }
a { color: #225f8f; text-decoration: none }
)";

static std::string escaped(StringRef text) {
  std::string safe;
  for (char c : text)
    safe += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return safe;
}

/// "linear + gelu": the operations of a kernel.
static std::string operationsOf(KernelOp kernel) {
  SmallVector<StringRef> names;
  for (mlir::Operation &op : kernel.getBody().front().without_terminator())
    names.push_back(wordFor(&op));
  return names.empty() ? "copy" : join(names, " + ");
}

namespace {

class Page {
public:
  Page(const ModelInfo &info, const ModelCosts &costs, const Diagnostics &diagnostics)
      : info(info), costs(costs), diagnostics(diagnostics), out(text) {}

  std::string write() {
    out << "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>" << escaped(info.name) << "</title>\n<style>" << kStyle
        << "</style></head><body>\n<h1>" << escaped(info.name) << "</h1>\n<p>" << escaped(info.doc) << "</p>\n";
    writeCosts();
    writeLaunches();
    drawMemory();
    writeSources();
    out << "<h2>All of it as text</h2>\n<details><summary>what <code>weft explain</code> prints</summary>\n<pre>";
    std::string body;
    raw_string_ostream inner(body);
    printExplanation(info, diagnostics, inner);
    out << escaped(body) << "</pre></details>\n</body></html>\n";
    return text;
  }

private:
  /// The sizes that pictures and rows are for: the given ones, or the upper bounds.
  std::string sizesText(const Costs &at) const {
    SmallVector<std::string> words;
    for (const auto &[name, size] : at.sizes)
      words.push_back(name + " = " + std::to_string(size));
    return join(words, ", ");
  }

  int64_t at(const DimExpr &expr) const { return valueAt(expr, costs.at.back().sizes); }

  /// A link to the line of the description below.
  std::string link(const SourcePlace &place) const {
    if (place.file.empty())
      return "";
    std::string line = std::to_string(place.line);
    std::string file = sys::path::filename(place.file).str();
    return "<a href=\"#" + escaped(file) + "-" + line + "\">" + escaped(file) + ":" + line + "</a>";
  }

  void writeCosts() {
    out << "<p>" << costs.parameters << " parameters; weights take " << byteText(costs.weightBytes) << ". " << costs.kernels
        << " distinct kernels make " << costs.launches << " launches a run.</p>\n<table><tr><th>sizes</th><th class=n>arithmetic</th>"
        << "<th class=n>arena, one thread</th><th class=n>inputs</th><th class=n>outputs</th><th class=n>cache</th></tr>\n";
    for (const Costs &one : costs.at)
      out << "<tr><td>" << one.title << ": " << escaped(sizesText(one)) << "</td><td class=n>" << flopText(one.flops) << "</td><td class=n>"
          << byteText(one.arenaBytes) << "</td><td class=n>" << byteText(one.inputBytes) << "</td><td class=n>" << byteText(one.outputBytes)
          << "</td><td class=n>" << (one.cacheBytes ? byteText(one.cacheBytes) : "none") << "</td></tr>\n";
    out << "</table>\n";
  }

  /// One row a launch, layers counted; FLOP a byte tells what memory bounds from what arithmetic bounds.
  void writeLaunches() {
    int64_t most = 1;
    for (const LaunchInfo &launch : info.launches)
      most = std::max(most, at(launch.flops) * launch.times);
    out << "<h2>Launches, in order</h2>\n<p>For " << escaped(sizesText(costs.at.back()))
        << ". Bars compare the arithmetic of all executions.</p>\n<table><tr><th>kernel</th><th class=n>times</th><th>operations</th>"
        << "<th>line</th><th class=n>arithmetic</th><th class=n>memory</th><th class=n>FLOP a byte</th><th></th></tr>\n";
    for (LaunchInfo launch : info.launches) {
      int64_t flops = at(launch.flops) * launch.times, bytes = at(launch.bytes) * launch.times;
      out << "<tr><td><code>" << escaped(launch.op.getKernel()) << "</code></td><td class=n>" << launch.times << "</td><td>"
          << escaped(operationsOf(launch.kernel)) << "</td><td>" << link(launch.place) << "</td><td class=n>" << flopText(flops)
          << "</td><td class=n>" << byteText(bytes) << "</td><td class=n>" << format("%.1f", bytes ? double(flops) / double(bytes) : 0.0)
          << "</td><td><span class=bar style=\"width: " << format("%.0f", 200.0 * double(flops) / double(most)) << "px\"></span></td></tr>\n";
    }
    out << "</table>\n";
  }

  struct Holding {
    size_t launch;
    std::string label;
  };
  /// The launches that write a slot, in order.
  std::vector<Holding> holdingsOf(size_t slot) const {
    std::vector<Holding> holdings;
    for (auto [number, launch] : enumerate(info.launches)) {
      LaunchOp op = launch.op;
      for (auto [result, place] : enumerate(op.getSlots().value_or(ArrayRef<int64_t>())))
        if (place == int64_t(slot))
          holdings.push_back({number, launch.label + " " + cast<NamedTensorType>(op.getResult(unsigned(result)).getType()).shapeText()});
    }
    return holdings;
  }

  /// A row a slot, as high as its share of the arena; a column a launch; a block from the launch that writes to the next that does.
  void drawMemory() {
    static const char *const colours[] = {"#8fc1a9", "#9db8d9", "#e0c08a", "#cfa3c4", "#b9c98a", "#d9a79d"};
    out << "<h2>The arena, launch by launch</h2>\n<p>What each slot holds, from the launch that writes it on (point at a block for the "
        << "tensor); one pass over the layers.</p>\n";
    size_t columns = std::max<size_t>(info.launches.size(), 1), colour = 0;
    double width = 820.0 / double(columns);
    out << "<svg width=\"1080\" height=\"" << info.slotSizes.size() * 30 + 10 << "\">\n";
    for (auto [slot, sizes] : enumerate(info.slotSizes)) {
      int64_t bytes = largestAt(sizes, costs.at.back().sizes);
      size_t y = slot * 30;
      out << "<text x=\"0\" y=\"" << y + 18 << "\">slot " << slot << ": " << byteText(bytes) << "</text>\n";
      std::vector<Holding> holdings = holdingsOf(slot);
      for (size_t i = 0; i < holdings.size(); ++i) {
        size_t begin = holdings[i].launch, end = i + 1 < holdings.size() ? holdings[i + 1].launch : columns;
        double x = 150 + double(begin) * width, wide = std::max(double(end - begin) * width - 1, 1.0);
        size_t letters = size_t(wide / 7);
        std::string label = holdings[i].label.size() <= letters ? holdings[i].label : StringRef(holdings[i].label).take_front(letters).str();
        out << "<g><title>" << escaped(holdings[i].label) << "</title><rect x=\"" << format("%.1f", x) << "\" y=\"" << y + 2 << "\" width=\""
            << format("%.1f", wide) << "\" height=\"24\" fill=\"" << colours[colour++ % std::size(colours)] << "\"/><text x=\""
            << format("%.1f", x + 3) << "\" y=\"" << y + 18 << "\">" << escaped(label) << "</text></g>\n";
      }
    }
    out << "</svg>\n";
  }

  /// Every description that has remarks, with each remark under its line.
  void writeSources() {
    MapVector<const SourceFile *, std::multimap<unsigned, std::string>> files;
    for (const Diagnostic &remark : diagnostics.getSorted())
      if (remark.severity == Severity::Remark && remark.range.isValid())
        files[remark.range.file].insert({remark.range.getBegin().line, remark.message});
    for (auto &[file, remarks] : files) {
      std::string name = sys::path::filename(file->getName()).str();
      out << "<h2>" << escaped(name) << "</h2>\n<div class=source>\n";
      for (unsigned line = 1; line <= file->getNumLines(); ++line) {
        out << "<div id=\"" << escaped(name) << '-' << line << "\"><i>" << format("%4u", line) << "</i>  " << escaped(file->getLine(line))
            << "</div>\n";
        for (auto [at, end] = remarks.equal_range(line); at != end; ++at)
          out << "<div class=" << (StringRef(at->second).contains("not fused") ? "no" : "r") << ">" << escaped(at->second) << "</div>\n";
      }
      out << "</div>\n";
    }
  }

  const ModelInfo &info;
  const ModelCosts &costs;
  const Diagnostics &diagnostics;
  std::string text;
  raw_string_ostream out;
};

} // namespace

std::string weft::tools::explanationHtml(const ModelInfo &info, const ModelCosts &costs, const Diagnostics &diagnostics) {
  return Page(info, costs, diagnostics).write();
}
