// Machine code from the model's module, and the check that it needs nothing but libc, libm and pthread.
#include "codegen/host/ModelModule.h"
#include "llvm/ADT/StringSet.h"
#include "llvm/IR/LegacyPassManager.h"
#include "llvm/MC/TargetRegistry.h"
#include "llvm/Object/ELFObjectFile.h"
#include "llvm/Support/TargetSelect.h"
#include "llvm/Target/TargetMachine.h"

using namespace llvm;
using namespace weft;

static void initializeTargets() {
  InitializeAllTargetInfos();
  InitializeAllTargets();
  InitializeAllTargetMCs();
  InitializeAllAsmPrinters();
  InitializeAllAsmParsers();
}

Expected<std::unique_ptr<TargetMachine>> weft::makeTargetMachine(const Triple &triple) {
  initializeTargets();
  std::string message;
  const Target *target = TargetRegistry::lookupTarget(triple, message);
  if (!target)
    return createStringError("can't make code for '" + triple.str() + "': " + message);
  TargetOptions options;
  options.FunctionSections = true;
  options.DataSections = true;
  return std::unique_ptr<TargetMachine>(target->createTargetMachine(triple, triple.isX86() ? "x86-64-v2" : "generic", "", options,
                                                                    Reloc::PIC_, CodeModel::Small, CodeGenOptLevel::Default));
}

Error weft::emitCode(Module &module, CodeKind kind, raw_pwrite_stream &out) {
  Expected<std::unique_ptr<TargetMachine>> machine = makeTargetMachine(module.getTargetTriple());
  if (!machine)
    return machine.takeError();
  legacy::PassManager passes;
  CodeGenFileType type = kind == CodeKind::Object ? CodeGenFileType::ObjectFile : CodeGenFileType::AssemblyFile;
  if ((*machine)->addPassesToEmitFile(passes, out, nullptr, type, /*DisableVerify=*/true))
    return createStringError("LLVM can't emit this kind of file for '" + module.getTargetTriple().str() + "'");
  passes.run(module);
  return Error::success();
}

/// What libc, libm and pthread have, as far as the runtime, the kernels and LLVM's own lowering ask for it.
static bool isProvided(StringRef name) {
  static const StringSet<> known = {
      // libc: memory and text
      "memcpy", "memmove", "memset", "memcmp", "memchr", "bcmp", "strlen", "strcmp", "strncmp", "strchr", "strrchr", "strstr",
      "strerror", "strerror_r", "__xpg_strerror_r", "strtol", "strtoll", "strtoull", "strtod", "snprintf", "vsnprintf", "malloc",
      "calloc", "realloc", "free", "posix_memalign", "aligned_alloc", "getenv", "qsort", "abort", "__stack_chk_fail",
      // libc: system
      "mmap", "munmap", "madvise", "open", "open64", "close", "read", "pread", "pread64", "fstat", "fstat64", "stat", "lseek",
      "sysconf", "syscall", "clock_gettime", "nanosleep", "sched_yield", "sched_getaffinity", "__sched_cpucount",
      "__errno_location", "dladdr", "getauxval", "_GLOBAL_OFFSET_TABLE_",
      // pthread
      "pthread_create", "pthread_join", "pthread_mutex_init", "pthread_mutex_destroy", "pthread_mutex_lock",
      "pthread_mutex_unlock", "pthread_cond_init", "pthread_cond_destroy", "pthread_cond_wait", "pthread_cond_signal",
      "pthread_cond_broadcast", "pthread_sigmask", "sigfillset", "sigemptyset", "pthread_attr_init", "pthread_attr_destroy",
      "pthread_attr_setstacksize", "pthread_attr_setdetachstate",
      // libm
      "exp", "expf", "exp2", "exp2f", "log", "logf", "log2", "log2f", "sqrt", "sqrtf", "pow", "powf", "sin", "sinf", "cos", "cosf",
      "sincos", "sincosf",
      "tan", "tanf", "tanh", "tanhf", "sinh", "sinhf", "cosh", "coshf", "atan", "atanf", "atan2", "atan2f", "erf", "erff", "floor",
      "floorf", "ceil", "ceilf", "round", "roundf", "rint", "rintf", "nearbyint", "nearbyintf", "trunc", "truncf", "roundeven",
      "roundevenf", "fmod", "fmodf", "fabs", "fabsf", "fma", "fmaf", "fmin", "fminf", "fmax", "fmaxf", "lrintf", "lroundf"};
  return known.contains(name);
}

Error weft::checkUndefinedSymbols(MemoryBufferRef object) {
  Expected<std::unique_ptr<object::ObjectFile>> file = object::ObjectFile::createObjectFile(object);
  if (!file)
    return file.takeError();
  std::string missing;
  for (const object::SymbolRef &symbol : (*file)->symbols()) {
    Expected<uint32_t> flags = symbol.getFlags();
    Expected<StringRef> name = symbol.getName();
    if (!flags)
      return flags.takeError();
    if (!name)
      return name.takeError();
    if ((*flags & object::SymbolRef::SF_Undefined) && !name->empty() && !isProvided(*name))
      missing += (missing.empty() ? "" : ", ") + name->str();
  }
  if (missing.empty())
    return Error::success();
  return createStringError("internal error: generated code calls " + missing + ", which neither libc, libm nor pthread have");
}
