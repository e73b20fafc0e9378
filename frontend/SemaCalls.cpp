// Calls: what a name stands for, weight scopes, and blocks, which are expanded at every call.
#include "Sema.h"

using namespace llvm;

namespace weft {

using namespace ast;

constexpr size_t maxCallDepth = 128;

Args Sema::evalArgs(const CallExpr &expr, Frame &frame) {
  Args args;
  for (const Argument &arg : expr.args) {
    Value value = evalOne(*arg.value, frame);
    if (arg.name)
      args.named.emplace_back(*arg.name, std::move(value));
    else
      args.positional.push_back(std::move(value));
    args.ranges.push_back(arg.value->range);
  }
  return args;
}

static std::string joinScopes(StringRef outer, StringRef inner) {
  return outer.empty() || inner.empty() ? (outer + inner).str() : (outer + "." + inner).str();
}

Value Sema::evalCall(const CallExpr &expr, Frame &frame, StringRef name) {
  StringRef callee = expr.callee.text;
  if (callee == "config")
    return evalConfig(expr, frame);
  Args args = evalArgs(expr, frame);
  std::optional<std::string> own = expr.scope ? evalString(*expr.scope, frame, /*mayUseLayer=*/true) : "";
  if (!own)
    return Value::error();
  std::string weightScope = joinScopes(frame.weightScope, *own);
  const Symbol *symbol = frame.scope->find(callee);
  if (symbol && symbol->block)
    return callBlock(expr, *symbol, std::move(args), std::move(weightScope));
  ArrayRef<Builtin> forms = builtins.find(callee);
  if (!forms.empty()) {
    std::string shown = expr.scope ? StringRef(weightScope).substr(weightScope.rfind(layerMark) + 1).ltrim('.').str() : "";
    if (shown.empty())
      shown = placeName(frame, name.empty() ? callee : name);
    return callBuiltin(expr, forms, std::move(args), weightScope, gen->locate(expr.range, shown));
  }
  if (symbol) {
    if (!symbol->value.isError())
      reporter.error(expr.callee.range, "'" + callee + "' is " + symbol->value.describe() + ", not a block",
                     {{symbol->declared, "declared here"}});
    return Value::error();
  }
  if (namesUnknown)
    return Value::error();
  std::vector<StringRef> candidates = frame.scope->collect([](const Symbol &other) { return other.block != nullptr; });
  llvm::append_range(candidates, builtins.names());
  candidates.push_back("config");
  reporter.error(expr.callee.range, "there is no operation or block '" + callee + "'", hintsFor(callee, candidates));
  return Value::error();
}

Value Sema::callBuiltin(const CallExpr &expr, ArrayRef<Builtin> forms, Args args, const std::string &weightScope,
                        mlir::Location loc) {
  if (expr.scope && !forms[0].readsWeights)
    reporter.warning(expr.scope->range, "'" + expr.callee.text + "' reads no weights, so this scope does nothing");
  std::optional<BoundCall> call = bind(expr, forms, std::move(args), weightScope, loc);
  if (!call)
    return Value::error();
  // What an operation says of its operands points to the call without its scope.
  return (gen.get()->*call->builtin.method)(*call);
}

//===----------------------------------------------------------------------===//
// Blocks
//===----------------------------------------------------------------------===//

static std::string signature(const BlockStmt &block) {
  std::string text = block.name.text.str() + "(";
  for (const Parameter &param : block.params) {
    text += (&param == &block.params.front() ? "" : ", ") + param.name.text.str();
    if (param.value)
      text += " = " + param.value->range.getText().str();
  }
  return text + ")";
}

/// Binds arguments and defaults to parameters; false if some argument has no parameter or the other way round.
bool Sema::bindParams(const CallExpr &expr, const BlockStmt &block, Args args, Frame &body) {
  bool fine = true;
  Note shape{block.name.range, "declared as " + signature(block)};
  if (args.positional.size() > block.params.size()) {
    reporter.error(expr.callRange, "'" + block.name.text + "' takes " + Twine(block.params.size()) + " arguments, not " +
                                       Twine(args.positional.size()),
                   {shape});
    return false;
  }
  std::vector<std::optional<Value>> bound(block.params.size());
  std::move(args.positional.begin(), args.positional.end(), bound.begin());
  SmallVector<StringRef> names;
  for (const Parameter &param : block.params)
    names.push_back(param.name.text);
  for (auto &[name, value] : args.named) {
    size_t index = llvm::find(names, name.text) - names.begin();
    std::vector<Note> notes{shape};
    if (index == names.size()) {
      if (StringRef nearest = findNearestName(name.text, names); !nearest.empty())
        notes.insert(notes.begin(), didYouMean(nearest));
      reporter.error(name.range, "'" + block.name.text + "' has no parameter '" + name.text + "'", std::move(notes));
      fine = false;
    } else if (bound[index]) {
      reporter.error(name.range, "'" + name.text + "' is given twice", std::move(notes));
      fine = false;
    } else {
      bound[index] = std::move(value);
    }
  }
  if (!fine)
    return false;
  for (auto [i, param] : llvm::enumerate(block.params)) {
    if (!bound[i] && !param.value) {
      reporter.error(expr.callRange, "'" + block.name.text + "' needs an argument for '" + param.name.text + "'", {shape});
      fine = false;
      continue;
    }
    Symbol symbol;
    symbol.value = bound[i] ? std::move(*bound[i]) : evalOne(*param.value, body);
    symbol.declared = param.name.range;
    body.scope->declare(param.name.text, std::move(symbol));
  }
  return fine;
}

Value Sema::callBlock(const CallExpr &expr, const Symbol &symbol, Args args, std::string weightScope) {
  const BlockStmt &block = *symbol.block;
  calledBlocks.insert(&block);
  for (const Reporter::Call &call : reporter.getCalls())
    if (call.block == &block) {
      reporter.error(expr.callRange, "block '" + block.name.text + "' calls itself", {{block.name.range, "declared here"}});
      return Value::error();
    }
  if (reporter.getCalls().size() == maxCallDepth) {
    reporter.error(expr.callRange, "blocks call each other more than " + Twine(maxCallDepth) + " deep");
    return Value::error();
  }
  Scope scope(Scope::Body, const_cast<Scope *>(symbol.definedIn));
  Frame body;
  body.kind = Frame::Block;
  body.scope = &scope;
  body.weightScope = std::move(weightScope);
  if (!bindParams(expr, block, std::move(args), body))
    return Value::error();
  return expand(block, body, expr.range);
}

Value Sema::expand(const BlockStmt &block, Frame &frame, SourceRange range) {
  unsigned before = reporter.getDiagnostics().getNumErrors();
  gen->enterCall(block, range);
  walkBody(block.body, frame);
  gen->leaveCall();
  if (frame.returned)
    return std::move(*frame.returned);
  if (!namesUnknown && reporter.getDiagnostics().getNumErrors() == before)
    reporter.error(range, "block '" + block.name.text + "' returns nothing here", {{block.name.range, "declared here"}});
  return Value::error();
}

} // namespace weft
