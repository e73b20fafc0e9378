// Builds artifacts: kernels, module, object, then the files.
#include "codegen/artifact/BuildArtifact.h"
#include "codegen/TemporaryFile.h"
#include "codegen/artifact/Archive.h"
#include "codegen/artifact/ElfWeights.h"
#include "codegen/artifact/Header.h"
#include "codegen/artifact/Link.h"
#include "codegen/artifact/OutputFile.h"
#include "codegen/artifact/Sha256.h"
#include "codegen/host/ModelModule.h"
#include "codegen/pack/WeightWriter.h"
#include "runtime/Descriptor.h"
#include "runtime/bitcode/RuntimeBitcode.h"
#include "llvm/Transforms/Utils/Cloning.h"
#include "llvm/Support/MemoryBuffer.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace weft;

namespace {

std::string pathBeside(StringRef output, const Twine &name) {
  SmallString<256> path = sys::path::parent_path(output);
  sys::path::append(path, name);
  return path.str().str();
}

/// What a description without weights of a checkpoint reads.
class NoCheckpoint final : public WeightStore {
public:
  std::optional<WeightTensor> find(StringRef) const override { return std::nullopt; }
  std::vector<std::string> names() const override { return {}; }
  std::string description() const override { return "no checkpoint"; }
};

class Builder {
public:
  Builder(ModelOp model, const ArtifactOptions &options) : model(model), options(options) {}

  Error run() {
    for (const std::string &file : artifactFiles(options))
      if (file != "-")
        if (Error error = OutputFile::checkPlace(file))
          return error;
    Expected<ModelInfo> gathered = gatherModelInfo(model);
    if (!gathered)
      return gathered.takeError();
    info = std::move(*gathered);
    info.name = options.name;
    Expected<WeightPlan> planned = planWeights(programGraphs(info));
    if (!planned)
      return planned.takeError();
    weights = std::move(*planned);
    if (Error error = compileKernels())
      return error;
    if (options.kind == ArtifactKind::Halide)
      return writeOutput(options.output, loopNests());
    if (Error error = isCode() && options.weightsFile ? writeWeightsFile() : Error::success())
      return error;
    if (Error error = makeModule())
      return error;
    if (!isCode())
      return writeText();
    if (Error error = makeObject())
      return error;
    if (Error error = writeMain())
      return error;
    if (options.kind != ArtifactKind::Executable)
      if (Error error = writeHeader())
        return error;
    for (OutputFile &file : files)
      if (Error error = file.keep())
        return error;
    return Error::success();
  }

private:
  bool isCode() const { return options.kind >= ArtifactKind::Object; }
  void tell(StringRef phase, const Twine &detail = "") {
    if (options.progress)
      options.progress(phase, detail.str());
  }

  Error compileKernels() {
    KernelOptions kernelOptions;
    kernelOptions.keepStmt = options.kind == ArtifactKind::Halide || !options.dumpFolder.empty();
    for (const TargetInfo &target : options.targets) {
      TargetKernels compiled{target, {}};
      for (KernelOp kernel : model.getOps<KernelOp>()) {
        if (!isLaunched(kernel))
          continue;
        tell("kernels", kernel.getSymName() + " for " + target.name);
        Expected<CompiledKernel> one = compileKernel(kernel, target, kernelOptions, context);
        if (!one)
          return one.takeError();
        if (Error error = dumpKernel(*one, target))
          return error;
        compiled.kernels.push_back(std::move(*one));
      }
      kernels.push_back(std::move(compiled));
    }
    return Error::success();
  }

  bool isLaunched(KernelOp kernel) const {
    return any_of(programGraphs(info), [&](GraphOp graph) {
      return graph.walk([&](LaunchOp launch) { return mlir::WalkResult(mlir::success(launch.getKernel() != kernel.getSymName())); }).wasInterrupted();
    });
  }

