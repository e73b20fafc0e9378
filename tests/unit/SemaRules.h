// Helpers of the checker's tests: descriptions in memory, and rules of the language as twins that differ in the rule alone.
#ifndef WEFT_TESTS_SEMARULES_H
#define WEFT_TESTS_SEMARULES_H

#include "frontend/Frontend.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"
#include <gtest/gtest.h>

namespace weft::testing {

/// A folder that goes with the test.
class Folder {
public:
  Folder() { (void)llvm::sys::fs::createUniqueDirectory("weft-sema", path); }
  ~Folder() { (void)llvm::sys::fs::remove_directories(path); }
  std::string write(llvm::StringRef name, llvm::StringRef text) {
    llvm::SmallString<128> file(path);
    llvm::sys::path::append(file, name);
    (void)llvm::sys::fs::create_directories(llvm::sys::path::parent_path(file));
    std::error_code error;
    llvm::raw_fd_ostream(file, error) << text;
    return file.str().str();
  }
  std::string at(llvm::StringRef name) const { return (path + "/" + name).str(); }

private:
  llvm::SmallString<128> path;
};

/// What checking a description gave.
struct Checked {
  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  SourceManager sources;
  Diagnostics diagnostics;
  FrontendOptions options;
  mlir::OwningOpRef<mlir::ModuleOp> module;

  void run(llvm::StringRef path) { module = lowerFile(path, options, context, sources, diagnostics); }
  std::string text() {
    std::string result;
    llvm::raw_string_ostream os(result);
    diagnostics.print(os);
    return result;
  }
  std::string ir() {
    std::string result;
    llvm::raw_string_ostream os(result);
    if (module)
      module->print(os);
    return result;
  }
};

inline std::vector<std::string> errorsOf(const Checked &checked) {
  std::vector<std::string> texts;
  for (const Diagnostic &diagnostic : checked.diagnostics.getSorted())
    if (diagnostic.severity == Severity::Error)
      texts.push_back(diagnostic.message);
  return texts;
}

inline std::vector<std::string> notesOf(const Checked &checked) {
  std::vector<std::string> texts;
  for (const Diagnostic &diagnostic : checked.diagnostics.getSorted())
    for (const Note &note : diagnostic.notes)
      texts.push_back(note.message);
  return texts;
}

inline bool holds(const std::vector<std::string> &texts, llvm::StringRef wanted) {
  return llvm::any_of(texts, [&](const std::string &text) { return llvm::StringRef(text).contains(wanted); });
}

/// Statements inside a model with a few inputs; without an output of their own they get one.
inline std::string inModel(llvm::StringRef body) {
  std::string text = "model m {\n"
                     "  dim batch in 1..4\n"
                     "  dim seq, src in 2..16\n"
                     "  input x : f32[batch, seq, 8]\n"
                     "  input memory : f32[batch, src, 8]\n"
                     "  input ids : i32[batch, seq]\n"
                     "  input lengths : i32[batch]\n"
                     "  input seen : bool[batch, 1, seq, seq]\n";
  text += body.str() + "\n";
  if (!body.contains("output "))
    text += "  output out = x\n";
  return text + "}\n";
}

/// What checking such a model gave.
struct CheckedModel : Checked {
  Folder folder;
  explicit CheckedModel(llvm::StringRef body) { run(folder.write("m.weft", inModel(body))); }
};

/// One rule: `good` is admitted, `bad` is not, with exactly one error of this text under this part of the source.
struct Rule {
  const char *name;
  const char *good;
  const char *bad;
  const char *at;
  const char *error;
};

inline void PrintTo(const Rule &rule, std::ostream *os) { *os << rule.name; }

} // namespace weft::testing

#endif
