// DeriveIncremental: from the full-sequence graph and weft.generate to the graphs that generation runs: @encode, @prefill and @step.
// Consumes a fused graph (attention is one op), produces graphs over the same weights, and the states between them. The keys and values
// that are kept are attention's very operands: turned by rope already, split off a merged projection, in the layout that decoding reads.
#include "passes/Incremental.h"
#include "passes/Passes.h"

namespace weft {
#define GEN_PASS_DEF_DERIVEINCREMENTAL
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

namespace {
struct DeriveIncrementalPass final : weft::impl::DeriveIncrementalBase<DeriveIncrementalPass> {
  void runOnOperation() override {
    ModelOp model = getOperation();
    auto generates = model.getOps<GenerateOp>();
    if (generates.empty() || isDerived(model))
      return;
    GenerateOp generate = *generates.begin();
    if (std::next(generates.begin()) != generates.end()) {
      (*std::next(generates.begin())).emitError() << "a model generates one input";
      return signalPassFailure();
    }
    FailureOr<GenerateSite> site = GenerateSite::find(generate);
    if (failed(site) || failed(derive(*site)))
      signalPassFailure();
  }

private:
  static bool isDerived(ModelOp model) {
    return llvm::any_of(model.getOps<GraphOp>(), [](GraphOp graph) { return graph->hasAttr("roles"); });
  }

  static LogicalResult derive(const GenerateSite &site) {
    GenerateFlow flow(site);
    if (failed(flow.analyze()))
      return failure();
    States states(site, flow);
    FailureOr<GraphOp> step = buildStep(site, flow, states);
    if (failed(step))
      return failure();
    buildPrefill(site, flow, states);
    buildEncode(site, states);
    report(site, states);
    return success();
  }

  static void report(const GenerateSite &site, const States &states) {
    GenerateOp generate = site.generate;
    InFlightDiagnostic remark = emitRemark(generate.getLoc()) << "derived prefill and step, which keep ";
    if (states.all().empty())
      remark << "nothing";
    llvm::interleaveComma(states.all(), remark, [&](const auto &entry) {
      StateOp state = entry.second.state;
      if (state.getLayers())
        remark << *state.getLayers() << " x ";
      remark << state.getSymName() << " " << cast<NamedTensorType>(state.getType()).shapeText();
    });
  }
};
} // namespace
