// Decoders and `generate`: what leaks, told at the operation with the way that positions took.
#include "StackCheck.h"
#include "Frontend.h"
#include "StreamFlow.h"

#include <set>

using namespace llvm;

namespace weft {

namespace {

class StreamChecker {
public:
  StreamChecker(GraphOp graph, const SourceManager &sources, Diagnostics &diagnostics)
      : graph(graph), sources(sources), diagnostics(diagnostics) {}
  void checkDecoder(const DecoderHeader &header);
  void checkGeneration(const Generation &generation);

private:
  void checkYield(StreamFlow &flow, const DecoderHeader &header);
  void report(const Leak &leak, const Twine &message);
  void addCalls(mlir::Location loc, std::vector<Note> &notes);

  GraphOp graph;
  const SourceManager &sources;
  Diagnostics &diagnostics;
  std::set<std::pair<const SourceFile *, uint32_t>> reported;
};

} // namespace

/// The calls of blocks that led to an operation.
void StreamChecker::addCalls(mlir::Location loc, std::vector<Note> &notes) {
  while (auto name = dyn_cast<mlir::NameLoc>(loc))
    loc = name.getChildLoc();
  while (auto site = dyn_cast<mlir::CallSiteLoc>(loc)) {
    loc = site.getCaller();
    notes.push_back({rangeOf(loc, sources), "in this call"});
  }
}

void StreamChecker::report(const Leak &leak, const Twine &message) {
  SourceRange range = leak.op ? rangeOf(leak.op->getLoc(), sources) : SourceRange();
  if (!reported.insert({range.file, range.begin}).second)
    return;
  constexpr size_t maxSteps = 8;
  std::vector<Note> notes, steps;
  for (const Track *track = leak.from; track && track->op && steps.size() < maxSteps; track = track->from) {
    SourceRange step = rangeOf(track->op->getLoc(), sources);
    if (step.isValid() && !(step == range) && (steps.empty() || !(steps.back().range == step)))
      steps.push_back({step, "positions pass through here"});
  }
  if (!steps.empty())
    steps.back().message = "positions enter here";
  notes.assign(steps.rbegin(), steps.rend());
  if (leak.op)
    addCalls(leak.op->getLoc(), notes);
  if (StringRef(leak.reason).contains("un-masked"))
    notes.push_back({SourceRange(), "the mask 'causal' hides later positions"});
  diagnostics.error(range, message).notes = std::move(notes);
}

/// What reaches the end of a layer must lie where the stream's positions are, none of them ahead.
void StreamChecker::checkYield(StreamFlow &flow, const DecoderHeader &header) {
  mlir::Block &body = header.decoder->getRegion(0).front();
  auto type = cast<NamedTensorType>(body.getArgument(1).getType());
  const StreamFlow::State state = flow.get(body.getTerminator()->getOperand(0));
  std::string stream = "'" + header.stream.str() + "'";
  for (const Leak *leak : state.leaks)
    report(*leak, "position t of " + stream + " sees position t+1: " + leak->reason);
  for (const Track *track : state.tracks) {
    if (track->dim == type.getRank() - 2 && track->shift <= 0)
      continue;
    std::string reason = track->dim != type.getRank() - 2 ? "its positions end up in another dimension" : "";
    const Leak *leak = track->shift > 0 ? flow.leakOf(*track, reason) : nullptr;
    Leak whole{track->op, track->from, reason};
    report(leak ? *leak : whole, "position t of " + stream + " sees position t+" + Twine(std::max<int64_t>(track->shift, 1)) +
                                     (reason.empty() ? "" : ": " + reason));
  }
}

/// The inputs whose positions the stream's start follows: what else depends on them depends on the stream.
static SmallVector<std::pair<mlir::Value, int64_t>> originsOf(GraphOp graph, mlir::Value start) {
  SmallVector<std::pair<mlir::Value, int64_t>> origins;
  int64_t dim = cast<NamedTensorType>(start.getType()).getRank() - 2;
  for (mlir::BlockArgument input : graph.getBody().getArguments())
    for (int64_t i = 0; i < cast<NamedTensorType>(input.getType()).getRank(); ++i) {
      StreamFlow flow;
      flow.seed(input, i);
      flow.walk(graph.getBody().front());
      const StreamFlow::State &state = flow.get(start);
      bool follows = llvm::any_of(state.tracks, [&](const Track *track) { return track->dim == dim; });
      // Dimension 0 is the batch where there is one; its rows never meet.
      if (follows && state.leaks.empty())
        origins.emplace_back(input, i);
    }
  return origins;
}

void StreamChecker::checkDecoder(const DecoderHeader &header) {
  mlir::Block &body = header.decoder->getRegion(0).front();
  mlir::Value stream = body.getArgument(1);
  StreamFlow own;
  own.seed(stream, cast<NamedTensorType>(stream.getType()).getRank() - 2);
  own.walk(body);
  checkYield(own, header);
  for (auto [input, dim] : originsOf(graph, header.decoder->getOperand(0))) {
    StreamFlow flow;
    flow.seed(input, dim);
    flow.walk(graph.getBody().front());
    bool memoryDepends = false;
    auto name = cast<mlir::StringAttr>(graph.getInputNames()[cast<mlir::BlockArgument>(input).getArgNumber()]).getValue();
    for (const DecoderHeader::Memory &memory : header.memories) {
      if (flow.get(memory.value).leaks.empty()) // position by position is no leak yet; a mask may keep it so
        continue;
      memoryDepends = true;
      if (!reported.insert({memory.range.file, memory.range.begin}).second)
        continue;
      const Leak &leak = *flow.get(memory.value).leaks.front();
      diagnostics.error(memory.range, "the memory '" + memory.name + "' depends on all positions of '" + name + "', from which the "
                                      "stream '" + header.stream + "' starts")
          .note(rangeOf(leak.op->getLoc(), sources), "through " + leak.reason + " here");
    }
    if (!memoryDepends)
      checkYield(flow, header);
  }
}

void StreamChecker::checkGeneration(const Generation &generation) {
  StreamFlow flow;
  flow.seed(generation.input, cast<NamedTensorType>(generation.input.getType()).getRank() - 1);
  flow.walk(graph.getBody().front());
  const StreamFlow::State state = flow.get(generation.output);
  int64_t dim = cast<NamedTensorType>(generation.output.getType()).getRank() - 2;
  std::string what = "'" + generation.outputName.str() + "' can't be computed position by position of '" + generation.inputName.str() + "'";
  for (const Leak *leak : state.leaks)
    report(*leak, what + ": " + leak->reason);
  for (const Track *track : state.tracks)
    if (track->shift > 0)
      report(*flow.leakOf(*track, ""), what + ": position t sees position t+" + Twine(track->shift));
    else if (track->dim != dim)
      report({track->op, track->from, ""}, what + ": its positions end up in another dimension");
  if (state.empty())
    diagnostics.error(generation.outputRange, "'" + generation.outputName + "' does not depend on '" + generation.inputName + "'");
}

void checkStreams(GraphOp graph, ArrayRef<DecoderHeader> decoders, const Generation &generation, const SourceManager &sources,
                  Diagnostics &diagnostics) {
  StreamChecker checker(graph, sources, diagnostics);
  for (const DecoderHeader &header : decoders)
    checker.checkDecoder(header);
  if (generation.input && generation.output)
    checker.checkGeneration(generation);
}

} // namespace weft
