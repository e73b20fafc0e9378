// The frame of a model: graph, inputs, outputs, stacks, weights, run-time checks, and locations.
#include "IRGen.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringExtras.h"

#include <cmath>

using namespace llvm;
using mlir::Location;

namespace weft {

using mlir::FileLineColRange;
using mlir::NameLoc;

//===----------------------------------------------------------------------===//
// Places
//===----------------------------------------------------------------------===//

static Location fileRange(mlir::MLIRContext *context, SourceRange range) {
  if (!range.isValid())
    return mlir::UnknownLoc::get(context);
  LineColumn begin = range.getBegin(), end = range.getEnd();
  auto name = mlir::StringAttr::get(context, range.file->getName());
  return FileLineColRange::get(name, begin.line, begin.column, end.line, end.column);
}

Location IRGen::locate(SourceRange range, const Twine &name) {
  Location place = fileRange(builder.getContext(), range);
  if (!callSites.empty() && callSites.back())
    place = mlir::CallSiteLoc::get(place, *callSites.back());
  std::string text = name.str();
  return text.empty() ? place : Location(NameLoc::get(builder.getStringAttr(text), place));
}

void IRGen::enterCall(const ast::BlockStmt &block, SourceRange range) {
  reporter.enter(block, range);
  callSites.push_back(range.isValid() ? std::optional<Location>(locate(range, "")) : std::nullopt);
}

void IRGen::leaveCall() {
  callSites.pop_back();
  reporter.leave();
}

//===----------------------------------------------------------------------===//
// Model
//===----------------------------------------------------------------------===//

static mlir::StringAttr docAttr(mlir::OpBuilder &builder, const std::string &doc) {
  return doc.empty() ? mlir::StringAttr() : builder.getStringAttr(doc);
}

/// Nothing if no entry has text.
static mlir::ArrayAttr docsAttr(mlir::OpBuilder &builder, ArrayRef<std::string> docs) {
  if (llvm::all_of(docs, [](const std::string &doc) { return doc.empty(); }))
    return {};
  return builder.getStrArrayAttr(SmallVector<StringRef>(docs.begin(), docs.end()));
}

static mlir::ArrayAttr namesAttr(mlir::OpBuilder &builder, ArrayRef<std::string> names) {
  return builder.getStrArrayAttr(SmallVector<StringRef>(names.begin(), names.end()));
}

void IRGen::beginModel(const ast::ModelStmt &stmt) {
  Location loc = locate(stmt.name.range, stmt.name.text);
  module = mlir::ModuleOp::create(fileRange(builder.getContext(), stmt.name.range));
  builder.setInsertionPointToEnd(module->getBody());
  model = ModelOp::create(builder, loc, stmt.name.text, mlir::ArrayAttr(), docAttr(builder, stmt.doc));
  builder.setInsertionPointToEnd(&model.getBody().emplaceBlock());
  graph = GraphOp::create(builder, loc, "forward", namesAttr(builder, {}), mlir::ArrayAttr());
  builder.setInsertionPointToEnd(&graph.getBody().emplaceBlock());
}

std::unique_ptr<IRGen> IRGen::makeScratch() {
  auto scratch = std::make_unique<IRGen>(*builder.getContext(), reporter);
  ast::ModelStmt nobody(SourceRange(), {"scratch", SourceRange()});
  scratch->beginModel(nobody);
  scratch->dims = dims;
  scratch->isScratch = true;
  return scratch;
}

void IRGen::setPrefixes(ArrayRef<std::string> prefixes) { model.setPrefixesAttr(namesAttr(builder, prefixes)); }

void IRGen::addDim(const ast::DimStmt &stmt, const ast::Ident &name, int64_t lower, int64_t upper) {
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPoint(graph);
  DimOp::create(builder, locate(name.range, name.text), name.text, lower, upper, docAttr(builder, stmt.doc));
  symbols.insert(name.text.str());
  dims[name.text] = {lower, upper};
}

mlir::Value IRGen::addInput(const ast::InputStmt &stmt, NamedTensorType type) {
  if (!checkType(type, stmt.range))
    return {};
  inputNames.push_back(stmt.name.text.str());
  inputDocs.push_back(stmt.doc);
  return graph.getBody().addArgument(type, locate(stmt.range, stmt.name.text));
}

void IRGen::addOutput(const ast::OutputStmt &stmt, mlir::Value value) {
  outputNames.push_back(stmt.name.text.str());
  outputDocs.push_back(stmt.doc);
  outputs.push_back(value);
  outputLocs.push_back(locate(stmt.range, stmt.name.text));
}

void IRGen::addGenerate(const ast::GenerateStmt &stmt, const GenerateOptions &options) {
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfter(graph);
  auto start = options.start ? builder.getI64IntegerAttr(*options.start) : mlir::IntegerAttr();
  auto list = [&](ArrayRef<int64_t> tokens) { return tokens.empty() ? mlir::DenseI64ArrayAttr() : builder.getDenseI64ArrayAttr(tokens); };
  GenerateOp::create(builder, locate(stmt.range, "generate"), builder.getStringAttr(stmt.input.text), builder.getStringAttr(stmt.output.text), start,
                     builder.getDenseI64ArrayAttr(options.stop), builder.getI64IntegerAttr(*options.limit), list(options.suppress),
                     list(options.suppressFirst));
}

mlir::OwningOpRef<mlir::ModuleOp> IRGen::finish() {
  graph.setInputNamesAttr(namesAttr(builder, inputNames));
  if (mlir::ArrayAttr docs = docsAttr(builder, inputDocs))
    graph.setInputDocsAttr(docs);
  builder.setInsertionPointToEnd(&graph.getBody().front());
  mlir::Location loc = outputLocs.empty() ? graph.getLoc() : builder.getFusedLoc(outputLocs);
  OutputOp::create(builder, loc, outputs, namesAttr(builder, outputNames), docsAttr(builder, outputDocs));
  return std::move(module);
}

//===----------------------------------------------------------------------===//
// Stacks
//===----------------------------------------------------------------------===//

mlir::Value IRGen::beginStack(const ast::StackStmt &stmt, mlir::Value start, int64_t layers) {
  Location loc = locate(stmt.headerRange, stmt.name.text);
  SmallVector<mlir::Type, 1> types{start.getType()};
  auto slots = mlir::DenseI64ArrayAttr();
  if (stmt.isDecoder)
    stack = DecoderOp::create(builder, loc, types, start, stmt.name.text, layers, slots);
  else
    stack = EncoderOp::create(builder, loc, types, start, stmt.name.text, layers, slots);
  if (mlir::StringAttr doc = docAttr(builder, stmt.doc))
    stack->setDiscardableAttr("doc", doc);
  mlir::Block &body = stack->getRegion(0).emplaceBlock();
  body.addArgument(builder.getIndexType(), locate(stmt.index ? stmt.index->range : stmt.headerRange, "layer"));
  mlir::Value stream = body.addArgument(start.getType(), locate(stmt.bindings[0].range, stmt.bindings[0].name.text));
  builder.setInsertionPointToEnd(&body);
  return stream;
}

mlir::Value IRGen::endStack(mlir::Value next) {
  YieldOp::create(builder, next.getLoc(), next);
  builder.setInsertionPointAfter(stack);
  mlir::Operation *op = std::exchange(stack, nullptr);
  bool empty = op->getAttrOfType<mlir::IntegerAttr>("layers").getInt() == 0;
  if (!empty)
    return op->getResult(0);
  mlir::Value start = op->getOperand(0);
  op->erase();
  // Nothing reads the layers' weights, so the checkpoint need not have them.
  SmallVector<StringRef> unread;
  for (auto &entry : weights)
    if (std::optional<uint64_t> layers = entry.second.op.getLayers(); layers && *layers == 0)
      unread.push_back(entry.first());
  for (StringRef path : unread) {
    weights[path].op.erase();
    weights.erase(path);
  }
  return start;
}

//===----------------------------------------------------------------------===//
// Weights
//===----------------------------------------------------------------------===//

/// The path without prefix, numbers and layer number, as far as it is free: `encoder.layer.attention.query.weight`.
std::string IRGen::makeSymbol(StringRef path) {
  std::string base;
  SmallVector<StringRef> pieces;
  path.split(pieces, '.', -1, /*KeepEmpty=*/false);
  for (StringRef piece : pieces) {
    if (llvm::all_of(piece, [](char c) { return isDigit(c) || c == layerMark; }))
      continue;
    base += base.empty() ? "" : ".";
    for (char c : piece)
      if (c != layerMark)
        base += isAlnum(c) || c == '_' || c == '-' || c == '$' ? c : '_';
  }
  if (base.empty() || isDigit(base.front()))
    base = "weight" + base;
  std::string name = base;
  for (unsigned i = 1; !symbols.insert(name).second; ++i)
    name = base + "_" + std::to_string(i);
  return name;
}

/// The path as the IR writes it, with `{i}` for the layer number.
static std::string pathText(StringRef path) {
  std::string text;
  for (char c : path)
    text += c == layerMark ? "{i}" : std::string(1, c);
  return text;
}

mlir::Value IRGen::readWeight(StringRef path, NamedTensorType type, SourceRange range, Location loc) {
  if (!checkType(type, range))
    return {};
  bool layered = path.contains(layerMark);
  if (layered && !stack) // the stack could not be opened, which is reported
    return {};
  int64_t layers = layered ? stack->getAttrOfType<mlir::IntegerAttr>("layers").getInt() : 0;
  auto [it, isNew] = weights.try_emplace(path);
  WeightEntry &entry = it->second;
  if (isNew) {
    mlir::OpBuilder::InsertionGuard guard(builder);
    builder.setInsertionPoint(graph);
    auto layersAttr = layered ? builder.getI64IntegerAttr(layers) : mlir::IntegerAttr();
    entry.op = WeightOp::create(builder, loc, builder.getStringAttr(makeSymbol(path)), builder.getStringAttr(pathText(path)),
                                layersAttr, mlir::TypeAttr::get(type));
    entry.range = range;
  } else if (entry.op.getType() != type) {
    auto before = mlir::cast<NamedTensorType>(entry.op.getType());
    reporter.error(range, "the weight '" + pathText(path) + "' is read as " + typeText(type) + " here and as " + typeText(before) +
                              " before",
                   {{entry.range, "as " + typeText(before) + " here"}});
    return {};
  } else if (layered && *entry.op.getLayers() < static_cast<uint64_t>(layers)) {
    entry.op.setLayers(layers);
  }
  mlir::Value layer = layered ? stack->getRegion(0).getArgument(0) : mlir::Value();
  return WeightRefOp::create(builder, loc, type, entry.op.getSymName(), layer);
}

mlir::Value IRGen::readWeight(const BoundCall &call, StringRef leaf, ArrayRef<DimExpr> shape) {
  std::string path = call.weightScope.empty() ? leaf.str() : call.weightScope + "." + leaf.str();
  Location loc = locate(call.range, StringRef(path).substr(path.rfind(layerMark) + 1).ltrim('.'));
  return readWeight(path, f32Type(shape), call.range, loc);
}

NamedTensorType IRGen::f32Type(ArrayRef<DimExpr> shape) {
  return NamedTensorType::get(builder.getContext(), shape, builder.getF32Type());
}

//===----------------------------------------------------------------------===//
// Checks
//===----------------------------------------------------------------------===//

double IRGen::bound(const DimExpr &dim, bool upper) const {
  double sum = 0;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    bool large = upper == (coefficient.num > 0);
    double term = double(coefficient.num) / double(coefficient.den);
    for (const auto &[name, power] : monomial) {
      auto it = dims.find(name);
      double lo = it == dims.end() ? 0 : double(it->second.first), hi = it == dims.end() ? INFINITY : double(it->second.second);
      double factor = large == (power > 0) ? hi : lo;
      for (int i = 0; i < std::abs(power); ++i)
        term = power > 0 ? term * factor : term / factor;
    }
    sum += term;
  }
  return sum;
}

