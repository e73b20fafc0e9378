// Numbers of a model, without compiling it.
#include "codegen/Kernel.h"
#include "codegen/host/ArenaLayout.h"
#include "codegen/host/GenerateInfo.h"
#include "codegen/pack/WeightPlan.h"
#include "tools/driver/Report.h"
#include "llvm/Support/Format.h"
#include "llvm/Support/JSON.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

static std::string scaled(int64_t number, StringRef unit) {
  static const char *const prefixes[] = {"", "k", "M", "G", "T", "P"};
  double value = double(number);
  int prefix = 0;
  while (value >= 1000 && prefix < 5) {
    value /= 1000;
    ++prefix;
  }
  std::string text;
  raw_string_ostream(text) << format(prefix ? "%.1f " : "%.0f ", value) << prefixes[prefix] << unit;
  return text;
}

std::string weft::tools::byteText(int64_t bytes) { return scaled(bytes, "B"); }
std::string weft::tools::flopText(int64_t flops) { return scaled(flops, "FLOP"); }

namespace {

class CostTable {
public:
  CostTable(const ModelInfo &info) : info(info) {}

  Error readKernels() {
    ModelOp model = info.model;
    for (KernelOp kernel : model.getOps<KernelOp>()) {
      Expected<KernelAbi> abi = kernelAbi(kernel);
      if (!abi)
        return abi.takeError();
      scratch[kernel.getSymName()] = abi->scratchBytes;
    }
    return Error::success();
  }

  Costs at(std::string title, const std::vector<std::pair<std::string, int64_t>> &sizes) const {
    Costs costs;
    costs.title = std::move(title);
    costs.sizes = sizes;
    SizeTable known = sizes;
    costs.flops = valueAt(info.totalFlops(), known);
    costs.arenaBytes = arenaBytes(info, known);
    if (info.generate)
      addGeneration(costs, known);
    auto value = [&](const DimExpr &expr) { return valueAt(expr, known); };
    for (const TensorInfo &input : info.inputs)
      costs.inputBytes += value(input.type.getNumElements()) * (input.type.isBool() ? 1 : 4);
    for (const TensorInfo &output : info.outputs)
      costs.outputBytes += value(output.type.getNumElements()) * (output.type.isBool() ? 1 : 4);
    return costs;
  }

private:
  /// Slots and one thread's scratch of one program.
  int64_t arenaBytes(const ModelInfo &program, const SizeTable &sizes) const {
    int64_t bytes = 0, most = 0;
    for (const auto &slot : program.slotSizes)
      bytes += int64_t(alignTo(uint64_t(largestAt(slot, sizes)), 64));
    for (LaunchInfo launch : program.launches)
      if (auto found = scratch.find(launch.op.getKernel()); found != scratch.end())
        most = std::max(most, valueAt(atLaunch(found->second, launch.op), sizes));
    return bytes + int64_t(alignTo(uint64_t(most), 64));
  }

  /// A context has one arena for all programs; its cache has the size of these limits.
  void addGeneration(Costs &costs, SizeTable sizes) const {
    const GenerateInfo &generate = *info.generate;
    for (const CacheDimInfo &dim : generate.cacheDims)
      sizes.push_back({dim.name, std::clamp<int64_t>(divideCeil(uint64_t(valueAt(dim.holds, sizes)), uint64_t(dim.unit)), 1, dim.upper)});
    for (const StateInfo &state : generate.states)
      costs.cacheBytes += int64_t(alignTo(uint64_t(valueAt(state.bytes, sizes)), 64)) * int64_t(StateOp(state.op).getLayers().value_or(1));
    costs.arenaBytes = std::max(costs.arenaBytes, arenaBytes(generate.prefill.info, sizes));
    sizes[size_t(generate.time)].second = 1;
    costs.arenaBytes = std::max(costs.arenaBytes, arenaBytes(generate.step.info, sizes));
  }

  const ModelInfo &info;
  StringMap<DimExpr> scratch;
};

} // namespace

