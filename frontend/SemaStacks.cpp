// Encoder and decoder stacks, and `generate`.
#include "Sema.h"

using namespace llvm;

namespace weft {

using namespace ast;

//===----------------------------------------------------------------------===//
// Stacks
//===----------------------------------------------------------------------===//

std::optional<int64_t> Sema::stackLayers(const StackStmt &stmt, Frame &frame) {
  if (!stmt.count)
    return std::nullopt;
  Value count = evalOne(*stmt.count, frame);
  std::optional<int64_t> layers = checkInteger(count, stmt.count->range, "a number of layers", -std::numeric_limits<int32_t>::max());
  if (!layers || (*layers >= 0 && *layers <= maxLayers))
    return layers;
  if (!isBlamed(count, stmt.count->range))
    reporter.error(stmt.count->range, "a stack repeats 0 to " + Twine(maxLayers) + " times, not " + Twine(*layers),
                   originOf(count, stmt.count->range));
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

/// The stream that a layer ends with; after an error the last one before it, which may leak already.
mlir::Value Sema::nextStream(const StackStmt &stmt, Frame &body, const Value &start) {
  const Symbol *symbol = body.scope->find(stmt.bindings[0].name.text);
  const Value &next = symbol->value;
  if (symbol->declared == stmt.bindings[0].name.range)
    reporter.warning(stmt.bindings[0].name.range, "no layer rebinds the stream '" + stmt.bindings[0].name.text + "'");
  if (next.isError())
    return body.lastStream;
  if (!next.is(ValueKind::Tensor) || next.type() != start.type()) {
    reporter.error(next.range, "a layer takes the stream as " + typeText(start.type()) + " and must give it back so, not as " +
                                   next.describe(),
                   {{start.range, "the stream starts here"}});
    return body.lastStream;
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
  body.lastStream = stream;
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
    result = Value::ofTensor(gen->endStack(nextStream(stmt, body, values[0])), stmt.headerRange);
  }
  declare(stmt.name, std::move(result), frame);
}

} // namespace weft
