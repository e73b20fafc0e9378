// Compiles one kernel in the process and calls it through its ABI; also buffers that end at a page nobody may touch, so that a read or
// write past the end is a crash and not a wrong number somewhere else.
#ifndef WEFT_TESTS_SUPPORT_KERNELJIT_H
#define WEFT_TESTS_SUPPORT_KERNELJIT_H

#include "codegen/Kernel.h"
#include "llvm/ExecutionEngine/Orc/LLJIT.h"
#include "llvm/ExecutionEngine/Orc/ThreadSafeModule.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/Support/TargetSelect.h"
#include <cstring>
#include <sys/mman.h>

namespace weft::test {

/// `bytes` bytes that end at (or, aligned, within 63 bytes of) an inaccessible page; `aligned` to 64 bytes, else only to 4.
class GuardedBuffer {
public:
  GuardedBuffer(size_t bytes, bool aligned) : bytes(bytes) {
    const size_t page = 4096, pages = (bytes + 64 + page - 1) / page + 1;
    mapped = pages * page;
    base = static_cast<char *>(mmap(nullptr, mapped, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base + mapped - page, page, PROT_NONE);
    size_t offset = mapped - page - bytes;
    start = base + (aligned ? offset / 64 * 64 : offset);
  }
  GuardedBuffer(GuardedBuffer &&other) : base(other.base), start(other.start), bytes(other.bytes), mapped(other.mapped) { other.base = nullptr; }
  GuardedBuffer(const GuardedBuffer &) = delete;
  ~GuardedBuffer() {
    if (base)
      munmap(base, mapped);
  }
  char *data() const { return start; }
  size_t size() const { return bytes; }

private:
  char *base, *start;
  size_t bytes, mapped;
};

class JitKernel {
public:
  static llvm::Expected<JitKernel> compile(KernelOp kernel, const TargetInfo &target, const KernelOptions &options = {}) {
    llvm::InitializeNativeTarget();
    llvm::InitializeNativeTargetAsmPrinter();
    auto context = std::make_unique<llvm::LLVMContext>();
    auto compiled = compileKernel(kernel, target, options, *context);
    if (!compiled)
      return compiled.takeError();
    JitKernel result;
    result.abi = compiled->abi;
    result.stmt = compiled->stmt;
    addTrampoline(*compiled->module, compiled->name);
    auto machine = llvm::orc::JITTargetMachineBuilder::detectHost();
    if (!machine)
      return machine.takeError();
    machine->setCodeGenOptLevel(llvm::CodeGenOptLevel::Aggressive);
    auto jit = llvm::orc::LLJITBuilder().setJITTargetMachineBuilder(std::move(*machine)).create();
    if (!jit)
      return jit.takeError();
    result.jit = std::move(*jit);
    compiled->module->setDataLayout(result.jit->getDataLayout());
    if (auto error = result.jit->addIRModule(llvm::orc::ThreadSafeModule(std::move(compiled->module), std::move(context))))
      return std::move(error);
    auto symbol = result.jit->lookup("invoke");
    if (!symbol)
      return symbol.takeError();
    result.invoke = symbol->toPtr<void (*)(void **, const int64_t *)>();
    return result;
  }

  /// Pointers: arguments, results, scratch. Sizes: the dimensions in the order of the ABI, then begin and end.
  void operator()(llvm::ArrayRef<void *> pointers, llvm::ArrayRef<int64_t> sizes) const {
    invoke(const_cast<void **>(pointers.data()), sizes.data());
  }

  KernelAbi abi;
  std::string stmt;

private:
  static void addTrampoline(llvm::Module &module, llvm::StringRef name) {
    llvm::Function *kernel = module.getFunction(name);
    llvm::IRBuilder<> builder(module.getContext());
    auto *type = llvm::FunctionType::get(builder.getVoidTy(), {builder.getPtrTy(), builder.getPtrTy()}, false);
    auto *invoke = llvm::Function::Create(type, llvm::Function::ExternalLinkage, "invoke", module);
    builder.SetInsertPoint(llvm::BasicBlock::Create(module.getContext(), "", invoke));
    llvm::SmallVector<llvm::Value *> arguments;
    unsigned pointers = 0, sizes = 0;
    for (llvm::Argument &argument : kernel->args()) {
      bool pointer = argument.getType()->isPointerTy();
      llvm::Value *from = builder.CreateConstGEP1_64(builder.getInt64Ty(), invoke->getArg(pointer ? 0 : 1), pointer ? pointers++ : sizes++);
      arguments.push_back(builder.CreateLoad(argument.getType(), from));
    }
    builder.CreateCall(kernel, arguments);
    builder.CreateRetVoid();
  }

  std::unique_ptr<llvm::orc::LLJIT> jit;
  void (*invoke)(void **, const int64_t *) = nullptr;
};

} // namespace weft::test

#endif