Expected<ModelCosts> weft::tools::computeCosts(const ModelInfo &info, ArrayRef<std::pair<std::string, int64_t>> sizes) {
  Expected<WeightPlan> plan = planWeights(programGraphs(info));
  if (!plan)
    return plan.takeError();
  CostTable table(info);
  if (Error error = table.readKernels())
    return std::move(error);
  ModelCosts costs;
  costs.parameters = info.parameters;
  costs.weightBytes = int64_t(plan->bytes);
  ModelOp model = info.model;
  auto kernels = model.getOps<KernelOp>();
  costs.kernels = std::distance(kernels.begin(), kernels.end());
  for (const LaunchInfo &launch : info.launches)
    costs.launches += launch.times;
  std::vector<std::pair<std::string, int64_t>> lower, upper;
  for (const DimInfo &dim : info.dims) {
    lower.push_back({dim.name, dim.lower});
    upper.push_back({dim.name, dim.upper});
  }
  costs.at.push_back(table.at("lower bounds", lower));
  costs.at.push_back(table.at("upper bounds", upper));
  costs.cacheBytes = costs.at.back().cacheBytes;
  if (sizes.empty())
    return costs;
  std::vector<std::pair<std::string, int64_t>> given = upper;
  for (const auto &[name, size] : sizes) {
    int index = info.dimIndex(name);
    if (index < 0)
      return createStringError("the model has no dimension '" + name + "', as --sizes says");
    if (size < info.dims[size_t(index)].lower || size > info.dims[size_t(index)].upper)
      return createStringError("dimension '" + name + "' is " + Twine(size) + ", expected " +
                               Twine(info.dims[size_t(index)].lower) + ".." + Twine(info.dims[size_t(index)].upper));
    given[size_t(index)].second = size;
  }
  costs.at.push_back(table.at("given sizes", given));
  return costs;
}

int64_t weft::tools::valueAt(const DimExpr &expr, const SizeTable &sizes) {
  auto sizeOf = [&](StringRef name) -> std::optional<int64_t> {
    for (const auto &[dim, size] : sizes)
      if (dim == name)
        return size;
    return std::nullopt;
  };
  return expr.evaluate(sizeOf).value_or(0);
}

int64_t weft::tools::largestAt(ArrayRef<DimExpr> exprs, const SizeTable &sizes) {
  int64_t largest = 0;
  for (const DimExpr &expr : exprs)
    largest = std::max(largest, valueAt(expr, sizes));
  return largest;
}

static std::string sizesText(const Costs &costs) {
  std::string text;
  for (const auto &[name, size] : costs.sizes)
    text += (text.empty() ? "" : ", ") + name + "=" + std::to_string(size);
  return text;
}

static json::Object costsJson(const Costs &costs) {
  json::Object sizes;
  for (const auto &[name, size] : costs.sizes)
    sizes[name] = size;
  return json::Object{{"title", costs.title},           {"dims", std::move(sizes)},          {"flops", costs.flops},
                      {"arena_bytes", costs.arenaBytes}, {"input_bytes", costs.inputBytes}, {"output_bytes", costs.outputBytes},
                      {"cache_bytes", costs.cacheBytes}};
}

void weft::tools::printCosts(const ModelCosts &costs, bool json, raw_ostream &out) {
  if (json) {
    json::Array at;
    for (const Costs &one : costs.at)
      at.push_back(costsJson(one));
    out << json::Value(json::Object{{"parameters", costs.parameters},
                                    {"weight_bytes", costs.weightBytes},
                                    {"cache_bytes", costs.cacheBytes},
                                    {"kernels", costs.kernels},
                                    {"launches", costs.launches},
                                    {"at", std::move(at)}})
        << '\n';
    return;
  }
  out << "parameters  " << costs.parameters << '\n';
  out << "weights     " << costs.weightBytes << " bytes (" << byteText(costs.weightBytes) << ")\n";
  out << "caches      " << costs.cacheBytes << " bytes (" << byteText(costs.cacheBytes) << ")\n";
  out << "kernels     " << costs.kernels << " distinct, " << costs.launches << " launches a run\n";
  for (const Costs &one : costs.at)
    out << one.title << " (" << sizesText(one) << "): " << flopText(one.flops) << ", arena " << byteText(one.arenaBytes)
        << " with one thread, inputs " << byteText(one.inputBytes) << ", outputs " << byteText(one.outputBytes)
        << (costs.cacheBytes ? ", cache " + byteText(one.cacheBytes) : "") << '\n';
}
