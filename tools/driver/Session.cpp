// From the input file to IR.
#include "tools/driver/Session.h"
#include "codegen/artifact/Sha256.h"
#include "codegen/pack/RandomWeights.h"
#include "frontend/Checkpoint.h"
#include "frontend/Frontend.h"
#include "Nesting.h"
#include "mlir/IR/Verifier.h"
#include "mlir/Parser/Parser.h"
#include "tools/driver/PassRunner.h"
#include "tools/driver/Report.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/Process.h"
#include "llvm/Support/SourceMgr.h"

#include <unistd.h>

using namespace llvm;
using namespace weft;
using namespace weft::tools;

char Reported::ID;

Session::Session(const CompileOptions &options, Progress &progress) : options(options), progress(progress) {
  context.disableMultithreading(); // passes take milliseconds; threads would cost more
  context.printOpOnDiagnostic(false);
  context.loadDialect<WeftDialect>();
  context.getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) { collect(diagnostic); });
}

Session::~Session() = default;

SourceRange Session::place(mlir::Location loc) {
  SourceRange range = rangeOf(loc, sourceManager);
  SourcePlace named = sourcePlace(loc);
  if (range.isValid() || named.file.empty() || !sys::fs::is_regular_file(named.file))
    return range;
  if (Expected<const SourceFile *> file = sourceManager.open(named.file))
    return rangeOf(loc, sourceManager);
  else
    consumeError(file.takeError());
  return {};
}

void Session::collect(mlir::Diagnostic &diagnostic) {
  using Kind = mlir::DiagnosticSeverity;
  if (diagnostic.getSeverity() == Kind::Remark && !keepRemarks)
    return;
  Severity severity = diagnostic.getSeverity() == Kind::Error     ? Severity::Error
                      : diagnostic.getSeverity() == Kind::Warning ? Severity::Warning
                                                                  : Severity::Remark;
  std::vector<Note> notes;
  for (mlir::Diagnostic &note : diagnostic.getNotes())
    notes.push_back({place(note.getLocation()), note.str()});
  Diagnostic &kept = diagnostics.report(severity, place(diagnostic.getLocation()), diagnostic.str());
  kept.notes = std::move(notes);
}

ModelOp Session::model() {
  if (!root)
    return {};
  auto models = root->getOps<ModelOp>();
  return models.empty() ? ModelOp() : *models.begin();
}

Error Session::openWeights() {
  if (options.weights.empty())
    return Error::success();
  progress.begin("reading weights");
  Expected<std::unique_ptr<Checkpoint>> opened = Checkpoint::open(options.weights);
  if (!opened)
    return opened.takeError();
  checkpoint = std::move(*opened);
  store = checkpoint.get();
  return Error::success();
}

Error Session::loadDescription() {
  FrontendOptions frontend;
  frontend.configPath = configPath;
  frontend.defines = options.defines;
  frontend.includes = options.includes;
  frontend.needsModel = needsModel;
  root = lowerFile(options.input, frontend, context, sourceManager, diagnostics);
  if (diagnostics.hasErrors())
    return make_error<Reported>();
  return model() || !needsModel ? Error::success() : createStringError("'" + options.input + "' holds no model");
}

Error Session::loadIr() {
  ErrorOr<std::unique_ptr<MemoryBuffer>> buffer = MemoryBuffer::getFileOrSTDIN(options.input, /*IsText=*/true);
  if (!buffer)
    return createStringError(buffer.getError(), "can't read '" + options.input + "': " + buffer.getError().message());
  if (!options.defines.empty())
    return createStringError("-D overrides the consts of a description; '" + options.input + "' is IR, which has none left");
  if (std::optional<size_t> at = findTooDeepNesting((*buffer)->getBuffer())) {
    auto line = (*buffer)->getBuffer().take_front(*at).count('\n') + 1;
    return createStringError(options.input + ":" + Twine(line) + ": brackets nest deeper than " + Twine(maxIrNesting));
  }
  Expected<DonePasses> done = donePassesOf((*buffer)->getBuffer(), options.input);
  if (!done)
    return done.takeError();
  donePasses = std::move(*done);
  SourceMgr manager;
  manager.AddNewSourceBuffer(std::move(*buffer), SMLoc());
  root = mlir::parseSourceFile<mlir::ModuleOp>(manager, mlir::ParserConfig(&context));
  if (!root)
    return make_error<Reported>();
  if (!model())
    return createStringError("'" + options.input + "' holds no weft.model");
  return Error::success();
}

