// Comparison of the compiled model with the reference.
#include "tools/driver/Verifier.h"
#include "PackedRows.h"
#include "codegen/artifact/BuildArtifact.h"
#include "tools/driver/TracedModel.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/FileUtilities.h"
#include "llvm/Support/Path.h"
#include <cmath>

using namespace llvm;
using namespace weft;
using namespace weft::tools;

namespace {

constexpr StringLiteral kName = "verified";

/// Results of one launch at one layer, as the reference has them.
using LaunchKey = std::pair<size_t, int64_t>;

/// The statement of one output, where the IR still tells them apart.
SourcePlace outputPlace(OutputOp output, size_t index) {
  auto fused = dyn_cast<mlir::FusedLoc>(output.getLoc());
  bool hasEach = fused && fused.getLocations().size() == output.getNumOperands();
  return sourcePlace(hasEach ? fused.getLocations()[index] : output.getLoc());
}

class Verifier {
public:
  Verifier(Session &session, const CompileOptions &compile, const VerifyOptions &options, Progress &progress)
      : session(session), compile(compile), options(options), progress(progress) {}

  Expected<std::vector<Difference>> run() {
    if (Error error = session.load())
      return std::move(error);
    if (Error error = session.requireWeights())
      return std::move(error);
    lowered = mlir::OwningOpRef<mlir::ModuleOp>(cast<mlir::ModuleOp>(session.module()->clone()));
    if (Error error = session.runPasses(Phase::Kernels))
      return std::move(error);
    Expected<ModelInfo> gathered = gatherModelInfo(session.model());
    if (!gathered)
      return gathered.takeError();
    info = std::move(*gathered);
    if (Error error = build())
      return std::move(error);
    if (Error error = bind())
      return std::move(error);
    if (Error error = runReference())
      return std::move(error);
    if (Error error = runCompiled())
      return std::move(error);
    return std::move(differences);
  }

private:
  Error build() {
    SmallString<128> folder;
    if (std::error_code code = sys::fs::createUniqueDirectory("weft-verify", folder))
      return createStringError(code, "can't make a temporary folder: " + code.message());
    SmallString<128> path(folder);
    sys::path::append(path, kName + ".so");
    ArtifactOptions artifact;
    artifact.kind = ArtifactKind::Shared;
    artifact.output = path.str().str();
    artifact.name = kName.str();
    artifact.targets = {options.target};
    artifact.store = session.weights();
    artifact.isTraced = true;
    artifact.progress = [this](StringRef phase, StringRef detail) { progress.begin(phase, detail); };
    Error error = buildArtifact(session.model(), artifact);
    if (!error) {
      Expected<std::unique_ptr<TracedModel>> loaded = TracedModel::load(path, kName);
      if (loaded)
        model = std::move(*loaded);
      else
        error = loaded.takeError();
    }
    sys::fs::remove_directories(folder); // a loaded library lives on without its file
    return error;
  }

  /// Sizes that are not given: small and odd, within bounds.
  Error bind() {
    cli::RunOptions run;
    run.randomSeed = options.seed;
    for (const std::string &input : options.inputs) {
      auto [name, value] = StringRef(input).split('=');
      run.inputs.push_back({value.empty() ? "" : name.str(), value.empty() ? name.str() : value.str()});
    }
    run.dims.assign(compile.sizes.begin(), compile.sizes.end());
    if (options.inputs.empty()) {
      static const int64_t wishes[] = {3, 17, 9, 5, 12, 6, 10, 7};
      for (auto [index, dim] : llvm::enumerate(info.dims))
        if (none_of(compile.sizes, [&, &dim = dim](const auto &size) { return size.first == dim.name; }))
          run.dims.push_back({dim.name, std::clamp(wishes[index % 8], dim.lower, dim.upper)});
    }
    uint64_t wanted = info.outputs.size() == 64 ? ~UINT64_C(0) : (UINT64_C(1) << info.outputs.size()) - 1;
    if (io::Error error = cli::bindInputs(model->descriptor(), run, wanted, inputs))
      return createStringError(error.text());
    return Error::success();
  }

  static reference::Tensor toReference(const io::Tensor &tensor) {
    std::vector<double> values(size_t(tensor.elements()));
    using Element = reference::Tensor::Element;
    for (size_t i = 0; i < values.size(); ++i)
      values[i] = tensor.dtype == WEFT_F32   ? double(tensor.as<float>()[i])
                  : tensor.dtype == WEFT_I32 ? double(tensor.as<int32_t>()[i])
                                             : double(tensor.data[i]);
    Element element = tensor.dtype == WEFT_F32 ? Element::F32 : tensor.dtype == WEFT_I32 ? Element::I32 : Element::Bool;
    return reference::Tensor(element, tensor.shape, std::move(values));
  }

  /// Stands for an input that no output needs.
  reference::Tensor zerosFor(NamedTensorType type) const {
    SmallVector<int64_t> shape;
    for (const DimExpr &dim : type.getExprs())
      shape.push_back(dim.evaluate([&](StringRef name) { return std::optional<int64_t>(inputs.dims[size_t(info.dimIndex(name))]); }).value_or(1));
    return reference::Tensor(reference::elementOf(type), shape);
  }

