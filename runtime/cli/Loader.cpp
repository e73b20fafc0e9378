//===- Loader.cpp - `weft run` and `weft describe`: artifacts from files -------------------------------------===//
//
// A shared library tells its descriptor by weft_artifact_descriptor; everything else goes through the runtime inside
// of it. Executables can't be loaded: they are their own `weft run`, so they are executed with the same arguments.
//
//===------------------------------------------------------------------------------------------------------===//
#include "runtime/cli/Loader.h"
#include "runtime/cli/Cli.h"
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

enum class FileKind { SharedLibrary, Executable, Object, Archive, Truncated, Other };

/// One row of an ELF file's program header table (elf.h has it too, but not for every system that reads artifacts).
struct Segment {
  uint32_t type;
  uint64_t offset, bytes;
};
constexpr uint32_t kLoad = 1, kInterpreter = 3;
constexpr size_t kElfHeader = 64, kProgramHeader = 56;

uint64_t number(const uint8_t *at, int width) {
  uint64_t value = 0;
  for (int i = 0; i < width; ++i)
    value |= uint64_t(at[i]) << (8 * i);
  return value;
}

/// False when the table itself is outside of the file.
bool readSegments(const uint8_t *data, size_t size, std::vector<Segment> &segments) {
  uint64_t table = number(data + 32, 8), count = number(data + 56, 2);
  if (number(data + 54, 2) != kProgramHeader || table > size || (size - table) / kProgramHeader < count)
    return false;
  for (uint64_t i = 0; i < count; ++i) {
    const uint8_t *row = data + table + i * kProgramHeader;
    segments.push_back({uint32_t(number(row, 4)), number(row + 8, 8), number(row + 32, 8)});
  }
  return true;
}

/// A shared library is an ELF file of type DYN without an interpreter; with one it is an executable. The loader of the
/// system maps truncated files and dies of them later, so segments are held against the file's size here.
FileKind kindOf(const uint8_t *data, size_t size) {
  if (size >= 8 && memcmp(data, "!<arch>\n", 8) == 0)
    return FileKind::Archive;
  if (size < 6 || memcmp(data, "\x7f" "ELF\x02\x01", 6) != 0)
    return FileKind::Other;
  if (size < kElfHeader)
    return FileKind::Truncated;
  uint64_t type = number(data + 16, 2);
  if (type == 1)
    return FileKind::Object;
  std::vector<Segment> segments;
  if (!readSegments(data, size, segments))
    return FileKind::Truncated;
  bool interpreter = false;
  for (const Segment &segment : segments) {
    interpreter |= segment.type == kInterpreter;
    if (segment.type == kLoad && (segment.offset > size || size - segment.offset < segment.bytes))
      return FileKind::Truncated;
  }
  return interpreter || type == 2 ? FileKind::Executable : FileKind::SharedLibrary;
}

const char *kindText(FileKind kind) {
  switch (kind) {
  case FileKind::Object:
    return "is an object";
  case FileKind::Archive:
    return "is a static library";
  case FileKind::Truncated:
    return "is truncated";
  default:
    return "is no artifact";
  }
}

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
      return fputs(describeHelp, stdout), kSuccess;
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
