// weft explain: what the passes did and why, what it costs, where everything lies in memory.
#include "tools/driver/Command.h"
#include "tools/driver/Report.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/JSON.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static constexpr HelpText kHelp = {"weft explain M.weft [options]",
                                   "Says what was fused and what not and why, which kernels run, what they cost, and how memory is planned.",
                                   "  weft explain bert.weft --config config.json\n"
                                   "  weft explain bert.weft --config config.json --sizes batch=1,seq=128\n"
                                   "  weft explain bert.weft --config config.json --report bert.html\n"};

static Error explain(const CompileOptions &options, Session &session) {
  session.keepRemarks = true;
  if (Error error = session.load())
    return error;
  if (Error error = session.runPasses(Phase::Kernels))
    return error;
  if (!options.report.empty())
    return writeHtmlReport(session, options, options.report);
  Expected<ModelInfo> info = gatherModelInfo(session.model());
  if (!info)
    return info.takeError();
  Expected<ModelCosts> costs = computeCosts(*info, options.sizes);
  if (!costs)
    return costs.takeError();
  if (!options.json) {
    printExplanation(*info, session.diagnostics, outs());
    outs() << "\ncosts\n";
  }
  printCosts(*costs, options.json, outs());
  return Error::success();
}

int weft::tools::explainMain(ArrayRef<std::string> arguments) {
  SmallVector<OptionRow> rows{{"--report", "F.html", "write a page with pictures instead"},
                              {"--require-fusion", nullptr, "a missed fusion is an error"}};
  append_range(rows, sourceTable());
  Expected<ParsedOptions> parsed = parseOptions(rows, arguments);
  if (!parsed)
    return endWith(parsed.takeError());
  if (parsed->has("--help"))
    return printHelp(kHelp, rows), kSuccess;
  Expected<CompileOptions> options = readSourceOptions(*parsed);
  if (!options)
    return endWith(options.takeError());
  options->report = parsed->get("--report", "");
  options->requireFusion = parsed->has("--require-fusion");
  Progress progress(options->quiet);
  Session session(*options, progress);
  Error error = explain(*options, session);
  progress.clear();
  if (!error)
    return kSuccess; // remarks are part of the text
  return endWith(std::move(error), session);
}
