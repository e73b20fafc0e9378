// The dimensions of a kernel in its own names; see KernelShape.h.
#include "passes/KernelShape.h"
#include "passes/Rewriting.h"
#include "llvm/ADT/MapVector.h"

using namespace mlir;
using namespace weft;

/// Stands for the merged dimension until dimensions get their names; no description can spell it.
static constexpr llvm::StringLiteral mergedName("__merged");

static NamedTensorType outerType(Value value) { return cast<NamedTensorType>(value.getType()); }

KernelShape::KernelShape(GroupOp group, ArrayRef<Value> args) : group(group) {
  Value first = group.getBody().front().getTerminator()->getOperand(0);
  ArrayRef<DimAttr> dims = outerType(first).getDims();
  bool merged = dims.size() > 1 && tryMerge(dims.drop_back(), args);
  if (!merged && dims.size() > 1)
    tryMerge(dims, args); // a reduction of the last dimension
  nameDims(args);
}

//===-- Merging leading dimensions ------------------------------------------------------------------------------------===//

bool KernelShape::startsWithLeading(Value value) const {
  ArrayRef<DimAttr> dims = outerType(value).getDims();
  return dims.size() >= leading.size() && dims.take_front(leading.size()) == ArrayRef(leading);
}

bool KernelShape::setCarrying(Value value, bool carries) { return carrying.try_emplace(value, carries).first->second == carries; }

/// Either the operand has the leading dimensions and passes each on in place, or none of its dimensions reaches them.
bool KernelShape::operandKeepsLeading(Operation *op, unsigned operand, bool &carries) {
  Leading dims = leadingOf(op, operand, leading.size());
  bool passes = dims.passes && startsWithLeading(op->getOperand(operand));
  if (!passes && !dims.apart)
    return false;
  carries |= passes;
  return setCarrying(op->getOperand(operand), passes);
}

/// Axes and permutations must lie behind the merged dimensions; expressions over them lose their names.
bool KernelShape::attributesAllowMerging(Operation *op) const {
  int64_t count = leading.size();
  if (auto axis = op->getAttrOfType<IntegerAttr>("axis"))
    return axisOf(axis.getInt(), outerType(op->getOperand(0))) >= count;
  if (auto permutation = op->getAttrOfType<DenseI64ArrayAttr>("permutation"))
    return llvm::all_of(llvm::seq<int64_t>(0, count), [&](int64_t i) { return permutation[i] == i; });
  return !countsPositions(op);
}

bool KernelShape::opKeepsLeading(Operation *op) {
  if (!isa<StreamOpInterface>(op) || !attributesAllowMerging(op))
    return false;
  bool carries = false;
  for (unsigned operand = 0; operand < op->getNumOperands(); ++operand)
    if (!operandKeepsLeading(op, operand, carries))
      return false;
  for (Value result : op->getResults())
    if (!setCarrying(result, carries) || (carries && !startsWithLeading(result)))
      return false;
  return true;
}

bool KernelShape::tryMerge(ArrayRef<DimAttr> dims, ArrayRef<Value> args) {
  leading = llvm::to_vector(dims);
  Operation *yield = group.getBody().front().getTerminator();
  bool merges = llvm::all_of(group.getBody().front().without_terminator(), [&](Operation &op) { return opKeepsLeading(&op); });
  for (Value value : yield->getOperands())
    merges = merges && startsWithLeading(value) && setCarrying(value, true);
  // Rows of a numeric width lie a stride apart in memory: such a width can't merge with what is before it.
  for (Value arg : args)
    if (merges && carrying.lookup(arg) && outerType(arg).getRank() == static_cast<int64_t>(dims.size()))
      merges = dims.size() == 1 || !dims.back().getStatic();
  for (Value value : yield->getOperands())
    if (merges && outerType(value).getRank() == static_cast<int64_t>(dims.size()))
      merges = dims.size() == 1 || !dims.back().getStatic();
  if (merges)
    return true;
  leading.clear();
  carrying.clear();
  return false;
}

SmallVector<DimExpr> KernelShape::mergedDims(Value value) const {
  SmallVector<DimExpr> dims = outerType(value).getExprs();
  if (leading.empty() || !carrying.lookup(value))
    return dims;
  SmallVector<DimExpr> merged{DimExpr::symbol(mergedName)};
  llvm::append_range(merged, llvm::drop_begin(dims, leading.size()));
  return merged;
}

