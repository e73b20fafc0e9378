// Entry of the interpreter: inputs by name, sizes from their shapes, outputs by name.
#include "Machine.h"

using namespace mlir;
using namespace weft;
using namespace weft::reference;
using llvm::Error;
using llvm::Expected;

/// Solves a*n + b = size for one unknown name n; nothing where the expression has another form.
static std::optional<std::pair<std::string, int64_t>> solve(const DimExpr &dim, int64_t size, const Sizes &known) {
  DimExpr rest = dim.substitute([&](StringRef name) -> std::optional<DimExpr> {
    std::optional<int64_t> value = known.find(name);
    return value ? std::optional<DimExpr>(DimExpr(*value)) : std::nullopt;
  });
  if (rest.symbols().size() != 1)
    return std::nullopt;
  std::string name = rest.symbols().front();
  DimExpr::Rational factor, fixed;
  for (const auto &[monomial, coefficient] : rest.terms()) {
    if (monomial.empty())
      fixed = coefficient;
    else if (monomial.begin()->second == 1)
      factor = coefficient;
    else
      return std::nullopt;
  }
  __int128 above = (static_cast<__int128>(size) * fixed.den - fixed.num) * factor.den, below = static_cast<__int128>(factor.num) * fixed.den;
  if (below == 0 || above % below != 0 || above / below < 0 || above / below > INT32_MAX)
    return std::nullopt;
  return std::pair(name, static_cast<int64_t>(above / below));
}

/// Every run-time dimension lies in its bounds.
static Error checkBounds(GraphOp graph, const Sizes &sizes) {
  auto model = graph->getParentOfType<ModelOp>();
  for (DimOp dim : model.getBody().getOps<DimOp>()) {
    std::optional<int64_t> size = sizes.find(dim.getSymName());
    int64_t lower = dim.getLower(), upper = dim.getUpper();
    if (size && (*size < lower || *size > upper))
      return llvm::createStringError("dimension " + dim.getSymName() + " is " + Twine(*size) + ", outside " + Twine(lower) + ".." + Twine(upper));
  }
  return Error::success();
}

Expected<Sizes> reference::bindSizes(GraphOp graph, ArrayRef<Tensor> inputs) {
  Sizes sizes;
  auto typeOf = [&](size_t i) { return cast<NamedTensorType>(graph.getBody().getArgument(i).getType()); };
  auto nameOf = [&](size_t i) { return cast<StringAttr>(graph.getInputNames()[i]).getValue(); };
  for (size_t i = 0; i < inputs.size(); ++i) {
    if (inputs[i].rank() != typeOf(i).getRank())
      return llvm::createStringError("input " + nameOf(i) + " needs shape " + typeOf(i).shapeText() + ", but has " + shapeText(inputs[i].dims()));
    if (inputs[i].element() != elementOf(typeOf(i)))
      return llvm::createStringError("input " + nameOf(i) + " has another element type than " + typeOf(i).shapeText());
  }
  // Plain names first, then expressions with one unknown name; two rounds, since the second may need what the first found.
  for (int round = 0; round < 3; ++round)
    for (size_t i = 0; i < inputs.size(); ++i)
      for (int64_t axis = 0; axis < inputs[i].rank(); ++axis) {
        DimExpr dim = typeOf(i).getExpr(axis);
        bool plain = dim.symbols().size() == 1 && dim == DimExpr::symbol(dim.symbols().front());
        if (round == 0 && !plain)
          continue;
        auto solved = solve(dim, inputs[i].dim(axis), sizes);
        if (solved && !sizes.find(solved->first))
          sizes.set(solved->first, solved->second);
      }
  if (Error error = checkBounds(graph, sizes))
    return error;
  for (size_t i = 0; i < inputs.size(); ++i) {
    Expected<SmallVector<int64_t>> shape = sizes.shape(typeOf(i));
    if (!shape)
      return llvm::createStringError("input " + nameOf(i) + ": " + toString(shape.takeError()));
    if (inputs[i].dims() != ArrayRef<int64_t>(*shape))
      return llvm::createStringError("input " + nameOf(i) + " is " + shapeText(inputs[i].dims()) + ", but " + typeOf(i).shapeText() + " is " +
                                     shapeText(*shape) + " here");
  }
  return sizes;
}

/// The inputs in the graph's order.
static Expected<SmallVector<Tensor>> order(GraphOp graph, const llvm::StringMap<Tensor> &inputs) {
  SmallVector<Tensor> ordered;
  for (Attribute attr : graph.getInputNames()) {
    StringRef name = cast<StringAttr>(attr).getValue();
    auto found = inputs.find(name);
    if (found == inputs.end())
      return llvm::createStringError("input " + name + " is missing");
    ordered.push_back(found->second);
  }
  for (const auto &entry : inputs)
    if (llvm::none_of(graph.getInputNames(), [&](Attribute attr) { return cast<StringAttr>(attr).getValue() == entry.getKey(); }))
      return llvm::createStringError("there is no input " + entry.getKey());
  return ordered;
}

Expected<llvm::StringMap<Tensor>> reference::run(GraphOp graph, const llvm::StringMap<Tensor> &inputs, const WeightStore &store,
                                                 const RunOptions &options) {
  Expected<SmallVector<Tensor>> ordered = order(graph, inputs);
  if (!ordered)
    return ordered.takeError();
  Expected<Sizes> sizes = bindSizes(graph, *ordered);
  if (!sizes)
    return sizes.takeError();
  for (const auto &size : options.sizes)
    sizes->set(size.getKey(), size.getValue());
  if (options.states)
    if (Error error = bindStateSizes(graph, *options.states, *sizes))
      return error;
  Machine machine(store, options, *sizes);
  for (auto [arg, tensor] : llvm::zip(graph.getBody().getArguments(), *ordered))
    machine.set(arg, tensor);
  if (Error error = machine.run(graph.getBody().front()))
    return error;
  llvm::StringMap<Tensor> outputs;
  OutputOp output = graph.getOutputOp();
  for (auto [name, value] : llvm::zip(output.getNames(), output.getValues()))
    outputs[cast<StringAttr>(name).getValue()] = machine.get(value);
  return outputs;
}
