// The diagnostics engine: collects, sorts, and prints errors as text with carets or as JSON.
#include "Source.h"

#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/Unicode.h"
#include "llvm/Support/raw_ostream.h"

#include <algorithm>
#include <map>
#include <numeric>

using namespace llvm;

namespace weft {

StringRef severityName(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return "error";
  case Severity::Warning:
    return "warning";
  case Severity::Remark:
    return "remark";
  case Severity::Note:
    return "note";
  }
  llvm_unreachable("unknown severity");
}

Diagnostic &Diagnostic::note(SourceRange noteRange, const Twine &noteMessage) {
  notes.push_back({noteRange, noteMessage.str()});
  return *this;
}

Diagnostic &Diagnostics::report(Severity severity, SourceRange range, const Twine &message) {
  if (severity == Severity::Error)
    ++numErrors;
  diagnostics.push_back({severity, range, message.str(), {}});
  return diagnostics.back();
}

void Diagnostics::clear() {
  diagnostics.clear();
  numErrors = 0;
}

std::vector<Diagnostic> Diagnostics::getSorted() const {
  std::map<const SourceFile *, unsigned> fileOrder;
  for (const Diagnostic &diagnostic : diagnostics)
    fileOrder.try_emplace(diagnostic.range.file, fileOrder.size());
  std::vector<size_t> order(diagnostics.size());
  std::iota(order.begin(), order.end(), 0);
  llvm::sort(order, [&](size_t a, size_t b) {
    auto key = [&](size_t i) { return std::tuple(fileOrder[diagnostics[i].range.file], diagnostics[i].range.begin, i); };
    return key(a) < key(b);
  });
  std::vector<Diagnostic> sorted;
  for (size_t i : order)
    sorted.push_back(diagnostics[i]);
  auto same = [](const Diagnostic &a, const Diagnostic &b) {
    return a.range == b.range && a.severity == b.severity && a.message == b.message;
  };
  sorted.erase(std::unique(sorted.begin(), sorted.end(), same), sorted.end());
  return sorted;
}

namespace {

/// Lines longer than this are shown in part.
constexpr unsigned maxShownColumns = 160;

/// The part of a source line that is shown, with what terminals can't show replaced, and the display column of each of its bytes.
struct ShownLine {
  std::string text;
  std::vector<unsigned> columns;
};

/// The length of the valid UTF-8 sequence at the start of `text`, or 0.
unsigned sequenceLength(StringRef text) {
  unsigned char lead = text[0];
  unsigned length = lead < 0x80 ? 1 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  return length <= text.size() && findInvalidUtf8(text.take_front(length)) == StringRef::npos ? length : 0;
}

ShownLine showLine(StringRef line) {
  ShownLine shown;
  unsigned column = 0;
  while (!line.empty()) {
    unsigned length = sequenceLength(line);
    std::string piece = length ? line.take_front(length).str() : "?";
    int width = length ? sys::unicode::columnWidthUTF8(piece) : 1;
    if (piece == "\t") {
      width = 4 - column % 4;
      piece = std::string(width, ' ');
    } else if (width < 0) {
      piece = "?";
      width = 1;
    }
    length = std::max(length, 1u);
    shown.columns.insert(shown.columns.end(), length, column);
    shown.text += piece;
    column += width;
    line = line.drop_front(length);
  }
  shown.columns.push_back(column);
  return shown;
}

/// Prints the line of `range` and the caret under it.
void printSnippet(raw_ostream &os, SourceRange range, bool color) {
  LineColumn begin = range.getBegin(), end = range.getEnd();
  StringRef line = range.file->getLine(begin.line);
  size_t first = std::min<size_t>(begin.column - 1, line.size());
  size_t last = end.line > begin.line ? line.size() : std::min<size_t>(end.column - 1, line.size());

  // A window around the caret, cut at character borders.
  size_t from = first > maxShownColumns / 2 && line.size() > maxShownColumns ? first - maxShownColumns / 2 : 0;
  while (from > 0 && from < first && (static_cast<unsigned char>(line[from]) & 0xc0) == 0x80)
    ++from;
  size_t to = std::min<size_t>(line.size(), from + maxShownColumns);
  while (to < line.size() && (static_cast<unsigned char>(line[to]) & 0xc0) == 0x80)
    ++to;
  last = std::min(std::max(first, last), to);

  ShownLine shown = showLine(line.slice(from, to));
  unsigned caret = shown.columns[first - from];
  unsigned stop = shown.columns[last - from];
  os << StringRef(shown.text).rtrim() << '\n' << std::string(caret, ' ');
  if (color)
    os.changeColor(raw_ostream::GREEN, /*Bold=*/true);
  os << '^';
  if (stop > caret + 1)
    os << std::string(stop - caret - 1, '~');
  if (color)
    os.resetColor();
  os << '\n';
}

raw_ostream::Colors severityColor(Severity severity) {
  switch (severity) {
  case Severity::Error:
    return raw_ostream::RED;
  case Severity::Warning:
    return raw_ostream::MAGENTA;
  case Severity::Remark:
    return raw_ostream::BLUE;
  case Severity::Note:
    return raw_ostream::CYAN;
  }
  llvm_unreachable("unknown severity");
}

void printOne(raw_ostream &os, Severity severity, SourceRange range, StringRef message, bool color) {
  if (range.isValid()) {
    LineColumn begin = range.getBegin();
    os << range.file->getName() << ':' << begin.line << ':' << begin.column << ": ";
  }
  if (color)
    os.changeColor(severityColor(severity), /*Bold=*/true);
  os << severityName(severity) << ": ";
  if (color)
    os.resetColor();
  os << message << '\n';
  if (range.isValid())
    printSnippet(os, range, color);
}

json::Object placeJson(SourceRange range) {
  if (!range.isValid())
    return {};
  LineColumn begin = range.getBegin(), end = range.getEnd();
  return json::Object{{"file", json::fixUTF8(range.file->getName())}, {"line", begin.line}, {"column", begin.column},
                      {"endLine", end.line}, {"endColumn", end.column}};
}

} // namespace

void Diagnostics::print(raw_ostream &os, bool color) const {
  for (const Diagnostic &diagnostic : getSorted()) {
    printOne(os, diagnostic.severity, diagnostic.range, diagnostic.message, color);
    for (const Note &note : diagnostic.notes)
      printOne(os, Severity::Note, note.range, note.message, color);
  }
}

json::Array Diagnostics::toJson() const {
  json::Array all;
  for (const Diagnostic &diagnostic : getSorted()) {
    json::Array notes;
    for (const Note &note : diagnostic.notes) {
      json::Object object = placeJson(note.range);
      object["message"] = json::fixUTF8(note.message);
      notes.push_back(std::move(object));
    }
    json::Object object = placeJson(diagnostic.range);
    object["severity"] = severityName(diagnostic.severity);
    object["message"] = json::fixUTF8(diagnostic.message);
    object["notes"] = std::move(notes);
    all.push_back(std::move(object));
  }
  return all;
}

} // namespace weft
