// Gathers what generation needs from the derived graphs of a planned model.
#include "codegen/host/GenerateInfo.h"
#include "runtime/Descriptor.h"
#include "llvm/ADT/StringMap.h"
#include "llvm/ADT/StringSwitch.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

StateRefOp GenerateInfo::referenceOf(Value value) {
  if (auto write = value.getDefiningOp<CacheWriteOp>())
    value = write.getState();
  return value.getDefiningOp<StateRefOp>();
}

int GenerateInfo::stateIndex(Value value) const {
  StateRefOp ref = referenceOf(value);
  for (size_t i = 0; ref && i < states.size(); ++i)
    if (StateOp(states[i].op).getSymName() == ref.getState())
      return int(i);
  return -1;
}

/// Whether the write joins heads: of keys or values.
static bool joinsHeads(CacheWriteOp write) { return typeOf(write.getState()).getRank() != typeOf(write.getX()).getRank(); }

/// Keys lie in pages of 16, values in rows of whole vectors, others in rows; see stateLayout in passes/Layout.h.
static StateInfo stateInfo(StateOp op, CacheWriteOp write, const DimExpr &rows) {
  StateInfo info;
  info.op = op;
  auto type = cast<NamedTensorType>(op.getType());
  SmallVector<DimExpr> dims = type.getExprs();
  std::optional<int64_t> width = dims.empty() ? std::nullopt : dims.back().constant();
  if (joinsHeads(write)) {
    info.kind = op.getKeys() ? WEFT_STATE_KEYS : WEFT_STATE_VALUES;
    info.heads = *dims[1].constant();
    info.width = *width;
  }
  info.isStream = write.getRows() && typeOf(write.getRows()).getRank() == 2;
  if (width && dims.size() > 1 && !op.getKeys()) {
    info.rowStride = int64_t(llvm::alignTo(*width, 16));
    dims.back() = DimExpr(info.rowStride);
  }
  info.bytes = DimExpr(type.isBool() ? 1 : 4);
  for (const DimExpr &dim : dims)
    info.bytes = info.bytes * dim;
  if (write.getRows())
    info.rowBytes = *info.bytes.dividedBy(rows);
  return info;
}

static int roleOf(StringRef role) {
  return llvm::StringSwitch<int>(role)
      .Case("tokens", WEFT_ROLE_TOKENS)
      .Case("prompt_len", WEFT_ROLE_PROMPT_LEN)
      .Case("position", WEFT_ROLE_POSITION)
      .Case("rows", WEFT_ROLE_ROWS)
      .Case("source", WEFT_ROLE_SOURCE)
      .Default(WEFT_ROLE_INPUT);
}

static llvm::Expected<DerivedProgram> gatherProgram(const ModelInfo &whole, GraphOp graph) {
  DerivedProgram program;
  llvm::Expected<ModelInfo> info = gatherGraphInfo(whole.model, graph, /*cacheDims=*/true);
  if (!info)
    return info.takeError();
  program.info = std::move(*info);
  for (auto [name, role] : llvm::zip(graph.getInputNames(), graph->getAttrOfType<ArrayAttr>("roles"))) {
    ArgumentInfo argument{roleOf(cast<StringAttr>(role).getValue()), 0};
    for (size_t i = 0; i < whole.inputs.size(); ++i)
      if (whole.inputs[i].name == cast<StringAttr>(name).getValue())
        argument.input = int(i);
    program.arguments.push_back(argument);
  }
  // Whatever is asked for, the states must be filled.
  for (LaunchInfo &launch : program.info.launches)
    launch.serves = 1;
  for (CheckInfo &check : program.info.checks) {
    check.serves = 1;
    if (check.input < 0)
      continue;
    const ArgumentInfo &argument = program.arguments[size_t(check.input)];
    bool isGiven = argument.role == WEFT_ROLE_INPUT || argument.role == WEFT_ROLE_TOKENS;
    check.tableInput = isGiven ? argument.input : -1;
  }
  return program;
}

