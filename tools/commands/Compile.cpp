// weft compile: from a description (or a dump of its IR) to any level, an object, a library or an executable.
#include "codegen/artifact/BuildArtifact.h"
#include "codegen/artifact/OutputFile.h"
#include "frontend/Parser.h"
#include "tools/driver/Cache.h"
#include "tools/driver/Command.h"
#include "tools/driver/PassRunner.h"
#include "tools/driver/Report.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static constexpr HelpText kHelp = {
    "weft compile M.weft [options] -o OUT", "Compiles a description, or IR that weft wrote (.mlir, any level).",
    "  weft compile bert.weft --weights minilm/ -o minilm.so\n"
    "  weft compile bert.weft --config config.json --weights model.safetensors --target=native -o bert.a\n"
    "  weft compile bert.weft --config config.json --emit=ir-fused\n"
    "  weft compile bert.weft --config config.json --random-weights=1 -o bert.so --dump-dir dumps\n"
    "  weft compile dumps/07-merge-projections.mlir --random-weights=1 -o bert.so\n"};

namespace {

class Compiler {
public:
  explicit Compiler(const CompileOptions &options)
      : options(options), progress(options.quiet), session(options, progress) {}

  int run() {
    Error error = compile();
    progress.clear();
    int status = endWith(std::move(error), session);
    if (options.timing && status == kSuccess)
      progress.printTimes(errs());
    return status;
  }

private:
  Error compile() {
    for (StringRef path : {StringRef(options.output), StringRef(options.depfile), StringRef(options.report)})
      if (!path.empty() && path != "-" && !options.dryRun)
        if (Error error = OutputFile::checkPlace(path))
          return error;
    if (options.emit == EmitKind::Ast)
      return emitAst();
    session.keepRemarks = !options.report.empty();
    if (Error error = session.load())
      return error;
    if (options.emit >= EmitKind::Obj && !options.dryRun)
      if (Error error = session.requireWeights())
        return error;
    if (Error error = runPasses())
      return error;
    if (Error error = options.dryRun ? printDryRun() : emit())
      return error;
    if (options.dryRun)
      return Error::success();
    if (!options.report.empty())
      if (Error error = writeHtmlReport(session, options, options.report))
        return error;
    return options.depfile.empty() ? Error::success() : writeDepfile();
  }

  Error emitAst() {
    ast::FilePtr file = parseFile(options.input, session.sourceManager, session.diagnostics);
    if (!file || session.diagnostics.hasErrors())
      return make_error<Reported>();
    return writeOutput(options.output, [&](raw_ostream &out) {
      ast::print(*file, out);
      return Error::success();
    });
  }

  Error runPasses() {
    if (options.dryRun)
      return session.runPasses(Phase::Kernels);
    if (options.emit == EmitKind::Ir)
      return Error::success();
    return session.runPasses(options.emit == EmitKind::IrFused ? Phase::Fused : Phase::Kernels);
  }

  Error emit() {
    if (options.emit > EmitKind::IrKernels)
      return emitArtifact();
    return writeOutput(options.output, [&](raw_ostream &out) {
      printIr(session.module(), out);
      return Error::success();
    });
  }

  Error emitArtifact() {
    static const ArtifactKind kinds[] = {ArtifactKind::Llvm,   ArtifactKind::Halide, ArtifactKind::Assembly, ArtifactKind::Object,
                                         ArtifactKind::Static, ArtifactKind::Shared, ArtifactKind::Executable};
    ArtifactOptions artifact;
    artifact.kind = kinds[int(options.emit) - int(EmitKind::Llvm)];
    artifact.output = options.output;
    artifact.name = options.name;
    artifact.targets = options.targets;
    artifact.weightsFile = options.weightsFile;
    artifact.precision = options.precision;
    artifact.compiler = versionText();
    artifact.command = options.command;
    artifact.dumpFolder = options.dumpFolder;
    artifact.store = session.weights();
    artifact.progress = [this](StringRef phase, StringRef detail) { progress.begin(phase, detail); };
    Expected<std::vector<SourceInfo>> sources = session.sources();
    if (!sources)
      return sources.takeError();
    artifact.sources = std::move(*sources);
    if (options.cacheFolder.empty() || options.emit < EmitKind::Obj || !options.dumpFolder.empty())
      return buildArtifact(session.model(), artifact);
    Cache cache(options, artifact);
    Expected<bool> isFetched = cache.fetch();
    if (!isFetched)
      return isFetched.takeError();
    if (*isFetched)
      return Error::success();
    if (Error error = buildArtifact(session.model(), artifact))
      return error;
    return cache.store();
  }

  Error printDryRun() {
    progress.clear();
    Expected<ModelInfo> info = gatherModelInfo(session.model());
    if (!info)
      return info.takeError();
    Expected<ModelCosts> costs = computeCosts(*info, options.sizes);
    if (!costs)
      return costs.takeError();
    printCosts(*costs, options.json, outs());
    return Error::success();
  }

  /// Names as make and ninja read them.
  static std::string escaped(StringRef path) {
    std::string text;
    for (char c : path) {
      if (c == ' ' || c == '#' || c == '\\')
        text += '\\';
      if (c == '$')
        text += '$';
      text += c;
    }
    return text;
  }

  Error writeDepfile() {
    return writeOutput(options.depfile, [&](raw_ostream &out) {
      out << escaped(options.output) << ':';
      for (const std::string &path : session.dependencies())
        out << " \\\n  " << escaped(path);
      out << '\n';
      return Error::success();
    });
  }

  const CompileOptions &options;
  Progress progress;
  Session session;
};

} // namespace

int weft::tools::compileMain(ArrayRef<std::string> arguments) {
  Expected<ParsedOptions> parsed = parseOptions(compileTable(), arguments);
  if (!parsed)
    return endWith(parsed.takeError());
  if (parsed->has("--help"))
    return printHelp(kHelp, compileTable()), kSuccess;
  Expected<CompileOptions> options = readCompileOptions(*parsed);
  if (!options)
    return endWith(options.takeError());
  return Compiler(*options).run();
}
