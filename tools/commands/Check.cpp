// weft check: all diagnostics of descriptions, nothing written.
#include "tools/driver/Command.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static constexpr HelpText kHelp = {"weft check M.weft [options]",
                                   "Prints all that is wrong with a description, and with a checkpoint for it. Writes nothing.",
                                   "  weft check bert.weft --config config.json\n"
                                   "  weft check bert.weft --weights minilm/\n"
                                   "  weft check --json bert.weft\n"};

int weft::tools::checkMain(ArrayRef<std::string> arguments) {
  Expected<ParsedOptions> parsed = parseOptions(sourceTable(), arguments);
  if (!parsed)
    return endWith(parsed.takeError());
  if (parsed->has("--help"))
    return printHelp(kHelp, sourceTable()), kSuccess;
  int status = kSuccess;
  std::vector<std::string> inputs = parsed->positional;
  if (inputs.empty())
    return endWith(usageError("no input file"));
  for (const std::string &input : inputs) {
    parsed->positional = {input};
    Expected<CompileOptions> options = readSourceOptions(*parsed);
    if (!options)
      return endWith(options.takeError());
    Progress progress(options->quiet);
    Session session(*options, progress);
    session.needsModel = false; // files of blocks are imported by others
    Error error = session.load();
    progress.clear();
    status = std::max(status, endWith(std::move(error), session, options->json));
  }
  return status;
}
