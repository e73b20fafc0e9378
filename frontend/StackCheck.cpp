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
  void report(const Leak &leak, const Twine &message, std::vector<Note> notes);
  std::vector<Note> wayTo(const Leak &leak, SourceRange range);
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

/// The words for what leaks: a softmax that nothing masks is an un-masked attention if its rows weigh something.
static std::string reasonOf(const Leak &leak) {
  auto softmax = dyn_cast_or_null<SoftmaxOp>(leak.op);
  bool weighs = softmax && llvm::any_of(softmax->getUsers(), [](mlir::Operation *user) { return isa<MatMulOp>(user); });
  if (!weighs)
    return leak.reason;
  return softmax.getX().getDefiningOp<MaskedOp>() ? "attention whose mask shows later positions" : "un-masked attention";
}

/// The places on the way to a leak, from the start on; only the first and the last few of a long way.
std::vector<Note> StreamChecker::wayTo(const Leak &leak, SourceRange range) {
  std::vector<Note> steps;
  for (const Track *track = leak.from; track && track->op; track = track->from) {
    SourceRange step = rangeOf(track->op->getLoc(), sources);
    bool inside = step.file == range.file && step.begin >= range.begin && step.end <= range.end;
    if (step.isValid() && !inside && (steps.empty() || !(steps.back().range == step)))
      steps.push_back({step, "and pass through here"});
  }
  constexpr size_t maxSteps = 4;
  if (steps.size() > maxSteps)
    steps.erase(steps.begin() + maxSteps - 1, steps.end() - 1);
  std::reverse(steps.begin(), steps.end());
  if (!steps.empty())
    steps.front().message = "positions enter here";
  return steps;
}

void StreamChecker::report(const Leak &leak, const Twine &message, std::vector<Note> notes) {
  SourceRange range = leak.op ? rangeOf(leak.op->getLoc(), sources) : SourceRange();
  if (!reported.insert({range.file, range.begin}).second)
    return;
  llvm::append_range(notes, wayTo(leak, range));
  if (leak.op)
    addCalls(leak.op->getLoc(), notes);
  std::string reason = reasonOf(leak);
  if (reason == "un-masked attention")
    notes.push_back({SourceRange(), "the mask 'causal' hides later positions"});
  diagnostics.error(range, message + (reason.empty() ? "" : ": " + reason)).notes = std::move(notes);
}

/// What reaches the end of a layer must lie where the stream's positions are, none of them ahead.
void StreamChecker::checkYield(StreamFlow &flow, const DecoderHeader &header) {
  mlir::Block &body = header.decoder->getRegion(0).front();
  int64_t time = cast<NamedTensorType>(body.getArgument(1).getType()).getRank() - 2;
  const StreamFlow::State state = flow.get(body.getTerminator()->getOperand(0));
  std::string sees = "position t of '" + header.stream.str() + "' sees position t+";
  std::vector<Note> notes{{header.streamRange, "'" + header.stream.str() + "' is the stream of this decoder"}};
  for (const Leak *leak : state.leaks)
    report(*leak, sees + Twine(leak->shift), notes);
  for (const Track *track : state.tracks) {
    if (track->shift > 0)
      for (const Leak *leak : flow.leaksOf(*track))
        report(*leak, sees + Twine(leak->shift), notes);
    else if (track->dim != time)
      report({track->op, track->from, "its positions end up in another dimension"}, sees + "1", notes);
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
      SourceRange through = rangeOf(leak.op->getLoc(), sources);
      reported.insert({through.file, through.begin}); // what `generate` finds there follows from it
      diagnostics.error(memory.range, "the memory '" + memory.name + "' depends on all positions of '" + name + "', from which the "
                                      "stream '" + header.stream + "' starts")
          .note(through, "through " + reasonOf(leak) + " here");
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
    report(*leak, what, {});
  for (const Track *track : state.tracks)
    if (track->shift > 0)
      for (const Leak *leak : flow.leaksOf(*track))
        report(*leak, what + ", as position t sees position t+" + Twine(leak->shift), {});
    else if (track->dim != dim)
      report({track->op, track->from, "its positions end up in another dimension"}, what, {});
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