  Error dumpKernel(const CompiledKernel &kernel, const TargetInfo &target) {
    if (options.dumpFolder.empty())
      return Error::success();
    SmallString<256> path(options.dumpFolder);
    sys::path::append(path, "kernel-" + kernel.name + "." + target.symbol);
    if (Error error = writeOutput((path + ".stmt").str(), kernel.stmt))
      return error;
    std::unique_ptr<Module> copy = CloneModule(*kernel.module);
    copy->setTargetTriple(Triple(target.triple));
    for (Function &function : *copy)
      if (!function.isDeclaration())
        setFunctionTarget(function, target);
    SmallVector<char, 0> text;
    raw_svector_ostream stream(text);
    if (Error error = emitCode(*copy, CodeKind::Assembly, stream))
      return error;
    return writeOutput((path + ".s").str(), StringRef(text.data(), text.size()));
  }

  std::string loopNests() const {
    std::string text;
    for (const TargetKernels &target : kernels)
      for (const CompiledKernel &kernel : target.kernels)
        text += "// " + kernel.name + " for " + target.target.name + "\n" + kernel.stmt + "\n";
    return text;
  }

  Error packTo(raw_ostream &out) {
    tell("weights");
    // Without a checkpoint there may still be weights: tables that are computed at compile time.
    const NoCheckpoint none;
    return writePackedWeights(weights, options.store ? *options.store : static_cast<const WeightStore &>(none), out);
  }

  /// NAME.weights: header, zeros to the data, data. The hash in the header is known last.
  Error writeWeightsFile() {
    if (weights.bytes == 0)
      return Error::success();
    Expected<OutputFile> file = OutputFile::create(pathBeside(options.output, options.name + ".weights"));
    if (!file)
      return file.takeError();
    raw_fd_ostream &out = file->stream();
    out.write_zeros(WEFT_WEIGHTS_DATA_OFFSET);
    {
      HashingStream hashing(out);
      if (Error error = packTo(hashing))
        return error;
      place.sha256 = hashing.finish();
    }
    weft_weights_header header = {};
    memcpy(header.magic, WEFT_WEIGHTS_MAGIC, sizeof header.magic);
    header.abi_version = WEFT_ABI_VERSION;
    header.data_offset = WEFT_WEIGHTS_DATA_OFFSET;
    header.bytes = weights.bytes;
    memcpy(header.sha256, place.sha256.data(), sizeof header.sha256);
    out.pwrite(reinterpret_cast<const char *>(&header), sizeof header, 0);
    if (Error error = file->closeStream())
      return error;
    place.externalFile = options.name + ".weights";
    files.push_back(std::move(*file));
    return Error::success();
  }

  Error makeModule() {
    tell("linking kernels");
    place.bytes = weights.bytes;
    bool isShared = options.kind != ArtifactKind::Object && options.kind != ArtifactKind::Static;
    ModelParts parts{info, weights, std::move(kernels), {}, isShared, options.isTraced};
    parts.facts.precision = options.precision;
    parts.facts.compiler = options.compiler;
    parts.facts.command = options.command;
    parts.facts.sources = options.sources;
    parts.facts.weights = place;
    Expected<std::unique_ptr<Module>> linked = linkModel(std::move(parts), context);
    if (!linked)
      return linked.takeError();
    module = std::move(*linked);
    return Error::success();
  }

  Error writeText() {
    return writeOutput(options.output, [&](raw_ostream &out) -> Error {
      if (options.kind == ArtifactKind::Llvm) {
        module->print(out, nullptr);
        return Error::success();
      }
      tell("machine code");
      SmallVector<char, 0> text;
      raw_svector_ostream stream(text);
      if (Error error = emitCode(*module, CodeKind::Assembly, stream))
        return error;
      out << StringRef(text.data(), text.size());
      return Error::success();
    });
  }

  Error makeObject() {
    tell("machine code");
    raw_svector_ostream stream(object);
    if (Error error = emitCode(*module, CodeKind::Object, stream))
      return error;
    module.reset(); // its memory is wanted for the weights
    return checkUndefinedSymbols(objectRef());
  }
  MemoryBufferRef objectRef() const { return {StringRef(object.data(), object.size()), options.name + ".o"}; }

  Error writeMain() {
    Expected<OutputFile> file = OutputFile::create(options.output, options.kind >= ArtifactKind::Shared);
    if (!file)
      return file.takeError();
    Error error = options.kind == ArtifactKind::Object   ? fill(objectRef(), file->stream())
                  : options.kind == ArtifactKind::Static ? writeStatic(file->stream())
                                                         : writeLinked(file->stream());
    if (error)
      return error;
    if (Error closed = file->closeStream())
      return closed;
    files.push_back(std::move(*file));
    return Error::success();
  }

