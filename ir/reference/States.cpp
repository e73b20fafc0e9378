// States of the oracle: RunOptions::states holds each by its symbol, with the layers as first dimension where it has layers.
#include "Call.h"
#include "Machine.h"

using namespace mlir;
using namespace weft;
using namespace weft::reference;
using llvm::Error;
using llvm::Expected;

static constexpr int64_t pagePositions = 16;

/// A row number from a table, or the error.
static Expected<int64_t> rowAt(const Tensor &table, int64_t index, int64_t rows) {
  double row = table[index];
  if (row < 0 || row >= static_cast<double>(rows))
    return outside("state row", row, 0, rows - 1);
  return static_cast<int64_t>(row);
}

/// Where position t of batch row n lies: the index into [rows, heads, positions, width] of head 0, feature 0.
static Expected<int64_t> place(const Tensor &state, const Tensor &rows, int64_t n, int64_t t) {
  bool paged = rows.rank() == 2;
  int64_t positions = paged ? rows.dim(1) * pagePositions : state.dim(2);
  if (t < 0 || t >= positions)
    return outside("position", t, 0, positions - 1);
  Expected<int64_t> row = rowAt(rows, paged ? n * rows.dim(1) + t / pagePositions : n, state.dim(0));
  if (!row)
    return row.takeError();
  return *row * state.stride(0) + t % state.dim(2) * state.stride(2);
}

Results reference::cacheRead(const Call &call) {
  auto op = llvm::cast<CacheReadOp>(call.op);
  const Tensor &state = call[op.getState()], *rows = call.find(op.getRows());
  if (!rows)
    return just(state);
  Tensor y = call.make();
  double *out = y.mutableData();
  if (state.rank() == y.rank()) {
    int64_t count = state.stride(0);
    for (int64_t n = 0; n < y.dim(0); ++n) {
      Expected<int64_t> row = rowAt(*rows, n, state.dim(0));
      if (!row)
        return row.takeError();
      out = std::copy_n(state.data() + *row * count, count, out);
    }
    return just(y);
  }
  int64_t width = state.dim(3);
  for (int64_t n = 0; n < y.dim(0); ++n)
    for (int64_t t = 0; t < y.dim(1); ++t) {
      Expected<int64_t> at = place(state, *rows, n, t);
      if (!at)
        return at.takeError();
      for (int64_t h = 0; h < state.dim(1); ++h)
        out = std::copy_n(state.data() + *at + h * state.stride(1), width, out);
    }
  return just(y);
}

/// Writes x's positions into state.
static Error writePositions(CacheWriteOp op, Tensor &state, const Tensor &x, const Tensor &rows, const Tensor *offset, const Tensor *lengths) {
  double *out = state.mutableData();
  int64_t width = state.dim(3);
  for (int64_t n = 0; n < x.dim(0); ++n)
    for (int64_t t = 0; t < x.dim(1); ++t) {
      if (lengths && static_cast<double>(t) >= (*lengths)[n])
        break;
      Expected<int64_t> at = place(state, rows, n, t + (offset ? static_cast<int64_t>((*offset)[n]) : 0));
      if (!at)
        return at.takeError();
      for (int64_t h = 0; h < state.dim(1); ++h)
        std::copy_n(x.data() + n * x.stride(0) + t * x.stride(1) + op.getFirst() + h * width, width, out + *at + h * state.stride(1));
    }
  return Error::success();
}

static Error write(CacheWriteOp op, Tensor &state, const Tensor &x, const Tensor *rows, const Tensor *offset, const Tensor *lengths) {
  if (!rows) {
    state = x;
    return Error::success();
  }
  if (state.rank() != x.rank())
    return writePositions(op, state, x, *rows, offset, lengths);
  int64_t count = state.stride(0);
  for (int64_t n = 0; n < x.dim(0); ++n) {
    Expected<int64_t> row = rowAt(*rows, n, state.dim(0));
    if (!row)
      return row.takeError();
    std::copy_n(x.data() + n * count, count, state.mutableData() + *row * count);
  }
  return Error::success();
}

Expected<Tensor *> Machine::findState(StateRefOp op, std::optional<int64_t> &at) {
  if (!options.states || !options.states->count(op.getState()))
    return llvm::createStringError("the run is given no state @" + op.getState());
  at.reset();
  if (op.getLayer()) {
    auto number = layers.find(op.getLayer());
    if (number == layers.end())
      return llvm::createStringError("the layer of @" + op.getState() + " is not known here");
    at = number->second;
  }
  return &(*options.states)[op.getState()];
}

Error Machine::runStateRef(StateRefOp op) {
  std::optional<int64_t> at;
  Expected<Tensor *> whole = findState(op, at);
  if (!whole)
    return whole.takeError();
  if (!at) {
    set(op.getResult(), **whole);
    return Error::success();
  }
  Tensor layer((*whole)->element(), (*whole)->dims().drop_front());
  if (*at >= (*whole)->dim(0))
    return llvm::createStringError("@" + op.getState() + " has no layer " + Twine(*at));
  std::copy_n((*whole)->data() + *at * layer.size(), layer.size(), layer.mutableData());
  set(op.getResult(), std::move(layer));
  return Error::success();
}

Error Machine::runCacheWrite(CacheWriteOp op) {
  auto find = [&](Value value) { return value ? &get(value) : nullptr; };
  Tensor state = get(op.getState());
  if (Error error = write(op, state, get(op.getX()), find(op.getRows()), find(op.getOffset()), find(op.getLengths())))
    return error;
  std::optional<int64_t> at;
  Expected<Tensor *> whole = findState(op.getState().getDefiningOp<StateRefOp>(), at);
  if (!whole)
    return whole.takeError();
  if (at)
    std::copy_n(state.data(), state.size(), (*whole)->mutableData() + *at * state.size());
  else
    **whole = state;
  set(op.getResult(), std::move(state));
  return Error::success();
}

Error reference::bindStateSizes(GraphOp graph, const llvm::StringMap<Tensor> &states, Sizes &sizes) {
  auto model = graph->getParentOfType<ModelOp>();
  for (StateOp state : model.getBody().getOps<StateOp>()) {
    auto found = states.find(state.getSymName());
    if (found == states.end())
      continue;
    auto type = cast<NamedTensorType>(state.getType());
    ArrayRef<int64_t> dims = found->second.dims().drop_front(state.getLayers() ? 1 : 0);
    if (static_cast<int64_t>(dims.size()) != type.getRank())
      return llvm::createStringError("state @" + state.getSymName() + " needs shape " + type.shapeText());
    for (int64_t axis = 0; axis < type.getRank(); ++axis) {
      DimExpr dim = type.getExpr(axis);
      std::vector<std::string> names = dim.symbols();
      if (names.size() == 1 && dim == DimExpr::symbol(names.front()) && !sizes.find(names.front()))
        sizes.set(names.front(), dims[axis]);
    }
    Expected<SmallVector<int64_t>> shape = sizes.shape(type);
    if (!shape)
      return shape.takeError();
    if (dims != ArrayRef<int64_t>(*shape))
      return llvm::createStringError("state @" + state.getSymName() + " is " + shapeText(dims) + ", but " + type.shapeText() + " is " +
                                     shapeText(*shape) + " here");
  }
  return Error::success();
}
