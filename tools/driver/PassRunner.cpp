// Runs passes and shows what they did.
#include "tools/driver/PassRunner.h"
#include "codegen/artifact/OutputFile.h"
#include "mlir/Pass/PassInstrumentation.h"
#include "mlir/Pass/PassRegistry.h"
#include "passes/Passes.h"
#include "tools/driver/OptionTable.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;
using namespace weft;
using namespace weft::tools;

constexpr StringLiteral kMark = "// weft: after pass ";

void weft::tools::printIr(mlir::ModuleOp module, raw_ostream &out, bool withPlaces) {
  mlir::OpPrintingFlags flags;
  flags.printNameLocAsPrefix();
  if (withPlaces)
    flags.enableDebugInfo();
  module->print(out, flags);
  out << '\n';
}

namespace {

/// Writes the module behind every pass that has a name.
class Dumper final : public mlir::PassInstrumentation {
public:
  Dumper(const CompileOptions &options, int done, Error &error) : options(options), count(done), error(error) {}

  void runAfterPass(mlir::Pass *pass, mlir::Operation *op) override {
    if (pass->getArgument().empty())
      return;
    ++count;
    auto module = dyn_cast<mlir::ModuleOp>(op);
    if (!module)
      module = op->getParentOfType<mlir::ModuleOp>();
    StringRef name = pass->getArgument();
    if (options.printAfterAll || is_contained(options.printAfter, name) ||
        is_contained(options.printAfter, StringRef(name).drop_front(StringRef("weft-").size()))) {
      errs() << "// -----// IR after " << name << " //----- //\n";
      printIr(module, errs());
    }
    if (!options.dumpFolder.empty())
      dump(module, name);
  }

  void dump(mlir::ModuleOp module, StringRef pass) {
    if (error) // the first file that can't be written stands for all
      return;
    SmallString<256> path(options.dumpFolder);
    StringRef stem = pass.starts_with("weft-") ? pass.drop_front(5) : pass;
    sys::path::append(path, (count < 10 ? "0" : "") + std::to_string(count) + "-" + stem + ".mlir");
    Error failed = writeOutput(path, [&](raw_ostream &out) {
      if (count > 0)
        out << kMark << count << ", " << pass << '\n';
      printIr(module, out, /*withPlaces=*/true);
      return Error::success();
    });
    if (failed)
      error = std::move(failed);
  }

private:
  const CompileOptions &options;
  int count;
  Error &error;
};

} // namespace

/// The passes of `builtin.module(weft.model(a,b{x=1},c))`, each as text.
static SmallVector<std::string> passTexts(mlir::OpPassManager &manager) {
  std::string text;
  raw_string_ostream out(text);
  manager.printAsTextualPipeline(out);
  StringRef inner(text);
  constexpr StringLiteral open = "weft.model(";
  inner = inner.substr(inner.find(open) + open.size());
  SmallVector<std::string> passes(1);
  int depth = 0;
  for (char c : inner) {
    if (c == ')' && depth == 0)
      break;
    depth += c == '{' || c == '(' ? 1 : c == '}' || c == ')' ? -1 : 0;
    if (c == ',' && depth == 0)
      passes.emplace_back();
    else
      passes.back() += c;
  }
  return passes;
}

static StringRef nameOf(StringRef pass) { return pass.take_until([](char c) { return c == '{'; }); }

/// A dump goes on where it was written only if the pipeline is still the same up to there.
static Error checkMark(StringRef input, const DonePasses &done, ArrayRef<std::string> passes) {
  if (done.count == 0 || (size_t(done.count) <= passes.size() && nameOf(passes[size_t(done.count - 1)]) == done.last))
    return Error::success();
  std::string there = size_t(done.count) > passes.size() ? "there are " + std::to_string(passes.size())
                                                         : "that is " + nameOf(passes[size_t(done.count - 1)]).str();
  return createStringError("'" + input + "' says that it was written after pass " + Twine(done.count) + ", " + done.last + ", but " + there +
                           " here: go on from it with the weft and the options that wrote it");
}

/// Names of passes, with `weft-` in front or without.
static Error checkPassNames(ArrayRef<std::string> wanted, ArrayRef<std::string> passes) {
  for (StringRef name : wanted) {
    if (mlir::PassInfo::lookup(name) || mlir::PassInfo::lookup(("weft-" + name).str()))
      continue;
    SmallVector<StringRef> known;
    for (StringRef pass : passes)
      known.push_back(nameOf(pass).drop_front(name.starts_with("weft-") ? 0 : strlen("weft-")));
    StringRef nearest = nearestWord(name, known);
    return usageError("unknown pass '" + name + "' for --print-ir-after" +
                      (nearest.empty() ? ": `weft-opt --help` lists them" : "; did you mean '" + nearest.str() + "'?"));
  }
  return Error::success();
}

Error PassRunner::run(mlir::ModuleOp module) {
  auto textsUpTo = [&](Phase last) {
    PipelineOptions part = pipeline;
    part.last = last;
    mlir::PassManager manager(module.getContext());
    buildPipeline(manager, part);
    return passTexts(manager);
  };
  SmallVector<std::string> passes = textsUpTo(pipeline.last), whole = textsUpTo(Phase::Kernels);
  if (Error error = checkPassNames(options.printAfter, whole))
    return error;
  if (Error error = checkMark(options.input, done, whole))
    return error;
  mlir::PassManager rest(module.getContext());
  if (size_t(done.count) < passes.size()) {
    std::string text = "weft.model(" + join(ArrayRef(passes).drop_front(size_t(done.count)), ",") + ")";
    if (failed(mlir::parsePassPipeline(text, rest)))
      return createStringError("internal error: can't rebuild the pipeline '" + text + "'");
  }
  Error dumpError = Error::success();
  if (!options.dumpFolder.empty()) {
    if (std::error_code code = sys::fs::create_directories(options.dumpFolder, true, sys::fs::perms::all_all))
      return createStringError(code, "can't make the folder '" + options.dumpFolder + "': " + code.message());
    if (done.count == 0)
      Dumper(options, 0, dumpError).dump(module, "lowered");
    if (dumpError)
      return dumpError;
  }
  rest.addInstrumentation(std::make_unique<Dumper>(options, done.count, dumpError));
  if (options.timing)
    rest.enableTiming();
  bool isDone = succeeded(rest.run(module));
  if (dumpError)
    return dumpError;
  return isDone ? Error::success() : createStringError("internal error: a pass failed without saying why");
}

Expected<DonePasses> weft::tools::donePassesOf(StringRef text, StringRef fileName) {
  if (!text.consume_front(kMark))
    return DonePasses();
  StringRef line = text.take_until([](char c) { return c == '\n'; });
  auto [number, name] = line.split(", ");
  DonePasses done{0, name.trim().str()};
  if (number.getAsInteger(10, done.count) || done.count < 1)
    return createStringError("'" + fileName + "' begins with a mark of weft that can't be read: '" + line + "'");
  return done;
}
