// Statements of models, blocks and stacks.
#include "Sema.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace weft {

using namespace ast;

//===----------------------------------------------------------------------===//
// Names
//===----------------------------------------------------------------------===//

bool Sema::checkFree(const Ident &name, const Scope &scope) {
  if (name.text.empty()) // the parser missed it
    return false;
  if (name.text == "none" || name.text == "causal") {
    reporter.error(name.range, "'" + name.text + "' is a built-in mask and can't be declared");
    return false;
  }
  const Symbol *other = scope.findConflict(name.text);
  if (!other)
    return true;
  std::vector<Note> notes;
  if (other->declared.isValid())
    notes.push_back({other->declared, "declared here"});
  if (other->isStream)
    notes.push_back({SourceRange(), ("'" + name.text + " = ...' without 'let' rebinds the stream").str()});
  reporter.error(name.range, "'" + name.text + "' is already declared", std::move(notes));
  return false;
}

bool Sema::declare(const Ident &name, Value value, Frame &frame) {
  if (!checkFree(name, *frame.scope))
    return false;
  Symbol symbol;
  symbol.value = std::move(value);
  symbol.declared = name.range;
  frame.scope->declare(name.text, std::move(symbol));
  return true;
}

void Sema::declareBlocks(const Body &body, Scope &scope) {
  for (const StmtPtr &stmt : body) {
    auto *block = dyn_cast<BlockStmt>(stmt.get());
    if (!block)
      continue;
    if (!builtins.find(block->name.text).empty() || block->name.text == "config") {
      reporter.error(block->name.range, "'" + block->name.text + "' is a built-in operation and can't be declared");
      continue;
    }
    if (!checkFree(block->name, scope))
      continue;
    Scope params(Scope::Body, nullptr);
    for (const Parameter &param : block->params)
      if (checkFree(param.name, params))
        params.declare(param.name.text, {Value::error(), param.name.range});
    Symbol symbol;
    symbol.declared = block->name.range;
    symbol.block = block;
    symbol.definedIn = &scope;
    scope.declare(block->name.text, std::move(symbol));
  }
}

namespace {
using NameRanges = StringMap<SourceRange>;
}

/// The names that a body binds for what follows it: of an `if`, those bound in every branch. `some` receives the others.
static NameRanges boundNames(const Body &body, NameRanges &some) {
  NameRanges names;
  auto add = [&](const Ident &name) { names.try_emplace(name.text, name.range); };
  for (const StmtPtr &stmt : body) {
    if (auto *s = dyn_cast<ConstStmt>(stmt.get()))
      add(s->name);
    else if (auto *s = dyn_cast<DimStmt>(stmt.get()))
      llvm::for_each(s->names, add);
    else if (auto *s = dyn_cast<InputStmt>(stmt.get()))
      add(s->name);
    else if (auto *s = dyn_cast<WeightStmt>(stmt.get()))
      add(s->name);
    else if (auto *s = dyn_cast<LetStmt>(stmt.get()))
      llvm::for_each(s->names, [&](const LetName &name) { add(name.name); });
    else if (auto *s = dyn_cast<StackStmt>(stmt.get()))
      add(s->name);
    else if (auto *s = dyn_cast<OutputStmt>(stmt.get()))
      add(s->name);
    else if (auto *s = dyn_cast<BlockStmt>(stmt.get()))
      add(s->name);
    else if (auto *s = dyn_cast<IfStmt>(stmt.get())) {
      NameRanges thenNames = boundNames(s->thenBody, some), elseNames = boundNames(s->elseBody, some);
      for (auto &entry : thenNames)
        (elseNames.count(entry.first()) ? names : some).try_emplace(entry.first(), entry.second);
      for (auto &entry : elseNames)
        if (!thenNames.count(entry.first()))
          some.try_emplace(entry.first(), entry.second);
    }
  }
  return names;
}

//===----------------------------------------------------------------------===//
// Models and bodies
//===----------------------------------------------------------------------===//

