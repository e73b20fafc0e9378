// Command: what the commands of weft share: how errors end them, and how help looks.
#ifndef WEFT_TOOLS_DRIVER_COMMAND_H
#define WEFT_TOOLS_DRIVER_COMMAND_H

#include "tools/driver/OptionTable.h"
#include "tools/driver/Session.h"

namespace weft::tools {

enum ExitStatus { kSuccess = 0, kFailure = 1, kUsage = 2 };

/// Prints "weft: error: ..." for each error (not for those that are in diagnostics already) and gives the exit status.
int endWith(llvm::Error error);
/// Prints the session's diagnostics, then what else is wrong.
int endWith(llvm::Error error, Session &session);
/// Appends all of it to `told` instead.
int endWith(llvm::Error error, Session &session, llvm::json::Array &told);

struct HelpText {
  const char *usage, *what, *examples;
};
void printHelp(const HelpText &help, llvm::ArrayRef<OptionRow> table);

// The commands; arguments are those behind the command's name.
int compileMain(llvm::ArrayRef<std::string> arguments);
int checkMain(llvm::ArrayRef<std::string> arguments);
int fmtMain(llvm::ArrayRef<std::string> arguments);
int explainMain(llvm::ArrayRef<std::string> arguments);
int verifyMain(llvm::ArrayRef<std::string> arguments);

/// "weft 0.1.0 (LLVM 22.1.8, Halide 21.0.0)"
std::string versionText();

} // namespace weft::tools

#endif
