// Model structure: text forms and rules of models, graphs, stacks, weights and kernels.
#include "PackedRows.h"
#include "llvm/ADT/STLExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace mlir;
using namespace weft;

//===-- Shared pieces of the text -------------------------------------------------------------------------------------===//

/// `(%a: T, %b: T)`
static ParseResult parseArguments(OpAsmParser &parser, SmallVectorImpl<OpAsmParser::Argument> &args) {
  return parser.parseArgumentList(args, OpAsmParser::Delimiter::Paren, /*allowType=*/true);
}

static void printArguments(OpAsmPrinter &printer, Block::BlockArgListType args) {
  printer << "(";
  llvm::interleaveComma(args, printer, [&](BlockArgument arg) { printer.printRegionArgument(arg); });
  printer << ")";
}

static LogicalResult takesTensors(Operation *op, TypeRange types) {
  for (Type type : types)
    if (!isa<NamedTensorType>(type))
      return op->emitOpError() << "takes tensors, not " << type;
  return success();
}

//===-- GraphOp -------------------------------------------------------------------------------------------------------===//

ParseResult GraphOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> args;
  ArrayAttr inputs, docs;
  if (parser.parseSymbolName(name, SymbolTable::getSymbolAttrName(), result.attributes) || parseArguments(parser, args) ||
      parser.parseKeyword("inputs") || parser.parseAttribute(inputs, getInputNamesAttrName(result.name), result.attributes))
    return failure();
  if (succeeded(parser.parseOptionalKeyword("docs")) &&
      parser.parseAttribute(docs, getInputDocsAttrName(result.name), result.attributes))
    return failure();
  return failure(parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), args));
}

void GraphOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printArguments(printer, getBody().getArguments());
  printer << " inputs " << getInputNames();
  if (getInputDocs())
    printer << " docs " << *getInputDocs();
  printer.printOptionalAttrDictWithKeyword(
      (*this)->getAttrs(), {SymbolTable::getSymbolAttrName(), getInputNamesAttrName(), getInputDocsAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

LogicalResult GraphOp::verify() {
  if (getInputNames().size() != getBody().getNumArguments())
    return emitOpError() << "names " << getInputNames().size() << " inputs for " << getBody().getNumArguments() << " arguments";
  if (getBody().front().empty() || !isa<OutputOp>(getBody().front().back()))
    return emitOpError("must end in weft.output");
  return takesTensors(*this, getBody().getArgumentTypes());
}

void GraphOp::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {
  if (region.empty()) // printed while it is still unverified
    return;
  for (auto [arg, name] : llvm::zip(region.getArguments(), getInputNames()))
    setName(arg, cast<StringAttr>(name).getValue());
}

OutputOp GraphOp::getOutputOp() { return cast<OutputOp>(getBody().front().back()); }

LogicalResult OutputOp::verify() {
  if (getNames().size() != getValues().size())
    return emitOpError() << "names " << getNames().size() << " outputs for " << getValues().size() << " values";
  return success();
}

//===-- Stacks --------------------------------------------------------------------------------------------------------===//

/// "name" layers N (%i, %x = %start, ...) : (types) {attributes} region
template <typename StackOp> static ParseResult parseStack(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  int64_t layers;
  SmallVector<OpAsmParser::Argument> args(1);
  SmallVector<OpAsmParser::UnresolvedOperand> starts;
  SmallVector<Type> types;
  Builder &builder = parser.getBuilder();
  if (parser.parseAttribute(name, StackOp::getNameAttrName(result.name), result.attributes) || parser.parseKeyword("layers") ||
      parser.parseInteger(layers) || parser.parseLParen() || parser.parseArgument(args[0]))
    return failure();
  result.addAttribute(StackOp::getLayersAttrName(result.name), builder.getI64IntegerAttr(layers));
  while (succeeded(parser.parseOptionalComma()))
    if (parser.parseArgument(args.emplace_back()) || parser.parseEqual() || parser.parseOperand(starts.emplace_back()))
      return failure();
  SMLoc loc = parser.getCurrentLocation();
  auto type = [&] { return parser.parseType(types.emplace_back()); };
  if (parser.parseRParen() || parser.parseColon() || parser.parseCommaSeparatedList(OpAsmParser::Delimiter::Paren, type) ||
      parser.resolveOperands(starts, types, loc, result.operands))
    return failure();
  args[0].type = builder.getIndexType();
  for (auto [arg, type] : llvm::zip(llvm::drop_begin(args), types))
    arg.type = type;
  result.addTypes(types);
  return failure(parser.parseOptionalAttrDictWithKeyword(result.attributes) || parser.parseRegion(*result.addRegion(), args));
}

template <typename StackOp> static void printStack(StackOp op, OpAsmPrinter &printer) {
  printer << ' ' << op.getNameAttr() << " layers " << op.getLayers() << " (";
  printer.printRegionArgument(op.getLayerNumber(), {}, /*omitType=*/true);
  for (auto [arg, start] : llvm::zip(op.getCarried(), op.getStarts())) {
    printer << ", ";
    printer.printRegionArgument(arg, {}, /*omitType=*/true);
    printer << " = " << start;
  }
  printer << ") : (" << op.getStarts().getTypes() << ")";
  printer.printOptionalAttrDictWithKeyword(op->getAttrs(), {op.getNameAttrName(), op.getLayersAttrName()});
  printer << ' ';
  printer.printRegion(op.getBody(), /*printEntryBlockArgs=*/false);
}

template <typename StackOp> static LogicalResult verifyStack(StackOp op) {
  Block &body = op.getBody().front();
  if (static_cast<int64_t>(op.getLayers()) < 0)
    return op.emitOpError("can't have a negative number of layers");
  if (static_cast<int64_t>(op.getLayers()) > maxLayers)
    return op.emitOpError() << "has " << static_cast<int64_t>(op.getLayers()) << " layers, more than " << maxLayers;
  if (body.getNumArguments() != op.getStarts().size() + 1 || !body.getArgument(0).getType().isIndex())
    return op.emitOpError("takes the layer number and one argument for each carried value");
  auto yield = body.empty() ? YieldOp() : dyn_cast<YieldOp>(body.back());
  if (!yield)
    return op.emitOpError("must end in weft.yield");
  if (yield.getOperandTypes() != op.getStarts().getTypes() || op.getResultTypes() != op.getStarts().getTypes() ||
      TypeRange(ValueRange(op.getCarried()).getTypes()) != TypeRange(op.getStarts().getTypes()))
    return op.emitOpError("must carry the same types in, around and out");
  return success();
}

#define WEFT_STACK(Op)                                                                                                           \
  ParseResult Op::parse(OpAsmParser &parser, OperationState &result) { return parseStack<Op>(parser, result); }                  \
  void Op::print(OpAsmPrinter &printer) { printStack(*this, printer); }                                                          \
  LogicalResult Op::verify() { return verifyStack(*this); }                                                                      \
  void Op::getAsmBlockArgumentNames(Region &region, OpAsmSetValueNameFn setName) {                                               \
    if (!region.empty() && region.getNumArguments() > 0) /* printed while it is still unverified */                              \
      setName(region.getArgument(0), "layer");                                                                                   \
  }                                                                                                                              \
  YieldOp Op::getYield() { return cast<YieldOp>(getBody().front().back()); }
WEFT_STACK(EncoderOp)
WEFT_STACK(DecoderOp)
#undef WEFT_STACK

//===-- Model, dimensions, weights ------------------------------------------------------------------------------------===//

LogicalResult ModelOp::verify() {
  for (Operation &op : getBody().front())
    if (!isa<DimOp, WeightOp, StateOp, GraphOp, GenerateOp, KernelOp>(op))
      return op.emitOpError("has no place directly in a model");
  return success();
}

LogicalResult DimOp::verify() {
  if (static_cast<int64_t>(getLower()) < 0 || getLower() > getUpper())
    return emitOpError() << "has bounds " << getLower() << " to " << getUpper();
  return success();
}

LogicalResult WeightOp::verify() {
  if (getPath().has_value() == !getInit().empty())
    return emitOpError("needs either a checkpoint path or an initializer");
  if (int64_t layers = static_cast<int64_t>(getLayers().value_or(0)); layers < 0 || layers > maxLayers)
    return emitOpError() << "has " << layers << " layers, not 0 to " << maxLayers;
  double elements = 1;
  for (DimAttr dim : cast<NamedTensorType>(getType()).getDims()) {
    if (!dim.getStatic())
      return emitOpError() << "has a dimension " << dim.getText() << " that is no number";
    elements *= double(*dim.getStatic());
  }
  if (elements > double(maxElements))
    return emitOpError("can't have more than 2^40 elements");
  if (getInit().empty())
    return success();
  Block &init = getInit().front();
  if (!getLayers() && init.getNumArguments() > 0)
    return emitOpError("an initializer without layers takes no layer number");
  if (init.getNumArguments() > 1 || (init.getNumArguments() == 1 && !init.getArgument(0).getType().isIndex()))
    return emitOpError("an initializer takes the layer number at most");
  auto yield = getInit().front().empty() ? YieldOp() : dyn_cast<YieldOp>(getInit().front().back());
  if (!yield || yield.getNumOperands() != 1 || yield.getOperand(0).getType() != getType())
    return emitOpError() << "an initializer must yield one " << getType();
  return success();
}

/// How many values a layer number takes; 0 for an index of something else.
static int64_t layersOf(BlockArgument index) {
  Operation *parent = index.getOwner()->getParentOp();
  if (auto encoder = dyn_cast<EncoderOp>(parent))
    return encoder.getLayers();
  if (auto decoder = dyn_cast<DecoderOp>(parent))
    return decoder.getLayers();
  auto weight = dyn_cast<WeightOp>(parent);
  return weight ? weight.getLayers().value_or(0) : 0;
}

LogicalResult WeightRefOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto weight = tables.lookupNearestSymbolFrom<WeightOp>(*this, getWeightAttr());
  if (!weight)
    return emitOpError() << "reads " << getWeightAttr() << ", which is no weight";
  if (weight.getType() != getType())
    return emitOpError() << "reads " << getWeightAttr() << " as " << getType() << ", but it is " << weight.getType();
  if (weight.getLayers().has_value() != static_cast<bool>(getLayer()))
    return emitOpError() << getWeightAttr() << (getLayer() ? " has no layers" : " has layers and needs a layer number");
  if (!getLayer())
    return success();
  auto index = dyn_cast<BlockArgument>(getLayer());
  auto number = getLayer().getDefiningOp<LayerNumberOp>();
  if (!index && !number)
    return emitOpError() << "takes its layer number from the stack or initializer around it";
  int64_t layers = *weight.getLayers(), needed = number ? static_cast<int64_t>(number.getNumber()) + 1 : layersOf(index);
  if (needed > layers)
    return emitOpError() << "reads " << getWeightAttr() << " of " << layers << " layers in a stack of " << needed;
  return success();
}

LogicalResult LayerNumberOp::verify() {
  if (static_cast<int64_t>(getNumber()) < 0)
    return emitOpError() << "counts layers from 0, not " << static_cast<int64_t>(getNumber());
  return success();
}

LogicalResult GenerateOp::verify() {
  if (static_cast<int64_t>(getLimit()) < 1)
    return emitOpError("needs a limit of at least 1");
  for (ArrayRef<int64_t> tokens : {getStop(), getSuppress().value_or(ArrayRef<int64_t>()), getSuppressFirst().value_or(ArrayRef<int64_t>())})
    for (int64_t token : tokens)
      if (!llvm::isInt<32>(token))
        return emitOpError() << "speaks of token " << token << ", but tokens are i32";
  return success();
}

//===-- Kernels -------------------------------------------------------------------------------------------------------===//

LogicalResult GroupOp::verify() {
  auto yield = getBody().front().empty() ? YieldOp() : dyn_cast<YieldOp>(getBody().front().back());
  if (!yield || TypeRange(yield.getOperandTypes()) != TypeRange(getResultTypes()))
    return emitOpError("must yield its results");
  return success();
}

ParseResult KernelOp::parse(OpAsmParser &parser, OperationState &result) {
  StringAttr name;
  SmallVector<OpAsmParser::Argument> args;
  StringRef anchor;
  SMLoc loc;
  if (parser.parseSymbolName(name, SymbolTable::getSymbolAttrName(), result.attributes) || parser.getCurrentLocation(&loc) ||
      parser.parseKeyword(&anchor))
    return failure();
  std::optional<AnchorKind> kind = symbolizeAnchorKind(anchor);
  if (!kind)
    return parser.emitError(loc) << "'" << anchor << "' is no anchor kind";
  result.addAttribute(getAnchorAttrName(result.name), AnchorKindAttr::get(parser.getContext(), *kind));
  return failure(parseArguments(parser, args) || parser.parseOptionalAttrDictWithKeyword(result.attributes) ||
                 parser.parseRegion(*result.addRegion(), args));
}

void KernelOp::print(OpAsmPrinter &printer) {
  printer << ' ';
  printer.printSymbolName(getSymName());
  printer << ' ' << stringifyAnchorKind(getAnchor()) << ' ';
  printArguments(printer, getBody().getArguments());
  printer.printOptionalAttrDictWithKeyword((*this)->getAttrs(), {SymbolTable::getSymbolAttrName(), getAnchorAttrName()});
  printer << ' ';
  printer.printRegion(getBody(), /*printEntryBlockArgs=*/false);
}

YieldOp KernelOp::getYield() { return cast<YieldOp>(getBody().front().back()); }

LogicalResult KernelOp::verify() {
  Block &body = getBody().front();
  if (body.empty() || !isa<YieldOp>(body.back()))
    return emitOpError("must end in weft.yield");
  for (Operation &op : body)
    if (op.getNumRegions() != 0)
      return op.emitOpError("has regions, but a kernel is straight-line");
  for (std::optional<ArrayAttr> layouts : {getArgLayouts(), getResultLayouts()})
    for (Attribute layout : layouts.value_or(ArrayAttr::get(getContext(), {})))
      if (!isa<LayoutAttr>(layout))
        return emitOpError() << "a layout is a #weft.layout, not " << layout;
  if (failed(takesTensors(*this, body.getArgumentTypes())))
    return failure();
  if (getArgLayouts() && getArgLayouts()->size() != body.getNumArguments())
    return emitOpError() << "has " << getArgLayouts()->size() << " layouts for " << body.getNumArguments() << " arguments";
  if (getResultLayouts() && getResultLayouts()->size() != getYield().getNumOperands())
    return emitOpError() << "has " << getResultLayouts()->size() << " layouts for " << getYield().getNumOperands() << " results";
  return success();
}

/// All rows of a launch are packed in the same way, or none is.
static LogicalResult verifyPacking(LaunchOp launch) {
  Value lengths;
  for (Value operand : launch.getOperands()) {
    Value own = packedBy(operand);
    if (own && lengths && own != lengths)
      return launch.emitOpError("reads rows that are packed by different lengths");
    lengths = own ? own : lengths;
  }
  if (launch.getPacked() != static_cast<bool>(lengths))
    return launch.emitOpError() << "is " << (launch.getPacked() ? "packed, but no operand is" : "not packed, but an operand is");
  if (!lengths)
    return success();
  if (launch.getNumResults() == 0 || cast<NamedTensorType>(launch.getResult(0).getType()).getRank() != 3)
    return launch.emitOpError("is packed, but its results are not [batch, time, width]");
  DimExpr rows = paddedRows(launch);
  if (llvm::none_of(launch.getDims(), [&](NamedAttribute dim) { return cast<DimAttr>(dim.getValue()).getExpr() == rows; }))
    return launch.emitOpError() << "is packed, but no dimension of its kernel is " << rows.text();
  return success();
}

/// Whether a launch may pass `outer` for `inner` (a kernel's type with the launch's dimensions put in): equal, or with leading
/// dimensions merged into the kernel's first one.
static bool passesAs(NamedTensorType outer, ArrayRef<DimExpr> inner) {
  SmallVector<DimExpr> dims = outer.getExprs();
  if (dims.size() < inner.size())
    return false;
  if (inner.empty())
    return dims.empty();
  size_t extra = dims.size() - inner.size();
  DimExpr first(1);
  for (size_t i = 0; i <= extra; ++i)
    first = first * dims[i];
  return first == inner.front() && llvm::equal(inner.drop_front(), ArrayRef<DimExpr>(dims).drop_front(extra + 1));
}

LogicalResult LaunchOp::verifySymbolUses(SymbolTableCollection &tables) {
  auto kernel = tables.lookupNearestSymbolFrom<KernelOp>(*this, getKernelAttr());
  if (!kernel)
    return emitOpError() << "runs " << getKernelAttr() << ", which is no kernel";
  for (NamedAttribute dim : getDims())
    if (!isa<DimAttr>(dim.getValue()))
      return emitOpError() << "gives dimension " << dim.getName().getValue() << " as " << dim.getValue() << ", not as a #weft.dim";
  auto check = [&](Type outer, Type inner, const char *what, unsigned index) -> LogicalResult {
    auto innerType = cast<NamedTensorType>(inner);
    SmallVector<DimExpr> dims = llvm::map_to_vector(innerType.getExprs(), [&](const DimExpr &dim) {
      return dim.substitute([&](StringRef name) -> std::optional<DimExpr> {
        auto given = getDims().getAs<DimAttr>(name);
        return given ? std::optional<DimExpr>(given.getExpr()) : std::nullopt;
      });
    });
    auto outerType = cast<NamedTensorType>(outer);
    if (outerType.getElementType() != innerType.getElementType() || !passesAs(outerType, dims))
      return emitOpError() << what << " " << index << " is " << outer << ", which can't pass as " << inner;
    return success();
  };
  Block::BlockArgListType args = kernel.getBody().getArguments();
  YieldOp yield = kernel.getYield();
  if (args.size() != getNumOperands() || yield.getNumOperands() != getNumResults())
    return emitOpError() << "passes " << getNumOperands() << " operands for " << args.size() << " and takes " << getNumResults()
                         << " results of " << yield.getNumOperands();
  for (unsigned i = 0; i < args.size(); ++i)
    if (failed(check(getOperand(i).getType(), args[i].getType(), "operand", i)))
      return failure();
  for (unsigned i = 0; i < getNumResults(); ++i)
    if (failed(check(getResult(i).getType(), yield.getOperand(i).getType(), "result", i)))
      return failure();
  return verifyPacking(*this);
}
