// Runs the compiler driver as a linker. libc, libm and pthread are all that a model needs.
#include "codegen/artifact/Link.h"
#include "codegen/TemporaryFile.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Program.h"
#include "llvm/Support/raw_ostream.h"
#include <cstdlib>

using namespace llvm;
using namespace weft;

static std::optional<std::string> findFirst(ArrayRef<StringRef> names) {
  for (StringRef name : names)
    if (ErrorOr<std::string> program = sys::findProgramByName(name))
      return *program;
  return std::nullopt;
}

static Expected<std::string> findDriver(bool cxx) {
  if (const char *given = std::getenv("WEFT_CC"); given && *given) {
    if (std::optional<std::string> program = findFirst({given}))
      return *program;
    return createStringError("can't link: WEFT_CC names '" + Twine(given) + "', which can't be found");
  }
  std::optional<std::string> program = cxx ? findFirst({"clang++-22", "clang++", "c++", "g++"})
                                           : findFirst({"clang-22", "clang", "cc", "gcc"});
  if (program)
    return *program;
  return createStringError("can't link: found none of clang-22, clang, cc and gcc; use --emit=obj or --emit=static and link "
                           "elsewhere, or name a compiler driver in WEFT_CC");
}

/// Keeps only the exported names global.
static Expected<TemporaryFile> writeVersionScript(const LinkJob &job) {
  return TemporaryFile::create("weft", "map", "{ global: " + join(job.exports, "; ") + "; local: *; };\n");
}

static Error runLinker(StringRef program, ArrayRef<std::string> arguments) {
  Expected<TemporaryFile> file = TemporaryFile::create("weft-link", "log");
  if (!file)
    return file.takeError();
  StringRef log = file->path();
  SmallVector<StringRef> words{program};
  words.append(arguments.begin(), arguments.end());
  std::optional<StringRef> redirects[] = {StringRef(), log, log};
  std::string message;
  int status = sys::ExecuteAndWait(program, words, std::nullopt, redirects, 0, 0, &message);
  if (status == 0)
    return Error::success();
  if (ErrorOr<std::unique_ptr<MemoryBuffer>> text = MemoryBuffer::getFile(log))
    message += (*text)->getBuffer().rtrim();
  return createStringError("linking with '" + program + "' failed: " + message);
}

Error weft::linkFiles(const LinkJob &job) {
  Expected<std::string> driver = findDriver(job.cxx);
  if (!driver)
    return driver.takeError();
  std::vector<std::string> arguments;
  if (!job.triple.empty() && StringRef(*driver).contains("clang"))
    arguments.push_back("--target=" + job.triple);
  if (findFirst({"ld.lld"}) || (StringRef(*driver).contains("clang-22") && findFirst({"ld.lld-22"})))
    arguments.push_back("-fuse-ld=lld");
  arguments.insert(arguments.end(), {job.shared ? "-shared" : "-pie", "-o", job.output, "-Wl,--gc-sections",
                                     "-Wl,--build-id=sha1", "-Wl,-z,noexecstack", "-Wl,-z,relro,-z,now"});
  std::optional<TemporaryFile> script;
  if (job.shared) {
    Expected<TemporaryFile> written = writeVersionScript(job);
    if (!written)
      return written.takeError();
    script.emplace(std::move(*written));
    arguments.insert(arguments.end(), {"-Xlinker", "--version-script=" + script->path().str()});
    arguments.push_back("-Wl,--no-undefined");
    if (!job.soname.empty())
      arguments.insert(arguments.end(), {"-Xlinker", "-soname", "-Xlinker", job.soname}); // -Wl would split a name at its commas
  }
  if (job.cxx) // an executable needs libc, libm and pthread, nothing else
    arguments.insert(arguments.end(), {"-static-libstdc++", "-static-libgcc"});
  arguments.insert(arguments.end(), job.inputs.begin(), job.inputs.end());
  arguments.insert(arguments.end(), {"-lm", "-lpthread"});
  return runLinker(*driver, arguments);
}