bool IRGen::checkDim(const DimExpr &dim, SourceRange range) {
  constexpr size_t maxTerms = 6;
  constexpr int64_t maxCoefficient = int64_t(1) << 40;
  constexpr int maxPower = 8;
  bool fine = dim.terms().size() <= maxTerms;
  for (const auto &[monomial, coefficient] : dim.terms()) {
    fine &= std::abs(coefficient.num) <= maxCoefficient && coefficient.den <= maxCoefficient;
    int power = 0;
    for (const auto &factor : monomial)
      power += std::abs(factor.second);
    fine &= power <= maxPower;
  }
  if (!fine)
    reporter.error(range, "this dimension is too large or too complicated: " + StringRef(dim.text()).take_front(80));
  return fine;
}

bool IRGen::checkType(NamedTensorType type, SourceRange range) {
  if (admitted.contains(type))
    return true;
  constexpr int64_t maxRank = 12;
  if (type.getRank() > maxRank) {
    reporter.error(range, "a tensor of " + Twine(type.getRank()) + " dimensions; " + Twine(maxRank) + " is the limit");
    return false;
  }
  double elements = 1;
  for (const DimExpr &dim : type.getExprs()) {
    if (!checkDim(dim, range))
      return false;
    elements *= bound(dim, /*upper=*/true);
  }
  if (elements <= double(maxElements)) {
    admitted.insert(type);
    return true;
  }
  reporter.error(range, typeText(type) + " can have more than 2^40 elements");
  return false;
}

