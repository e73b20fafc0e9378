// `generate`: its options, and whether the input and the output fit each other.
#include "Sema.h"

#include "llvm/ADT/StringExtras.h"
#include "llvm/Support/MathExtras.h"

using namespace llvm;

namespace weft {

using namespace ast;

static constexpr StringRef optionNames[] = {"start", "stop", "limit", "suppress", "suppress_first"};

/// A token, or a list of them, each at least `least`. A list from config.json has one range for all.
std::optional<SmallVector<int64_t>> Sema::tokensOf(const Value &value, SourceRange range, StringRef name, int64_t least) {
  if (value.isError())
    return std::nullopt;
  SmallVector<int64_t> tokens;
  for (const Value &element : value.is(ValueKind::List) ? ArrayRef<Value>(*value.elements) : ArrayRef<Value>(value)) {
    std::optional<int64_t> token = element.asInteger();
    if (!token) {
      reporter.error(range, name + " must be a whole number or a list of them, not " +
                                (value.is(ValueKind::List) ? "a list with " + element.describe() : value.describe()));
      return std::nullopt;
    }
    if (*token < least || !isInt<32>(*token)) {
      reporter.error(range, name + " must be " + (*token < least ? "at least " + Twine(least) : "at most " + Twine(maxIntN(32))) + ", not " +
                                Twine(*token));
      return std::nullopt;
    }
    tokens.push_back(*token);
  }
  return tokens;
}

/// One option into its place; false after an error.
bool Sema::readOption(const Argument &option, const Value &value, GenerateOptions &into) {
  StringRef name = option.name ? option.name->text : "";
  SourceRange range = option.value->range;
  if (name == "start" || name == "limit") {
    std::optional<int64_t> &place = name == "start" ? into.start : into.limit;
    place = checkInteger(value, range, name, name == "start" ? 0 : 1);
    return place.has_value();
  }
  auto &tokens = name == "stop" ? into.stop : name == "suppress" ? into.suppress : into.suppressFirst;
  std::optional<SmallVector<int64_t>> given = tokensOf(value, range, name, name == "stop" ? minIntN(32) : 0);
  if (given)
    tokens = std::move(*given);
  return given.has_value();
}

void Sema::walkGenerate(const GenerateStmt &stmt, Frame &frame) {
  GenerateOptions given;
  SourceRange limitRange;
  std::set<StringRef> seen;
  bool failed = false, unknown = false;
  for (const Argument &option : stmt.options) {
    Value value = evalOne(*option.value, frame);
    StringRef name = option.name ? option.name->text : "";
    if (!seen.insert(name).second) // reported by the parser
      continue;
    if (llvm::is_contained(optionNames, name)) {
      failed |= !readOption(option, value, given);
      limitRange = name == "limit" ? option.value->range : limitRange;
      continue;
    }
    unknown = true;
    ArrayRef<StringRef> names(optionNames);
    reporter.error(option.name ? option.name->range : option.range,
                   "generate has the options " + join(names.drop_back(), ", ") + " and " + names.back() + ", not '" + name + "'", hintsFor(name, names));
  }
  if (!seen.count("limit") && !unknown) // an unknown option may be the limit, misspelt
    reporter.error(stmt.range, "generate needs a limit", {{SourceRange(), "it bounds prompt and new positions together"}});
  if (!checkGenerated(stmt, frame))
    return;
  generation = {inputs[stmt.input.text].second, outputs[stmt.output.text].second, stmt.input.text, stmt.output.text,
                stmt.output.range};
  if (checkOptions(stmt, given, limitRange) && !failed && given.limit)
    gen->addGenerate(stmt, given);
}

/// Whether some token of f32[.., vocabulary] may be chosen first.
static bool leavesAToken(const GenerateOptions &options, NamedTensorType logits) {
  std::optional<int64_t> vocabulary = logits.getExpr(-1).constant();
  std::set<int64_t> forbidden;
  for (ArrayRef<int64_t> list : {ArrayRef<int64_t>(options.suppress), ArrayRef<int64_t>(options.suppressFirst)})
    for (int64_t token : list)
      if (vocabulary && token < *vocabulary)
        forbidden.insert(token);
  return !vocabulary || int64_t(forbidden.size()) < *vocabulary;
}

/// The input and the output fit each other: i32[.., time] grows by one position, chosen from f32[.., time, vocabulary].
bool Sema::checkGenerated(const GenerateStmt &stmt, Frame &frame) {
  auto find = [&](const Ident &name, auto &declared, StringRef what) -> mlir::Value {
    auto it = declared.find(name.text);
    if (it != declared.end())
      return it->second.second;
    SmallVector<StringRef> names;
    for (auto &entry : declared)
      names.push_back(entry.first());
    const Symbol *symbol = frame.scope->find(name.text);
    if (!namesUnknown && !(symbol && symbol->value.isError() && !symbol->block))
      reporter.error(name.range, "there is no " + what + " '" + name.text + "'", hintsFor(name.text, names));
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
  return true;
}

/// The options fit the input and the output, which fit each other.
bool Sema::checkOptions(const GenerateStmt &stmt, const GenerateOptions &options, SourceRange limitRange) {
  const auto &[inputRange, input] = inputs[stmt.input.text];
  const auto &[outputRange, output] = outputs[stmt.output.text];
  auto in = cast<NamedTensorType>(input.getType()), out = cast<NamedTensorType>(output.getType());
  if (!leavesAToken(options, out)) {
    reporter.error(stmt.range, "every token of " + typeText(out) + " is suppressed, so that none can be chosen",
                   {{outputRange, "'" + stmt.output.text.str() + "' is " + typeText(out)}});
    return false;
  }
  double most = gen->bound(in.getExpr(-1), /*upper=*/true);
  if (options.limit && double(*options.limit) > most) {
    reporter.error(limitRange, "the limit of " + Twine(*options.limit) + " is above the bound of '" + in.getExpr(-1).text() + "', " +
                                   Twine(static_cast<int64_t>(most)),
                   {{inputRange, "'" + stmt.input.text.str() + "' is " + typeText(in)}});
    return false;
  }
  return true;
}

} // namespace weft
