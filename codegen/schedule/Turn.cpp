// Custom lowering pass: queries that attention turned from rows to lanes one strided vector at a time become squares that are turned in
// registers, log2(side) shuffles a vector. A strided vector costs as much as its lanes are many.
#include "codegen/schedule/Schedule.h"

namespace hi = Halide::Internal;
namespace weft {

namespace {
class TurnPass : public hi::IRMutator {
public:
  explicit TurnPass(const KernelGraph &graph) : attention(*graph.attention), lanes(graph.target.vectorFloats) {}

private:
  using hi::IRMutator::visit;
  hi::Stmt visit(const hi::For *op) override {
    for (const AttentionBlock &block : attention.blocks)
      if (op->name == block.query.name() + ".s0." + attention.feature.name()) {
        int side = lanes, width = int(attention.width);
        while (side > 2 && (width % side || block.queries % side))
          side /= 2;
        if (side > 2)
          return turned(block, side);
      }
    return hi::IRMutator::visit(op);
  }

  /// query[d * queries + q] = rows[q * width + d].
  hi::Stmt turned(const AttentionBlock &block, int side) const {
    int width = int(attention.width);
    std::string name = block.query.name() + ".turn";
    hl::Expr q = hi::Variable::make(hl::Int(32), name + ".q"), d = hi::Variable::make(hl::Int(32), name + ".d");
    std::vector<hl::Expr> rows;
    for (int i = 0; i < side; ++i) {
      hl::Expr from = hi::simplify((q * side + i) * width + d * side);
      rows.push_back(hi::Load::make(hl::Float(32, side), block.rows.name(), hi::Ramp::make(from, 1, side), {}, {}, hi::const_true(side), {}));
    }
    std::vector<std::pair<std::string, hl::Expr>> lets;
    std::vector<hl::Expr> columns = turnedSquare(rows, name, lets);
    std::vector<hi::Stmt> stores;
    for (int i = 0; i < side; ++i) {
      hl::Expr to = hi::simplify((d * side + i) * block.queries + q * side);
      stores.push_back(hi::Store::make(block.query.name(), columns[i], hi::Ramp::make(to, 1, side), {}, hi::const_true(side), {}));
    }
    hi::Stmt body = hi::Block::make(stores);
    for (auto &[let, value] : llvm::reverse(lets))
      body = hi::LetStmt::make(let, value, body);
    return loop(name + ".q", block.queries / side, loop(name + ".d", width / side, body));
  }

  /// The columns of a square of vectors; what is computed on the way goes to `lets`, named after `name`.
  static std::vector<hl::Expr> turnedSquare(std::vector<hl::Expr> vectors, const std::string &name, std::vector<std::pair<std::string, hl::Expr>> &lets) {
    int side = int(vectors.size());
    auto define = [&](hl::Expr value) {
      lets.emplace_back(name + "." + std::to_string(lets.size()), value);
      return hi::Variable::make(value.type(), lets.back().first);
    };
    for (hl::Expr &vector : vectors)
      vector = define(vector);
    for (int half = side / 2; half > 0; half /= 2) // exchanges the off-diagonal quarters of each square of 2 * half
      for (int i = 0; i < side; ++i) {
        if (i & half)
          continue;
        std::vector<int> upper, lower;
        for (int lane = 0; lane < side; ++lane) {
          upper.push_back(lane & half ? side + lane - half : lane);
          lower.push_back(lane & half ? side + lane : lane + half);
        }
        hl::Expr a = vectors[i], b = vectors[i + half];
        vectors[i] = define(hi::Shuffle::make({a, b}, upper));
        vectors[i + half] = define(hi::Shuffle::make({a, b}, lower));
      }
    return vectors;
  }

  static hi::Stmt loop(const std::string &variable, int extent, hi::Stmt body) {
    return hi::For::make(variable, 0, extent, hi::ForType::Serial, hl::Partition::Never, hl::DeviceAPI::None, body);
  }

  const Attention &attention;
  int lanes;
};
} // namespace

hi::IRMutator *makeTurnPass(const KernelGraph &graph) { return new TurnPass(graph); }

} // namespace weft
