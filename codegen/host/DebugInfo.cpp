// Line tables for kernels and host programs.
#include "codegen/host/DebugInfo.h"
#include "llvm/BinaryFormat/Dwarf.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/DIBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace weft;

struct DebugInfo::Builder {
  explicit Builder(Module &module) : di(module) {}
  DIBuilder di;
  DICompileUnit *unit = nullptr;
  DISubroutineType *type = nullptr;
};

DebugInfo::DebugInfo(Module &module, StringRef description, StringRef producer)
    : module(module), builder(std::make_shared<Builder>(module)) {
  DIBuilder &di = builder->di;
  builder->unit = di.createCompileUnit(DISourceLanguageName(dwarf::DW_LANG_C11), fileOf(description), producer, /*isOptimized=*/true,
                                       "", 0, "", DICompileUnit::LineTablesOnly);
  builder->type = di.createSubroutineType(di.getOrCreateTypeArray({}));
  module.addModuleFlag(Module::Warning, "Debug Info Version", DEBUG_METADATA_VERSION);
  module.addModuleFlag(Module::Warning, "Dwarf Version", 5);
}

DIFile *DebugInfo::fileOf(StringRef path) {
  return builder->di.createFile(sys::path::filename(path), sys::path::parent_path(path));
}

DISubprogram *DebugInfo::subprogram(Function &function, StringRef name, const SourcePlace &place) {
  DIFile *file = place.file.empty() ? builder->unit->getFile() : fileOf(place.file);
  auto line = unsigned(place.line);
  DISubprogram *program = builder->di.createFunction(file, name, function.getName(), file, line, builder->type, line, DINode::FlagZero,
                                                     DISubprogram::SPFlagDefinition | DISubprogram::SPFlagOptimized);
  function.setSubprogram(program);
  return program;
}

void DebugInfo::describeKernel(Function &function, StringRef name, const SourcePlace &place) {
  DISubprogram *program = subprogram(function, name, place);
  auto *location = DILocation::get(module.getContext(), unsigned(place.line), unsigned(place.column), program);
  for (Instruction &instruction : instructions(function))
    instruction.setDebugLoc(location);
}

void DebugInfo::describeProgram(Function &function, StringRef name, const ModelInfo &info) {
  SourcePlace start = info.launches.empty() ? SourcePlace() : info.launches.front().place;
  DISubprogram *program = subprogram(function, name, start);
  auto *location = DILocation::get(module.getContext(), unsigned(start.line), 0, program);
  for (Instruction &instruction : instructions(function)) {
    auto *call = dyn_cast<CallInst>(&instruction);
    Function *callee = call ? call->getCalledFunction() : nullptr;
    if (callee && callee->getName() == "weft_rt_mark") {
      uint64_t launch = cast<ConstantInt>(call->getArgOperand(2))->getZExtValue() - info.firstLaunch;
      const SourcePlace &place = info.launches[launch].place;
      if (place.file == start.file) // another file would need a scope of its own
        location = DILocation::get(module.getContext(), unsigned(place.line), unsigned(place.column), program);
    }
    instruction.setDebugLoc(location);
  }
}

void DebugInfo::finish() { builder->di.finalize(); }