void Sema::walkModel(const ModelStmt &stmt, Scope &fileScope) {
  Scope scope(Scope::Model, &fileScope);
  laterNames = boundNames(stmt.body, branchNames);
  bool malformed = reporter.getDiagnostics().hasErrors(); // syntax errors may have swallowed the output
  gen->beginModel(stmt);
  declareBlocks(stmt.body, scope);
  Frame frame;
  frame.kind = Frame::Model;
  frame.scope = &scope;
  walkBody(stmt.body, frame);
  bool unfinished = llvm::any_of(stmt.body, [](const StmtPtr &s) { return isa<ErrorStmt>(s.get()); });
  if (!hasOutput && !unfinished && !malformed)
    reporter.error(stmt.name.range, "model '" + stmt.name.text + "' has no output");
  if (generate)
    walkGenerate(*generate, frame);
  warnOfUnknownDims(scope);
  // What uncalled blocks build must not reach the model.
  std::unique_ptr<IRGen> built = std::move(gen);
  gen = built->makeScratch();
  checkUncalledBlocks(stmt.body, scope);
  for (auto &[path, file] : files)
    if (file->scope.get() == &fileScope)
      checkUncalledBlocks(file->tree->items, fileScope);
  gen = std::move(built);
}

/// A run takes the sizes of dims from its inputs.
void Sema::warnOfUnknownDims(const Scope &scope) {
  if (hasUntypedInput)
    return;
  std::set<std::string> known;
  for (auto &entry : inputs)
    for (const DimExpr &dim : cast<NamedTensorType>(entry.second.second.getType()).getExprs())
      for (std::string &name : dim.symbols())
        known.insert(std::move(name));
  for (const auto &entry : scope.getSymbols()) {
    const Symbol &symbol = entry.second;
    bool isDim = symbol.value.is(ValueKind::Dim) && symbol.value.dim == DimExpr::symbol(entry.first());
    if (isDim && symbol.value.range == symbol.declared && !known.count(entry.first().str()))
      reporter.warning(symbol.declared, "no input has the dim '" + entry.first() + "', so nothing says its size");
  }
}

bool Sema::walkBody(const Body &body, Frame &frame) {
  for (const StmtPtr &stmt : body) {
    if (frame.returned) {
      reporter.error(stmt->range, "this statement is never reached");
      return true;
    }
    walkStatement(*stmt, frame);
  }
  return frame.returned.has_value();
}

bool Sema::walkStatement(const Stmt &stmt, Frame &frame) {
  switch (stmt.kind) {
  case StmtKind::Const:
    walkConst(cast<ConstStmt>(stmt), frame);
    return false;
  case StmtKind::Prefix:
    walkPrefix(cast<PrefixStmt>(stmt), frame);
    return false;
  case StmtKind::Dim:
    walkDim(cast<DimStmt>(stmt), frame);
    return false;
  case StmtKind::Input:
    walkInput(cast<InputStmt>(stmt), frame);
    return false;
  case StmtKind::Weight:
    walkWeight(cast<WeightStmt>(stmt), frame);
    return false;
  case StmtKind::Let:
    walkLet(cast<LetStmt>(stmt), frame);
    return false;
  case StmtKind::Assign:
    walkAssign(cast<AssignStmt>(stmt), frame);
    return false;
  case StmtKind::Stack:
    walkStack(cast<StackStmt>(stmt), frame);
    return false;
  case StmtKind::Output:
    walkOutput(cast<OutputStmt>(stmt), frame);
    return false;
  case StmtKind::Generate:
    if (generate)
      reporter.error(stmt.range, "a model generates once", {{generate->range, "the first is here"}});
    else
      generate = &cast<GenerateStmt>(stmt); // checked at the end, when all outputs are known
    return false;
  case StmtKind::If:
    return walkIf(cast<IfStmt>(stmt), frame);
  case StmtKind::Require:
    walkRequire(cast<RequireStmt>(stmt), frame);
    return false;
  case StmtKind::Return:
    return walkReturn(cast<ReturnStmt>(stmt), frame);
  case StmtKind::Error: // File::declarationsUnknown says whether names are missing
  case StmtKind::Import:
  case StmtKind::Model:
  case StmtKind::Block: // declared before the others
    return false;
  }
  llvm_unreachable("all statements are walked");
}

