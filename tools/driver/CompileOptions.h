// CompileOptions: everything that a compilation is told, read once from the command line and passed down.
#ifndef WEFT_TOOLS_DRIVER_COMPILEOPTIONS_H
#define WEFT_TOOLS_DRIVER_COMPILEOPTIONS_H

#include "codegen/target/TargetInfo.h"
#include "tools/driver/OptionTable.h"

namespace weft::tools {

enum class EmitKind { Ast, Ir, IrFused, IrKernels, Llvm, Halide, Asm, Obj, Static, Shared, Exe };

struct CompileOptions {
  std::string input, config, weights, output;
  EmitKind emit = EmitKind::Exe;
  std::string name; ///< NAME of the C interface
  std::vector<std::pair<std::string, std::string>> defines;
  std::vector<std::string> includes;
  std::vector<TargetInfo> targets; ///< weakest first
  std::string precision = "f32";
  bool weightsFile = false;
  std::optional<uint64_t> randomSeed;
  std::string depfile, cacheFolder, dumpFolder, report;
  std::vector<std::string> printAfter;
  bool printAfterAll = false, timing = false, requireFusion = false, dryRun = false, strassen = false, quiet = false, json = false;
  std::vector<std::pair<std::string, int64_t>> sizes; ///< of dimensions, for costs
  std::string command; ///< the options that matter for the result, without paths
};

/// The options of `weft compile`; all commands that take a description share their front part.
llvm::ArrayRef<OptionRow> compileTable();
/// The options that say what is compiled: of check, explain and verify too.
llvm::ArrayRef<OptionRow> sourceTable();

/// Reads the front part (sourceTable).
llvm::Expected<CompileOptions> readSourceOptions(const ParsedOptions &parsed);
/// Reads all, and settles output, kind and NAME.
llvm::Expected<CompileOptions> readCompileOptions(const ParsedOptions &parsed);

/// "x86-64-v3,x86-64-v4" to rows, weakest first.
llvm::Expected<std::vector<TargetInfo>> readTargets(llvm::StringRef list);

/// A C identifier made of a file's stem.
std::string identifierOf(llvm::StringRef stem);

} // namespace weft::tools

#endif
