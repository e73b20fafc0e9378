// Constant tables of the descriptor.
#include "codegen/host/Descriptor.h"
#include "codegen/artifact/ElfWeights.h"
#include "codegen/host/Abi.h"
#include "codegen/host/GenerateInfo.h"
#include "runtime/Descriptor.h"
#include "llvm/IR/Constants.h"
#include "llvm/Support/MathExtras.h"

using namespace weft;
using llvm::Constant;
using llvm::ConstantArray;
using llvm::ConstantInt;
using llvm::ConstantStruct;
using llvm::GlobalVariable;

namespace {

class Tables {
public:
  Tables(const ModelInfo &info, const ArtifactFacts &facts, llvm::Module &module)
      : info(info), facts(facts), module(module), abi(module.getContext()) {}

  GlobalVariable *emit() {
    std::vector<Constant *> fields{i32(WEFT_ABI_VERSION), i32(sizeof(weft_model_descriptor)), text(info.name), text(info.doc),
                                   text(facts.precision), text(facts.compiler), text(facts.command)};
    std::vector<Constant *> counts;
    auto add = [&](llvm::StructType *type, const std::vector<Constant *> &rows) {
      fields.push_back(array(type, rows));
      counts.push_back(i32(rows.size()));
    };
    add(abi.sourceInfo, sources());
    add(abi.dimInfo, dims());
    add(abi.tensorInfo, tensors(info.inputs));
    add(abi.tensorInfo, tensors(info.outputs));
    add(abi.constraintInfo, constraints());
    add(abi.checkInfo, checks());
    add(abi.launchInfo, launches());
    add(abi.targetInfo, targets());
    fields.insert(fields.end(), counts.begin(), counts.end());
    fields.push_back(weights());
    fields.push_back(i64(info.parameters));
    fields.push_back(facts.arenaBytes);
    fields.push_back(module.getOrInsertGlobal("weft_rt_api", abi.pointer));
    fields.push_back(info.generate ? generate() : null());
    fields.push_back(Constant::getNullValue(llvm::ArrayType::get(abi.pointer, 8)));
    return global(ConstantStruct::get(abi.descriptor, fields), info.name + ".descriptor");
  }

private:
  Constant *i32(int64_t value) { return ConstantInt::get(abi.i32, uint64_t(value)); }
  Constant *i64(int64_t value) { return ConstantInt::get(abi.i64, uint64_t(value)); }
  Constant *null() { return llvm::ConstantPointerNull::get(abi.pointer); }

  GlobalVariable *global(Constant *value, const llvm::Twine &name) {
    return new GlobalVariable(module, value->getType(), /*isConstant=*/true, GlobalVariable::InternalLinkage, value, name);
  }
  Constant *text(llvm::StringRef string) {
    GlobalVariable *&known = texts[string];
    if (!known) {
      known = global(llvm::ConstantDataArray::getString(module.getContext(), string), "text");
      known->setUnnamedAddr(GlobalVariable::UnnamedAddr::Global);
      known->setAlignment(llvm::Align(1));
    }
    return known;
  }
  Constant *array(llvm::Type *type, const std::vector<Constant *> &rows) {
    if (rows.empty())
      return null();
    return global(ConstantArray::get(llvm::ArrayType::get(type, rows.size()), rows), "table");
  }
  Constant *row(llvm::StructType *type, llvm::ArrayRef<Constant *> fields) { return ConstantStruct::get(type, fields); }

  Constant *expr(const DimExpr &value) {
    std::vector<Constant *> terms;
    for (const auto &[monomial, factor] : value.terms()) {
      std::array<uint8_t, WEFT_MAX_DIMS> powers = {};
      for (const auto &[symbol, exponent] : monomial)
        if (int dim = dimIndex(symbol); dim >= 0)
          powers[size_t(dim)] = uint8_t(int8_t(exponent));
      Constant *data = llvm::ConstantDataArray::get(module.getContext(), powers);
      terms.push_back(row(abi.term, {i64(factor.num), i64(factor.den), data}));
    }
    return row(abi.expr, {array(abi.term, terms), i64(int64_t(terms.size()))});
  }

  /// Dims of caches stand behind the model's.
  int dimIndex(llvm::StringRef symbol) const {
    return info.generate ? info.generate->step.info.dimIndex(symbol) : info.dimIndex(symbol);
  }
  /// The tables of launches and checks: the entry graph's, then those of generation.
  std::vector<const ModelInfo *> programs() const {
    std::vector<const ModelInfo *> all{&info};
    if (info.generate)
      for (const DerivedProgram *program : info.generate->programs())
        all.push_back(&program->info);
    return all;
  }