  Error fill(MemoryBufferRef elf, raw_ostream &out) {
    Expected<FilledElf> filled = FilledElf::create(elf);
    if (!filled)
      return filled.takeError();
    return filled->write(out, [&](raw_ostream &stream) { return packTo(stream); });
  }

  Error writeStatic(raw_ostream &out) {
    Expected<FilledElf> filled = FilledElf::create(objectRef());
    if (!filled)
      return filled.takeError();
    Expected<std::vector<std::string>> symbols = definedSymbols(objectRef());
    if (!symbols)
      return symbols.takeError();
    auto write = [&](raw_ostream &stream) {
      return filled->write(stream, [&](raw_ostream &inner) { return packTo(inner); });
    };
    return writeArchive(out, {options.name + ".o", filled->size(), *symbols, write});
  }

  /// Links in the folder for temporary files, without the weights: the linker never writes beside the output, so that nothing of it
  /// stays behind when the compiler is interrupted.
  Error writeLinked(raw_ostream &out) {
    tell("linking");
    Expected<TemporaryFile> objectFile = writeTemporary("o", StringRef(object.data(), object.size()));
    if (!objectFile)
      return objectFile.takeError();
    Expected<TemporaryFile> linkedFile = TemporaryFile::create("weft", "linked");
    if (!linkedFile)
      return linkedFile.takeError();
    std::optional<TemporaryFile> library;
    LinkJob job;
    job.shared = options.kind == ArtifactKind::Shared;
    job.output = linkedFile->path().str();
    job.inputs = {objectFile->path().str()};
    if (job.shared) {
      job.soname = sys::path::filename(options.output).str();
      job.exports = {options.name + "_*", WEFT_ARTIFACT_SYMBOL};
    } else {
      std::string_view bytes = executableLibrary(); // main, command line and readers
      Expected<TemporaryFile> written = writeTemporary("a", StringRef(bytes.data(), bytes.size()));
      if (!written)
        return written.takeError();
      library.emplace(std::move(*written));
      job.inputs.push_back(library->path().str());
      job.cxx = true;
    }
    job.triple = options.targets.front().triple;
    if (Error error = linkFiles(job))
      return error;
    ErrorOr<std::unique_ptr<MemoryBuffer>> linked = MemoryBuffer::getFile(linkedFile->path(), /*IsText=*/false, false);
    if (!linked)
      return createStringError(linked.getError(), "can't read the linked file: " + linked.getError().message());
    return fill((*linked)->getMemBufferRef(), out);
  }

  /// A file for the linker.
  Expected<TemporaryFile> writeTemporary(StringRef suffix, StringRef bytes) { return TemporaryFile::create("weft", suffix, bytes, options.output); }

  Error writeHeader() {
    HeaderFacts facts;
    facts.weightsBytes = weights.bytes;
    facts.externalWeights = !place.externalFile.empty();
    facts.precision = options.precision;
    for (const TargetInfo &target : options.targets)
      facts.targets.push_back(target.name);
    Expected<OutputFile> file = OutputFile::create(pathBeside(options.output, options.name + ".h"));
    if (!file)
      return file.takeError();
    file->stream() << headerText(info, facts);
    if (Error error = file->closeStream())
      return error;
    files.push_back(std::move(*file));
    return Error::success();
  }

  ModelOp model;
  const ArtifactOptions &options;
  LLVMContext context;
  ModelInfo info;
  WeightPlan weights;
  WeightsPlace place;
  std::vector<TargetKernels> kernels;
  std::unique_ptr<Module> module;
  SmallVector<char, 0> object;
  std::vector<OutputFile> files; ///< written, waiting for keep()
};

} // namespace

std::vector<std::string> weft::artifactFiles(const ArtifactOptions &options) {
  std::vector<std::string> files{options.output};
  bool isCode = options.kind >= ArtifactKind::Object;
  if (isCode && options.kind != ArtifactKind::Executable)
    files.push_back(pathBeside(options.output, options.name + ".h"));
  if (isCode && options.weightsFile)
    files.push_back(pathBeside(options.output, options.name + ".weights"));
  return files;
}

Error weft::buildArtifact(ModelOp model, const ArtifactOptions &options) { return Builder(model, options).run(); }
