// OutlineKernels: each group becomes a launch of a kernel; kernels with the same text are one.
// Consumes groups (FormKernels), produces weft.kernel symbols and weft.launch.
//
// The contract with code generation. A kernel is straight-line: ops in order of definition, one weft.yield. Its arguments are all that
// it reads, weights included, in order of first use; constants, masks, slices, splits and position tables are inside. It has at most one
// contraction or attention or row reduction: the anchor, whose elements or rows every other op shares; a row reduction may have lookups
// and element-wise ops before it. Yielding an argument is a copy. Dimensions are `m` (all leading ones merged) or d0, d1, ... (KernelShape);
// the sizes of weights and widths are numbers. A kernel's name says its ops and sizes: linear_gelu_384x1536.
#include "PackedRows.h"
#include "passes/KernelShape.h"
#include "passes/Passes.h"
#include "mlir/IR/IRMapping.h"
#include "llvm/ADT/SetVector.h"
#include "llvm/ADT/StringExtras.h"

namespace weft {
#define GEN_PASS_DEF_OUTLINEKERNELS
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static SetVector<Value> valuesFromOutside(GroupOp group) {
  SetVector<Value> values;
  group.walk([&](Operation *op) {
    for (Value operand : op->getOperands())
      if (operand.getParentRegion() != &group.getBody())
        values.insert(operand);
  });
  return values;
}

/// Ops and sizes: at most four words, then in x out of contractions and the width of others.
static std::string kernelName(GroupOp group, ArrayRef<Value> args) {
  SmallVector<StringRef> words;
  Block &body = group.getBody().front();
  auto collect = [&](bool indexOps) {
    for (Operation &op : body.without_terminator())
      if (isIndexOp(&op) == indexOps && (words.empty() || words.back() != wordFor(&op)))
        words.push_back(wordFor(&op));
  };
  collect(false);
  if (words.empty())
    collect(true);
  if (words.empty())
    words.push_back("copy");
  if (words.size() > 4)
    words.erase(words.begin() + 2, words.end() - 2);
  std::string name = llvm::join(words, "_");
  auto width = [](Value value) -> std::optional<int64_t> {
    auto type = cast<NamedTensorType>(value.getType());
    return type.getRank() ? type.getDim(-1).getStatic() : std::nullopt;
  };
  std::optional<int64_t> in = args.empty() ? std::nullopt : width(args.front());
  std::optional<int64_t> out = width(group.getResult(0));
  if (group.getAnchor() == AnchorKind::Contraction && in && out)
    return name + "_" + std::to_string(*in) + "x" + std::to_string(*out);
  return out ? name + "_" + std::to_string(*out) : name;
}

namespace {
struct OutlineKernelsPass final : weft::impl::OutlineKernelsBase<OutlineKernelsPass> {
  void runOnOperation() override {
    ModelOp model = getOperation();
    SymbolTable symbols(model);
    for (auto kernel : model.getOps<KernelOp>())
      known.try_emplace(textOf(kernel), kernel);
    SmallVector<GroupOp> groups;
    model.walk([&](GroupOp group) { groups.push_back(group); });
    for (GroupOp group : groups)
      outline(group, symbols);
    known.clear();
  }

private:
  /// The kernel's text without its name and locations.
  static std::string textOf(KernelOp kernel) {
    std::string text;
    llvm::raw_string_ostream stream(text);
    auto clone = cast<KernelOp>(kernel->clone());
    clone.setSymName("k");
    clone->print(stream, OpPrintingFlags().useLocalScope().elideLargeElementsAttrs(false).enableDebugInfo(false));
    clone->erase();
    return text;
  }

  static KernelOp build(GroupOp group, ArrayRef<Value> args, const KernelShape &shape) {
    OpBuilder builder(group.getContext());
    Location loc = group.getLoc();
    auto kernel = KernelOp::create(builder, loc, builder.getStringAttr(kernelName(group, args)),
                                   AnchorKindAttr::get(builder.getContext(), group.getAnchor()), ArrayAttr(), ArrayAttr());
    Block &body = kernel.getBody().emplaceBlock();
    builder.setInsertionPointToStart(&body);
    IRMapping mapping;
    for (Value arg : args)
      mapping.map(arg, body.addArgument(shape.typeOf(arg), arg.getLoc()));
    for (Operation &op : group.getBody().front()) {
      SmallVector<NamedAttribute> attributes;
      for (NamedAttribute attribute : op.getAttrs())
        attributes.push_back(shape.translate(&op, attribute));
      Operation *clone = builder.clone(op, mapping);
      clone->setAttrs(DictionaryAttr::get(builder.getContext(), attributes));
      for (auto [result, inner] : llvm::zip(op.getResults(), clone->getResults()))
        inner.setType(shape.typeOf(result));
    }
    return kernel;
  }

  void outline(GroupOp group, SymbolTable &symbols) {
    if (group.use_empty())
      return group.erase();
    SetVector<Value> args = valuesFromOutside(group);
    KernelShape shape(group, args.getArrayRef());
    KernelOp kernel = build(group, args.getArrayRef(), shape);
    auto [found, fresh] = known.try_emplace(textOf(kernel), kernel);
    if (fresh) {
      auto graph = group->getParentOfType<GraphOp>();
      symbols.insert(kernel, graph->getIterator());
    } else {
      kernel->erase();
      kernel = found->second;
    }
    OpBuilder builder(group);
    auto launch = LaunchOp::create(builder, group.getLoc(), group.getResultTypes(), FlatSymbolRefAttr::get(kernel), args.getArrayRef(),
                                   shape.dims(), DenseI64ArrayAttr());
    launch.setPacked(llvm::any_of(args, [](Value arg) { return static_cast<bool>(packedBy(arg)); }));
    group.replaceAllUsesWith(launch.getResults());
    group.erase();
  }

  llvm::StringMap<KernelOp> known; ///< by text
};
} // namespace