void IRGen::addRunTimeCheck(mlir::Value x, const DimExpr &lower, const DimExpr &upper, StringRef what) {
  auto lowerAttr = DimAttr::get(builder.getContext(), lower), upperAttr = DimAttr::get(builder.getContext(), upper);
  if (isScratch)
    return;
  for (mlir::Operation *user : x.getUsers())
    if (auto check = mlir::dyn_cast<CheckOp>(user))
      if (check.getLower() == lowerAttr && check.getUpper() == upperAttr && check.getWhat() == what)
        return;
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointAfterValue(x);
  CheckOp::create(builder, x.getLoc(), x, lowerAttr, upperAttr, what);
}

void IRGen::requireAtLeast(const DimExpr &dim, int64_t least, SourceRange range) {
  if (bound(dim, /*upper=*/false) >= double(least))
    return;
  mlir::OpBuilder::InsertionGuard guard(builder);
  builder.setInsertionPointToStart(&graph.getBody().front());
  auto type = NamedTensorType::get(builder.getContext(), ArrayRef<DimExpr>(), builder.getI32Type());
  mlir::Value size = DimSizeOp::create(builder, locate(range, "size"), type, DimAttr::get(builder.getContext(), dim));
  addRunTimeCheck(size, DimExpr(least), dim, "dimension");
}

