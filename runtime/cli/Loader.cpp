//===- Loader.cpp - `weft run` and `weft describe`: artifacts from files -------------------------------------===//
//
// A shared library tells its descriptor by weft_artifact_descriptor; everything else goes through the runtime inside
// of it. Executables can't be loaded: they are their own `weft run`, so they are executed with the same arguments.
//
//===------------------------------------------------------------------------------------------------------===//
#include "runtime/cli/Loader.h"
#include "runtime/cli/Cli.h"
#include "runtime/cli/FileKind.h"
#include "runtime/io/File.h"
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <dlfcn.h>
#include <unistd.h>

using namespace weft;
using namespace weft::cli;
using io::Error;

namespace {

Error loadDescriptor(const std::string &path, const weft_model_descriptor **model) {
  // A name without a slash would be searched for in the system's library folders.
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  void *library = dlopen(file.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (!library)
    return "can't load '" + path + "': " + dlerror();
  auto function = reinterpret_cast<weft_artifact_function>(dlsym(library, WEFT_ARTIFACT_SYMBOL));
  if (!function)
    return "'" + path + "' is a shared library, but no model that weft made";
  *model = function();
  return io::success();
}

int execute(const std::string &path, const std::vector<std::string> &arguments, const std::string &program) {
  std::string file = path.find('/') == std::string::npos ? "./" + path : path;
  std::vector<char *> argv{const_cast<char *>(file.c_str())};
  for (const std::string &argument : arguments)
    argv.push_back(const_cast<char *>(argument.c_str()));
  argv.push_back(nullptr);
  execv(file.c_str(), argv.data());
  return report(program, "can't execute '" + path + "': " + strerror(errno), kFailure);
}

int withArtifact(const std::string &program, RunOptions options, std::vector<std::string> arguments) {
  std::string path = options.positional[0];
  io::File file;
  if (Error error = file.open(path))
    return report(program, error.text(), kFailure);
  FileKind kind = kindOf(file.data(), file.size());
  if (kind == FileKind::Executable) {
    for (size_t i = 0; i < arguments.size(); ++i)
      if (arguments[i] == path) {
        arguments.erase(arguments.begin() + long(i));
        break;
      }
    return execute(path, arguments, program);
  }
  if (kind != FileKind::SharedLibrary)
    return report(program, "'" + path + "' " + kindText(kind) + "; expected a shared library or an executable that weft made",
                  kFailure);
  const weft_model_descriptor *model = nullptr;
  if (Error error = loadDescriptor(path, &model))
    return report(program, error.text(), kFailure);
  options.positional.clear();
  return runModel(*model, options, program);
}

} // namespace

int weft::cli::runCommand(const std::vector<std::string> &arguments) {
  int status;
  std::optional<RunOptions> options = readOptions(arguments, "weft run ARTIFACT", 1, &status);
  if (!options)
    return status;
  if (options->positional.empty())
    return report("weft run", "no artifact given (--help shows all options)", kUsage);
  return withArtifact("weft run", *options, arguments);
}

static const char describeHelp[] = R"(usage: weft describe ARTIFACT [--json]

Says what a compiled model is: inputs, outputs, dimensions with bounds, precision, targets, sizes of weights and
memory, and what it was made from. ARTIFACT is a shared library or an executable.

examples:
  weft describe embedder.so
  weft describe embedder.so --json | python3 -m json.tool
)";

int weft::cli::describeCommand(const std::vector<std::string> &arguments) {
  RunOptions options;
  for (const std::string &argument : arguments) {
    if (argument == "--help" || argument == "-h")
      return print("weft describe", describeHelp);
    if (argument == "--json")
      options.json = true;
    else if (argument == "--quiet")
      options.quiet = true;
    else if (argument.size() > 1 && argument[0] == '-')
      return report("weft describe", "unknown option '" + argument + "' (--help shows all options)", kUsage);
    else
      options.positional.push_back(argument);
  }
  if (options.positional.size() != 1)
    return report("weft describe", options.positional.empty() ? "no artifact given" : "more than one artifact given", kUsage);
  options.describe = true;
  std::vector<std::string> forwarded = arguments;
  forwarded.push_back("--describe");
  return withArtifact("weft describe", options, forwarded);
}
