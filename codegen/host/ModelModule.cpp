// Links kernels, host programs, descriptor, interface and runtime into one module.
#include "codegen/host/ModelModule.h"
#include "codegen/host/GenerateInfo.h"
#include "codegen/host/DebugInfo.h"
#include "codegen/host/HostProgram.h"
#include "runtime/bitcode/RuntimeBitcode.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/PassManager.h"
#include "llvm/IR/Verifier.h"
#include "llvm/Linker/Linker.h"
#include "llvm/Passes/PassBuilder.h"
#include "llvm/Target/TargetMachine.h"
#include "llvm/Transforms/IPO/AlwaysInliner.h"
#include "llvm/Transforms/IPO/GlobalDCE.h"
#include "llvm/Transforms/IPO/Internalize.h"
#include "llvm/Transforms/IPO/StripDeadPrototypes.h"
#include "llvm/Transforms/InstCombine/InstCombine.h"
#include "llvm/Transforms/Scalar/EarlyCSE.h"
#include "llvm/Transforms/Scalar/SimplifyCFG.h"

using namespace llvm;
using namespace weft;

void weft::setFunctionTarget(Function &function, const TargetInfo &target) {
  function.addFnAttr("target-cpu", target.cpu);
  if (!target.features.empty())
    function.addFnAttr("target-features", target.features);
  // Without this LLVM prefers 256-bit vectors on processors that could clock down.
  if (target.vectorFloats == 16)
    function.addFnAttr("prefer-vector-width", "512");
}

namespace {

class ModelLinker {
public:
  ModelLinker(ModelParts parts, LLVMContext &context)
      : parts(std::move(parts)), info(this->parts.info), module(std::make_unique<Module>(this->parts.info.name, context)),
        linker(*module) {}

  Expected<std::unique_ptr<Module>> run() {
    if (parts.targets.empty())
      return createStringError("internal error: no target");
    const TargetInfo &first = parts.targets.front().target;
    Expected<std::unique_ptr<TargetMachine>> machine = makeTargetMachine(Triple(first.triple));
    if (!machine)
      return machine.takeError();
    module->setTargetTriple(Triple(first.triple));
    module->setDataLayout((*machine)->createDataLayout());
    module->setPICLevel(PICLevel::BigPIC);
    debug.emplace(*module, sourcePlace(GraphOp(info.graph).getLoc()).file, parts.facts.compiler);
    for (TargetKernels &target : parts.targets)
      if (Error error = addTarget(target))
        return std::move(error);
    if (GlobalVariable *hook = module->getNamedGlobal(info.name + "_trace"))
      hook->setInitializer(Constant::getNullValue(hook->getValueType()));
    GlobalVariable *descriptor = emitDescriptor(info, parts.facts, *module);
    emitInterface(info.name, descriptor, {parts.isShared, info.generate != nullptr}, *module);
    for (const Function &function : *module)
      if (!function.isDeclaration() && !function.hasLocalLinkage() && !function.getName().contains('.'))
        visible.insert(function.getName()); // kernels and host programs have a dot
    debug->finish();
    if (Error error = addRuntime())
      return std::move(error);
    internalize();
    cleanUp(**machine);
    std::string message;
    raw_string_ostream stream(message);
    if (verifyModule(*module, &stream))
      return createStringError("internal error: malformed LLVM IR: " + message);
    return std::move(module);
  }

private:
  Error addModule(std::unique_ptr<Module> part) {
    part->setTargetTriple(module->getTargetTriple());
    part->setDataLayout(module->getDataLayout());
    if (NamedMDNode *flags = part->getModuleFlagsMetadata())
      part->eraseNamedMetadata(flags); // of Halide and of clang: they say nothing that our module does not
    if (linker.linkInModule(std::move(part)))
      return createStringError("internal error: the modules of kernels and runtime don't link");
    return Error::success();
  }

  Error addTarget(TargetKernels &target) {
    HostProgram program{info, parts.weights, {}, parts.isTraced};
    for (CompiledKernel &kernel : target.kernels) {
      std::string symbol = kernel.name + "." + target.target.symbol;
      for (Function &function : *kernel.module)
        if (!function.isDeclaration())
          setFunctionTarget(function, target.target);
      Function *function = kernel.module->getFunction(kernel.name);
      if (!function)
        return createStringError("internal error: kernel '" + kernel.name + "' defines no function of its name");
      function->setName(symbol);
      if (Error error = addModule(std::move(kernel.module)))
        return error;
      program.kernels[kernel.name] = {module->getFunction(symbol), kernel.abi};
      debug->describeKernel(*module->getFunction(symbol), kernel.name, placeOf(kernel.name));
    }
    Expected<Function *> forward = emitHostProgram(program, info.name + ".forward." + target.target.symbol, *module);
    if (!forward)
      return forward.takeError();
    setFunctionTarget(**forward, target.target);
    debug->describeProgram(**forward, info.name + ".forward", info);
    hostFunctions.push_back(*forward);
    parts.facts.targets.push_back({target.target, *forward});
    if (info.generate)
      if (Error error = addGeneration(program, target.target))
        return error;
    if (!parts.facts.arenaBytes) { // the ABIs of a kernel's targets agree
      parts.facts.arenaBytes = emitArenaBytes(program, info.name + ".arena", *module);
      hostFunctions.push_back(parts.facts.arenaBytes);
    }
    return Error::success();
  }