static void gatherDims(GenerateInfo &generate, ModelOp model, GraphOp step) {
  DimExpr streamPages;
  for (auto [arg, role] : llvm::zip(step.getBody().getArguments(), step->getAttrOfType<ArrayAttr>("roles")))
    if (cast<StringAttr>(role).getValue() == "rows")
      streamPages = typeOf(arg).getExpr(1);
  for (DimOp dim : model.getOps<DimOp>()) {
    auto holds = dim->getAttrOfType<DimAttr>("cache");
    if (!holds)
      continue;
    auto index = int(generate.cacheDims.size());
    if (!dim->hasAttr("pages"))
      generate.rows = index;
    else if (dim.getSymName() == streamPages.text())
      generate.pages = index;
    generate.cacheDims.push_back({dim.getSymName().str(), int64_t(dim.getUpper()), dim->hasAttr("pages") ? WEFT_PAGE_POSITIONS : 1, holds.getExpr()});
  }
}

llvm::SmallVector<const DerivedProgram *, 3> GenerateInfo::programs() const {
  llvm::SmallVector<const DerivedProgram *, 3> all{&prefill, &step};
  if (encode)
    all.push_back(&*encode);
  return all;
}

llvm::Error weft::gatherGenerateInfo(ModelInfo &info) {
  GraphOp prefill, step, encode;
  for (GraphOp graph : info.model.getOps<GraphOp>())
    if (graph->hasAttr("roles"))
      (graph.getSymName() == "step" ? step : graph.getSymName() == "encode" ? encode : prefill) = graph;
  auto generates = info.model.getOps<GenerateOp>();
  if (!prefill || !step || generates.empty())
    return llvm::Error::success();
  auto generate = std::make_shared<GenerateInfo>();
  generate->op = *generates.begin();
  auto indexOf = [](const std::vector<TensorInfo> &tensors, StringRef name) {
    return int(llvm::find_if(tensors, [&](const TensorInfo &tensor) { return tensor.name == name; }) - tensors.begin());
  };
  generate->input = indexOf(info.inputs, generate->op.getInput());
  generate->output = indexOf(info.outputs, generate->op.getOutput());
  NamedTensorType tokens = info.inputs[size_t(generate->input)].type, logits = info.outputs[size_t(generate->output)].type;
  generate->batch = info.dimIndex(tokens.getExpr(0).text());
  generate->time = info.dimIndex(tokens.getExpr(1).text());
  generate->vocabulary = *logits.getExpr(2).constant();
  generate->limit = std::min(int64_t(generate->op.getLimit()), info.dims[size_t(generate->time)].upper);
  gatherDims(*generate, info.model, step);
  if (info.dims.size() + generate->cacheDims.size() > WEFT_MAX_DIMS)
    return llvm::createStringError("model '" + info.name + "' has " + llvm::Twine(info.dims.size()) + " run-time dimensions and " +
                                   llvm::Twine(generate->cacheDims.size()) + " sizes of its cache, at most " + llvm::Twine(WEFT_MAX_DIMS) + " are possible");
  DimExpr rows = DimExpr::symbol(generate->cacheDims[size_t(generate->rows)].name);
  llvm::StringMap<CacheWriteOp> writes;
  prefill.walk([&](CacheWriteOp write) { writes[GenerateInfo::referenceOf(write.getState()).getState()] = write; });
  for (StateOp state : info.model.getOps<StateOp>())
    if (writes.count(state.getSymName()))
      generate->states.push_back(stateInfo(state, writes[state.getSymName()], rows));
  if (generate->states.size() > WEFT_MAX_STATES)
    return llvm::createStringError("model '" + info.name + "' keeps " + llvm::Twine(generate->states.size()) + " states, at most " +
                                   llvm::Twine(WEFT_MAX_STATES) + " are possible");
  if (encode)
    generate->encode.emplace();
  size_t launch = info.launches.size(), check = info.checks.size();
  for (auto [graph, program] : {std::pair(prefill, &generate->prefill), std::pair(step, &generate->step), std::pair(encode, encode ? &*generate->encode : nullptr)}) {
    if (!program)
      continue;
    llvm::Expected<DerivedProgram> gathered = gatherProgram(info, graph);
    if (!gathered)
      return gathered.takeError();
    *program = std::move(*gathered);
    program->info.firstLaunch = launch;
    program->info.firstCheck = check;
    launch += program->info.launches.size();
    check += program->info.checks.size();
  }
  info.generate = std::move(generate);
  return llvm::Error::success();
}
