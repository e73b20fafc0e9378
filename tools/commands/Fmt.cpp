// weft fmt: the one canonical format, in place; --check for CI.
#include "codegen/artifact/OutputFile.h"
#include "frontend/Format.h"
#include "tools/driver/Command.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static constexpr HelpText kHelp = {"weft fmt [--check] M.weft...", "Formats descriptions in place; with `-` from standard input to standard output.",
                                   "  weft fmt bert.weft\n  weft fmt --check *.weft\n  weft fmt - < bert.weft\n"};
static constexpr OptionRow kRows[] = {{"--check", nullptr, "change nothing; status 1 when a file is not formatted"},
                                      {"--quiet", nullptr, "print errors only"},
                                      {"--help", nullptr, "this text"}};

namespace {

class Formatter {
public:
  Formatter(bool isCheck, bool isQuiet) : isCheck(isCheck), isQuiet(isQuiet) {}

  int format(const std::string &path) {
    SourceManager sources;
    Diagnostics diagnostics;
    Expected<const SourceFile *> source = open(path, sources);
    if (!source)
      return endWith(source.takeError());
    std::optional<std::string> text = formatSource(**source, diagnostics);
    printDiagnostics(diagnostics);
    if (!text)
      return kFailure;
    if (path == "-" && !isCheck)
      return endWith(writeOutput("-", *text));
    if (*text == (*source)->getText())
      return kSuccess;
    if (isCheck) {
      if (!isQuiet)
        errs() << path << ": not formatted\n";
      return kFailure;
    }
    return endWith(writeOutput(path, *text));
  }

private:
  static Expected<const SourceFile *> open(const std::string &path, SourceManager &sources) {
    if (path != "-")
      return sources.open(path);
    ErrorOr<std::unique_ptr<MemoryBuffer>> text = MemoryBuffer::getSTDIN();
    if (!text)
      return createStringError(text.getError(), "can't read standard input: " + text.getError().message());
    return sources.add("<stdin>", (*text)->getBuffer());
  }

  bool isCheck, isQuiet;
};

} // namespace

int weft::tools::fmtMain(ArrayRef<std::string> arguments) {
  Expected<ParsedOptions> parsed = parseOptions(kRows, arguments);
  if (!parsed)
    return endWith(parsed.takeError());
  if (parsed->has("--help"))
    return printHelp(kHelp, kRows), kSuccess;
  if (parsed->positional.empty())
    return endWith(usageError("no input file"));
  Formatter formatter(parsed->has("--check"), parsed->has("--quiet"));
  int status = kSuccess;
  for (const std::string &path : parsed->positional)
    status = std::max(status, formatter.format(path));
  return status;
}
