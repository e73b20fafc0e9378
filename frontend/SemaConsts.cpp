// Constants: strings with interpolation, whole numbers, config(...), and what -D overrides.
#include "Sema.h"

#include "llvm/ADT/StringExtras.h"

using namespace llvm;

namespace weft {

using namespace ast;

constexpr size_t maxStringSize = 4096;
constexpr int64_t maxInteger = std::numeric_limits<int32_t>::max();

std::optional<std::string> Sema::evalString(const StringExpr &expr, Frame &frame, bool mayUseLayer) {
  std::string text;
  bool fine = true;
  for (const StringPart &part : expr.parts) {
    if (!part.expr) {
      for (char c : part.text) // layerMark is ours
        text += c == layerMark ? '?' : c;
      continue;
    }
    Value value = evalOne(*part.expr, frame);
    if (value.is(ValueKind::Layer) && mayUseLayer) {
      text += layerMark;
    } else if (value.is(ValueKind::Layer)) {
      reporter.error(part.expr->range, "a layer number stands in the strings of '@' only", {{value.range, "it is declared here"}});
      fine = false;
    } else if (const std::string *string = value.asString()) {
      text += *string;
    } else if (value.is(ValueKind::Const)) {
      text += constText(value.constant);
    } else {
      if (!value.isError())
        reporter.error(part.expr->range, "a string takes constants and layer numbers, not " + value.describe());
      fine = false;
    }
    if (text.size() > maxStringSize) {
      reporter.error(expr.range, "a string of more than " + Twine(maxStringSize) + " characters");
      return std::nullopt;
    }
  }
  return fine ? std::optional<std::string>(std::move(text)) : std::nullopt;
}

/// Where a value was named, if not in `range` itself, and the config.json that decided it.
std::vector<Note> Sema::originOf(const Value &value, SourceRange range) const {
  if (!value.range.isValid() || value.range == range)
    return {};
  auto place = configured.find({value.range.file, value.range.begin});
  return {{value.range, "it comes from here" + (place == configured.end() ? "" : place->second)}};
}

/// A number that fits nowhere, or anything that config.json says, is the mistake of the place that names it, not of every use.
bool Sema::isBlamed(const Value &value, SourceRange range) {
  if (!value.range.isValid() || value.range == range)
    return false;
  Place place{value.range.file, value.range.begin};
  auto given = configured.find(place);
  bool isOneMistake = value.asNumber() || (given != configured.end() && !given->second.empty());
  return isOneMistake && !blamed.insert(place).second;
}

std::optional<int64_t> Sema::checkInteger(const Value &value, SourceRange range, StringRef what, int64_t least) {
  if (value.isError())
    return std::nullopt;
  std::optional<int64_t> integer = value.asInteger();
  if (integer && *integer >= least && *integer <= maxInteger)
    return integer;
  if (isBlamed(value, range))
    return std::nullopt;
  if (!integer) {
    std::string why = value.is(ValueKind::Dim) ? " must be known at compile time, not " : " must be a whole number, not ";
    reporter.error(range, what + why + value.describe(), originOf(value, range));
    return std::nullopt;
  }
  std::string bound = *integer < least ? "at least " + std::to_string(least) : "at most " + std::to_string(maxInteger);
  reporter.error(range, what + " must be " + bound + ", not " + Twine(*integer), originOf(value, range));
  return std::nullopt;
}

std::optional<int64_t> Sema::evalInteger(const Expr &expr, Frame &frame, StringRef what) {
  return checkInteger(evalOne(expr, frame), expr.range, what, -maxInteger);
}

//===----------------------------------------------------------------------===//
// -D
//===----------------------------------------------------------------------===//

const Const *Sema::findDefine(StringRef name, const Frame &frame) {
  if (frame.kind != Frame::File && frame.kind != Frame::Model)
    return nullptr;
  const Const *found = nullptr;
  for (Define &define : defines) {
    if (define.name != name)
      continue;
    define.used = true;
    found = &define.value; // the last one counts
  }
  return found;
}

//===----------------------------------------------------------------------===//
// config(...)
//===----------------------------------------------------------------------===//

Value Sema::fromJson(const json::Value &value, SourceRange range) {
  if (std::optional<bool> flag = value.getAsBoolean())
    return Value::ofConst(*flag, range);
  if (std::optional<int64_t> integer = value.getAsInteger())
    return Value::ofConst(Number(*integer), range);
  if (std::optional<double> real = value.getAsNumber())
    if (std::optional<Number> number = Number::real(*real))
      return Value::ofConst(*number, range);
  if (std::optional<StringRef> text = value.getAsString())
    return Value::ofConst(text->take_front(maxStringSize).str(), range);
  const json::Array *array = value.getAsArray();
  if (!array || array->size() > 1024)
    return Value::error();
  std::vector<Value> elements;
  for (const json::Value &element : *array) {
    elements.push_back(element.kind() == json::Value::Array ? Value::error() : fromJson(element, range));
    if (elements.back().isError())
      return Value::error();
  }
  return Value::ofElements(ValueKind::List, std::move(elements), range);
}

/// Whether a config's value can stand where the default does: of its kind, or a list of its kind.
static bool isLike(const Value &value, const Value &fallback) {
  if (!fallback.is(ValueKind::Const))
    return true;
  if (value.is(ValueKind::List))
    return llvm::all_of(*value.elements, [&](const Value &element) { return isLike(element, fallback); });
  return value.is(ValueKind::Const) && value.constant.index() == fallback.constant.index();
}

/// "id2label.length": how many entries a list or an object has, for what a config counts by listing it (classes).
static std::optional<int64_t> findLength(const Config &config, StringRef path) {
  const json::Value *listed = path.consume_back(".length") ? config.find(path) : nullptr;
  if (const json::Array *array = listed ? listed->getAsArray() : nullptr)
    return array->size();
  if (const json::Object *object = listed ? listed->getAsObject() : nullptr)
    return object->size();
  return std::nullopt;
}

Value Sema::configValue(StringRef path, const Value *fallback, const CallExpr &expr) {
  SourceRange range = expr.callRange;
  const json::Value *found = config ? config->find(path) : nullptr;
  if (std::optional<int64_t> length = config && !found ? findLength(*config, path) : std::nullopt)
    return Value::ofConst(Number(*length), range);
  if (!found && fallback)
    return *fallback;
  if (!found) {
    std::vector<Note> notes;
    if (!config) {
      notes.push_back({SourceRange(), "no config file was given; --config names one"});
    } else if (std::string nearest = config->findNearest(path); !nearest.empty()) {
      notes.push_back(didYouMean(nearest));
    }
    std::string where = config ? "'" + config->nameOf(path).str() + "'" : "the config";
    reporter.error(range, "'" + path + "' is not in " + where + " and has no default", std::move(notes));
    return Value::error();
  }
  Value value = fromJson(*found, range);
  if (value.isError()) {
    reporter.error(range, "'" + path + "' in '" + config->nameOf(path) + "' is " + describeJson(*found) +
                              "; expected a number, a bool, a string or a list of them");
    return value;
  }
  if (fallback && !fallback->isError() && !isLike(value, *fallback)) {
    reporter.error(range, "'" + path + "' in '" + config->nameOf(path) + "' is " + describeJson(*found) + "; expected " +
                              constKindText(fallback->constant) + " as its default is");
    return Value::error();
  }
  return value;
}

std::string Sema::configPlace(const Expr &expr, Frame &frame) {
  auto *call = dyn_cast<CallExpr>(&expr);
  if (!config || !call || call->callee.text != "config" || call->args.empty())
    return "";
  Value path = evalOne(*call->args.front().value, frame);
  const std::string *text = path.asString();
  return text && config->find(*text) ? " in '" + config->nameOf(*text).str() + "'" : "";
}

Value Sema::evalConfig(const CallExpr &expr, Frame &frame) {
  Args args = evalArgs(expr, frame);
  bool named = !args.named.empty() && !(args.named.size() == 1 && args.named[0].first.text == "default");
  size_t given = args.positional.size() + args.named.size();
  if (args.positional.empty() || given > 2 || named || expr.scope) {
    reporter.error(expr.range, "config takes a path and a default", {{SourceRange(), "config(\"json.path\", default)"}});
    return Value::error();
  }
  const Value &path = args.positional[0];
  const Value *fallback = given == 1 ? nullptr : args.positional.size() == 2 ? &args.positional[1] : &args.named[0].second;
  if (path.isError() || (fallback && fallback->isError()))
    return Value::error();
  if (!path.asString()) {
    reporter.error(args.ranges[0], "config takes the path as a string, not " + path.describe());
    return Value::error();
  }
  if (fallback && !fallback->is(ValueKind::Const) && !fallback->is(ValueKind::None) && !fallback->is(ValueKind::List)) {
    reporter.error(args.ranges[1], "a default must be known at compile time, not " + fallback->describe());
    return Value::error();
  }
  Value value = configValue(*path.asString(), fallback, expr);
  if (!value.isError())
    value.range = expr.callRange;
  return value;
}

//===----------------------------------------------------------------------===//
// Requirements
//===----------------------------------------------------------------------===//

/// The names and config(...) calls of a condition, which its outcome hangs on.
static void collectSources(const Expr &expr, SmallVectorImpl<const Expr *> &sources) {
  if (isa<NameExpr, CallExpr>(&expr)) {
    sources.push_back(&expr);
  } else if (auto *unary = dyn_cast<UnaryExpr>(&expr)) {
    collectSources(*unary->operand, sources);
  } else if (auto *binary = dyn_cast<BinaryExpr>(&expr)) {
    collectSources(*binary->lhs, sources);
    collectSources(*binary->rhs, sources);
  }
}

/// What does not hold ends the checking: whatever else were wrong would follow from it.
void Sema::walkRequire(const RequireStmt &stmt, Frame &frame) {
  Value condition = evalOne(*stmt.condition, frame);
  const bool *holds = condition.asBool();
  if (!holds && !condition.isError())
    reporter.error(stmt.condition->range, "a requirement must be a bool known at compile time, not " + condition.describe());
  if (!holds || *holds)
    return;
  SmallVector<const Expr *> sources;
  collectSources(*stmt.condition, sources);
  SmallVector<std::string> facts;
  std::vector<Note> notes;
  for (const Expr *source : sources) {
    Value value = evalOne(*source, frame);
    StringRef written = source->range.getText();
    if (written == "none" || (!value.is(ValueKind::Const) && !value.is(ValueKind::None)))
      continue;
    std::string fact = (written + " is " + (value.is(ValueKind::None) ? "none" : constText(value.constant)) + configPlace(*source, frame)).str();
    if (llvm::is_contained(facts, fact))
      continue;
    facts.push_back(std::move(fact));
    if (isa<NameExpr>(source) && value.range.isValid())
      notes.push_back({value.range, ("'" + written + "' comes from here").str()});
  }
  std::string message = "a requirement does not hold" + std::string(facts.empty() ? "" : ": ") + join(facts, ", ");
  if (std::optional<std::string> given = stmt.message ? evalString(*stmt.message, frame, /*mayUseLayer=*/false) : std::nullopt) {
    message = std::move(*given);
    for (std::string &fact : llvm::reverse(facts))
      notes.insert(notes.begin(), {SourceRange(), std::move(fact)});
  }
  reporter.error(stmt.condition->range, message, std::move(notes));
  unmet = true;
  reporter.setMuted(true);
}

} // namespace weft
