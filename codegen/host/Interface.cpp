// The NAME_* functions: each forwards its arguments to the runtime function of the same meaning.
#include "codegen/host/Abi.h"
#include "codegen/host/Descriptor.h"
#include "runtime/Descriptor.h"
#include "llvm/IR/IRBuilder.h"

using namespace weft;
using llvm::Function;
using llvm::IRBuilder;
using llvm::Type;
using llvm::Value;

namespace {

class InterfaceEmitter {
public:
  InterfaceEmitter(llvm::StringRef name, llvm::GlobalVariable *descriptor, llvm::Module &module)
      : name(name.str()), descriptor(descriptor), module(module), abi(module.getContext()) {}

  void run(bool isShared, bool isGenerating) {
    Type *none = Type::getVoidTy(module.getContext());
    forward("open", "weft_rt_open", abi.i32, {abi.pointer, abi.pointer}, true);
    forward("close", "weft_rt_close", none, {abi.pointer});
    forward("context_create_with", "weft_rt_context_create", abi.i32, {abi.pointer, abi.pointer, abi.pointer});
    emitContextCreate();
    forward("context_destroy", "weft_rt_context_destroy", none, {abi.pointer});
    forward("run", "weft_rt_run", abi.i32, {abi.pointer, abi.pointer});
    if (isGenerating) {
      forward("prefill", "weft_rt_prefill", abi.i32, {abi.pointer, abi.pointer});
      forward("step", "weft_rt_step", abi.i32, {abi.pointer, abi.pointer});
      forward("generate", "weft_rt_generate", abi.i32, {abi.pointer, abi.pointer, abi.pointer});
      forward("cache_bytes", "weft_rt_cache_bytes", abi.i64, {abi.pointer}, true);
      forward("cache_use", "weft_rt_cache_use", abi.i32, {abi.pointer, abi.pointer, abi.i64});
    }
    forward("message", "weft_rt_message", abi.pointer, {abi.pointer});
    forward("arena_bytes", "weft_rt_arena_bytes", abi.i64, {abi.pointer, abi.i32}, true);
    forward("describe", "weft_rt_describe", abi.i64, {abi.pointer, abi.i64}, true);
    forward("target", "weft_rt_target", abi.pointer, {abi.pointer});
    emitDescriptorFunction(name + "_descriptor");
    if (isShared)
      emitDescriptorFunction(WEFT_ARTIFACT_SYMBOL);
  }

private:
  Function *declare(const std::string &symbol, Type *result, llvm::ArrayRef<Type *> parameters) {
    auto *function = Function::Create(llvm::FunctionType::get(result, parameters, false), Function::ExternalLinkage, symbol, module);
    function->addFnAttr(llvm::Attribute::NoUnwind);
    return function;
  }

  /// NAME_<what>(arguments...) is runtime([descriptor,] arguments...).
  void forward(llvm::StringRef what, llvm::StringRef runtime, Type *result, llvm::ArrayRef<Type *> parameters,
               bool withDescriptor = false) {
    Function *function = declare(name + "_" + what.str(), result, parameters);
    IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "entry", function));
    llvm::SmallVector<Value *> arguments;
    if (withDescriptor)
      arguments.push_back(descriptor);
    for (llvm::Argument &argument : function->args())
      arguments.push_back(&argument);
    call(builder, runtime, result, arguments);
  }

  void emitContextCreate() {
    Function *function = declare(name + "_context_create", abi.i32, {abi.pointer, abi.pointer});
    IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "entry", function));
    Value *options = llvm::ConstantPointerNull::get(abi.pointer);
    call(builder, "weft_rt_context_create", abi.i32, {function->getArg(0), function->getArg(1), options});
  }

  void call(IRBuilder<> &builder, llvm::StringRef runtime, Type *result, llvm::ArrayRef<Value *> arguments) {
    llvm::SmallVector<Type *> types;
    for (Value *argument : arguments)
      types.push_back(argument->getType());
    auto callee = module.getOrInsertFunction(runtime, llvm::FunctionType::get(result, types, false));
    Value *value = builder.CreateCall(callee, arguments);
    if (result->isVoidTy())
      builder.CreateRetVoid();
    else
      builder.CreateRet(value);
  }

  void emitDescriptorFunction(const std::string &symbol) {
    IRBuilder<> builder(llvm::BasicBlock::Create(module.getContext(), "entry", declare(symbol, abi.pointer, {})));
    builder.CreateRet(descriptor);
  }

  std::string name;
  llvm::GlobalVariable *descriptor;
  llvm::Module &module;
  Abi abi;
};

} // namespace

void weft::emitInterface(llvm::StringRef name, llvm::GlobalVariable *descriptor, InterfaceKind kind, llvm::Module &module) {
  InterfaceEmitter(name, descriptor, module).run(kind.isShared, kind.isGenerating);
}
