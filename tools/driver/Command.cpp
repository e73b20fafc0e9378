// Ends of commands, and their help.
#include "tools/driver/Command.h"
#include "llvm/Config/llvm-config.h"

using namespace llvm;
using namespace weft::tools;

std::string weft::tools::versionText() {
  return "weft " WEFT_VERSION " (LLVM " LLVM_VERSION_STRING ", Halide " WEFT_HALIDE_VERSION ")";
}

int weft::tools::endWith(Error error) {
  outs().flush(); // where both go to one place, errors stand behind what came before them
  int status = kSuccess;
  handleAllErrors(
      std::move(error), [&](const Reported &) { status = std::max<int>(status, kFailure); },
      [&](const UsageError &usage) {
        errs() << "weft: error: " << usage.message() << '\n';
        status = kUsage;
      },
      [&](const ErrorInfoBase &other) {
        errs() << "weft: error: " << other.message() << '\n';
        status = std::max<int>(status, kFailure);
      });
  return status;
}

int weft::tools::endWith(Error error, Session &session) {
  if (!session.diagnostics.getAll().empty())
    printDiagnostics(session.diagnostics);
  return endWith(std::move(error));
}

int weft::tools::endWith(Error error, Session &session, json::Array &told) {
  error = handleErrors(std::move(error), [](std::unique_ptr<Reported> known) { return Error(std::move(known)); },
                       [&](const ErrorInfoBase &other) {
                         session.diagnostics.error({}, other.message());
                         return make_error<Reported>();
                       });
  for (json::Value &diagnostic : session.diagnostics.toJson())
    told.push_back(std::move(diagnostic));
  return endWith(std::move(error));
}

void weft::tools::printHelp(const HelpText &help, ArrayRef<OptionRow> table) {
  outs() << "usage: " << help.usage << "\n\n" << help.what << "\n\noptions:\n" << optionsHelp(table) << "\nexamples:\n" << help.examples;
}