  std::vector<Constant *> sources() {
    std::vector<Constant *> rows;
    for (const SourceInfo &source : facts.sources)
      rows.push_back(row(abi.sourceInfo, {text(source.kind), text(source.name), text(source.sha256)}));
    return rows;
  }
  std::vector<Constant *> dims() {
    std::vector<Constant *> rows;
    for (const DimInfo &dim : info.dims)
      rows.push_back(row(abi.dimInfo, {text(dim.name), i64(dim.lower), i64(dim.upper)}));
    return rows;
  }
  std::vector<Constant *> tensors(const std::vector<TensorInfo> &all) {
    std::vector<Constant *> rows;
    for (const TensorInfo &tensor : all) {
      std::vector<Constant *> shape;
      for (const DimExpr &size : tensor.type.getExprs())
        shape.push_back(expr(size));
      int dtype = tensor.type.isF32() ? WEFT_F32 : tensor.type.isI32() ? WEFT_I32 : WEFT_BOOL;
      rows.push_back(row(abi.tensorInfo,
                         {text(tensor.name), text(tensor.doc), i32(dtype), i32(tensor.type.getRank()), array(abi.expr, shape),
                          i64(int64_t(tensor.needs)), i32(tensor.alwaysWritten ? WEFT_TENSOR_ALWAYS_WRITTEN : 0), i32(0)}));
    }
    return rows;
  }
  std::vector<Constant *> constraints() {
    std::vector<Constant *> rows;
    for (const ConstraintInfo &constraint : info.constraints)
      rows.push_back(row(abi.constraintInfo, {expr(constraint.value), text(constraint.text)}));
    return rows;
  }
  std::vector<Constant *> checks() {
    std::vector<Constant *> rows;
    for (const ModelInfo *program : programs())
      for (const CheckInfo &check : program->checks) {
        CheckOp op = check.op;
        rows.push_back(row(abi.checkInfo, {text(op.getWhat()), i32(check.tableInput.value_or(check.input)), i32(check.place.line),
                                           i32(check.place.column), i32(0), text(check.place.file), expr(op.getLower().getExpr()),
                                           expr(op.getUpper().getExpr())}));
      }
    return rows;
  }
  std::vector<Constant *> launches() {
    std::vector<Constant *> rows;
    for (const ModelInfo *program : programs())
      for (const LaunchInfo &launch : program->launches) {
        LaunchOp op = launch.op;
        rows.push_back(row(abi.launchInfo, {text(op.getKernel()), text(launch.label), text(launch.place.file),
                                            i32(launch.place.line), i32(launch.place.column), expr(launch.flops),
                                            expr(launch.bytes)}));
      }
    return rows;
  }
  std::vector<Constant *> targets() {
    std::vector<Constant *> rows;
    for (const TargetEntry &entry : facts.targets) {
      std::vector<Constant *> entries(WEFT_MAX_ENTRIES, null());
      entries[WEFT_ENTRY_FORWARD] = entry.forward;
      auto place = [&](int number, Constant *function) {
        if (function)
          entries[size_t(number)] = function;
      };
      place(WEFT_ENTRY_PREFILL, entry.prefill);
      place(WEFT_ENTRY_STEP, entry.step);
      place(WEFT_ENTRY_ENCODE, entry.encode);
      int arch = llvm::StringRef(entry.target.triple).starts_with("aarch64") ? WEFT_AARCH64 : WEFT_X86_64;
      std::string name = entry.target.name == "native" ? "native:" + entry.target.cpu : entry.target.name;
      rows.push_back(row(abi.targetInfo, {text(name), i32(arch), i32(0), i64(int64_t(targetFeatureBits(entry.target))),
                                          ConstantArray::get(llvm::ArrayType::get(abi.pointer, WEFT_MAX_ENTRIES), entries)}));
    }
    return rows;
  }

  std::vector<Constant *> states() {
    std::vector<Constant *> rows;
    for (const StateInfo &state : info.generate->states) {
      StateOp op = state.op;
      auto type = llvm::cast<NamedTensorType>(op.getType());
      int dtype = type.isF32() ? WEFT_F32 : type.isI32() ? WEFT_I32 : WEFT_BOOL;
      rows.push_back(row(abi.stateInfo, {text(op.getSymName()), i32(dtype), i32(state.kind), i32(int64_t(op.getLayers().value_or(1))),
                                         i32(state.heads), i32(state.width), i32(state.rowStride), i32(state.isStream), i32(0),
                                         expr(state.bytes), expr(state.rowBytes)}));
    }
    return rows;
  }

