//===- Cli.h - the command line of `weft run` and of executable artifacts ------------------------------------===//
//
// In: a model's descriptor and arguments. Out: outputs in files or summarised on stdout, messages on stderr, an exit
// status (0, 1: files and what is in them, 2: usage).
//
//===------------------------------------------------------------------------------------------------------===//
#ifndef WEFT_RUNTIME_CLI_CLI_H
#define WEFT_RUNTIME_CLI_CLI_H

#include "runtime/cli/Options.h"
#include "runtime/Descriptor.h"

namespace weft::cli {

/// Does what the options say with this model. `program` opens error messages.
int runModel(const weft_model_descriptor &model, const RunOptions &options, const std::string &program);

/// Prints "program: error: text" to stderr and returns the status.
int report(const std::string &program, const std::string &text, ExitStatus status);
/// To standard output; its failure is an error too.
int print(const std::string &program, const std::string &text);

/// Reads the arguments behind the program's name; nothing when there is nothing left to do (help, a usage error),
/// then *status is the exit status. At most `positional` arguments may be no options.
std::optional<RunOptions> readOptions(const std::vector<std::string> &arguments, const std::string &program,
                                      size_t positional, int *status);

} // namespace weft::cli

/// main of an executable artifact.
extern "C" int weft_cli_main(const weft_model_descriptor *model, int argc, char **argv);

#endif