  /// Where the kernel is launched first.
  SourcePlace placeOf(StringRef kernel) const {
    std::vector<const ModelInfo *> programs{&info};
    if (info.generate)
      for (const DerivedProgram *program : info.generate->programs())
        programs.push_back(&program->info);
    for (const ModelInfo *program : programs)
      for (LaunchInfo launch : program->launches)
        if (launch.op.getKernel() == kernel)
          return launch.place;
    return {};
  }

  /// The programs of generation.
  Error addGeneration(const HostProgram &forward, const TargetInfo &target) {
    TargetEntry &entry = parts.facts.targets.back();
    const GenerateInfo &generate = *info.generate;
    auto add = [&](const DerivedProgram &derived, StringRef name, Function *&place, Function *&arena) -> Error {
      HostProgram program{derived.info, parts.weights, forward.kernels, false, &generate};
      Expected<Function *> function = emitHostProgram(program, (info.name + "." + name + "." + target.symbol).str(), *module);
      if (!function)
        return function.takeError();
      setFunctionTarget(**function, target);
      debug->describeProgram(**function, info.name + "." + name.str(), derived.info);
      hostFunctions.push_back(place = *function);
      if (!arena)
        hostFunctions.push_back(arena = emitArenaBytes(program, (info.name + "." + name + ".arena").str(), *module));
      return Error::success();
    };
    if (Error error = add(generate.prefill, "prefill", entry.prefill, parts.facts.prefillArenaBytes))
      return error;
    if (Error error = add(generate.step, "step", entry.step, parts.facts.stepArenaBytes))
      return error;
    return generate.encode ? add(*generate.encode, "encode", entry.encode, parts.facts.encodeArenaBytes) : Error::success();
  }

  Error addRuntime() {
    std::string_view bytes = runtimeBitcode();
    MemoryBufferRef buffer(StringRef(bytes.data(), bytes.size()), "runtime");
    Expected<std::unique_ptr<Module>> runtime = parseBitcodeFile(buffer, module->getContext());
    if (!runtime)
      return runtime.takeError();
    if (Triple(parts.targets.front().target.triple).getArch() != (*runtime)->getTargetTriple().getArch())
      return createStringError("the runtime was built for " + (*runtime)->getTargetTriple().str() + "; artifacts for " +
                               parts.targets.front().target.triple + " need a runtime for it");
    return addModule(std::move(*runtime));
  }

  void internalize() {
    visible.insert(info.name + "_trace");
    internalizeModule(*module, [&](const GlobalValue &value) { return visible.contains(value.getName()); });
  }

  void cleanUp(TargetMachine &machine) {
    LoopAnalysisManager loops;
    FunctionAnalysisManager functions;
    CGSCCAnalysisManager graph;
    ModuleAnalysisManager modules;
    PassBuilder builder(&machine);
    builder.registerModuleAnalyses(modules);
    builder.registerCGSCCAnalyses(graph);
    builder.registerFunctionAnalyses(functions);
    builder.registerLoopAnalyses(loops);
    builder.crossRegisterProxies(loops, functions, graph, modules);
    ModulePassManager passes;
    passes.addPass(AlwaysInlinerPass());
    passes.addPass(GlobalDCEPass());
    passes.addPass(StripDeadPrototypesPass());
    passes.run(*module, modules);
    // Halide's loops and the runtime are optimized already; only what was generated here is not.
    FunctionPassManager local;
    local.addPass(EarlyCSEPass());
    local.addPass(InstCombinePass());
    local.addPass(SimplifyCFGPass());
    for (Function *function : hostFunctions)
      local.run(*function, functions);
  }

  ModelParts parts;
  const ModelInfo &info;
  std::unique_ptr<Module> module;
  Linker linker;
  std::vector<Function *> hostFunctions;
  std::optional<DebugInfo> debug;
  StringSet<> visible; ///< the C interface
};

} // namespace

Expected<std::unique_ptr<Module>> weft::linkModel(ModelParts parts, LLVMContext &context) {
  return ModelLinker(std::move(parts), context).run();
}
