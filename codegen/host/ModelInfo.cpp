// Gathers a model's tables from its kernel-level IR.
#include "codegen/host/ModelInfo.h"
#include "codegen/host/ArenaLayout.h"
#include "codegen/host/GenerateInfo.h"
#include "runtime/Descriptor.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/DenseSet.h"

using namespace mlir;
using namespace weft;

SourcePlace weft::sourcePlace(Location loc) {
  SourcePlace place;
  loc->walk([&](Location inner) {
    auto file = dyn_cast<FileLineColRange>(inner);
    if (!file)
      return WalkResult::advance();
    place = {file.getFilename().str(), int(file.getStartLine()), int(file.getStartColumn())};
    return WalkResult::interrupt();
  });
  return place;
}

/// The name that the description gave ("encoded.attention.query"), or nothing.
static std::string locationName(Location loc) {
  std::string name;
  loc->walk([&](Location inner) {
    auto named = dyn_cast<NameLoc>(inner);
    if (!named)
      return WalkResult::advance();
    name = named.getName().str();
    return WalkResult::interrupt();
  });
  return name;
}

int ModelInfo::dimIndex(StringRef dim) const {
  for (size_t i = 0; i < dims.size(); ++i)
    if (dims[i].name == dim)
      return int(i);
  return -1;
}

DimExpr ModelInfo::totalFlops() const {
  DimExpr total;
  for (const LaunchInfo &launch : launches)
    total = total + launch.flops * DimExpr(launch.times);
  return total;
}

namespace {

/// Which outputs depend on a value, found backwards from weft.output. A stack's results depend on all that its region reads, and
/// on one another.
class Dependence {
public:
  explicit Dependence(GraphOp graph) {
    OutputOp output = graph.getOutputOp();
    for (auto [index, value] : llvm::enumerate(output.getValues())) {
      bit = UINT64_C(1) << index;
      reach(value);
    }
  }
  uint64_t of(Value value) const { return masks.lookup(value); }
  uint64_t of(Operation *op) const { return opMasks.lookup(op); }

private:
  void reach(Value root) {
    SmallVector<Value> work{root};
    while (!work.empty()) {
      Value value = work.pop_back_val();
      uint64_t &mask = masks[value];
      if (mask & bit)
        continue;
      mask |= bit;
      if (auto argument = dyn_cast<BlockArgument>(value))
        reachOp(argument.getOwner()->getParentOp(), work);
      else
        reachOp(value.getDefiningOp(), work);
    }
  }
  void reachOp(Operation *op, SmallVectorImpl<Value> &work) {
    if (isa<GraphOp>(op) || (opMasks[op] & bit))
      return;
    opMasks[op] |= bit;
    llvm::append_range(work, op->getOperands());
    for (Region &region : op->getRegions())
      for (Block &block : region)
        llvm::append_range(work, block.getTerminator()->getOperands());
  }

  uint64_t bit = 0;
  llvm::DenseMap<Value, uint64_t> masks;
  llvm::DenseMap<Operation *, uint64_t> opMasks;
};

} // namespace

static DimExpr tensorBytes(Value value) {
  auto type = cast<NamedTensorType>(value.getType());
  return type.getNumElements() * DimExpr(type.isBool() ? 1 : 4);
}

static LaunchInfo gatherLaunch(LaunchOp op, const Dependence &dependence) {
  LaunchInfo info;
  info.op = op;
  info.kernel = SymbolTable::lookupNearestSymbolFrom<KernelOp>(op, op.getKernelAttr());
  info.place = sourcePlace(op.getLoc());
  info.label = locationName(op.getLoc());
  if (info.label.empty())
    info.label = op.getKernel().str();
  for (Value operand : op.getOperands())
    info.bytes = info.bytes + tensorBytes(operand);
  for (Value result : op.getResults())
    info.bytes = info.bytes + tensorBytes(result);
  for (Operation &inner : info.kernel.getBody().front())
    if (auto cost = dyn_cast<CostOpInterface>(inner))
      info.flops = info.flops + atLaunch(cost.getFlops(), op);
  for (Operation *parent = op->getParentOp(); parent && !isa<GraphOp>(parent); parent = parent->getParentOp()) {
    if (auto stack = dyn_cast<EncoderOp>(parent))
      info.times *= stack.getLayers();
    if (auto stack = dyn_cast<DecoderOp>(parent))
      info.times *= stack.getLayers();
  }
  info.serves = dependence.of(op.getOperation());
  return info;
}

