// From a `weft.kernel` to LLVM IR: the kernels' ABI and the one entry that compiles them. No Halide type leaks from here.
//
// The ABI. A kernel `@k` of the IR becomes one function, in plain C terms
//   void k(arg 0 *, ..., arg n-1 *, result 0 *, ..., void *scratch, int64_t dim 0, ..., int64_t begin, int64_t end)
// - one pointer for each block argument, then one for each yielded value, in order, with the memory layout that the kernel's
//   `argLayouts` and `resultLayouts` give (without layouts: dense, packed weights excepted). f32 and i32 have 4 bytes, i1 one byte, 0 or 1;
// - `scratch`: KernelAbi::scratchBytes bytes of the calling thread's own, 64-byte aligned; contents do not survive the call;
// - the sizes of the dimensions named in KernelAbi::dims, in that order;
// - the part of the result to compute, units begin..end of `KernelAbi::units` (the host program splits 0..units among its threads in
//   multiples of `grain`; parts write disjoint bytes). Results never alias an argument.
// Kernels call nothing but libm, allocate nothing, and check nothing: whoever calls them has checked every shape and index.
#ifndef WEFT_CODEGEN_KERNEL_H
#define WEFT_CODEGEN_KERNEL_H

#include "codegen/target/TargetInfo.h"
#include "ir/Weft.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/Support/Error.h"
#include <memory>
#include <string>
#include <vector>

namespace weft {

/// What the host program must know to call a kernel.
struct KernelAbi {
  std::vector<std::string> dims; ///< names of the kernel's run-time dimensions, sorted
  DimExpr units;                 ///< size of the parallel dimension: panels of columns, rows, heads
  int64_t grain = 1;             ///< units that should stay together in one thread
  DimExpr scratchBytes;          ///< bytes of scratch for one call, an upper bound over `dims`
};

struct KernelOptions {
  bool plain = false;    ///< every stage at root, no register tiles: the oracle of the schedules
  bool keepStmt = false; ///< fill CompiledKernel::stmt
};

struct CompiledKernel {
  std::string name;                      ///< the function's, the kernel's symbol
  KernelAbi abi;
  std::unique_ptr<llvm::Module> module;  ///< defines that function with external linkage, everything else internal
  std::string stmt;                      ///< Halide's loop nest, for --emit and --dump-dir
};

/// The ABI alone: cheap, and the same for every target.
llvm::Expected<KernelAbi> kernelAbi(KernelOp kernel);

/// Whether kernels may hold this op ("weft.linear").
bool hasEmitter(llvm::StringRef opName);

/// Compiles one kernel for one target. The module holds optimized IR: inline and emit it, do not vectorize it again.
/// Errors name the kernel and the op that has no emitter, or carry Halide's message.
llvm::Expected<CompiledKernel> compileKernel(KernelOp kernel, const TargetInfo &target, const KernelOptions &options,
                                             llvm::LLVMContext &context);

} // namespace weft

#endif
