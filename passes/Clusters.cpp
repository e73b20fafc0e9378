// Which ops of a block share a kernel; see Clusters.h.
#include "passes/Clusters.h"
#include "llvm/ADT/DenseMap.h"

using namespace mlir;
using namespace weft;

static NamedTensorType typeOf(Value value) { return cast<NamedTensorType>(value.getType()); }

bool weft::readsElementByElement(Operation *op, unsigned operand) {
  auto stream = dyn_cast<StreamOpInterface>(op);
  if (!stream || op->getNumResults() != 1 || typeOf(op->getOperand(operand)).getDims() != typeOf(op->getResult(0)).getDims())
    return false;
  for (int64_t dim = 0; dim < typeOf(op->getOperand(operand)).getRank(); ++dim) {
    StreamRelation relation = stream.getStreamRelation(operand, dim, 0);
    if (relation.kind != StreamRelation::PerPosition || relation.resultDim != dim || relation.shift != 0)
      return false;
  }
  return true;
}

static bool isAtLeast(AnchorKind kind, AnchorKind least) { return static_cast<uint32_t>(kind) >= static_cast<uint32_t>(least); }

namespace {
class Clusterer {
public:
  explicit Clusterer(Block &block) {
    for (Operation &op : block)
      if (std::optional<AnchorKind> kind = anchorOf(&op); kind && *kind != AnchorKind::Index)
        visit(&op, *kind);
  }
  SmallVector<Cluster> take() {
    SmallVector<Cluster> result;
    for (Cluster &cluster : clusters)
      if (!cluster.ops.empty())
        result.push_back(std::move(cluster));
    return result;
  }

private:
  void visit(Operation *op, AnchorKind kind) {
    Cluster mine{{op}, kind};
    for (size_t index : candidates(op)) {
      Cluster &other = clusters[index];
      if (!mayJoin(mine, other))
        continue;
      if (isAtLeast(other.anchor, mine.anchor))
        mine.anchor = other.anchor;
      mine.ops.insert(mine.ops.begin(), other.ops.begin(), other.ops.end());
      other.ops.clear();
    }
    llvm::sort(mine.ops, [](Operation *a, Operation *b) { return a->isBeforeInBlock(b); });
    for (Operation *member : mine.ops)
      clusterOf[member] = clusters.size();
    clusters.push_back(std::move(mine));
  }

  /// Clusters that give an operand and have no other reader: the strongest first, of equals the last written.
  SmallVector<size_t> candidates(Operation *op) {
    SmallVector<size_t> result;
    for (OpOperand &operand : op->getOpOperands()) {
      Operation *source = operand.get().getDefiningOp();
      auto found = source ? clusterOf.find(source) : clusterOf.end();
      if (found == clusterOf.end() || llvm::is_contained(result, found->second) || !isDataOperand(op, operand.getOperandNumber()))
        continue;
      if (clusters[found->second].root() == source && llvm::all_of(source->getUsers(), [&](Operation *user) { return user == op; }))
        result.push_back(found->second);
    }
    llvm::sort(result, [&](size_t a, size_t b) {
      AnchorKind left = clusters[a].anchor, right = clusters[b].anchor;
      return left == right ? a > b : isAtLeast(left, right);
    });
    return result;
  }

  /// The operand is what the op works on element by element, or row by row.
  static bool isDataOperand(Operation *op, unsigned operand) {
    if (anchorOf(op) == AnchorKind::Pointwise)
      return readsElementByElement(op, operand);
    return anchorOf(op) == AnchorKind::RowReduction && typeOf(op->getOperand(operand)).getDims() == typeOf(op->getOperand(0)).getDims();
  }

  static bool mayJoin(const Cluster &mine, const Cluster &other) {
    if (other.anchor == AnchorKind::Attention)
      return false;
    bool strong = isAtLeast(mine.anchor, AnchorKind::RowReduction), otherStrong = isAtLeast(other.anchor, AnchorKind::RowReduction);
    if (strong && otherStrong)
      return false;
    return mine.anchor != AnchorKind::Contraction || other.anchor == AnchorKind::Pointwise;
  }

  SmallVector<Cluster> clusters; ///< emptied ones were taken in
  DenseMap<Operation *, size_t> clusterOf;
};
} // namespace

SmallVector<Cluster> weft::clusterOps(Block &block) { return Clusterer(block).take(); }

GroupOp weft::formGroup(const Cluster &cluster) {
  Operation *root = cluster.root();
  IRRewriter rewriter(root);
  SmallVector<Value> outer;
  for (Value result : root->getResults())
    if (!result.use_empty())
      outer.push_back(result);
  SmallVector<Location> locs = llvm::map_to_vector(cluster.ops, [](Operation *op) { return op->getLoc(); });
  Location loc = rewriter.getFusedLoc(locs);
  rewriter.setInsertionPointAfter(root);
  auto group = GroupOp::create(rewriter, loc, ValueRange(outer).getTypes(), cluster.anchor);
  Block &body = group.getBody().emplaceBlock();
  for (auto [value, result] : llvm::zip(outer, group.getResults()))
    rewriter.replaceAllUsesWith(value, result);
  for (Operation *op : cluster.ops)
    op->moveBefore(&body, body.end());
  rewriter.setInsertionPointToEnd(&body);
  YieldOp::create(rewriter, loc, outer);
  return group;
}
