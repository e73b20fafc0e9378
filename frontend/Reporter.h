// Where checking reports: drops follow-ups inside of expanded blocks and adds the chain of calls to what is left.
//
// A block is checked anew at every call. One mistake in its body must not come out once a call, so a place in a block reports once.
#ifndef WEFT_FRONTEND_REPORTER_H
#define WEFT_FRONTEND_REPORTER_H

#include "Ast.h"

#include <set>

namespace weft {

class Reporter {
public:
  explicit Reporter(Diagnostics &diagnostics) : diagnostics(diagnostics) {}

  void error(SourceRange range, const llvm::Twine &message, std::vector<Note> notes = {});
  void warning(SourceRange range, const llvm::Twine &message, std::vector<Note> notes = {});

  /// One block call that is being expanded.
  struct Call {
    const ast::BlockStmt *block;
    SourceRange range;
  };
  llvm::ArrayRef<Call> getCalls() const { return calls; }
  void enter(const ast::BlockStmt &block, SourceRange range) { calls.push_back({&block, range}); }
  void leave() { calls.pop_back(); }

  /// While muted, nothing is reported.
  void setMuted(bool value) { muted = value; }
  bool isMuted() const { return muted; }
  Diagnostics &getDiagnostics() { return diagnostics; }

private:
  void addCalls(std::vector<Note> &notes) const;

  Diagnostics &diagnostics;
  std::vector<Call> calls;
  std::set<std::pair<const SourceFile *, std::pair<uint32_t, uint32_t>>> reportedInBlocks;
  bool muted = false;
};

} // namespace weft

#endif // WEFT_FRONTEND_REPORTER_H
