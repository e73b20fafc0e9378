// Compiling a kernel: emit its ops, choose and apply the schedule, run Halide, wrap the result.
#include "codegen/Kernel.h"
#include "codegen/HalideCall.h"
#include "codegen/KernelGraph.h"
#include "codegen/KernelModule.h"
#include "codegen/RowChoice.h"
#include "codegen/TemporaryFile.h"
#include "codegen/emit/Emit.h"
#include "codegen/schedule/Schedule.h"
#include "runtime/Descriptor.h"
#include "llvm/Linker/Linker.h"
#include <set>
#include <sstream>

using namespace mlir;
using llvm::Error;
using llvm::Expected;
namespace weft {

namespace {
/// One compilation: the graph, the output and the buffers of one kernel.
class KernelCompiler {
public:
  KernelCompiler(KernelOp kernel, const TargetInfo &target, const KernelOptions &options, bool halves = false)
      : kernel(kernel), options(options), graph(target) {
    graph.halves = halves;
  }

  Error emit();
  Error compile(CompiledKernel &out, llvm::LLVMContext &context);
  KernelAbi abi() const;
  const ModuleSpec &module() const { return spec; }

private:
  LayoutAttr layout(bool result, unsigned index);
  void collectDims();
  void defineArgument(BlockArgument argument);
  void definePacked(BlockArgument argument, LayoutAttr layout, hl::ImageParam &param);
  Error defineOutput();
  Error defineQuarters();
  BufferSpec quarters(const BufferSpec &whole) const;
  BufferSpec bufferSpec(Value value, LayoutAttr layout, bool result);
  void constrainOutput();
  void applySchedule();
  Error runHalide(CompiledKernel &out, llvm::LLVMContext &context);

