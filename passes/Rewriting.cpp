// Small questions that several passes ask of the IR; see Rewriting.h.
#include "passes/Rewriting.h"
#include "llvm/ADT/SmallString.h"

using namespace mlir;
using namespace weft;

std::optional<double> weft::constantOf(Value value) {
  auto constant = value.getDefiningOp<ConstantOp>();
  return constant ? std::optional<double>(constant.getValue().convertToDouble()) : std::nullopt;
}

std::string weft::numberText(double value) {
  SmallString<24> text;
  APFloat(value).toString(text);
  return text.str().str();
}

StringRef weft::wordFor(Operation *op) {
  if (auto unary = dyn_cast<UnaryOp>(op))
    return stringifyActivation(unary.getFunction());
  if (auto reduce = dyn_cast<ReduceOp>(op))
    return stringifyReduction(reduce.getKind());
  return op->getName().stripDialect();
}

Leading weft::leadingOf(Operation *op, unsigned operand, int64_t count) {
  auto stream = cast<StreamOpInterface>(op);
  auto type = cast<NamedTensorType>(op->getOperand(operand).getType());
  Leading leading{type.getRank() >= count, true};
  for (unsigned result = 0; result < op->getNumResults(); ++result)
    for (int64_t dim = 0; dim < type.getRank(); ++dim) {
      StreamRelation relation = stream.getStreamRelation(operand, dim, result);
      bool reaches = relation.resultDim >= 0 && relation.resultDim < count && relation.kind != StreamRelation::Absent;
      // A size of 1 that stretches does so over the merged dimension too, if it is aligned with it.
      reaches &= type.getDim(dim).getStatic() != 1 || relation.resultDim != count - 1;
      leading.apart &= !reaches;
      leading.passes &= dim < count ? relation.kind == StreamRelation::PerPosition && relation.resultDim == dim && relation.shift == 0 : !reaches;
    }
  return leading;
}

bool weft::countsPositions(Operation *op) { return isa<RopeOp, ReshapeOp, DimSizeOp>(op); }

std::optional<AnchorKind> weft::anchorOf(Operation *op) {
  auto kernel = dyn_cast<KernelOpInterface>(op);
  return kernel ? std::optional<AnchorKind>(kernel.getAnchorKind()) : std::nullopt;
}

void FusionReport::fused(Location loc, const Twine &what) { emitRemark(loc) << "fused " << what; }

void FusionReport::missed(Operation *site, const Twine &what, const Missed &why) {
  InFlightDiagnostic diagnostic = required ? emitError(site->getLoc()) : emitRemark(site->getLoc());
  diagnostic << what << " not fused: " << why.why;
  if (why.other && why.other != site)
    diagnostic.attachNote(why.other->getLoc()) << "here";
  errors |= required;
}

void weft::eraseDead(Operation *op, RewriterBase &rewriter) {
  SetVector<Operation *> pending;
  pending.insert(op);
  while (!pending.empty()) {
    Operation *next = pending.pop_back_val();
    if (!isOpTriviallyDead(next))
      continue;
    for (Value operand : next->getOperands())
      if (Operation *source = operand.getDefiningOp())
        pending.insert(source);
    rewriter.eraseOp(next);
  }
}

void weft::eraseDeadIn(Block &block) {
  for (Operation &op : llvm::make_early_inc_range(llvm::reverse(block))) {
    for (Region &region : op.getRegions())
      for (Block &inner : region)
        eraseDeadIn(inner);
    if (isOpTriviallyDead(&op))
      op.erase();
  }
}

SmallVector<Block *> weft::computeBlocks(GraphOp graph) {
  SmallVector<Block *> blocks{&graph.getBody().front()};
  graph.walk<WalkOrder::PreOrder>([&](Operation *op) {
    if (isa<EncoderOp, DecoderOp>(op))
      blocks.push_back(&op->getRegion(0).front());
  });
  return blocks;
}

double weft::upperBound(const DimExpr &expr, ModelOp model) {
  double sum = 0;
  for (const auto &[monomial, coefficient] : expr.terms()) {
    double term = static_cast<double>(coefficient.num) / coefficient.den;
    for (const auto &[name, power] : monomial)
      for (int i = 0; i < std::abs(power); ++i)
        if (auto dim = dyn_cast_or_null<DimOp>(SymbolTable::lookupSymbolIn(model, name)))
          term *= power > 0 ? dim.getUpper() : 1.0 / std::max<int64_t>(dim.getLower(), 1);
    sum += term;
  }
  return sum;
}
