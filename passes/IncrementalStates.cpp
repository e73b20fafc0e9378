// States of generation, arguments of derived graphs, and ops cloned for one position; see Incremental.h.
#include "passes/Incremental.h"
#include "Masks.h"
#include "Shapes.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

//===-- States --------------------------------------------------------------------------------------------------------===//

States::States(const GenerateSite &site, const GenerateFlow &flow) : site(site), flow(flow), symbols(site.model) {
  GenerateOp generate = site.generate;
  int64_t positions = std::min(static_cast<int64_t>(generate.getLimit()), upperBound(site.time));
  pages = declareDim(site.time.text() + "_pages", site.time, llvm::divideCeil(positions, pagePositions));
  rows = declareDim("cache_rows", site.batch, upperBound(site.batch));
}

int64_t States::upperBound(const DimExpr &expr) const {
  std::optional<int64_t> value = expr.evaluate([&](StringRef name) -> std::optional<int64_t> {
    for (auto dim : ModelOp(site.model).getOps<DimOp>())
      if (dim.getSymName() == name)
        return static_cast<int64_t>(dim.getUpper());
    return std::nullopt;
  });
  return std::max<int64_t>(value.value_or(INT32_MAX), 1);
}

DimExpr States::declareDim(StringRef name, const DimExpr &holds, int64_t upper) {
  std::string unique = name.str();
  ModelOp model = site.model;
  while (symbols.lookup(unique) || llvm::any_of(model.getOps<DimOp>(), [&](DimOp dim) { return dim.getSymName() == unique; }))
    unique += "_";
  OpBuilder builder(site.forward);
  auto dim = DimOp::create(builder, site.generate->getLoc(), builder.getStringAttr(unique), builder.getI64IntegerAttr(1),
                           builder.getI64IntegerAttr(upper), StringAttr());
  dim->setAttr("cache", DimAttr::get(builder.getContext(), holds));
  if (holds != site.batch)
    dim->setAttr("pages", builder.getUnitAttr());
  return DimExpr::symbol(unique);
}

DimExpr States::pagedPositions(const DimExpr &positions) {
  if (std::optional<int64_t> fixed = positions.constant())
    return DimExpr(static_cast<int64_t>(llvm::alignTo(*fixed, pagePositions)));
  DimExpr &count = paged[positions.text()];
  if (count == DimExpr(0)) {
    std::vector<std::string> names = positions.symbols();
    count = declareDim((names.size() == 1 ? names.front() : "memory") + "_pages", positions, llvm::divideCeil(upperBound(positions), pagePositions));
  }
  return DimExpr(pagePositions) * count;
}

/// A window that reaches `reach` positions back lies in at most ceil(reach / 16) + 1 pages: a ring of so many is enough.
DimExpr States::streamPositions(Value value) const {
  int64_t reach = 0;
  for (OpOperand &use : value.getUses()) {
    auto attention = dyn_cast<AttentionOp>(use.getOwner());
    if (!attention || use.getOperandNumber() == 0 || use.getOperandNumber() > 2)
      continue;
    std::optional<int64_t> earliest = attention.getMask() ? earliestVisible(attention.getMask()) : std::nullopt;
    if (!earliest)
      return capacity();
    reach = std::max(reach, -*earliest);
  }
  int64_t ring = llvm::divideCeil(reach, pagePositions) + 1;
  return ring < upperBound(pages) ? DimExpr(ring * pagePositions) : capacity();
}

/// "self_key", "memory_value", or the name of the input that is kept.
std::string States::nameFor(Value value, StateKind kind, bool isStream) const {
  std::string base = isStream ? "self" : "memory";
  if (kind == StateKind::Keys)
    return base + "_key";
  if (kind == StateKind::Values)
    return base + "_value";
  auto arg = dyn_cast<BlockArgument>(value);
  if (arg && isa<GraphOp>(arg.getOwner()->getParentOp()))
    return cast<StringAttr>(GraphOp(site.forward).getInputNames()[arg.getArgNumber()]).getValue().str();
  return base;
}