bool Sema::walkIf(const IfStmt &stmt, Frame &frame) {
  Value condition = evalOne(*stmt.condition, frame);
  const bool *holds = condition.asBool();
  if (!holds && !condition.isError())
    reporter.error(stmt.condition->range, "a condition must be a bool known at compile time, not " + condition.describe());
  NameRanges some, thenNames = boundNames(stmt.thenBody, some), elseNames = boundNames(stmt.elseBody, some);
  auto visibleAfter = [&](StringRef name) { return thenNames.count(name) && elseNames.count(name); };
  if (!holds) { // nothing is known of either branch but its names
    for (auto &entry : thenNames)
      if (visibleAfter(entry.first()))
        frame.scope->declare(entry.first(), {Value::error(), entry.second});
    return false;
  }
  for (NameRanges *names : {&thenNames, &elseNames})
    for (auto &entry : *names)
      if (!visibleAfter(entry.first()))
        branchNames.try_emplace(entry.first(), entry.second);
  const Body &taken = *holds ? stmt.thenBody : stmt.elseBody;
  Scope branch(Scope::Branch, frame.scope);
  // Blocks outlive their branch's scope only by name; they see what the place of the `if` sees.
  declareBlocks(taken, branch);
  Scope *outer = std::exchange(frame.scope, &branch);
  bool returned = walkBody(taken, frame);
  frame.scope = outer;
  for (const auto &entry : branch.getSymbols()) {
    Symbol symbol = entry.second;
    if (symbol.definedIn == &branch)
      symbol.definedIn = outer;
    if (visibleAfter(entry.first()))
      outer->declare(entry.first(), std::move(symbol));
  }
  return returned;
}

bool Sema::walkReturn(const ReturnStmt &stmt, Frame &frame) {
  std::vector<Value> values;
  for (const ExprPtr &value : stmt.values)
    values.push_back(stmt.values.size() == 1 ? eval(*value, frame) : evalOne(*value, frame));
  if (frame.kind != Frame::Block) {
    reporter.error(stmt.range, "only a block returns");
    return false;
  }
  frame.returned = values.size() == 1 ? values.front() : Value::ofElements(ValueKind::Many, std::move(values), stmt.range);
  return true;
}

//===----------------------------------------------------------------------===//
// Bindings
//===----------------------------------------------------------------------===//

void Sema::walkConst(const ConstStmt &stmt, Frame &frame) {
  const Const *define = findDefine(stmt.name.text, frame);
  if (define) { // its own value may need a config key that is not there
    bool wasMuted = reporter.isMuted();
    reporter.setMuted(true);
    Value own = evalOne(*stmt.value, frame);
    reporter.setMuted(wasMuted);
    bool fits = !own.is(ValueKind::Const) || own.constant.index() == define->index();
    if (!fits)
      reporter.error(SourceRange(), "-D " + stmt.name.text + "=" + constText(*define) + ": expected " + constKindText(own.constant),
                     {{stmt.range, "the const is declared here"}});
    declare(stmt.name, fits ? Value::ofConst(*define, stmt.range) : Value::error(), frame);
    return;
  }
  Value value = evalOne(*stmt.value, frame);
  bool known = value.isError() || value.is(ValueKind::Const) || value.is(ValueKind::None) || value.is(ValueKind::List);
  if (value.is(ValueKind::List))
    known = llvm::all_of(*value.elements, [](const Value &e) { return e.is(ValueKind::Const); });
  if (!known) {
    reporter.error(stmt.value->range, "a const must be known at compile time, but this is " + value.describe(),
                   {{SourceRange(), "'let' names values of any kind"}});
    value = Value::error();
  }
  value.range = stmt.range;
  if (!value.isError())
    configured[{stmt.range.file, stmt.range.begin}] = configPlace(*stmt.value, frame);
  declare(stmt.name, std::move(value), frame);
}

