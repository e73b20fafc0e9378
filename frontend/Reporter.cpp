// Reports with the calls that led to a place.
#include "Reporter.h"

using namespace llvm;

namespace weft {

void Reporter::addCalls(std::vector<Note> &notes) const {
  constexpr size_t maxShown = 4;
  size_t shown = 0;
  for (const Call &call : llvm::reverse(calls)) {
    if (!call.range.isValid()) // a block that nobody calls
      return;
    if (shown++ == maxShown) {
      notes.push_back({SourceRange(), "and " + std::to_string(calls.size() - maxShown) + " more calls"});
      return;
    }
    notes.push_back({call.range, ("in this call of '" + call.block->name.text + "'").str()});
  }
}

void Reporter::error(SourceRange range, const Twine &message, std::vector<Note> notes) {
  if (muted)
    return;
  if (!calls.empty() && !reportedInBlocks.insert({range.file, {range.begin, range.end}}).second)
    return;
  addCalls(notes);
  Diagnostic &diagnostic = diagnostics.error(range, message);
  diagnostic.notes = std::move(notes);
}

void Reporter::warning(SourceRange range, const Twine &message, std::vector<Note> notes) {
  if (muted || (!calls.empty() && !reportedInBlocks.insert({range.file, {range.begin, range.end}}).second))
    return;
  addCalls(notes);
  Diagnostic &diagnostic = diagnostics.warning(range, message);
  diagnostic.notes = std::move(notes);
}

} // namespace weft