FailureOr<KeptValue> States::keep(Value value, StateKind kind, int64_t heads) {
  auto key = std::pair(value, static_cast<int>(kind));
  if (auto found = kept.find(key); found != kept.end())
    return found->second;
  NamedTensorType type = typeOf(value);
  SmallVector<DimExpr> dims = type.getExprs();
  bool hasRows = !dims.empty() && dims.front() == site.batch, isStream = flow.of(value).moves();
  for (const DimExpr &dim : ArrayRef<DimExpr>(dims).drop_front(hasRows ? 1 : 0))
    if (llvm::is_contained(dim.symbols(), site.batch.text()))
      return failure();
  if (hasRows)
    dims.front() = rows;
  if (kind != StateKind::Plain)
    dims = {rows, DimExpr(heads), isStream ? streamPositions(value) : pagedPositions(dims[1]), *dims[2].dividedBy(DimExpr(heads))};
  IntegerAttr layers;
  if (Value layer = layerAt(value))
    layers = cast<BlockArgument>(layer).getOwner()->getParentOp()->getAttrOfType<IntegerAttr>("layers");
  OpBuilder builder(site.forward);
  auto state = StateOp::create(builder, value.getLoc(), builder.getStringAttr(nameFor(value, kind, isStream)), layers,
                               kind == StateKind::Keys ? builder.getUnitAttr() : UnitAttr(), TypeAttr::get(type.withDims(dims)));
  symbols.insert(state, site.forward->getIterator());
  return kept[key] = KeptValue{state, isStream, hasRows};
}

void weft::writeSource(OpBuilder &builder, Value value, const KeptValue &kept, Value source) {
  StateOp state = kept.state;
  builder.setInsertionPointAfterValue(value);
  writeState(builder, stateRef(builder, value.getLoc(), state, layerAt(value)), value, {kept.hasRows ? source : Value(), {}, {}});
}

Value weft::layerAt(Value value) {
  Operation *parent = value.getParentBlock()->getParentOp();
  return isa<EncoderOp, DecoderOp>(parent) ? Value(value.getParentBlock()->getArgument(0)) : Value();
}

Value weft::stateRef(OpBuilder &builder, Location loc, StateOp state, Value layer) {
  return StateRefOp::create(builder, loc, state.getType(), FlatSymbolRefAttr::get(state), state.getLayers() ? layer : Value());
}

Value weft::writeState(OpBuilder &builder, Value ref, Value x, const CachePlace &place) {
  int64_t first = 0;
  Location loc = x.getLoc();
  auto split = x.getDefiningOp<SplitOp>();
  bool joined = typeOf(ref).getRank() == 4 && typeOf(x).getRank() == 3;
  if (split && joined && axisOf(split.getAxis(), typeOf(split.getX())) == 2 && typeOf(split.getX()).getDim(2).getStatic()) {
    for (Value piece : split.getPieces().take_front(cast<OpResult>(x).getResultNumber()))
      first += *typeOf(piece).getDim(2).getStatic();
    x = split.getX();
  }
  Value lengths = place.lengths;
  if (auto move = x.getDefiningOp<MoveRowsOp>(); move && move.getMove() == RowMove::Unpack && joined && !lengths) {
    x = move.getX(); // whoever reads the state does not look at the padding either
    lengths = move.getLengths();
  }
  return CacheWriteOp::create(builder, loc, ref.getType(), ref, x, place.rows, place.offset, lengths, first);
}

//===-- Arguments -----------------------------------------------------------------------------------------------------===//

BlockArgument GraphArguments::add(StringRef name, Type type, StringRef role) {
  std::string unique = name.str();
  auto taken = [&](Attribute other) { return cast<StringAttr>(other).getValue() == unique; };
  while (llvm::any_of(graph.getInputNames(), taken))
    unique += "_";
  Builder builder(graph.getContext());
  SmallVector<Attribute> names = llvm::to_vector(graph.getInputNames());
  names.push_back(builder.getStringAttr(unique));
  graph.setInputNamesAttr(builder.getArrayAttr(names));
  BlockArgument arg = graph.getBody().addArgument(type, graph.getLoc());
  roles[arg] = role;
  return arg;
}

