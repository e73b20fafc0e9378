// weft check: all diagnostics of descriptions, nothing written.
#include "frontend/Frontend.h"
#include "frontend/Parser.h"
#include "tools/driver/Command.h"
#include "llvm/ADT/STLExtras.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static constexpr HelpText kHelp = {"weft check M.weft [options]",
                                   "Prints all that is wrong with a description, and with a checkpoint for it. Writes nothing.",
                                   "  weft check bert.weft --config config.json\n"
                                   "  weft check bert.weft --weights minilm/\n"
                                   "  weft check bert.weft --weights minilm/ --unused\n"
                                   "  weft check --json bert.weft\n"};

/// A file of blocks is imported by others; one with nothing in it is a mistake.
static Error checkOne(const CompileOptions &options, Session &session, bool unused) {
  session.needsModel = false;
  if (Error error = session.load())
    return error;
  if (session.model()) {
    if (unused)
      listUnusedTensors(session.model(), *session.weights(), session.diagnostics);
    return Error::success();
  }
  ast::FilePtr file = parseFile(options.input, session.sourceManager, session.diagnostics);
  if (file && !file->items.empty())
    return Error::success();
  return createStringError("'" + options.input + "' holds no model, and nothing that a model could import");
}

int weft::tools::checkMain(ArrayRef<std::string> arguments) {
  SmallVector<OptionRow> rows{{"--unused", nullptr, "list the checkpoint's tensors that the description does not read"}};
  append_range(rows, sourceTable());
  Expected<ParsedOptions> parsed = parseOptions(rows, arguments);
  if (!parsed)
    return endWith(parsed.takeError());
  if (parsed->has("--help"))
    return printHelp(kHelp, rows), kSuccess;
  if (parsed->has("--unused") && !parsed->has("--weights"))
    return endWith(usageError("--unused compares a description with a checkpoint: name it with --weights"));
  int status = kSuccess;
  std::vector<std::string> inputs = parsed->positional;
  if (inputs.empty())
    return endWith(usageError("no input file"));
  json::Array told; // one document for all files
  for (const std::string &input : inputs) {
    parsed->positional = {input};
    Expected<CompileOptions> options = readSourceOptions(*parsed);
    if (!options)
      return endWith(options.takeError());
    Progress progress(options->quiet);
    Session session(*options, progress);
    Error error = checkOne(*options, session, parsed->has("--unused"));
    progress.clear();
    status = std::max(status, options->json ? endWith(std::move(error), session, told) : endWith(std::move(error), session));
  }
  if (parsed->has("--json"))
    outs() << json::Value(std::move(told)) << '\n';
  return status;
}