  std::vector<Constant *> arguments(const DerivedProgram &program) {
    std::vector<Constant *> rows;
    for (const ArgumentInfo &argument : program.arguments)
      rows.push_back(row(abi.argumentInfo, {i32(argument.role), i32(argument.input)}));
    return rows;
  }

  std::vector<Constant *> tokens(std::optional<llvm::ArrayRef<int64_t>> list) {
    std::vector<Constant *> all;
    for (int64_t token : list.value_or(llvm::ArrayRef<int64_t>()))
      all.push_back(i32(token));
    return all;
  }

  Constant *generate() {
    const GenerateInfo &g = *info.generate;
    GenerateOp op = g.op;
    std::vector<Constant *> stops = tokens(op.getStop()), suppressed = tokens(op.getSuppress()), suppressedFirst = tokens(op.getSuppressFirst());
    std::vector<Constant *> cacheDims;
    for (const CacheDimInfo &dim : g.cacheDims)
      cacheDims.push_back(row(abi.cacheDimInfo, {text(dim.name), i64(dim.upper), i64(dim.unit), expr(dim.holds)}));
    std::vector<Constant *> kept = states(), prompt = arguments(g.prefill), step = arguments(g.step), encode;
    if (g.encode)
      encode = arguments(*g.encode);
    std::vector<Constant *> fields{i32(g.input), i32(g.output), i32(g.batch), i32(g.time), i32(g.pages), i32(g.rows),
                                   i64(g.vocabulary), i64(g.limit), i32(op.getStart().has_value()), i32(int64_t(op.getStart().value_or(0))),
                                   array(abi.i32, stops), array(abi.cacheDimInfo, cacheDims), array(abi.stateInfo, kept),
                                   array(abi.argumentInfo, prompt), array(abi.argumentInfo, step), array(abi.argumentInfo, encode), array(abi.i32, suppressed),
                                   array(abi.i32, suppressedFirst)};
    for (size_t count : {stops.size(), cacheDims.size(), kept.size(), prompt.size(), step.size(), suppressed.size(), suppressedFirst.size(), encode.size()})
      fields.push_back(i32(int64_t(count)));
    fields.push_back(facts.prefillArenaBytes);
    fields.push_back(facts.stepArenaBytes);
    fields.push_back(facts.encodeArenaBytes ? static_cast<Constant *>(facts.encodeArenaBytes) : null());
    return global(ConstantStruct::get(abi.generateInfo, fields), info.name + ".generate");
  }

  /// An empty section of the weights' size, which the artifact's writer fills. As assembly, since LLVM gives explicit sections
  /// contents, zeros too; x86-64's "l" keeps it behind everything else, however large it is.
  Constant *reserveWeights(uint64_t bytes) {
    std::string symbol = info.name + "_weights", flags = module.getTargetTriple().isX86() ? "awl" : "aw";
    module.appendModuleInlineAsm(".section " + kWeightsSection.str() + ",\"" + flags + "\",@nobits\n.p2align " +
                                 std::to_string(llvm::Log2_64(kWeightsAlignment)) + "\n.hidden " + symbol + "\n.globl " + symbol +
                                 "\n.type " + symbol + ",@object\n.size " + symbol + ", " + std::to_string(bytes) + "\n" +
                                 symbol + ":\n.zero " + std::to_string(bytes) + "\n.previous\n");
    auto *weights = new GlobalVariable(module, abi.i8, /*isConstant=*/true, GlobalVariable::ExternalLinkage, nullptr, symbol);
    weights->setVisibility(GlobalVariable::HiddenVisibility);
    return weights;
  }

  Constant *weights() {
    const WeightsPlace &place = facts.weights;
    bool isExternal = !place.externalFile.empty();
    Constant *data = null();
    if (!isExternal && place.bytes > 0) {
      data = reserveWeights(place.bytes);
    }
    return row(abi.weightsInfo, {data, i64(int64_t(place.bytes)), isExternal ? text(place.externalFile) : null(),
                                 llvm::ConstantDataArray::get(module.getContext(), place.sha256)});
  }

  const ModelInfo &info;
  const ArtifactFacts &facts;
  llvm::Module &module;
  Abi abi;
  llvm::StringMap<GlobalVariable *> texts;
};

} // namespace

GlobalVariable *weft::emitDescriptor(const ModelInfo &info, const ArtifactFacts &facts, llvm::Module &module) {
  return Tables(info, facts, module).emit();
}