void GraphArguments::finish(BlockArgument tokens) {
  Builder builder(graph.getContext());
  SmallVector<Attribute> names, docs, what;
  llvm::BitVector unused;
  for (BlockArgument arg : graph.getBody().getArguments()) {
    unused.push_back(arg.use_empty() && arg != tokens);
    if (unused.back())
      continue;
    StringRef role = arg == tokens ? StringRef("tokens") : roles.count(arg) ? roles.lookup(arg) : StringRef("input");
    names.push_back(graph.getInputNames()[arg.getArgNumber()]);
    what.push_back(builder.getStringAttr(role));
    bool documented = graph.getInputDocs() && arg.getArgNumber() < graph.getInputDocs()->size();
    docs.push_back(documented ? (*graph.getInputDocs())[arg.getArgNumber()] : Attribute(builder.getStringAttr("")));
  }
  graph.getBody().front().eraseArguments(unused);
  graph.setInputNamesAttr(builder.getArrayAttr(names));
  if (graph.getInputDocs())
    graph.setInputDocsAttr(builder.getArrayAttr(docs));
  graph->setAttr("roles", builder.getArrayAttr(what));
}

//===-- One position --------------------------------------------------------------------------------------------------===//

NamedTensorType PositionCloner::typeAt(Value value) const {
  SmallVector<DimExpr> dims = typeOf(value).getExprs();
  Flow at = flow.of(value);
  if (at.stream >= 0)
    dims[at.stream] = DimExpr(1);
  if (at.keys >= 0)
    dims[at.keys] = keys;
  return typeOf(value).withDims(dims);
}

/// A table with an offset for each batch row: positions [batch, 1, width], masks and biases [batch, heads or 1, 1, keys].
FailureOr<NamedTensorType> PositionCloner::tableType(Operation *op) const {
  NamedTensorType type = typeAt(op->getResult(0));
  SmallVector<DimExpr> dims = type.getExprs();
  size_t rank = isa<PositionsOp, SinusoidalOp>(op) ? 3 : 4;
  while (dims.size() + 1 < rank)
    dims.insert(dims.begin(), DimExpr(1));
  dims.insert(dims.begin(), site.batch);
  if (dims.size() == rank)
    return type.withDims(dims);
  site.fail(op->getLoc()) << "can't be computed position by position: it has the shape " << typeOf(op->getResult(0)).shapeText();
  return failure();
}

/// Tables gain a batch dimension in front, which then passes through what is combined with them.
FailureOr<NamedTensorType> PositionCloner::resultType(OpResult result, ValueRange operands) const {
  Operation *op = result.getOwner();
  NamedTensorType type = typeAt(result);
  auto grown = [&](unsigned i) { return typeOf(operands[i]).getRank() > typeOf(op->getOperand(i)).getRank(); };
  bool any = llvm::any_of(llvm::seq<unsigned>(0, operands.size()), grown);
  if (!any || isa<AttentionOp>(op))
    return type;
  SmallVector<DimExpr> dims = type.getExprs();
  std::string why;
  if (isa<AddOp, SubOp, MulOp, DivOp, UnaryOp, WhereOp, EqualOp, LessOp, CastOp, MaskAndOp, ResidualNormOp>(op)) {
    unsigned count = isa<ResidualNormOp>(op) ? 2 : operands.size();
    for (Value operand : operands.take_front(count)) {
      InferredDims both = broadcastDims(dims, typeOf(operand).getExprs(), why);
      if (failed(both))
        return failure();
      dims = *both;
    }
    return type.withDims(dims);
  }
  if (isa<LinearOp, LayerNormOp, RmsNormOp, L2NormalizeOp>(op) && grown(0)) {
    SmallVector<DimExpr> lead = typeOf(operands[0]).getExprs();
    lead.back() = dims.back();
    return type.withDims(lead);
  }
  site.fail(op->getLoc()) << "can't be computed position by position: a table of positions passes through it";
  return failure();
}

FailureOr<Operation *> PositionCloner::clone(Operation *op, ValueRange operands, Value offset, OpBuilder &builder) const {
  bool table = GenerateFlow::isTable(op) && !isa<PaddingMaskOp>(op) && flow.of(op->getResult(0)).any();
  SmallVector<Type> types;
  for (OpResult result : op->getResults()) {
    FailureOr<NamedTensorType> type = table ? tableType(op) : resultType(result, operands);
    if (failed(type))
      return failure();
    types.push_back(*type);
  }
  Operation *clone = builder.clone(*op);
  SmallVector<Value> all(operands);
  bool counts = table || (isa<RopeOp>(op) && flow.of(op->getResult(0)).moves());
  if (counts && offset)
    all.push_back(offset);
  clone->setOperands(all);
  for (auto [result, type] : llvm::zip(clone->getResults(), types))
    result.setType(type);
  return clone;
}