std::vector<WeightOp> weft::checkpointWeights(ModelOp model) {
  llvm::DenseSet<Operation *> reached;
  SmallVector<Operation *> work;
  for (GraphOp graph : model.getOps<GraphOp>())
    work.push_back(graph);
  while (!work.empty()) {
    work.pop_back_val()->walk([&](WeightRefOp ref) {
      Operation *weight = SymbolTable::lookupSymbolIn(model, ref.getWeightAttr());
      if (weight && reached.insert(weight).second)
        work.push_back(weight);
    });
  }
  std::vector<WeightOp> weights;
  for (WeightOp weight : model.getOps<WeightOp>())
    if (reached.contains(weight) && weight.getPath())
      weights.push_back(weight);
  return weights;
}

int64_t weft::countParameters(ModelOp model) {
  int64_t total = 0;
  for (WeightOp weight : checkpointWeights(model)) {
    int64_t elements = cast<NamedTensorType>(weight.getType()).getNumElements().constant().value_or(0);
    total += elements * int64_t(weight.getLayers().value_or(1));
  }
  return total;
}

static std::string docAt(std::optional<ArrayAttr> docs, size_t index) {
  if (!docs || index >= docs->size())
    return "";
  return cast<StringAttr>((*docs)[index]).getValue().str();
}

static void gatherTensors(ModelInfo &info, const Dependence &dependence) {
  GraphOp graph = info.graph;
  Block &block = graph.getBody().front();
  for (auto [index, argument] : llvm::enumerate(block.getArguments())) {
    TensorInfo input;
    input.name = cast<StringAttr>(graph.getInputNames()[index]).getValue().str();
    input.doc = docAt(graph.getInputDocs(), index);
    input.type = cast<NamedTensorType>(argument.getType());
    info.inputs.push_back(std::move(input));
  }
  OutputOp outputs = graph.getOutputOp();
  for (auto [index, value] : llvm::enumerate(outputs.getValues())) {
    TensorInfo output;
    output.name = cast<StringAttr>(outputs.getNames()[index]).getValue().str();
    output.doc = docAt(outputs.getDocs(), index);
    output.type = cast<NamedTensorType>(value.getType());
    for (auto [input, argument] : llvm::enumerate(block.getArguments()))
      if (dependence.of(argument) >> index & 1)
        output.needs |= UINT64_C(1) << input;
    output.alwaysWritten = llvm::any_of(value.getUsers(), [&](Operation *user) { return user != outputs; });
    info.outputs.push_back(std::move(output));
  }
}

static void gatherSteps(ModelInfo &info, const Dependence &dependence) {
  Block &block = info.graph.getBody().front();
  info.graph.walk([&](LaunchOp op) {
    info.launches.push_back(gatherLaunch(op, dependence));
    // A launch with several results writes all of them, whichever is wanted.
    ArrayRef<int64_t> slots = op.getSlots().value_or(ArrayRef<int64_t>());
    if (op.getNumResults() < 2)
      return;
    for (int64_t slot : slots)
      if (slot < 0 && size_t(-1 - slot) < info.outputs.size())
        info.outputs[-1 - slot].alwaysWritten = true;
  });
  info.graph.walk([&](CheckOp op) {
    auto argument = dyn_cast<BlockArgument>(op.getX());
    int32_t input = argument && argument.getOwner() == &block ? int32_t(argument.getArgNumber()) : -1;
    info.checks.push_back({op, input, sourcePlace(op.getLoc()), dependence.of(op.getX()), std::nullopt});
  });
}