Value Sema::checkDeclared(const LetName &name, Value value, Frame &frame) {
  if (!name.type)
    return value;
  std::optional<NamedTensorType> type = evalType(*name.type, frame);
  if (!type || value.isError())
    return value;
  if (!value.is(ValueKind::Tensor)) {
    reporter.error(name.name.range, "'" + name.name.text + "' is " + value.describe() + ", not " + typeText(*type),
                   {{value.range, "from here"}});
    return Value::error();
  }
  if (value.type() != *type)
    reporter.error(name.type->range, "'" + name.name.text + "' is " + typeText(value.type()) + ", not " + typeText(*type),
                   {{value.range, "from here"}});
  return value;
}

void Sema::walkLet(const LetStmt &stmt, Frame &frame) {
  Value value = stmt.names.size() == 1 ? evalOne(*stmt.value, frame, stmt.names[0].name.text)
                                       : eval(*stmt.value, frame, stmt.names[0].name.text);
  if (stmt.names.size() == 1) {
    declare(stmt.names[0].name, checkDeclared(stmt.names[0], std::move(value), frame), frame);
    return;
  }
  bool fits = value.is(ValueKind::Many) && value.elements->size() == stmt.names.size();
  if (!fits && !value.isError())
    reporter.error(stmt.value->range, (value.is(ValueKind::Many) ? value.describe() : "1 value") + " for " +
                                          std::to_string(stmt.names.size()) + " names");
  for (auto [i, name] : llvm::enumerate(stmt.names))
    declare(name.name, checkDeclared(name, fits ? (*value.elements)[i] : Value::error(), frame), frame);
}

void Sema::walkAssign(const AssignStmt &stmt, Frame &frame) {
  Value value = evalOne(*stmt.value, frame, stmt.name.text);
  Symbol *symbol = frame.scope->find(stmt.name.text);
  if (!symbol) {
    reportUnknown(stmt.name.text, stmt.name.range, frame);
    return;
  }
  if (!symbol->isStream || frame.kind != Frame::Stack) {
    reporter.error(stmt.name.range, "'" + stmt.name.text + "' can't be rebound",
                   {{symbol->declared, "declared here"}, {SourceRange(), "only a stack's stream can be rebound"}});
    return;
  }
  if (value.is(ValueKind::Tensor) && frame.lastStream && value.type() == frame.lastStream.getType())
    frame.lastStream = value.tensor;
  symbol->value = std::move(value);
  symbol->declared = stmt.name.range;
}

//===----------------------------------------------------------------------===//
// Declarations of a model
//===----------------------------------------------------------------------===//

void Sema::walkDim(const DimStmt &stmt, Frame &frame) {
  std::optional<int64_t> lower = evalInteger(*stmt.lo, frame, "a dimension's bound");
  std::optional<int64_t> upper = evalInteger(*stmt.hi, frame, "a dimension's bound");
  bool fine = lower && upper;
  if (fine && (*lower < 0 || *lower > *upper)) {
    reporter.error(stmt.lo->range.to(stmt.hi->range), "bounds must be 0 or more and in order, not " + Twine(*lower) + ".." +
                                                          Twine(*upper));
    fine = false;
  }
  for (const Ident &name : stmt.names) {
    if (!declare(name, fine ? Value::ofDim(DimExpr::symbol(name.text), name.range) : Value::error(), frame))
      continue;
    if (fine)
      gen->addDim(stmt, name, *lower, *upper);
  }
}

