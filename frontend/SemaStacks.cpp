// Encoder and decoder stacks, and `generate`.
#include "Sema.h"

using namespace llvm;

namespace weft {

using namespace ast;

constexpr int64_t maxLayers = 4096;

//===----------------------------------------------------------------------===//
// Stacks
//===----------------------------------------------------------------------===//

std::optional<int64_t> Sema::stackLayers(const StackStmt &stmt, Frame &frame) {
  if (!stmt.count)
    return std::nullopt;
  std::optional<int64_t> layers = evalInteger(*stmt.count, frame, "a number of layers");
  if (!layers || (*layers >= 0 && *layers <= maxLayers))
    return layers;
  reporter.error(stmt.count->range, "a stack repeats 0 to " + Twine(maxLayers) + " times, not " + Twine(*layers));
  return std::nullopt;
}

/// Declares what the header binds: the stream first, the others as read-only memories.
void Sema::bindMemories(const StackStmt &stmt, ArrayRef<Value> values, Frame &body) {
  for (auto [binding, value] : llvm::zip(ArrayRef(stmt.bindings).drop_front(), values.drop_front()))
    declare(binding.name, value, body);
}

/// The type of a bound value that a layer can carry; reports what is none.
static bool canBeStream(const Value &start, const StackStmt &stmt, Reporter &reporter) {
  if (!start.is(ValueKind::Tensor)) {
    if (!start.isError())
      reporter.error(stmt.bindings[0].range, "the stream of a stack must be a tensor, not " + start.describe());
    return false;
  }
  if (!stmt.isDecoder || start.type().getRank() >= 2)
    return true;
  reporter.error(stmt.bindings[0].range, "the stream of a decoder needs [.., time, width], not " + start.type().shapeText(),
                 {{start.range, "from here"}});
  return false;
}

/// The stream that a layer ends with; after an error the one that it began with.
mlir::Value Sema::nextStream(const StackStmt &stmt, Frame &body, mlir::Value stream, const Value &start) {
  const Symbol *symbol = body.scope->find(stmt.bindings[0].name.text);
  const Value &next = symbol->value;
  if (symbol->declared == stmt.bindings[0].name.range)
    reporter.warning(stmt.bindings[0].name.range, "no layer rebinds the stream '" + stmt.bindings[0].name.text + "'");
  if (next.isError())
    return stream;
  if (!next.is(ValueKind::Tensor) || next.type() != start.type()) {
    reporter.error(next.range, "a layer takes the stream as " + typeText(start.type()) + " and must give it back so, not as " +
                                   next.describe(),
                   {{start.range, "the stream starts here"}});
    return stream;
  }
  return next.tensor;
}

void Sema::walkStack(const StackStmt &stmt, Frame &frame) {
  if (stmt.bindings.empty()) {
    declare(stmt.name, Value::error(), frame);
    return;
  }
  std::vector<Value> values;
  for (const Parameter &binding : stmt.bindings) {
    NameExpr same(binding.name.range, binding.name.text);
    values.push_back(binding.value ? evalOne(*binding.value, frame, binding.name.text) : evalOne(same, frame));
  }
  std::optional<int64_t> layers = stackLayers(stmt, frame);
  bool opens = canBeStream(values[0], stmt, reporter) && layers;

  Scope scope(Scope::Body, frame.scope);
  Frame body;
  body.kind = Frame::Stack;
  body.scope = &scope;
  if (stmt.index)
    declare(*stmt.index, Value::layer(stmt.index->range), body);
  std::optional<std::string> weightScope = stmt.scope ? evalString(*stmt.scope, body, /*mayUseLayer=*/true) : "";
  body.weightScope = weightScope.value_or("");
  mlir::Value stream = opens ? gen->beginStack(stmt, values[0].tensor, *layers) : mlir::Value();
  Value streamValue = opens ? Value::ofTensor(stream, values[0].range) : Value::error();
  if (declare(stmt.bindings[0].name, streamValue, body))
    scope.find(stmt.bindings[0].name.text)->isStream = true;
  bindMemories(stmt, values, body);
  if (opens && stmt.isDecoder) {
    DecoderHeader &header = decoders.emplace_back();
    header.decoder = stream.getParentBlock()->getParentOp();
    header.stream = stmt.bindings[0].name.text;
    header.streamRange = stmt.bindings[0].name.range;
    for (auto [binding, value] : llvm::zip(ArrayRef(stmt.bindings).drop_front(), ArrayRef(values).drop_front()))
      if (value.is(ValueKind::Tensor))
        header.memories.push_back({binding.name.text, binding.range, value.tensor});
  }
  walkBody(stmt.body, body);
  Value result = Value::error();
  if (opens) {
    if (*layers == 0 && stmt.isDecoder)
      decoders.pop_back();
    result = Value::ofTensor(gen->endStack(nextStream(stmt, body, stream, values[0])), stmt.headerRange);
  }
  declare(stmt.name, std::move(result), frame);
}

//===----------------------------------------------------------------------===//
// generate
//===----------------------------------------------------------------------===//

namespace {
struct GenerateOptions {
  std::optional<int64_t> start, limit;
  SmallVector<int64_t> stop;
  SourceRange limitRange;
  bool failed = false;
};
} // namespace

/// A number, or a list of them.
static std::optional<SmallVector<int64_t>> stopTokens(const Value &value) {
  if (std::optional<int64_t> token = value.asInteger())
    return SmallVector<int64_t>{*token};
  if (!value.is(ValueKind::List))
    return std::nullopt;
  SmallVector<int64_t> tokens;
  for (const Value &element : *value.elements) {
    std::optional<int64_t> token = element.asInteger();
    if (!token)
      return std::nullopt;
    tokens.push_back(*token);
  }
  return tokens;
}

void Sema::walkGenerate(const GenerateStmt &stmt, Frame &frame) {
  GenerateOptions given;
  std::set<StringRef> seen;
  for (const Argument &option : stmt.options) {
    Value value = evalOne(*option.value, frame);
    StringRef name = option.name ? option.name->text : "";
    SourceRange range = option.value->range;
    if (!seen.insert(name).second) {
      reporter.error(option.range, "the option '" + name + "' is given twice");
    } else if (name == "start" || name == "limit") {
      std::optional<int64_t> number = checkInteger(value, range, name, name == "start" ? 0 : 1);
      (name == "start" ? given.start : given.limit) = number;
      given.failed |= !number;
      given.limitRange = name == "limit" ? range : given.limitRange;
    } else if (name == "stop") {
      auto tokens = stopTokens(value);
      if (!tokens && !value.isError())
        reporter.error(range, "stop must be a whole number or a list of them, not " + value.describe());
      given.failed |= !tokens;
      given.stop = tokens.value_or(SmallVector<int64_t>());
    } else {
      std::vector<Note> notes;
      if (StringRef nearest = findNearestName(name, {"start", "stop", "limit"}); !nearest.empty())
        notes.push_back({SourceRange(), ("did you mean '" + nearest + "'?").str()});
      reporter.error(option.name ? option.name->range : option.range, "generate has the options start, stop and limit, not '" + name + "'",
                     std::move(notes));
    }
  }
  bool unknown = llvm::any_of(seen, [](StringRef name) { return name != "start" && name != "stop" && name != "limit"; });
  if (!seen.count("limit") && unknown) {
    given.failed = true; // it may be the misspelt one
  } else if (!seen.count("limit")) {
    reporter.error(stmt.range, "generate needs a limit", {{SourceRange(), "it bounds prompt and new positions together"}});
    given.failed = true;
  }
  if (!checkGenerated(stmt, given.limit, given.limitRange, frame) || given.failed)
    return;
  generation = {inputs[stmt.input.text].second, outputs[stmt.output.text].second, stmt.input.text, stmt.output.text,
                stmt.output.range};
  gen->addGenerate(stmt, given.start, given.stop, *given.limit);
}

/// The input and the output fit each other: i32[.., time] grows by one position, chosen from f32[.., time, vocabulary].
bool Sema::checkGenerated(const GenerateStmt &stmt, std::optional<int64_t> limit, SourceRange limitRange, Frame &frame) {
  auto find = [&](const Ident &name, auto &declared, StringRef what) -> mlir::Value {
    auto it = declared.find(name.text);
    if (it != declared.end())
      return it->second.second;
    SmallVector<StringRef> names;
    for (auto &entry : declared)
      names.push_back(entry.first());
    std::vector<Note> notes;
    if (StringRef nearest = findNearestName(name.text, names); !nearest.empty())
      notes.push_back({SourceRange(), ("did you mean '" + nearest + "'?").str()});
    const Symbol *symbol = frame.scope->find(name.text);
    if (!namesUnknown && !(symbol && symbol->value.isError() && !symbol->block))
      reporter.error(name.range, "there is no " + what + " '" + name.text + "'", std::move(notes));
    return {};
  };
  mlir::Value input = find(stmt.input, inputs, "input"), output = find(stmt.output, outputs, "output");
  if (!input || !output)
    return false;
  auto in = cast<NamedTensorType>(input.getType()), out = cast<NamedTensorType>(output.getType());
  Note inputNote{inputs[stmt.input.text].first, "'" + stmt.input.text.str() + "' is " + typeText(in)};
  Note outputNote{outputs[stmt.output.text].first, "'" + stmt.output.text.str() + "' is " + typeText(out)};
  bool named = in.getRank() >= 1 && in.getExpr(-1).symbols().size() == 1 &&
               in.getExpr(-1) == DimExpr::symbol(in.getExpr(-1).symbols().front());
  if (!in.isI32() || !named) {
    reporter.error(stmt.input.range, "what is generated must be i32 with a dim of its own at the end, such as i32[batch, time]",
                   {inputNote});
    return false;
  }
  SmallVector<DimExpr> leading = out.getExprs();
  if (!leading.empty())
    leading.pop_back();
  if (!out.isF32() || leading != in.getExprs()) {
    reporter.error(stmt.output.range, "positions are chosen from f32 of [" + StringRef(in.shapeText()).drop_front().drop_back() +
                                          ", vocabulary], not from " + typeText(out),
                   {inputNote, outputNote});
    return false;
  }
  double most = gen->bound(in.getExpr(-1), /*upper=*/true);
  if (limit && double(*limit) > most) {
    reporter.error(limitRange, "the limit of " + Twine(*limit) + " is above the bound of '" + in.getExpr(-1).text() + "', " +
                                   Twine(static_cast<int64_t>(most)),
                   {inputNote});
    return false;
  }
  return true;
}

} // namespace weft