//===----------------------------------------------------------------------===//
// Shared by the operations
//===----------------------------------------------------------------------===//

void IRGen::reportShape(StringRef why, SourceRange range, ArrayRef<const Value *> operands) {
  std::vector<Note> notes;
  for (const Value *operand : operands) {
    if (!operand->is(ValueKind::Tensor) || !operand->range.isValid())
      continue;
    Note note{operand->range, "this is " + typeText(operand->type())};
    bool known = llvm::any_of(notes, [&](const Note &other) { return other.range == note.range; });
    if (!known)
      notes.push_back(std::move(note));
  }
  reporter.error(range, why, std::move(notes));
}

bool IRGen::admit(const Inferred &type, StringRef why, SourceRange range, ArrayRef<const Value *> operands) {
  if (succeeded(type))
    return checkType(*type, range);
  reportShape(why, range, operands);
  return false;
}

bool IRGen::admit(const Inferred &type, StringRef why, const BoundCall &call) {
  SmallVector<const Value *> operands;
  for (const std::optional<Value> &arg : call.args)
    if (arg)
      operands.push_back(&*arg);
  return admit(type, why, call.range, operands);
}

std::optional<int64_t> IRGen::staticWidth(const BoundCall &call, unsigned arg) {
  NamedTensorType type = call.type(arg);
  if (type.getRank() == 0) {
    reportShape("needs at least one dimension, but got []", call.range, {&call[arg]});
    return std::nullopt;
  }
  std::optional<int64_t> width = type.getDim(-1).getStatic();
  if (!width)
    reportShape(("the width of " + type.shapeText() + " must be known at compile time, but '" + type.getDim(-1).getText() +
                 "' is a run-time dimension").str(),
                call.range, {&call[arg]});
  return width;
}

mlir::Value IRGen::scalar(double value, mlir::Type element, Location loc) {
  auto type = NamedTensorType::get(builder.getContext(), ArrayRef<DimExpr>(), element);
  return ConstantOp::create(builder, loc, type, builder.getF64FloatAttr(value));
}

} // namespace weft