  KernelOp kernel;
  KernelOptions options;
  KernelGraph graph;
  std::vector<hl::ImageParam> params;
  Output output;
  ScheduleKind kind = ScheduleKind::Plain;
  Division division;
  ModuleSpec spec;
};
} // namespace

LayoutAttr KernelCompiler::layout(bool result, unsigned index) {
  auto layouts = result ? kernel.getResultLayouts() : kernel.getArgLayouts();
  return layouts ? dyn_cast<LayoutAttr>((*layouts)[index]) : LayoutAttr();
}

/// Every name that a type or a size of the kernel mentions.
void KernelCompiler::collectDims() {
  auto addType = [&](Type type) {
    if (auto tensor = dyn_cast<NamedTensorType>(type))
      for (const DimExpr &dim : tensor.getExprs())
        graph.size(dim);
  };
  Block &body = kernel.getBody().front();
  for (BlockArgument argument : body.getArguments())
    addType(argument.getType());
  for (Operation &op : body) {
    for (Value result : op.getResults())
      addType(result.getType());
    for (NamedAttribute attr : op.getAttrDictionary())
      if (auto dim = dyn_cast<DimAttr>(attr.getValue()))
        graph.size(dim.getExpr());
  }
}

static hl::Type storedType(Value value) {
  NamedTensorType type = typeOf(value);
  return type.isF32() ? hl::Float(32) : type.isI32() ? hl::Int(32) : hl::UInt(8);
}

static_assert(keyPositions == WEFT_KEY_POSITIONS, "the runtime writes what kernels read");
/// Keys that a state holds: [rows, heads, positions, width] in squares of positions and features (WEFT_STATE_KEYS).
static bool isKeys(Value value, LayoutAttr layout) { return layout && layout.getPanel() && rankOf(value) == 4 && layout.getPanelDim() == 2; }

BufferSpec KernelCompiler::bufferSpec(Value value, LayoutAttr layout, bool result) {
  hl::Type type = storedType(value);
  BufferSpec buffer;
  buffer.code = type.code();
  buffer.bits = type.bits();
  std::vector<DimExpr> extents = extentsOf(value);
  if (isKeys(value, layout)) {
    int64_t width = *extents[0].constant(), features = WEFT_KEY_FEATURES(width), positions = layout.getPanel();
    DimExpr blocks = extents[1].dividedBy(DimExpr(positions)).value(), block(positions * width), square(positions * features);
    buffer.dims = {{0, features, 1}, {0, positions, features}, {0, width / features, square}, {0, blocks, block}};
    buffer.dims.push_back({0, extents[2], block * blocks});
    buffer.dims.push_back({0, extents[3], block * blocks * extents[2]});
    return buffer;
  }
  if (layout && layout.getPanel() && !result) {
    DimExpr columns = typeOf(value).getExpr(layout.getPanelDim()), depth = typeOf(value).getNumElements().dividedBy(columns).value();
    DimExpr panel(layout.getPanel()), panels(llvm::divideCeil(*columns.constant(), layout.getPanel()));
    buffer.dims = {{0, panel, 1}, {0, depth, panel}, {0, panels, panel * depth}};
    return buffer;
  }
  DimExpr stride(1);
  for (auto [i, extent] : llvm::enumerate(extents)) {
    buffer.dims.push_back({0, extent, stride});
    stride = i == 0 && layout && layout.getRowStride() && extents.size() > 1 ? DimExpr(layout.getRowStride()) : stride * extent;
  }
  return buffer;
}

static void constrain(hl::Internal::Dimension dim, KernelGraph &graph, const BufferDim &spec) {
  dim.set_bounds(graph.size(spec.min), graph.size(spec.extent)).set_stride(graph.size(spec.stride));
}

/// A packed argument, a weight or a state's keys: read as panels by contractions, through its logical index by everything else.
void KernelCompiler::definePacked(BlockArgument argument, LayoutAttr layout, hl::ImageParam &param) {
  hl::Func func(graph.name("weight"));
  Vars vars = varsFor(argument);
  int64_t rank = rankOf(argument);
  if (isKeys(argument, layout)) {
    int positions = int(layout.getPanel()), features = WEFT_KEY_FEATURES(*typeOf(argument).getExpr(-1).constant());
    func(vars) = param(vars[0] % features, vars[1] % positions, vars[0] / features, vars[1] / positions, vars[2], vars[3]);
    graph.keySquares[argument] = param;
    return graph.define(argument, func);
  }
  hl::Expr column, depth = 0, stride = 1;
  for (int64_t i = 0; i < rank; ++i) { // the depth is every other dimension in row-major order
    if (rank - 1 - i == layout.getPanelDim()) {
      column = vars[i];
      continue;
    }
    depth = depth + vars[i] * stride;
    stride = stride * graph.size(argument, rank - 1 - i);
  }
  int panel = int(layout.getPanel());
  func(vars) = param(column % panel, hl::Internal::simplify(depth), column / panel);
  graph.panels[argument] = {param, panel};
  graph.define(argument, func);
}

void KernelCompiler::defineArgument(BlockArgument argument) {
  LayoutAttr layout = this->layout(false, argument.getArgNumber());
  BufferSpec buffer = bufferSpec(argument, layout, false);
  hl::ImageParam param(storedType(argument), int(buffer.dims.size()), argumentName(argument));
  bool aligned = layout && (layout.getPadded() || layout.getPanel());
  param.set_host_alignment(aligned ? 64 : storedType(argument).bytes());
  for (auto [i, dim] : llvm::enumerate(buffer.dims))
    constrain(param.dim(int(i)), graph, dim);
  spec.arguments.push_back(buffer);
  params.push_back(param);
  if (layout && layout.getPanel())
    return definePacked(argument, layout, param);
  hl::Func func = param;
  if (typeOf(argument).isBool()) {
    func = hl::Func(graph.name("flag"));
    Vars vars = varsFor(argument);
    func(vars) = param(toIndex(vars)) != hl::cast<uint8_t>(0);
    graph.stage(func, Role::Pointwise, argument.getLoc(), extentsOf(argument));
  }
  graph.define(argument, func);
}

Error KernelCompiler::defineOutput() {
  auto values = kernel.getYield().getValues();
  if (values.empty())
    return llvm::createStringError("kernel " + kernel.getSymName() + " yields nothing");
  output.vars = varsFor(values[0]);
  output.extents = extentsOf(values[0]);
  std::vector<hl::Expr> parts;
  for (Value value : values) {
    if (extentsOf(value) != output.extents)
      return llvm::createStringError("kernel " + kernel.getSymName() + " yields values of different shapes");
    hl::Expr part = graph.func(value)(toIndex(output.vars));
    parts.push_back(typeOf(value).isBool() ? hl::cast<uint8_t>(part) : part);
  }
  output.func = hl::Func("out");
  if (parts.size() == 1)
    output.func(output.vars) = parts[0];
  else
    output.func(output.vars) = hl::Tuple(parts);
  output.begin = hl::Param<int>("begin");
  output.end = hl::Param<int>("end");
  return Error::success();
}

/// weft.strassen: the result as (column, row, right half?, lower half?) of halves; the rows in the middle of an odd number are in both.
Error KernelCompiler::defineQuarters() {
  Value value = kernel.getYield().getValues()[0];
  DimExpr rows = output.extents[1], columns(*output.extents[0].constant() / 2);
  spec.derived = {{"half_rows", *rows.dividedBy(DimExpr(2))}, {"rest_rows", rows - DimExpr::symbol("half_rows")}};
  Vars vars = output.vars;
  hl::Var right("right"), lower("lower");
  Expected<hl::Expr> yielded = quarterOf(graph.func(value)(toIndex(vars)), vars, right, lower, graph, columns);
  if (!yielded)
    return yielded.takeError();
  output.vars = {vars[0], vars[1], right, lower};
  output.extents = {columns, DimExpr::symbol("half_rows"), DimExpr(2), DimExpr(2)};
  output.func = hl::Func("out");
  output.func(output.vars) = *yielded;
  kind = ScheduleKind::Strassen;
  division = {0, widePanel, DimExpr(*columns.constant() / widePanel)};
  return Error::success();
}

BufferSpec KernelCompiler::quarters(const BufferSpec &whole) const {
  BufferSpec buffer = whole;
  DimExpr stride = whole.dims[1].stride;
  buffer.dims = {{0, output.extents[0], 1}, {0, output.extents[1], stride}, {0, 2, output.extents[0]}, {0, 2, stride * DimExpr::symbol("rest_rows")}};
  return buffer;
}

Error KernelCompiler::emit() {
  spec.name = kernel.getSymName().str() + (graph.halves ? "_many" : "");
  collectDims();
  Block &body = kernel.getBody().front();
  for (BlockArgument argument : body.getArguments()) {
    LayoutAttr layout = this->layout(false, argument.getArgNumber());
    int64_t panel = layout && !isKeys(argument, layout) ? layout.getPanel() : 0;
    if (panel % graph.target.tileFor(panel).columns)
      return llvm::createStringError("kernel " + kernel.getSymName() + ": panels of " + llvm::Twine(panel) + " columns do not suit " + graph.target.name);
    defineArgument(argument);
  }
  EmitterTable table;
  for (Operation &op : body.without_terminator()) {
    const Emitter *emitter = table.find(op.getName().getStringRef());
    if (!emitter)
      return llvm::createStringError("kernel " + kernel.getSymName() + ": no emitter for " + op.getName().getStringRef());
    if (Error error = (*emitter)(&op, graph))
      return error;
  }
  if (Error error = defineOutput())
    return error;
  if (graph.strassen)
    return defineQuarters();
  kind = options.plain ? ScheduleKind::Plain : chooseSchedule(graph, output);
  division = divide(graph, output, kind);
  return Error::success();
}

void KernelCompiler::constrainOutput() {
  std::vector<hl::OutputImageParam> buffers = output.func.output_buffers();
  for (auto [i, value] : llvm::enumerate(kernel.getYield().getValues())) {
    LayoutAttr layout = this->layout(true, i);
    BufferSpec buffer = bufferSpec(value, layout, true);
    if (graph.strassen)
      buffer = quarters(buffer);
    buffer.divided = division.dim;
    buffer.unit = division.unit;
    buffers[i].set_host_alignment(layout && layout.getPadded() && division.dim != 0 ? 64 : 4);
    for (auto [d, dim] : llvm::enumerate(buffer.dims)) {
      hl::Internal::Dimension bounds = buffers[i].dim(int(d));
      if (i > 0) { // Halide gives further results the bounds of the first
        bounds.set_stride(graph.size(dim.stride));
        continue;
      }
      constrain(bounds, graph, dim);
      if (int64_t(d) != division.dim)
        continue;
      hl::Expr unit = int(division.unit), first = output.begin * unit, last = output.end * unit;
      auto constant = dim.extent.constant();
      if (!constant || *constant % division.unit)
        last = hl::min(last, graph.size(dim.extent));
      bounds.set_bounds(first, division.unit == 1 || (constant && *constant % division.unit == 0) ? (output.end - output.begin) * unit : last - first);
    }
    spec.results.push_back(buffer);
  }
}

void KernelCompiler::applySchedule() {
  switch (kind) {
  case ScheduleKind::Plain:
    return schedulePlain(graph, output);
  case ScheduleKind::Contraction:
    return scheduleContraction(graph, output);
  case ScheduleKind::Attention:
    return scheduleAttention(graph, output);
  case ScheduleKind::AttentionStep:
    return scheduleAttentionStep(graph, output);
  case ScheduleKind::RowReduction:
    return scheduleRowReduction(graph, output);
  case ScheduleKind::Pointwise:
    return schedulePointwise(graph, output);
  case ScheduleKind::Strassen:
    return scheduleStrassen(graph, output);
  }
}

KernelAbi KernelCompiler::abi() const {
  KernelAbi abi;
  for (const auto &[name, param] : graph.dims)
    abi.dims.push_back(name);
  abi.units = division.units;
  abi.scratchBytes = scratchBytes(graph, kind);
  return abi;
}

Error KernelCompiler::runHalide(CompiledKernel &out, llvm::LLVMContext &context) {
  std::vector<hl::Argument> arguments(params.begin(), params.end());
  for (auto &[name, param] : graph.dims) {
    arguments.push_back(param);
    spec.innerDims.push_back(name);
    if (llvm::none_of(spec.derived, [&name = name](const auto &derived) { return derived.first == name; }))
      spec.dims.push_back(name);
  }
  arguments.push_back(output.begin);
  arguments.push_back(output.end);
  arguments.push_back(hl::Param<void *>("scratch"));
  hl::Target target(graph.target.halide + "-no_asserts-no_bounds_query-no_runtime");
  hl::Pipeline pipeline(output.func);
  if ((kind == ScheduleKind::Contraction || kind == ScheduleKind::Strassen) && graph.target.prefetch)
    pipeline.add_custom_lowering_pass(makePrefetchPass(graph, output));
  if (kind == ScheduleKind::AttentionStep)
    pipeline.add_custom_lowering_pass(makeNextHeadPass(graph));
  if (kind == ScheduleKind::Attention)
    pipeline.add_custom_lowering_pass(makeTurnPass(graph));
  pipeline.add_custom_lowering_pass(makeScratchPass());
  spec.inner = spec.name + "_halide";
  hl::Module module = pipeline.compile_to_module(arguments, spec.inner, target);
  if (options.keepStmt) {
    std::ostringstream text;
    text << module;
    out.stmt = text.str();
  }
  llvm::Expected<TemporaryFile> file = TemporaryFile::create("weft-kernel", "bc");
  if (!file)
    return file.takeError();
  module.compile({{hl::OutputFileType::bitcode, file->path().str()}});
  auto bitcode = llvm::MemoryBuffer::getFile(file->path(), false, false);
  if (!bitcode)
    return llvm::createStringError("cannot read " + file->path() + ": " + bitcode.getError().message());
  auto built = buildKernelModule(std::move(*bitcode), spec, graph.target, context);
  if (!built)
    return built.takeError();
  out.module = std::move(*built);
  return Error::success();
}

Error KernelCompiler::compile(CompiledKernel &out, llvm::LLVMContext &context) {
  constrainOutput();
  applySchedule();
  out.name = spec.name;
  out.abi = abi();
  return runHalide(out, context);
}

static Error named(KernelOp kernel, Error error) {
  if (!error)
    return error;
  std::string text = llvm::toString(std::move(error));
  if (text.find(kernel.getSymName().str()) == std::string::npos)
    text = ("kernel " + kernel.getSymName() + ": " + text).str();
  return llvm::createStringError(text);
}

Expected<KernelAbi> kernelAbi(KernelOp kernel) {
  TargetInfo target = llvm::cantFail(findTarget("x86-64-v4"));
  KernelAbi abi;
  Error error = halideCall([&]() -> Error {
    KernelCompiler compiler(kernel, target, KernelOptions());
    if (Error error = compiler.emit())
      return error;
    abi = compiler.abi();
    return Error::success();
  });
  if (error)
    return named(kernel, std::move(error));
  return abi;
}

/// The kernel's weft.strassen, where its schedule can be used: both weights in panels.
static StrassenOp strassenOf(KernelOp kernel) {
  StrassenOp found;
  for (Operation &op : kernel.getBody().front())
    if (auto strassen = dyn_cast<StrassenOp>(op))
      found = found ? StrassenOp() : strassen;
  if (!found || !kernel.getArgLayouts())
    return StrassenOp();
  for (Value weight : {found.getWeight(), found.getSums()}) {
    auto argument = dyn_cast<BlockArgument>(weight);
    if (!argument || cast<LayoutAttr>((*kernel.getArgLayouts())[argument.getArgNumber()]).getPanel() != widePanel)
      return StrassenOp();
  }
  bool fits = typeOf(found.getResult()).getRank() == 2 && *typeOf(found.getResult()).getExpr(1).constant() % (2 * widePanel) == 0 &&
              *typeOf(found.getX()).getExpr(1).constant() % 8 == 0 && kernel.getYield().getValues().size() == 1;
  return fits ? found : StrassenOp();
}

/// Adds the kernel of many rows, and the choice between the two.
static Error addStrassen(CompiledKernel &compiled, ModuleSpec spec, StrassenOp op, const TargetInfo &target, const KernelOptions &options,
                         llvm::LLVMContext &context) {
  auto kernel = cast<KernelOp>(op->getParentOp());
  CompiledKernel halves;
  KernelCompiler compiler(kernel, target, options, true);
  if (Error error = compiler.emit())
    return error;
  if (Error error = compiler.compile(halves, context))
    return error;
  RowChoice choice{compiled.name + "_few", compiled.name + "_many", typeOf(op.getResult()).getExpr(0), int64_t(op.getRows()), strassenBlockRows};
  compiled.module->getFunction(compiled.name)->setName(choice.few);
  if (llvm::Linker::linkModules(*compiled.module, std::move(halves.module)))
    return llvm::createStringError("kernel " + compiled.name + ": cannot link its two forms");
  compiled.stmt += halves.stmt;
  return addRowChoice(*compiled.module, spec, choice);
}

Expected<CompiledKernel> compileKernel(KernelOp kernel, const TargetInfo &target, const KernelOptions &options, llvm::LLVMContext &context) {
  CompiledKernel compiled;
  Error error = halideCall([&]() -> Error {
    KernelCompiler compiler(kernel, target, options);
    if (Error error = compiler.emit())
      return error;
    if (Error error = compiler.compile(compiled, context))
      return error;
    StrassenOp strassen = options.plain ? StrassenOp() : strassenOf(kernel);
    return strassen ? addStrassen(compiled, compiler.module(), strassen, target, options, context) : Error::success();
  });
  if (error)
    return named(kernel, std::move(error));
  return compiled;
}

} // namespace weft
