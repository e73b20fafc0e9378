// Expressions other than calls.
#include "Sema.h"

using namespace llvm;

namespace weft {

using namespace ast;

/// So many expressions are evaluated in one file, blocks counted at each call: macros can double at every level.
constexpr uint64_t maxSpent = 1000000;
/// Errors that get a nearest-name hint; every hint walks all names, and a file may have 100,000 of both.
constexpr unsigned maxHints = 100;

bool Sema::spend(SourceRange range) {
  if (spent > maxSpent)
    return false;
  if (++spent <= maxSpent)
    return true;
  reporter.error(range, "the description expands to more than " + Twine(maxSpent) + " expressions");
  return false;
}

Value Sema::eval(const Expr &expr, Frame &frame, StringRef name) {
  if (!spend(expr.range))
    return Value::error();
  switch (expr.kind) {
  case ExprKind::Error:
    if (const auto &part = cast<ErrorExpr>(expr).part)
      eval(*part, frame);
    return Value::error();
  case ExprKind::Number: {
    const auto &number = cast<NumberExpr>(expr);
    std::optional<Number> value = number.isInteger ? Number(number.integer) : Number::real(number.real);
    return value ? Value::ofConst(*value, expr.range) : Value::error();
  }
  case ExprKind::Bool:
    return Value::ofConst(cast<BoolExpr>(expr).value, expr.range);
  case ExprKind::String: {
    std::optional<std::string> text = evalString(cast<StringExpr>(expr), frame, /*mayUseLayer=*/false);
    return text ? Value::ofConst(std::move(*text), expr.range) : Value::error();
  }
  case ExprKind::Name:
    return evalName(cast<NameExpr>(expr), frame);
  case ExprKind::List:
    return evalList(cast<ListExpr>(expr), frame);
  case ExprKind::Call:
    return evalCall(cast<CallExpr>(expr), frame, name);
  case ExprKind::Index:
    return evalIndex(cast<IndexExpr>(expr), frame, name);
  case ExprKind::Unary:
    return evalUnary(cast<UnaryExpr>(expr), frame, name);
  case ExprKind::Binary:
    return evalBinary(cast<BinaryExpr>(expr), frame, name);
  }
  llvm_unreachable("all expressions are evaluated");
}

Value Sema::evalOne(const Expr &expr, Frame &frame, StringRef name) {
  Value value = eval(expr, frame, name);
  if (!value.is(ValueKind::Many))
    return value;
  reporter.error(expr.range, value.describe() + " where one is needed", {{SourceRange(), "'let a, b = ...' names them"}});
  return Value::error();
}

std::string Sema::placeName(const Frame &frame, StringRef name) const {
  StringRef scope = StringRef(frame.weightScope);
  scope = scope.substr(scope.rfind(layerMark) + 1).ltrim('.');
  return name.empty() ? "" : scope.empty() ? name.str() : (scope + "." + name).str();
}

//===----------------------------------------------------------------------===//
// Names and lists
//===----------------------------------------------------------------------===//

Value Sema::reportUnknown(StringRef name, SourceRange range, Frame &frame) {
  if (namesUnknown)
    return Value::error();
  std::vector<Note> notes;
  auto later = laterNames.find(name), branch = branchNames.find(name);
  auto nearestName = [&]() -> StringRef {
    if (reporter.getDiagnostics().getNumErrors() >= maxHints)
      return {};
    std::vector<StringRef> candidates = frame.scope->collect([](const Symbol &symbol) { return !symbol.block; });
    candidates.insert(candidates.end(), {"none", "causal"});
    return findNearestName(name, candidates);
  };
  if (later != laterNames.end() && later->second.file == range.file && later->second.begin > range.begin)
    notes.push_back({later->second, "it is declared here, after its use"});
  else if (branch != branchNames.end())
    notes.push_back({branch->second, "it is bound here, but not in every branch of this 'if'"});
  else if (later != laterNames.end() && frame.scope->getKind() != Scope::Model)
    notes.push_back({later->second, "a block sees the names of its file and its model only"});
  else if (StringRef nearest = nearestName(); !nearest.empty())
    notes.push_back(didYouMean(nearest));
  reporter.error(range, "unknown name '" + name + "'", std::move(notes));
  return Value::error();
}

Value Sema::evalName(const NameExpr &expr, Frame &frame) {
  if (const Symbol *symbol = frame.scope->find(expr.name)) {
    if (!symbol->block)
      return symbol->value;
    reporter.error(expr.range, "'" + expr.name + "' is a block; a call needs ( )", {{symbol->declared, "declared here"}});
    return Value::error();
  }
  if (expr.name == "none")
    return Value::none(expr.range);
  if (expr.name == "causal") {
    MaskPart part;
    part.range = expr.range;
    return Value::ofMask({part}, expr.range);
  }
  if (ArrayRef<Builtin> forms = builtins.find(expr.name); !forms.empty()) {
    reporter.error(expr.range, "'" + expr.name + "' is an operation; a call needs ( )", {{SourceRange(), forms[0].signature}});
    return Value::error();
  }
  return reportUnknown(expr.name, expr.range, frame);
}

Value Sema::evalList(const ListExpr &expr, Frame &frame) {
  std::vector<Value> elements;
  bool fine = true;
  for (const ExprPtr &element : expr.elements) {
    elements.push_back(evalOne(*element, frame));
    fine &= !elements.back().isError();
  }
  return fine ? Value::ofElements(ValueKind::List, std::move(elements), expr.range) : Value::error();
}

Value Sema::evalIndex(const IndexExpr &expr, Frame &frame, StringRef name) {
  Value base = evalOne(*expr.base, frame);
  SmallVector<IndexPart> parts;
  bool fine = true;
  auto end = [&](const ExprPtr &written) -> std::optional<int64_t> {
    if (!written)
      return std::nullopt;
    std::optional<int64_t> value = evalInteger(*written, frame, "a subscript");
    fine &= value.has_value();
    return value;
  };
  for (const Subscript &subscript : expr.subscripts) {
    IndexPart part;
    part.kind = subscript.kind == Subscript::Ellipsis ? IndexPart::Ellipsis
                : subscript.kind == Subscript::Slice  ? IndexPart::Slice
                                                      : IndexPart::Single;
    part.lo = end(subscript.lo);
    part.hi = end(subscript.hi);
    part.range = subscript.range;
    fine &= part.kind != IndexPart::Single || part.lo;
    parts.push_back(part);
  }
  if (base.isError() || !fine)
    return Value::error();
  if (!base.is(ValueKind::Tensor)) {
    reporter.error(expr.range, "only a tensor can be indexed, not " + base.describe());
    return Value::error();
  }
  gen->nameHint = placeName(frame, name);
  return gen->index(expr, base, parts);
}

//===----------------------------------------------------------------------===//
// Operators
//===----------------------------------------------------------------------===//

static bool isLogic(BinaryOp op) { return op == BinaryOp::And || op == BinaryOp::Or; }

static StringRef opName(BinaryOp op) {
  switch (op) {
  case BinaryOp::Add:
    return "add";
  case BinaryOp::Sub:
    return "sub";
  case BinaryOp::Mul:
    return "mul";
  case BinaryOp::Div:
    return "div";
  case BinaryOp::MaskAnd:
    return "mask";
  default:
    return "compare";
  }
}

Value Sema::evalUnary(const UnaryExpr &expr, Frame &frame, StringRef name) {
  Value operand = evalOne(*expr.operand, frame);
  if (operand.isError())
    return operand;
  if (expr.op == ast::UnaryOp::Not) {
    if (const bool *flag = operand.asBool())
      return Value::ofConst(!*flag, expr.range);
    reporter.error(expr.range, "'not' works on constants only, not on " + operand.describe());
    return Value::error();
  }
  if (operand.is(ValueKind::Dim))
    return Value::ofDim(DimExpr(0) - operand.dim, expr.range);
  gen->nameHint = placeName(frame, name.empty() ? "neg" : name);
  return gen->negate(expr, operand);
}

Value Sema::applyToDims(const BinaryExpr &expr, const Value &lhs, const Value &rhs) {
  DimExpr a = *lhs.asDim(), b = *rhs.asDim();
  std::optional<DimExpr> result;
  switch (expr.op) {
  case BinaryOp::Add:
    result = a + b;
    break;
  case BinaryOp::Sub:
    result = a - b;
    break;
  case BinaryOp::Mul:
    result = a * b;
    break;
  case BinaryOp::Div:
    result = a.dividedBy(b);
    break;
  default:
    reporter.error(expr.range, "'" + binaryOpText(expr.op) + "' does not work on run-time dimensions");
    return Value::error();
  }
  if (!result) {
    reporter.error(expr.range, "'" + a.text() + "' can't be divided by '" + b.text() + "'");
    return Value::error();
  }
  return gen->checkDim(*result, expr.range) ? Value::ofDim(*result, expr.range) : Value::error();
}

Value Sema::evalBinary(const BinaryExpr &expr, Frame &frame, StringRef name) {
  Value lhs = evalOne(*expr.lhs, frame), rhs = evalOne(*expr.rhs, frame);
  if (lhs.isError() || rhs.isError())
    return Value::error();
  for (auto [side, value] : {std::pair(expr.lhs.get(), &lhs), std::pair(expr.rhs.get(), &rhs)})
    if (value->is(ValueKind::Layer)) {
      reporter.error(side->range, "a layer number stands in the strings of '@' only, as {" + side->range.getText() + "}",
                     {{value->range, "it is declared here"}});
      return Value::error();
    }
  bool constants = (lhs.is(ValueKind::Const) || lhs.is(ValueKind::None)) && (rhs.is(ValueKind::Const) || rhs.is(ValueKind::None));
  bool equality = expr.op == BinaryOp::Eq || expr.op == BinaryOp::Ne;
  if (constants && equality && (lhs.is(ValueKind::None) || rhs.is(ValueKind::None)))
    return Value::ofConst((lhs.kind == rhs.kind) == (expr.op == BinaryOp::Eq), expr.range);
  if (lhs.is(ValueKind::Const) && rhs.is(ValueKind::Const)) {
    std::string why;
    std::optional<Const> result = applyConst(expr.op, lhs.constant, rhs.constant, why);
    if (result)
      return Value::ofConst(std::move(*result), expr.range);
    reporter.error(expr.range, why);
    return Value::error();
  }
  if (isLogic(expr.op)) {
    const Value &wrong = lhs.is(ValueKind::Const) ? rhs : lhs;
    reporter.error(expr.range, "'" + binaryOpText(expr.op) + "' works on constants only, not on " + wrong.describe(),
                   {{SourceRange(), "'&' joins masks"}});
    return Value::error();
  }
  bool dims = lhs.is(ValueKind::Dim) || rhs.is(ValueKind::Dim);
  if (dims && lhs.asDim() && rhs.asDim())
    return applyToDims(expr, lhs, rhs);
  gen->nameHint = placeName(frame, name.empty() ? opName(expr.op) : name);
  return gen->binary(expr, lhs, rhs);
}

} // namespace weft
