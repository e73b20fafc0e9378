// CheckRuntimeValues: kernels read tables and positions by values that come at run time; a weft.check for each makes bad ones an error
// code before any kernel runs. Consumes graphs with ops, produces checks where the values are born, each once; what can be decided at
// compile time is an error here.
#include "passes/Passes.h"
#include "passes/Rewriting.h"
#include "llvm/ADT/TypeSwitch.h"

namespace weft {
#define GEN_PASS_DEF_CHECKRUNTIMEVALUES
#include "passes/Passes.h.inc"
} // namespace weft

using namespace mlir;
using namespace weft;

static DimExpr sizeOf(Value value, int64_t dim) { return cast<NamedTensorType>(value.getType()).getExpr(dim); }

namespace {
struct Bounds {
  Value value;
  DimExpr lower, upper;
  StringRef what;
};

struct CheckRuntimeValuesPass final : weft::impl::CheckRuntimeValuesBase<CheckRuntimeValuesPass> {
  void runOnOperation() override {
    for (auto graph : getOperation().getOps<GraphOp>()) {
      DenseSet<std::pair<Value, Attribute>> done;
      for (CheckOp check : llvm::to_vector(graph.getBody().getOps<CheckOp>()))
        done.insert({check.getX(), keyOf(check)});
      SmallVector<Operation *> ops;
      graph.walk([&](Operation *op) { ops.push_back(op); });
      for (Operation *op : ops)
        visit(op, done);
    }
    if (errors)
      signalPassFailure();
  }

private:
  using Done = DenseSet<std::pair<Value, Attribute>>;

  static Attribute keyOf(CheckOp check) {
    return ArrayAttr::get(check.getContext(), {check.getLower(), check.getUpper(), check.getWhatAttr()});
  }

  void visit(Operation *op, Done &done) {
    if (auto positions = dyn_cast<PositionsOp>(op))
      return visitPositions(positions, done);
    std::optional<Bounds> bounds = boundsOf(op);
    if (bounds && !bounds->value.getDefiningOp<CacheReadOp>()) // what a state holds was checked when it was written
      check(op, *bounds, done);
  }

  static std::optional<Bounds> boundsOf(Operation *op) {
    using Result = std::optional<Bounds>;
    return TypeSwitch<Operation *, Result>(op)
        .Case([](LookupOp lookup) -> Result {
          return Bounds{lookup.getIds(), 0, sizeOf(lookup.getTable(), 0) - 1, "token id"};
        })
        .Case([](TakeOp take) -> Result {
          int64_t axis = axisOf(take.getAxis(), cast<NamedTensorType>(take.getX().getType()));
          return Bounds{take.getIndex(), 0, sizeOf(take.getX(), axis) - 1, "index"};
        })
        .Case([](LastOp last) -> Result { return Bounds{last.getLengths(), 1, sizeOf(last.getX(), 1), "length"}; })
        .Case([](MeanPoolOp pool) -> Result { return Bounds{pool.getLengths(), 0, sizeOf(pool.getX(), 1), "length"}; })
        .Case([](PaddingMaskOp mask) -> Result { return Bounds{mask.getLengths(), 0, sizeOf(mask.getResult(), -1), "length"}; })
        .Default([](Operation *) -> Result { return std::nullopt; });
  }

  /// start + offset + length must not pass the table's end: known at compile time without an offset.
  void visitPositions(PositionsOp op, Done &done) {
    DimExpr length = sizeOf(op.getResult(), -2), start(static_cast<int64_t>(op.getStart())), rows = sizeOf(op.getTable(), 0);
    if (op.getOffset())
      return check(op, {op.getOffset(), DimExpr(0) - start, rows - start - length, "position"}, done);
    DimExpr end = start + length;
    std::optional<int64_t> largest = end.evaluate([&](StringRef name) -> std::optional<int64_t> {
      auto dim = dyn_cast_or_null<DimOp>(SymbolTable::lookupSymbolIn(getOperation(), name));
      return dim ? std::optional<int64_t>(dim.getUpper()) : std::nullopt;
    });
    if (!largest || !rows.constant() || *largest <= *rows.constant())
      return;
    errors = true;
    op.emitError() << "a table of " << rows.text() << " positions is too short: " << end.text() << " can be " << *largest;
  }

  static void check(Operation *op, const Bounds &bounds, Done &done) {
    OpBuilder builder(op->getContext());
    builder.setInsertionPointAfterValue(bounds.value);
    while (builder.getInsertionPoint() != builder.getBlock()->end() && isa<CheckOp, ConstantOp>(*builder.getInsertionPoint()))
      builder.setInsertionPoint(builder.getBlock(), std::next(builder.getInsertionPoint()));
    auto lower = DimAttr::get(op->getContext(), bounds.lower), upper = DimAttr::get(op->getContext(), bounds.upper);
    auto check = CheckOp::create(builder, op->getLoc(), bounds.value, lower, upper, builder.getStringAttr(bounds.what));
    if (!done.insert({bounds.value, keyOf(check)}).second)
      check.erase();
  }

  bool errors = false;
};
} // namespace