std::optional<NamedTensorType> Sema::evalType(const TypeExpr &type, Frame &frame, bool isWeight) {
  SmallVector<DimExpr> dims;
  bool fine = true;
  for (const ExprPtr &expr : type.dims) {
    Value value = evalOne(*expr, frame);
    std::optional<DimExpr> dim = value.asDim();
    if (value.isError()) {
      fine = false;
      continue;
    }
    std::string why;
    if (!dim)
      why = "a dimension must be a whole number or made of dims, not " + value.describe();
    else if (isWeight && !dim->isConstant())
      why = "a weight's dimensions are known at compile time, but '" + dim->text() + "' is a run-time dimension";
    else if (gen->bound(*dim, /*upper=*/true) < 1)
      why = "a dimension must be at least 1, not " + dim->text();
    else if (!gen->checkDim(*dim, expr->range))
      fine = false;
    if (!why.empty()) {
      if (!isBlamed(value, expr->range))
        reporter.error(expr->range, why, originOf(value, expr->range));
      fine = false;
    }
    if (fine)
      dims.push_back(*dim);
  }
  if (!fine)
    return std::nullopt;
  mlir::Builder builder(&context);
  mlir::Type element = type.element == ElementType::F32   ? mlir::Type(builder.getF32Type())
                       : type.element == ElementType::I32 ? mlir::Type(builder.getI32Type())
                                                          : mlir::Type(builder.getI1Type());
  auto result = NamedTensorType::get(&context, ArrayRef<DimExpr>(dims), element);
  return gen->checkType(result, type.range) ? std::optional<NamedTensorType>(result) : std::nullopt;
}

void Sema::walkInput(const InputStmt &stmt, Frame &frame) {
  std::optional<NamedTensorType> type = stmt.type ? evalType(*stmt.type, frame) : std::nullopt;
  hasUntypedInput |= !type;
  if (!checkFree(stmt.name, *frame.scope))
    return;
  if (!type) {
    declare(stmt.name, Value::error(), frame);
    return;
  }
  mlir::Value input = gen->addInput(stmt, *type);
  declare(stmt.name, Value::ofTensor(input, stmt.range), frame);
  inputs[stmt.name.text] = {stmt.range, input};
}

void Sema::walkWeight(const WeightStmt &stmt, Frame &frame) {
  std::optional<NamedTensorType> type = stmt.type ? evalType(*stmt.type, frame, /*isWeight=*/true) : std::nullopt;
  std::optional<std::string> path = stmt.path ? evalString(*stmt.path, frame, /*mayUseLayer=*/true) : std::nullopt;
  Value value = Value::error();
  if (type && path) {
    std::string full = frame.weightScope.empty() ? *path : path->empty() ? frame.weightScope : frame.weightScope + "." + *path;
    if (full.empty())
      reporter.error(stmt.path->range, "a weight's path can't be empty");
    else
      value = Value::ofTensor(gen->readWeight(full, *type, stmt.range, gen->locate(stmt.range, stmt.name.text)), stmt.range);
  }
  declare(stmt.name, std::move(value), frame);
}

void Sema::walkPrefix(const PrefixStmt &stmt, Frame &frame) {
  std::vector<std::string> prefixes;
  for (const StringExprPtr &prefix : stmt.prefixes)
    if (std::optional<std::string> text = evalString(*prefix, frame, /*mayUseLayer=*/false))
      prefixes.push_back(std::move(*text));
  if (hasPrefix)
    reporter.error(stmt.range, "a model states its prefixes once");
  hasPrefix = true;
  gen->setPrefixes(prefixes);
}

void Sema::walkOutput(const OutputStmt &stmt, Frame &frame) {
  hasOutput = true;
  Value value = evalOne(*stmt.value, frame, stmt.name.text);
  if (!value.isError() && !value.is(ValueKind::Tensor)) {
    std::vector<Note> notes;
    if (value.isDeferred() || value.is(ValueKind::Mask))
      notes.push_back({SourceRange(), "it has no length of its own; a use gives it one"});
    reporter.error(stmt.value->range, "an output must be a tensor, not " + value.describe(), std::move(notes));
    value = Value::error();
  }
  if (!declare(stmt.name, value, frame))
    return;
  outputs[stmt.name.text] = {stmt.range, value.tensor};
  if (value.is(ValueKind::Tensor))
    gen->addOutput(stmt, value.tensor);
}

} // namespace weft
