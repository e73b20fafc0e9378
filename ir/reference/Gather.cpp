// Gathers and reductions of the oracle.
#include "Call.h"
#include <algorithm>
#include <cmath>

using namespace weft;
using namespace weft::reference;

Results reference::lookup(const Call &call) {
  auto op = llvm::cast<LookupOp>(call.op);
  const Tensor &table = call[op.getTable()], &ids = call[op.getIds()];
  Tensor y = call.make();
  int64_t rows = table.dim(0), width = table.dim(1);
  double *out = y.mutableData();
  for (double id : ids.values()) {
    if (id < 0 || id >= static_cast<double>(rows))
      return outside("id", id, 0, rows - 1);
    out = std::copy_n(table.data() + static_cast<int64_t>(id) * width, width, out);
  }
  return just(y);
}

/// For each batch row the slab x[n, .., position(n), ..], without the axis.
template <typename Position> static Results pick(const Call &call, const Tensor &x, int64_t axis, Position position) {
  Tensor y = call.make();
  double *out = y.mutableData();
  int64_t inner = x.stride(axis), length = x.dim(axis);
  int64_t middle = countOf(x.dims().slice(1, axis - 1));
  for (int64_t n = 0; n < x.dim(0); ++n) {
    llvm::Expected<int64_t> at = position(n);
    if (!at)
      return at.takeError();
    for (int64_t m = 0; m < middle; ++m)
      out = std::copy_n(x.data() + ((n * middle + m) * length + *at) * inner, inner, out);
  }
  return just(y);
}

Results reference::take(const Call &call) {
  auto op = llvm::cast<TakeOp>(call.op);
  const Tensor &x = call[op.getX()], &index = call[op.getIndex()];
  int64_t given = op.getAxis(), axis = given < 0 ? given + x.rank() : given, length = x.dim(axis);
  return pick(call, x, axis, [&](int64_t n) -> llvm::Expected<int64_t> {
    if (index[n] < 0 || index[n] >= static_cast<double>(length))
      return outside("index", index[n], 0, length - 1);
    return static_cast<int64_t>(index[n]);
  });
}

Results reference::last(const Call &call) {
  auto op = llvm::cast<LastOp>(call.op);
  const Tensor &x = call[op.getX()], &lengths = call[op.getLengths()];
  return pick(call, x, 1, [&](int64_t n) -> llvm::Expected<int64_t> {
    if (lengths[n] < 1 || lengths[n] > static_cast<double>(x.dim(1)))
      return outside("length", lengths[n], 1, x.dim(1));
    return static_cast<int64_t>(lengths[n]) - 1;
  });
}

/// One lane of a reduction: `length` numbers of `x` from `begin`, `step` apart.
static double reduceLane(Reduction kind, const Tensor &x, int64_t begin, int64_t length, int64_t step) {
  double sum = 0, best = -INFINITY;
  int64_t where = 0;
  for (int64_t i = 0; i < length; ++i) {
    double number = x[begin + i * step];
    sum += number;
    if (number > best) {
      best = number;
      where = i;
    }
  }
  switch (kind) {
  case Reduction::Mean:
    return sum / static_cast<double>(length);
  case Reduction::Sum:
    return sum;
  case Reduction::Max:
    return best;
  case Reduction::ArgMax:
    return static_cast<double>(where);
  }
  llvm_unreachable("every reduction is listed");
}

Results reference::reduce(const Call &call) {
  auto op = llvm::cast<ReduceOp>(call.op);
  const Tensor &x = call[op.getX()];
  int64_t axis = op.getAxis(), length = x.dim(axis), step = x.stride(axis);
  Tensor y = call.make();
  double *out = y.mutableData();
  for (int64_t i = 0; i < y.size(); ++i)
    out[i] = reduceLane(op.getKind(), x, i / step * length * step + i % step, length, step);
  return just(y);
}

Results reference::meanPool(const Call &call) {
  auto op = llvm::cast<MeanPoolOp>(call.op);
  const Tensor &x = call[op.getX()], &lengths = call[op.getLengths()];
  Tensor y = call.make();
  int64_t inner = x.stride(1);
  double *out = y.mutableData();
  for (int64_t n = 0; n < x.dim(0); ++n, out += inner) {
    if (lengths[n] < 0 || lengths[n] > static_cast<double>(x.dim(1)))
      return outside("length", lengths[n], 0, x.dim(1));
    int64_t length = static_cast<int64_t>(lengths[n]);
    for (int64_t t = 0; t < length; ++t)
      for (int64_t i = 0; i < inner; ++i)
        out[i] += x[(n * x.dim(1) + t) * inner + i] / static_cast<double>(length);
  }
  return just(y);
}

/// Packed or not, a value has its rows where they were: only memory knows the difference.
Results reference::moveRows(const Call &call) {
  auto op = llvm::cast<MoveRowsOp>(call.op);
  const Tensor &x = call[op.getX()], &lengths = call[op.getLengths()];
  Tensor y = call.make();
  for (int64_t n = 0; n < x.dim(0); ++n) {
    auto rows = static_cast<int64_t>(std::clamp(lengths[n], 0.0, static_cast<double>(x.dim(1))));
    std::copy_n(x.data() + n * x.stride(0), rows * x.stride(1), y.mutableData() + n * x.stride(0));
  }
  return just(y);
}
