// KernelGraph: a kernel's ops as Halide Funcs. Emitters add definitions, schedules read roles; nothing here is a directive.
// A value of dimensions [batch, seq, width] is a Func of (width, seq, batch): innermost first. Bool values are Halide bools; arguments and
// results hold them as bytes.
#ifndef WEFT_CODEGEN_KERNELGRAPH_H
#define WEFT_CODEGEN_KERNELGRAPH_H

#include "Halide.h"
#include "codegen/target/TargetInfo.h"
#include "ir/Weft.h"
#include "llvm/ADT/DenseMap.h"
#include "llvm/ADT/SmallVector.h"
#include <functional>
#include <map>
#include <optional>

namespace hl = Halide;

namespace weft {

using Index = std::vector<hl::Expr>;
using Vars = std::vector<hl::Var>;

enum class Role {
  Input,       ///< an argument
  Pointwise,   ///< cheap or read once: inlined where it is read
  Row,         ///< read by a reduction and again after it: kept for one row
  Reduction,   ///< a reduction over (part of) a row or of another dimension
  Accumulator, ///< the anchor's sums
  Block        ///< a piece of the attention of one block of queries
};

/// One Func that a schedule may have to place. `extents`, innermost first, say how much memory it takes at root.
struct Stage {
  hl::Func func;
  Role role;
  mlir::Location location;
  std::vector<DimExpr> extents;
  std::optional<hl::RDom> domain; ///< of reductions
  bool alongRow = false;          ///< the reduction runs over the innermost dimension of what it reads
};

/// Columns of panels that every target's own register tile divides; weights of few columns may have narrower ones (passes/Layout.h).
constexpr int64_t widePanel = 48;

/// A weight in panels: (column, k, panel).
struct PanelArgument {
  hl::ImageParam param;
  int64_t panelWidth = widePanel;
};

/// acc(column in tile, row, ..., tile of columns) += sum over k.
struct Contraction {
  hl::Func acc;
  hl::RDom k;
  hl::Var column, panel;
  Vars rows; ///< innermost first
  int64_t depth, columns;
  std::string weights; ///< the packed argument that is read next, its own as a rule; empty when the right side is not packed
  mlir::Value result;
  std::function<hl::Expr(hl::Expr panel)> nextBytes; ///< where in it, when not at the next panel
  std::vector<int64_t> extents; ///< of k's dimensions, innermost first; negative: unknown
  int64_t panelWidth = widePanel; ///< columns of a panel of the packed argument
  int unrolled = 0;             ///< steps of k in one turn of its innermost loop; the schedule says
};

/// The stages of weft.strassen over halves, in the notation of its description.
struct Strassen {
  hl::Func rowSums;                                      ///< S1 to S4 over (k, row)
  std::vector<std::pair<hl::Func, hl::Func>> products;   ///< accumulator and stored product over (column in panel, row, panel)
  hl::Func whole;                                        ///< stands for the result in epilogues
  std::function<hl::Expr(int lower, int right, hl::Expr n, hl::Expr m)> quarter;
  hl::Var column, row, panel, k;
  hl::RDom sum;
  int64_t depth;                                         ///< of one half
};

/// Rows whose feature k lies where its digits say (tap, channel): what reads them by digits needs no division.
struct Windows {
  std::vector<int64_t> extents; ///< of the digits, innermost first; their product is the rows' width
  std::function<hl::Expr(const Index &digits, const Index &rows)> at;
};

/// Keys that a block of queries first..last of one batch row can see at all.
struct KeyRange {
  using Bound = std::function<hl::Expr(hl::Expr first, hl::Expr last, hl::Expr batch)>;
  Bound begin, end;      ///< null: unbounded
  bool exact = false;    ///< every key of the range is visible to every query
};

/// The stages of attention over blocks of `queries` queries, in dimensions (query in block, .., block, head, batch).
struct AttentionBlock {
  int queries, keys; ///< of the register tile of scores: the block's queries on lanes, `keys` rows
  hl::Func rows, query, acc, scores, top, probs, sum, inverse, values, result;
  hl::RDom depth, tile, maxKey, probKey, sumKey, valueKey;
  hl::Expr condition; ///< when this block size is used
};

struct Attention {
  std::vector<AttentionBlock> blocks; ///< the first whose condition holds
  hl::Var lane, key, feature, block, head, batch;
  int64_t width, valueWidth;
  DimExpr keys;
  mlir::Value result;
};

/// The stages of attention of one query over cached pages of keys, in dimensions (lane or feature, query of the group, page, head of
/// keys, batch).
struct AttentionStep {
  hl::Func queries, acc, scores, tops, top, probs, sums, sum, values, weighted;
  hl::RDom depth, startPage, square, maxPage, maxLane, probPage, sumPage, sumLane, valuePage;
  hl::Var lane, page, query, feature, head, batch;
  hl::Var part, place; ///< of a sum: the feature in its square, the square
  int64_t group, width, valueWidth; ///< query heads that share a head of keys; widths of one head
  int features;                     ///< of a square of keys
  std::string keyCache, valueCache; ///< the arguments
  hl::Expr keyReach, valueReach;    ///< elements from one head to the next there; 0 where histories are long
  DimExpr keys;
  mlir::Value result;
};

/// What Halide calls a kernel's argument.
inline std::string argumentName(mlir::Value argument) { return "arg" + std::to_string(llvm::cast<mlir::BlockArgument>(argument).getArgNumber()); }

class KernelGraph {
public:
  explicit KernelGraph(const TargetInfo &target) : target(target) {}

