// weft: the compiler's one program. Each command is a function in tools/commands; this finds it.
#include "passes/Passes.h"
#include "runtime/cli/Loader.h"
#include "tools/driver/Command.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/ErrorHandling.h"
#include "llvm/Support/InitLLVM.h"
#include "llvm/Support/Signals.h"
#include <csignal>
#include <new>
#include <unistd.h>

using namespace llvm;
using namespace weft::tools;

namespace {

struct CommandRow {
  const char *name, *what;
  int (*run)(ArrayRef<std::string> arguments);
};

constexpr CommandRow kCommands[] = {
    {"compile", "a description to an object, a library, an executable, or any level between", compileMain},
    {"run", "a compiled model on files", [](ArrayRef<std::string> words) { return weft::cli::runCommand(words.vec()); }},
    {"check", "all diagnostics of a description", checkMain},
    {"fmt", "the canonical format", fmtMain},
    {"describe", "what a compiled model says of itself", [](ArrayRef<std::string> words) { return weft::cli::describeCommand(words.vec()); }},
    {"explain", "what the passes did and why, costs, memory", explainMain},
    {"verify", "a compiled model against the reference, layer by layer", verifyMain}};

void printUsage(raw_ostream &out) {
  out << "usage: weft COMMAND ...\n\ncommands:\n";
  for (const CommandRow &row : kCommands)
    out << "  " << left_justify(row.name, 10) << row.what << '\n';
  out << "\n`weft COMMAND --help` says more; `weft --version` says which weft this is.\n"
         "\nexamples:\n"
         "  weft compile bert.weft --weights minilm/ -o minilm.so\n"
         "  weft run minilm.so --input ids=ids.npy --input types=types.npy --input lengths=lengths.npy --output embedding=e.npy\n";
}

int runCommand(StringRef name, ArrayRef<std::string> arguments) {
  if (name == "run" || name == "describe")
    std::set_new_handler(nullptr); // the loader tells by itself what does not fit
  SmallVector<StringRef> names;
  for (const CommandRow &row : kCommands) {
    if (name == row.name)
      return row.run(arguments);
    names.push_back(row.name);
  }
  StringRef nearest = nearestWord(name, names);
  return endWith(usageError("unknown command '" + name + "'" +
                            (nearest.empty() ? "; `weft --help` lists them" : "; did you mean '" + nearest.str() + "'?")));
}

int runWords(ArrayRef<std::string> words) {
  if (words.empty()) {
    printUsage(errs());
    return kUsage;
  }
  if (words[0] == "help" && words.size() > 1)
    return runCommand(words[1], std::string("--help"));
  if (words[0] == "--help" || words[0] == "-h" || words[0] == "help")
    return printUsage(outs()), kSuccess;
  if (words[0] == "--version" || words[0] == "version")
    return outs() << versionText() << '\n', kSuccess;
  if (StringRef(words[0]).starts_with("-"))
    return endWith(usageError("unknown option '" + words[0] + "'; `weft --help` lists the commands"));
  return runCommand(words[0], words.drop_front());
}

/// Memory that is not there is an error of the input, which asks for it; files that are being written go.
void endWithoutMemory(void *, const char *, bool) {
  constexpr StringLiteral text = "weft: error: out of memory\n";
  (void)!::write(STDERR_FILENO, text.data(), text.size());
  sys::RunInterruptHandlers();
  ::_exit(kFailure);
}

/// LLVM's streams end the program by themselves where an error is left in them: told here, as any other.
int finishOutput(int status) {
  outs().flush();
  std::error_code code = outs().error();
  if (!code)
    return status;
  outs().clear_error();
  int failed = endWith(createStringError(code, "can't write to standard output: " + code.message()));
  return status == kSuccess ? failed : status;
}

} // namespace

int main(int argc, char **argv) {
  InitLLVM init(argc, argv);
  install_bad_alloc_error_handler(endWithoutMemory);
  std::signal(SIGXFSZ, SIG_IGN); // a file that may not grow is an error of a write, like a full disk
  setBugReportMsg("weft has crashed: please report it with the description and the command.\n");
  weft::registerPasses();
  std::vector<std::string> words(argv + 1, argv + argc);
  return finishOutput(runWords(words));
}