/// Sizes that must be whole: every fractional dimension of a launch.
static void gatherConstraints(ModelInfo &info) {
  auto add = [&](DimExpr expr) {
    bool fraction = llvm::any_of(expr.terms(), [](const auto &term) {
      return term.second.den != 1 || llvm::any_of(term.first, [](const auto &factor) { return factor.second < 0; });
    });
    std::string text = expr.text();
    if ((fraction || StringRef(text).contains('-')) &&
        llvm::none_of(info.constraints, [&](const ConstraintInfo &known) { return known.text == text; }))
      info.constraints.push_back({expr, text});
  };
  for (LaunchInfo &launch : info.launches) {
    for (NamedAttribute dim : launch.op.getDims())
      add(cast<DimAttr>(dim.getValue()).getExpr());
    for (Value result : launch.op.getResults())
      for (const DimExpr &dim : cast<NamedTensorType>(result.getType()).getExprs())
        add(dim);
  }
}

static void gatherSlots(ModelInfo &info) {
  auto plan = info.graph->getAttrOfType<ArrayAttr>("weft.plan");
  if (!plan)
    return;
  for (Attribute slot : plan) {
    std::vector<DimExpr> &sizes = info.slotSizes.emplace_back();
    for (Attribute size : cast<ArrayAttr>(slot))
      sizes.push_back(cast<DimAttr>(size).getExpr());
  }
}

static llvm::Error checkLimits(const ModelInfo &info) {
  auto check = [&](size_t count, size_t limit, StringRef what) -> llvm::Error {
    if (count <= limit)
      return llvm::Error::success();
    return llvm::createStringError("model '" + info.name + "' has " + llvm::Twine(count) + " " + what + ", at most " +
                                   llvm::Twine(limit) + " are possible");
  };
  if (llvm::Error error = check(info.dims.size(), WEFT_MAX_DIMS, "run-time dimensions"))
    return error;
  if (llvm::Error error = check(info.inputs.size(), WEFT_MAX_TENSORS, "inputs"))
    return error;
  if (llvm::Error error = check(info.outputs.size(), WEFT_MAX_TENSORS, "outputs"))
    return error;
  for (const std::vector<TensorInfo> *tensors : {&info.inputs, &info.outputs})
    for (const TensorInfo &tensor : *tensors)
      if (llvm::Error error = check(tensor.type.getRank(), WEFT_MAX_RANK, "dimensions in '" + tensor.name + "'"))
        return error;
  return llvm::Error::success();
}

llvm::Expected<ModelInfo> weft::gatherGraphInfo(ModelOp model, GraphOp graph, bool cacheDims) {
  ModelInfo info;
  info.model = model;
  info.graph = graph;
  info.name = model.getSymName().str();
  info.doc = model.getDoc().value_or("").str();
  for (bool ofCache : {false, true})
    for (DimOp dim : model.getOps<DimOp>())
      if (dim->hasAttr("cache") == ofCache && (cacheDims || !ofCache))
        info.dims.push_back({dim.getSymName().str(), dim.getDoc().value_or("").str(), int64_t(dim.getLower()), int64_t(dim.getUpper())});
  Dependence dependence(info.graph);
  gatherTensors(info, dependence);
  if (llvm::Error error = checkLimits(info))
    return std::move(error);
  gatherSteps(info, dependence);
  gatherConstraints(info);
  gatherSlots(info);
  info.parameters = countParameters(model);
  return info;
}

llvm::Expected<ModelInfo> weft::gatherModelInfo(ModelOp model) {
  GraphOp entry;
  for (GraphOp graph : model.getOps<GraphOp>())
    if (!entry || graph.getSymName() == "forward")
      entry = graph;
  if (!entry)
    return llvm::createStringError("model '" + model.getSymName().str() + "' has no graph");
  llvm::Expected<ModelInfo> info = gatherGraphInfo(model, entry, /*cacheDims=*/false);
  if (!info)
    return info.takeError();
  if (llvm::Error error = gatherGenerateInfo(*info))
    return std::move(error);
  return info;
}

llvm::SmallVector<GraphOp> weft::programGraphs(const ModelInfo &info) {
  llvm::SmallVector<GraphOp> graphs{info.graph};
  if (info.generate)
    for (const DerivedProgram *program : info.generate->programs())
      graphs.push_back(program->info.graph);
  return graphs;
}