//===-- Names ---------------------------------------------------------------------------------------------------------===//

void KernelShape::nameDims(ArrayRef<Value> args) {
  llvm::MapVector<std::string, DimExpr, llvm::StringMap<unsigned>> exprs;
  auto add = [&](const DimExpr &expr) {
    if (!expr.isConstant())
      exprs.insert({expr.text(), expr});
  };
  for (Value arg : args)
    llvm::for_each(mergedDims(arg), add);
  for (Operation &op : group.getBody().front()) {
    for (Value value : op.getResults())
      llvm::for_each(mergedDims(value), add);
    for (NamedAttribute attribute : op.getAttrs())
      if (auto dim = dyn_cast<DimAttr>(attribute.getValue()))
        add(dim.getExpr());
  }
  llvm::StringMap<int> uses;
  for (const auto &[text, expr] : exprs)
    for (const std::string &name : expr.symbols())
      ++uses[name];
  int next = 0;
  auto give = [&](const DimExpr &meaning) {
    std::string name = meaning == DimExpr::symbol(mergedName) ? "m" : "d" + std::to_string(next++);
    meanings.push_back({name, meaning});
    return name;
  };
  for (const auto &[text, expr] : exprs) {
    std::vector<std::string> names = expr.symbols();
    bool alone = llvm::all_of(names, [&](const std::string &name) { return uses[name] == 1; });
    bool single = names.size() == 1 && expr == DimExpr::symbol(names.front());
    if (alone && !single) {
      wholes[text] = give(expr);
      continue;
    }
    for (const std::string &name : names)
      if (!symbols.count(name))
        symbols[name] = give(DimExpr::symbol(name));
  }
}

DimExpr KernelShape::rename(const DimExpr &expr) const {
  if (auto whole = wholes.find(expr.text()); whole != wholes.end())
    return DimExpr::symbol(whole->second);
  return expr.substitute([&](StringRef name) -> std::optional<DimExpr> {
    auto found = symbols.find(name.str());
    return found == symbols.end() ? std::nullopt : std::optional<DimExpr>(DimExpr::symbol(found->second));
  });
}

NamedTensorType KernelShape::typeOf(Value value) const {
  SmallVector<DimExpr> dims = llvm::map_to_vector(mergedDims(value), [&](const DimExpr &dim) { return rename(dim); });
  return outerType(value).withDims(dims);
}

NamedAttribute KernelShape::translate(Operation *op, NamedAttribute attribute) const {
  int64_t dropped = leading.empty() ? 0 : leading.size() - 1;
  MLIRContext *context = op->getContext();
  if (auto dim = dyn_cast<DimAttr>(attribute.getValue()))
    return {attribute.getName(), DimAttr::get(context, rename(dim.getExpr()))};
  if (!dropped)
    return attribute;
  if (auto axis = dyn_cast<IntegerAttr>(attribute.getValue()); axis && attribute.getName() == "axis")
    return {attribute.getName(), IntegerAttr::get(axis.getType(), axisOf(axis.getInt(), outerType(op->getOperand(0))) - dropped)};
  if (auto order = dyn_cast<DenseI64ArrayAttr>(attribute.getValue()); order && attribute.getName() == "permutation") {
    SmallVector<int64_t> behind = llvm::to_vector(order.asArrayRef().drop_front(dropped));
    for (int64_t &dim : behind)
      dim = std::max<int64_t>(dim - dropped, 0);
    return {attribute.getName(), DenseI64ArrayAttr::get(context, behind)};
  }
  return attribute;
}

DictionaryAttr KernelShape::dims() const {
  MLIRContext *context = group->getContext();
  DimExpr product(1);
  for (DimAttr dim : leading)
    product = product * dim.getExpr();
  SmallVector<NamedAttribute> entries;
  for (const auto &[name, meaning] : meanings) {
    DimExpr expr = meaning.substitute([&](StringRef symbol) {
      return symbol == mergedName ? std::optional<DimExpr>(product) : std::nullopt;
    });
    entries.push_back({StringAttr::get(context, name), DimAttr::get(context, expr)});
  }
  return DictionaryAttr::get(context, entries);
}
