// The page of explain.
#include "tools/driver/Report.h"
#include "llvm/Support/Format.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static std::string escaped(StringRef text) {
  std::string safe;
  for (char c : text)
    safe += c == '<' ? "&lt;" : c == '>' ? "&gt;" : c == '&' ? "&amp;" : c == '"' ? "&quot;" : std::string(1, c);
  return safe;
}

namespace {

class Page {
public:
  Page(const ModelInfo &info, const ModelCosts &costs, const Diagnostics &diagnostics)
      : info(info), costs(costs), diagnostics(diagnostics), out(text) {}

  std::string write() {
    out << "<!doctype html>\n<html><head><meta charset=\"utf-8\"><title>" << escaped(info.name) << "</title>\n<style>\n"
        << "body { font: 15px/1.5 sans-serif; max-width: 70em; margin: 2em auto; color: #222 }\n"
        << "pre { background: #f6f6f4; padding: 1em; overflow-x: auto } text { font: 12px sans-serif }\n"
        << "</style></head><body>\n<h1>" << escaped(info.name) << "</h1>\n<p>" << escaped(info.doc) << "</p>\n";
    section("Costs", [&](raw_ostream &inner) { printCosts(costs, false, inner); });
    drawFlops();
    drawMemory();
    section("What the passes did", [&](raw_ostream &inner) { printExplanation(info, diagnostics, inner); });
    out << "</body></html>\n";
    return text;
  }

private:
  template <typename Fn> void section(StringRef title, Fn fill) {
    std::string body;
    raw_string_ostream inner(body);
    fill(inner);
    out << "<h2>" << title << "</h2>\n<pre>" << escaped(body) << "</pre>\n";
  }

  int64_t at(const DimExpr &expr) const {
    return expr
        .evaluate([&](StringRef name) -> std::optional<int64_t> {
          for (const auto &[dim, size] : costs.at.back().sizes)
            if (dim == name)
              return size;
          return std::nullopt;
        })
        .value_or(0);
  }

  void bar(int row, StringRef label, double share, const std::string &value) {
    int y = row * 22;
    out << "<text x=\"0\" y=\"" << y + 15 << "\">" << escaped(label) << "</text><rect x=\"330\" y=\"" << y + 3 << "\" height=\"15\" width=\""
        << format("%.1f", share * 400) << "\" fill=\"#4a7\"/><text x=\"" << format("%.1f", 336 + share * 400) << "\" y=\"" << y + 15
        << "\">" << escaped(value) << "</text>\n";
  }

  /// One bar a launch: its share of the flops, layers counted.
  void drawFlops() {
    int64_t total = std::max<int64_t>(at(info.totalFlops()), 1);
    out << "<h2>Where the arithmetic is (" << costs.at.back().title << ")</h2>\n<svg width=\"900\" height=\"" << info.launches.size() * 22 + 8
        << "\">\n";
    int row = 0;
    for (LaunchInfo launch : info.launches) {
      int64_t flops = at(launch.flops) * launch.times;
      std::string name = launch.op.getKernel().str() + (launch.times > 1 ? " x " + std::to_string(launch.times) : "");
      bar(row++, name, double(flops) / double(total), flopText(flops));
    }
    out << "</svg>\n";
  }

  /// One bar a slot of the arena.
  void drawMemory() {
    std::vector<int64_t> sizes;
    int64_t most = 1;
    for (const auto &slot : info.slotSizes) {
      int64_t size = 0;
      for (const DimExpr &expr : slot)
        size = std::max(size, at(expr));
      sizes.push_back(size);
      most = std::max(most, size);
    }
    out << "<h2>The arena's slots (" << costs.at.back().title << ")</h2>\n<svg width=\"900\" height=\"" << sizes.size() * 22 + 8 << "\">\n";
    for (size_t slot = 0; slot < sizes.size(); ++slot)
      bar(int(slot), "slot " + std::to_string(slot), double(sizes[slot]) / double(most), byteText(sizes[slot]));
    out << "</svg>\n";
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