Error Session::load() {
  if (Error error = openWeights())
    return error;
  configPath = !options.config.empty() || !checkpoint ? options.config : checkpoint->getConfigPath().str();
  progress.begin("reading the description");
  bool isIr = sys::path::extension(options.input) == ".mlir";
  if (Error error = isIr ? loadIr() : loadDescription())
    return error;
  if (!model())
    return Error::success();
  if (options.randomSeed) {
    random = makeRandomWeights(model(), *options.randomSeed);
    store = random.get();
  }
  if (checkpoint)
    checkWeights(model(), *checkpoint, sourceManager, diagnostics);
  return diagnostics.hasErrors() ? make_error<Reported>() : Error::success();
}

/// A checkpoint is mapped; weights that are drawn have to be in memory.
static Error checkDrawnSize(ModelOp model) {
  double bytes = 0, memory = double(sysconf(_SC_PHYS_PAGES)) * double(sysconf(_SC_PAGE_SIZE));
  for (WeightOp weight : checkpointWeights(model)) {
    double size = 4.0 * double(weight.getLayers().value_or(1));
    for (DimAttr dim : cast<NamedTensorType>(weight.getType()).getDims())
      size *= double(dim.getStatic().value_or(1));
    bytes += size;
  }
  return bytes <= memory ? Error::success()
                         : createStringError("the model's weights are " + byteText(int64_t(std::min(bytes, 9e18))) +
                                             ": drawn by --random-weights they do not fit the " + byteText(int64_t(memory)) + " of memory here");
}

Error Session::requireWeights() {
  if (random)
    return checkDrawnSize(model());
  if (store || checkpointWeights(model()).empty())
    return Error::success();
  return createStringError("the model reads weights, and none are given: name a checkpoint with --weights, or use "
                           "--random-weights=SEED");
}

Error Session::runPasses(Phase last) {
  progress.begin("passes");
  PassRunner runner(options, {last, options.requireFusion, /*incremental=*/true, options.strassen}, donePasses);
  Error error = runner.run(*root);
  return diagnostics.hasErrors() ? joinErrors(make_error<Reported>(), (consumeError(std::move(error)), Error::success()))
                                 : std::move(error);
}

Expected<std::vector<SourceInfo>> Session::sources() {
  std::vector<SourceInfo> all;
  for (const std::unique_ptr<SourceFile> &file : sourceManager.getFiles()) {
    StringRef name = file->getName(), text = file->getText();
    StringRef kind = sys::path::extension(name) == ".json" ? "config" : name == options.input ? "description" : "import";
    Sha256 hash;
    hash.update({reinterpret_cast<const uint8_t *>(text.data()), text.size()});
    all.push_back({kind.str(), sys::path::filename(name).str(), hexDigest(hash.finish())});
  }
  if (checkpoint)
    for (const std::string &file : checkpoint->getFiles()) {
      progress.begin("hashing weights");
      Expected<std::array<uint8_t, 32>> digest = hashFile(file);
      if (!digest)
        return digest.takeError();
      all.push_back({"weights", sys::path::filename(file).str(), hexDigest(*digest)});
    }
  return all;
}

std::vector<std::string> Session::dependencies() const {
  std::vector<std::string> files;
  if (sys::path::extension(options.input) == ".mlir")
    files.push_back(options.input);
  for (const std::unique_ptr<SourceFile> &file : sourceManager.getFiles())
    files.push_back(file->getName().str());
  if (checkpoint)
    files.insert(files.end(), checkpoint->getFiles().begin(), checkpoint->getFiles().end());
  return files;
}

void weft::tools::printDiagnostics(const Diagnostics &diagnostics) {
  diagnostics.print(errs(), sys::Process::StandardErrHasColors());
}
