// Shapes: the same elements under other indices. Nothing here costs arithmetic on elements.
#include "codegen/emit/Emit.h"

using namespace mlir;
using llvm::Error;
namespace weft {

/// Defines `result` as its operand at another index.
static Error indexed(Operation *op, Value result, KernelGraph &graph, llvm::function_ref<hl::Expr(const Index &)> expression) {
  Vars vars = varsFor(result);
  hl::Func func(graph.name(op->getName().stripDialect()));
  func(vars) = expression(toIndex(vars));
  graph.define(result, func);
  graph.stage(func, Role::Pointwise, op->getLoc(), extentsOf(result));
  return Error::success();
}

/// `axis` counted from the innermost dimension.
static int64_t inner(Value value, int64_t axis) { return axis < 0 ? -1 - axis : rankOf(value) - 1 - axis; }

/// One run of dimensions whose product is the same on both sides: [ab] <-> [a, b].
static void reindexRun(KernelGraph &graph, llvm::ArrayRef<DimExpr> from, llvm::ArrayRef<hl::Expr> index, llvm::ArrayRef<DimExpr> to, Index &out) {
  if (from.size() == 1 && to.size() == 1)
    return out.push_back(index[0]);
  hl::Expr linear = 0, stride = 1;
  for (size_t i = 0; i < from.size(); ++i) {
    linear = linear + index[i] * stride;
    stride = stride * graph.size(from[i]);
  }
  for (size_t i = 0; i < to.size(); ++i) {
    bool last = i + 1 == to.size();
    out.push_back(hl::Internal::simplify(last ? linear : linear % graph.size(to[i])));
    if (!last)
      linear = linear / graph.size(to[i]);
  }
}

static Error emitReshape(ReshapeOp op, KernelGraph &graph) {
  // Dimensions are matched in runs from the innermost on, so that untouched ones stay plain indices.
  auto from = extentsOf(op.getResult()), to = extentsOf(op.getX());
  return indexed(op, op.getResult(), graph, [&](const Index &index) {
    Index out;
    size_t i = 0, j = 0;
    while (i < from.size() || j < to.size()) {
      size_t firstFrom = i, firstTo = j;
      DimExpr a = i < from.size() ? from[i++] : DimExpr(1), b = j < to.size() ? to[j++] : DimExpr(1);
      while (a != b && (i < from.size() || j < to.size())) {
        auto sizeA = a.constant(), sizeB = b.constant();
        bool growA = i < from.size() && (j >= to.size() || !sizeB || (sizeA && *sizeA < *sizeB));
        if (growA && sizeA && !sizeB && j < to.size() && a == DimExpr(1))
          growA = true;
        if (growA)
          a = a * from[i++];
        else if (j < to.size())
          b = b * to[j++];
        else
          a = a * from[i++];
      }
      if (a != b) { // no common run: one run of all that is left
        i = from.size();
        j = to.size();
      }
      llvm::ArrayRef<DimExpr> fromRun = llvm::ArrayRef(from).slice(firstFrom, i - firstFrom);
      llvm::ArrayRef<DimExpr> toRun = llvm::ArrayRef(to).slice(firstTo, j - firstTo);
      reindexRun(graph, fromRun, llvm::ArrayRef(index).slice(firstFrom, i - firstFrom), toRun, out);
    }
    return graph.func(op.getX())(out);
  });
}

static Error emitBroadcast(BroadcastOp op, KernelGraph &graph) {
  return indexed(op, op.getResult(), graph, [&](const Index &index) { return graph.at(op.getX(), index); });
}

static Error emitTranspose(TransposeOp op, KernelGraph &graph) {
  return indexed(op, op.getResult(), graph, [&](const Index &index) {
    int64_t rank = index.size();
    Index out(rank);
    for (int64_t i = 0; i < rank; ++i) // result dimension i is operand dimension permutation[i], both counted from the outermost
      out[rank - 1 - op.getPermutation()[i]] = index[rank - 1 - i];
    return graph.func(op.getX())(out);
  });
}

static Error emitSlice(SliceOp op, KernelGraph &graph) {
  int64_t axis = inner(op.getX(), op.getAxis());
  hl::Expr start = graph.size(op.getStart().getExpr());
  return indexed(op, op.getResult(), graph, [&](Index index) {
    index[axis] = index[axis] + start;
    return graph.func(op.getX())(index);
  });
}

static Error emitSplit(SplitOp op, KernelGraph &graph) {
  int64_t axis = inner(op.getX(), op.getAxis());
  DimExpr start(0);
  for (Value piece : op.getPieces()) {
    hl::Expr first = graph.size(start);
    (void)!!indexed(op, piece, graph, [&](Index index) {
      index[axis] = index[axis] + first;
      return graph.func(op.getX())(index);
    });
    start = start + typeOf(piece).getExpr(rankOf(piece) - 1 - axis);
  }
  return Error::success();
}

static Error emitConcat(ConcatOp op, KernelGraph &graph) {
  int64_t axis = inner(op.getResult(), op.getAxis());
  return indexed(op, op.getResult(), graph, [&](const Index &index) {
    hl::Expr value, start = 0;
    for (Value input : op.getInputs()) {
      hl::Expr size = graph.size(typeOf(input).getExpr(rankOf(input) - 1 - axis));
      Index at = index;
      at[axis] = hl::clamp(index[axis] - start, 0, size - 1);
      hl::Expr here = graph.func(input)(at);
      value = value.defined() ? hl::select(index[axis] < start, value, here) : here;
      start = hl::Internal::simplify(start + size);
    }
    return value;
  });
}

static Error emitInterleave(InterleaveOp op, KernelGraph &graph) {
  int64_t axis = inner(op.getResult(), op.getAxis());
  int count = int(op.getInputs().size());
  return indexed(op, op.getResult(), graph, [&](const Index &index) {
    hl::Expr value;
    for (auto [i, input] : llvm::enumerate(op.getInputs())) {
      Index at = index;
      at[axis] = index[axis] / count;
      hl::Expr here = graph.func(input)(at);
      value = value.defined() ? hl::select(index[axis] % count == int(i), here, value) : here;
    }
    return value;
  });
}

static Error emitSplitHeads(SplitHeadsOp op, KernelGraph &graph) {
  int width = int(*typeOf(op.getResult()).getExpr(-1).constant());
  return indexed(op, op.getResult(), graph,
                 [&](const Index &i) { return graph.func(op.getX())(i[2] * width + i[0], i[1], i[3]); });
}

static Error emitMergeHeads(MergeHeadsOp op, KernelGraph &graph) {
  int width = int(*typeOf(op.getX()).getExpr(-1).constant());
  return indexed(op, op.getResult(), graph,
                 [&](const Index &i) { return graph.func(op.getX())(i[0] % width, i[1], i[0] / width, i[2]); });
}

static Error emitRepeatHeads(RepeatHeadsOp op, KernelGraph &graph) {
  int times = int(op.getTimes());
  return indexed(op, op.getResult(), graph, [&](Index i) {
    i[2] = i[2] / times;
    return graph.func(op.getX())(i);
  });
}

static Error emitDimSize(DimSizeOp op, KernelGraph &graph) {
  return indexed(op, op.getResult(), graph, [&](const Index &) { return graph.size(op.getDim().getExpr()); });
}

void addShapeEmitters(EmitterTable &table) {
  table.add<ReshapeOp>(emitReshape);
  table.add<BroadcastOp>(emitBroadcast);
  table.add<TransposeOp>(emitTranspose);
  table.add<SliceOp>(emitSlice);
  table.add<SplitOp>(emitSplit);
  table.add<ConcatOp>(emitConcat);
  table.add<InterleaveOp>(emitInterleave);
  table.add<SplitHeadsOp>(emitSplitHeads);
  table.add<MergeHeadsOp>(emitMergeHeads);
  table.add<RepeatHeadsOp>(emitRepeatHeads);
  table.add<DimSizeOp>(emitDimSize);
}

} // namespace weft