  Error runReference() {
    progress.begin("reference");
    StringMap<reference::Tensor> given;
    for (auto [index, tensor] : llvm::enumerate(inputs.tensors))
      given[info.inputs[index].name] = tensor ? toReference(*tensor) : zerosFor(info.inputs[index].type);
    // The truth for outputs is the model as it was lowered; for launches, the kernels' level.
    auto models = lowered->getOps<ModelOp>();
    GraphOp graph;
    for (GraphOp one : (*models.begin()).getOps<GraphOp>())
      if (!graph || one.getSymName() == "forward")
        graph = one;
    NoStore none;
    const WeightStore &store = session.weights() ? *session.weights() : none;
    Expected<StringMap<reference::Tensor>> outputs = reference::run(graph, given, store);
    if (!outputs)
      return outputs.takeError();
    truth = std::move(*outputs);
    reference::RunOptions watch;
    watch.observe = [&](const reference::Observation &seen) {
      auto launch = dyn_cast<LaunchOp>(seen.op);
      if (!launch)
        return;
      size_t index = size_t(find_if(info.launches, [&](const LaunchInfo &one) { return one.op == launch; }) - info.launches.begin());
      expected[{index, seen.layer.value_or(0)}].assign(seen.results.begin(), seen.results.end());
    };
    Expected<StringMap<reference::Tensor>> again = reference::run(info.graph, given, store, watch);
    return again ? Error::success() : again.takeError();
  }

  /// A model without weights needs no store.
  struct NoStore final : WeightStore {
    std::optional<WeightTensor> find(StringRef) const override { return std::nullopt; }
    std::vector<std::string> names() const override { return {}; }
    std::string description() const override { return "no weights"; }
  };

  Error runCompiled() {
    progress.begin("compiled model");
    auto watch = [&](int32_t launch, int64_t layer, const void *const *results) { compareLaunch(size_t(launch), layer, results); };
    Expected<std::vector<io::Tensor>> outputs = model->run(inputs, watch);
    if (!outputs)
      return outputs.takeError();
    for (auto [index, tensor] : llvm::enumerate(*outputs)) {
      auto found = truth.find(info.outputs[index].name);
      if (found == truth.end())
        return createStringError("internal error: the reference has no output '" + info.outputs[index].name + "'");
      differences.push_back({"output " + info.outputs[index].name, outputPlace(info.graph.getOutputOp(), index),
                             compare(found->second, tensor.data.data(), found->second.rank() ? found->second.dim(-1) : 1)});
    }
    return Error::success();
  }

  void compareLaunch(size_t index, int64_t layer, const void *const *results) {
    LaunchInfo &launch = info.launches[index];
    auto found = expected.find({index, layer});
    if (found == expected.end())
      return;
    Difference difference;
    difference.what = launch.op.getKernel().str() + (launch.times > 1 ? " in layer " + std::to_string(layer) : "");
    difference.place = launch.place;
    for (auto [result, tensor] : llvm::enumerate(found->second)) {
      int64_t stride = tensor.rank() ? tensor.dim(-1) : 1;
      if (auto layouts = launch.kernel.getResultLayouts())
        if (auto layout = dyn_cast<LayoutAttr>((*layouts)[result]); layout && layout.getRowStride() > 0 && tensor.rank() > 1)
          stride = layout.getRowStride();
      difference.error = std::max(difference.error, compare(asInMemory(tensor, launch.op), results[result], stride));
    }
    differences.push_back(std::move(difference));
  }

  /// The rows that a packed launch computes; any other's value as it is.
  reference::Tensor asInMemory(const reference::Tensor &value, LaunchOp launch) const {
    mlir::Value lengths = packedBy(launch);
    if (!lengths)
      return value;
    const io::Tensor &counts = *inputs.tensors[cast<mlir::BlockArgument>(lengths).getArgNumber()];
    std::vector<double> rows;
    for (int64_t n = 0; n < value.dim(0); ++n) {
      const double *first = value.data() + n * value.stride(0);
      rows.insert(rows.end(), first, first + std::clamp<int64_t>(counts.as<int32_t>()[n], 0, value.dim(1)) * value.stride(1));
    }
    return reference::Tensor(value.element(), {int64_t(rows.size()) / value.dim(2), value.dim(2)}, std::move(rows));
  }

  /// The largest difference relative to the largest value; whole numbers and flags must be equal.
  static double compare(const reference::Tensor &wanted, const void *data, int64_t rowStride) {
    using Element = reference::Tensor::Element;
    int64_t row = wanted.rank() ? wanted.dim(-1) : 1, count = wanted.size();
    double scale = 0, most = 0;
    for (int64_t i = 0; i < count; ++i) {
      int64_t at = row ? i / row * rowStride + i % row : i;
      double got = wanted.element() == Element::F32   ? double(static_cast<const float *>(data)[at])
                   : wanted.element() == Element::I32 ? double(static_cast<const int32_t *>(data)[at])
                                                      : double(static_cast<const uint8_t *>(data)[at]);
      double want = wanted[i];
      if (got == want || (std::isnan(got) && std::isnan(want)))
        continue;
      double difference = std::abs(got - want);
      most = std::isfinite(difference) ? std::max(most, difference) : HUGE_VAL;
    }
    for (int64_t i = 0; i < count; ++i)
      if (std::isfinite(wanted[i]))
        scale = std::max(scale, std::abs(wanted[i]));
    if (wanted.element() != Element::F32)
      return most > 0 ? HUGE_VAL : 0;
    return most == 0 ? 0 : most / std::max(scale, 1e-30);
  }

  Session &session;
  const CompileOptions &compile;
  const VerifyOptions &options;
  Progress &progress;
  mlir::OwningOpRef<mlir::ModuleOp> lowered;
  ModelInfo info;
  std::unique_ptr<TracedModel> model;
  cli::BoundInputs inputs;
  StringMap<reference::Tensor> truth;
  std::map<LaunchKey, std::vector<reference::Tensor>> expected;
  std::vector<Difference> differences;
};

} // namespace

Expected<std::vector<Difference>> weft::tools::verifyModel(Session &session, const CompileOptions &compile, const VerifyOptions &options,
                                                           Progress &progress) {
  return Verifier(session, compile, options, progress).run();
}
