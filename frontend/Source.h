// Source files, places in them, and the diagnostics engine of the frontend.
//
// A SourceRange is a half-open byte range of one file; every AST node has one. Diagnostics are collected, not printed at once: all
// errors of a run come out together, sorted by place, each once. Messages are lower case without a full stop. Text output is what
// compilers print (file:line:column: error: message, the line, a caret under the range); JSON is for editors.
#ifndef WEFT_FRONTEND_SOURCE_H
#define WEFT_FRONTEND_SOURCE_H

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/ADT/Twine.h"
#include "llvm/Support/Error.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MemoryBuffer.h"

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace llvm {
class raw_ostream;
}

namespace weft {

/// Files larger than this are refused (descriptions and config.json files; checkpoints are mapped instead).
constexpr uint64_t maxTextFileBytes = 32u << 20;

/// Reads a whole file of at most `limit` bytes. Directories, unreadable and larger files are errors that name the path.
llvm::Expected<std::unique_ptr<llvm::MemoryBuffer>> readTextFile(llvm::StringRef path, uint64_t limit = maxTextFileBytes);

/// The offset of the first byte that is not part of valid UTF-8, or npos.
size_t findInvalidUtf8(llvm::StringRef text);

/// The number of terminal columns of a text without tabs; control characters count as one.
unsigned displayWidth(llvm::StringRef text);

/// A 1-based line and column; columns count bytes, as compilers do.
struct LineColumn {
  unsigned line = 1;
  unsigned column = 1;
};

/// One text buffer with its name as the user wrote it. Never moves once made, so ranges may point to it.
class SourceFile {
public:
  explicit SourceFile(std::unique_ptr<llvm::MemoryBuffer> buffer);

  llvm::StringRef getName() const { return buffer->getBufferIdentifier(); }
  llvm::StringRef getText() const { return buffer->getBuffer(); }
  LineColumn getLineColumn(uint32_t offset) const;
  /// The text of a 1-based line without its line end.
  llvm::StringRef getLine(unsigned line) const;
  unsigned getNumLines() const { return lineStarts.size(); }

private:
  std::unique_ptr<llvm::MemoryBuffer> buffer;
  std::vector<uint32_t> lineStarts;
};

/// A half-open range of bytes of one file. Without a file it stands for "no place" (a command line, an internal name).
struct SourceRange {
  const SourceFile *file = nullptr;
  uint32_t begin = 0;
  uint32_t end = 0;

  bool isValid() const { return file != nullptr; }
  llvm::StringRef getText() const { return file ? file->getText().slice(begin, end) : llvm::StringRef(); }
  LineColumn getBegin() const { return file->getLineColumn(begin); }
  LineColumn getEnd() const { return file->getLineColumn(end); }
  /// From the start of this range to the end of `other`, which lies in the same file.
  SourceRange to(SourceRange other) const { return {file, begin, other.end}; }
  bool operator==(const SourceRange &other) const {
    return file == other.file && begin == other.begin && end == other.end;
  }
};

/// Owns all source files of one compilation.
class SourceManager {
public:
  /// Reads a file; reading the same path twice gives the same SourceFile.
  llvm::Expected<const SourceFile *> open(llvm::StringRef path);
  /// Adds a text under a name (tests, editors).
  const SourceFile *add(llvm::StringRef name, llvm::StringRef text);
  llvm::ArrayRef<std::unique_ptr<SourceFile>> getFiles() const { return files; }

private:
  std::vector<std::unique_ptr<SourceFile>> files;
};

enum class Severity { Error, Warning, Remark, Note };
llvm::StringRef severityName(Severity severity);

struct Note {
  SourceRange range;
  std::string message;
};

struct Diagnostic {
  Severity severity = Severity::Error;
  SourceRange range;
  std::string message;
  std::vector<Note> notes;

  /// Adds a note that points to the other party of an error; a range without a file gives a note without a place.
  Diagnostic &note(SourceRange noteRange, const llvm::Twine &noteMessage);
  Diagnostic &note(const llvm::Twine &noteMessage) { return note(SourceRange(), noteMessage); }
};

/// Collects the diagnostics of one compilation.
class Diagnostics {
public:
  /// References stay good until the next report.
  Diagnostic &error(SourceRange range, const llvm::Twine &message) { return report(Severity::Error, range, message); }
  Diagnostic &warning(SourceRange range, const llvm::Twine &message) { return report(Severity::Warning, range, message); }
  Diagnostic &remark(SourceRange range, const llvm::Twine &message) { return report(Severity::Remark, range, message); }
  Diagnostic &report(Severity severity, SourceRange range, const llvm::Twine &message);

  bool hasErrors() const { return numErrors != 0; }
  unsigned getNumErrors() const { return numErrors; }
  /// Sorted by file (in the order of their first diagnostic), then place; equal ones once.
  std::vector<Diagnostic> getSorted() const;
  llvm::ArrayRef<Diagnostic> getAll() const { return diagnostics; }
  void clear();

  /// Prints all as compilers do. `color` adds terminal colours.
  void print(llvm::raw_ostream &os, bool color = false) const;
  /// {file, line, column, endLine, endColumn, severity, message, notes} each.
  llvm::json::Array toJson() const;

private:
  std::vector<Diagnostic> diagnostics;
  unsigned numErrors = 0;
};

/// Of `candidates`, the one nearest to `name` by edit distance, or "" if none is near enough to be a likely misspelling.
llvm::StringRef findNearestName(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates);
/// "did you mean 'hidden'?"
Note didYouMean(const llvm::Twine &nearest);
/// That note for the nearest of the candidates, if one is near enough.
std::vector<Note> hintsFor(llvm::StringRef name, llvm::ArrayRef<llvm::StringRef> candidates);

} // namespace weft

#endif // WEFT_FRONTEND_SOURCE_H