  // Definitions.
  hl::Func func(mlir::Value value) const;
  void define(mlir::Value value, hl::Func func) { funcs[value] = func; }
  /// A stage that schedules may place.
  void stage(hl::Func func, Role role, mlir::Location location, std::vector<DimExpr> extents);
  void reduction(hl::Func func, hl::RDom domain, bool alongRow, mlir::Location location, std::vector<DimExpr> extents);

  /// The value at an index of another, broadcast-compatible shape (NumPy rules), innermost first.
  hl::Expr at(mlir::Value value, const Index &index) const;
  /// A run-time or constant size.
  hl::Expr size(const DimExpr &dim);
  hl::Expr size(mlir::Value value, int64_t dim);
  /// A name that is unique in this kernel and speaks in loop nests.
  std::string name(llvm::StringRef base) { return base.str() + (counts[base.str()]++ ? std::to_string(counts[base.str()] - 1) : ""); }

  const TargetInfo &target;
  std::map<std::string, hl::Param<int>> dims; ///< by name, sorted: the order of the ABI
  std::vector<Stage> stages;
  std::vector<Contraction> contractions;
  std::optional<Attention> attention;
  std::optional<AttentionStep> attentionStep;
  std::optional<Strassen> strassen;
  bool halves = false;           ///< emit weft.strassen by its seven products; else as weft.linear
  int64_t panelsInUnit = 1;      ///< panels that one thread's share keeps together: a pair, where halves are an option
  llvm::DenseMap<mlir::Value, KeyRange> ranges;      ///< of masks
  llvm::DenseMap<mlir::Value, Windows> windows;
  llvm::DenseMap<mlir::Value, PanelArgument> panels;
  llvm::DenseMap<mlir::Value, hl::ImageParam> keySquares; ///< keys of states: (feature and position in square, features / square, positions / square, head, row)

private:
  llvm::DenseMap<mlir::Value, hl::Func> funcs;
  std::map<std::string, int> counts;
};

/// Variables n, m, u, v, ... for a value's dimensions, innermost first.
Vars varsFor(mlir::Value value);
Index toIndex(const Vars &vars);
/// Dimensions of a value, innermost first.
std::vector<DimExpr> extentsOf(mlir::Value value);
inline NamedTensorType typeOf(mlir::Value value) { return llvm::cast<NamedTensorType>(value.getType()); }
inline int64_t rankOf(mlir::Value value) { return typeOf(value).getRank(); }

/// Rows that weft.strassen takes at once: what it keeps of them stays in the caches.
constexpr int64_t strassenBlockRows = 256;

} // namespace weft

#endif
