// Arguments of built-in operations: which form a call fits, and what each parameter takes.
#include "Sema.h"

using namespace llvm;

namespace weft {

using namespace ast;

constexpr size_t maxListSize = 1024;
constexpr size_t maxShapeRank = 8;

//===----------------------------------------------------------------------===//
// Forms
//===----------------------------------------------------------------------===//

static bool takesMany(const Builtin &form) { return form.params.front().kind == ParamKind::Tensors; }

/// Why the arguments' number and names don't fit a form, and where; nothing if they do.
std::optional<std::string> Sema::misfit(const Builtin &form, const CallExpr &expr, SourceRange &range) const {
  size_t positional = llvm::count_if(expr.args, [](const Argument &arg) { return !arg.name; });
  std::vector<bool> given(form.params.size());
  std::string name = "'" + form.name.str() + "'";
  range = expr.callRange;
  if (!takesMany(form) && positional > form.params.size())
    return name + " takes at most " + std::to_string(form.params.size()) + (form.params.size() == 1 ? " argument" : " arguments") + ", not " + std::to_string(positional);
  std::fill(given.begin(), given.begin() + std::min(positional, takesMany(form) ? size_t(1) : form.params.size()), true);
  bool namesAxis = false;
  for (const Argument &arg : expr.args) {
    if (!arg.name)
      continue;
    auto it = llvm::find_if(form.params, [&](const Param &param) { return param.name == arg.name->text; });
    range = arg.name->range;
    if (it == form.params.end()) {
      SmallVector<StringRef> names;
      for (const Param &param : form.params)
        names.push_back(param.name);
      StringRef nearest = findNearestName(arg.name->text, names);
      return name + " has no argument '" + arg.name->text.str() + "'" +
             (nearest.empty() ? "" : "; did you mean '" + nearest.str() + "'?");
    }
    size_t index = it - form.params.begin();
    if (given[index])
      return "'" + arg.name->text.str() + "' is given twice";
    given[index] = true;
    namesAxis |= index == 1;
  }
  range = expr.callRange;
  if (takesMany(form) && !namesAxis && positional >= 2) // the last positional argument is the axis
    given[1] = true;
  for (auto [i, param] : llvm::enumerate(form.params))
    if (!given[i] && !param.hasDefault)
      return name + " needs the argument '" + param.name + "'";
  return std::nullopt;
}

/// Sorts the arguments into the parameters' places.
bool Sema::spread(BoundCall &call, const CallExpr &expr, Args args) {
  const Builtin &form = call.builtin;
  size_t positional = args.positional.size();
  call.args.resize(form.params.size());
  call.argRanges.resize(form.params.size());
  auto put = [&](size_t index, Value value, SourceRange range) {
    call.args[index] = std::move(value);
    call.argRanges[index] = range;
  };
  if (takesMany(form)) {
    bool hasAxis = llvm::any_of(args.named, [&](auto &arg) { return arg.first.text == form.params[1].name; });
    size_t tensors = positional - (hasAxis ? 0 : 1);
    if (!hasAxis)
      put(1, args.positional.back(), args.ranges[positional - 1]);
    args.positional.resize(tensors);
    if (llvm::any_of(args.positional, [](const Value &value) { return value.isError(); }))
      return false;
    put(0, Value::ofElements(ValueKind::List, std::move(args.positional), expr.callRange), expr.callRange);
  } else {
    for (size_t i = 0; i < positional; ++i)
      put(i, std::move(args.positional[i]), args.ranges[i]);
  }
  for (size_t i = 0; i < args.named.size(); ++i) {
    StringRef name = args.named[i].first.text;
    auto it = llvm::find_if(form.params, [&](const Param &param) { return param.name == name; });
    put(it - form.params.begin(), std::move(args.named[i].second), args.ranges[positional + i]);
  }
  for (auto [i, param] : llvm::enumerate(form.params))
    if (!call.args[i])
      call.args[i] = param.defaultValue;
  return true;
}

std::optional<BoundCall> Sema::bind(const CallExpr &expr, ArrayRef<Builtin> forms, Args args, std::string weightScope,
                                    mlir::Location loc) {
  const Builtin *form = nullptr;
  SourceRange range;
  for (const Builtin &candidate : forms)
    if (!form && !misfit(candidate, expr, range))
      form = &candidate;
  if (!form) {
    std::vector<Note> notes;
    for (const Builtin &candidate : forms)
      notes.push_back({SourceRange(), candidate.signature});
    std::string why = *misfit(forms.front(), expr, range);
    reporter.error(range, why, std::move(notes));
    return std::nullopt;
  }
  BoundCall call{*form, expr.callRange, {}, {}, std::move(weightScope), loc};
  if (!spread(call, expr, std::move(args)))
    return std::nullopt;
  bool fine = true;
  for (auto [i, param] : llvm::enumerate(form->params)) {
    if (!call.args[i] || !call.argRanges[i].isValid()) // absent, or a default
      continue;
    call.args[i] = coerce(param, std::move(*call.args[i]), call.argRanges[i], form->name);
    fine &= call.args[i].has_value();
  }
  return fine ? std::optional<BoundCall>(std::move(call)) : std::nullopt;
}

//===----------------------------------------------------------------------===//
// Parameters
//===----------------------------------------------------------------------===//

/// "x of linear"
static std::string paramText(const Param &param, StringRef callee) { return "'" + param.name + "' of '" + callee.str() + "'"; }

std::optional<Value> Sema::coerceTensor(const Param &param, Value value, SourceRange range, const std::string &what) {
  StringRef element = param.kind == ParamKind::F32 ? "f32" : param.kind == ParamKind::I32 ? "i32" : "";
  bool isTensor = value.is(ValueKind::Tensor);
  if (isTensor && (element.empty() || elementText(value.type().getElementType()) == element))
    return value;
  std::vector<Note> notes;
  if (isTensor && !(value.range == range))
    notes.push_back({value.range, "it comes from here"});
  if (isTensor && !value.type().isBool())
    notes.push_back({SourceRange(), (element + "(x) converts").str()});
  if (value.is(ValueKind::Table))
    notes.push_back({SourceRange(), "a table has no length of its own; adding it to a tensor gives it one"});
  std::string wanted = element.empty() ? "a tensor" : "an " + element.str() + " tensor";
  reporter.error(range, what + " must be " + wanted + ", not " + value.describe(), std::move(notes));
  return std::nullopt;
}

std::optional<Value> Sema::coerceInteger(const Param &param, Value value, SourceRange range, const std::string &what) {
  bool any = param.kind == ParamKind::Int || param.kind == ParamKind::Offset;
  bool zero = param.kind == ParamKind::Size || param.kind == ParamKind::Sizes;
  int64_t least = any ? -std::numeric_limits<int32_t>::max() : zero ? 0 : 1;
  if (!checkInteger(value, range, what, least))
    return std::nullopt;
  return value;
}

std::optional<Value> Sema::coerceList(const Param &param, Value value, SourceRange range, const std::string &what) {
  bool isPair = param.kind == ParamKind::Counts || param.kind == ParamKind::Sizes;
  bool dims = param.kind == ParamKind::Shape || param.kind == ParamKind::Pieces;
  if (!value.is(ValueKind::List)) {
    if (isPair || param.kind == ParamKind::Pieces)
      return coerceInteger(param, std::move(value), range, what);
    reporter.error(range, what + " must be a list, not " + value.describe());
    return std::nullopt;
  }
  size_t size = value.elements->size(), most = param.kind == ParamKind::Pieces ? maxListSize : maxShapeRank;
  if (size > most || (isPair && size != 2) || (size == 0 && param.kind == ParamKind::Pieces)) {
    reporter.error(range, what + (isPair ? " must be a number or [h, w]" : " can't have " + std::to_string(size) + " elements"));
    return std::nullopt;
  }
  double product = 1;
  for (const Value &element : *value.elements) {
    if (dims && element.is(ValueKind::Dim)) {
      product *= gen->bound(element.dim, /*upper=*/true);
      continue;
    }
    bool zero = param.kind == ParamKind::Sizes;
    int64_t least = param.kind == ParamKind::Ints ? -int64_t(maxShapeRank) : param.kind == ParamKind::Shape ? -1 : zero ? 0 : 1;
    std::optional<int64_t> integer = checkInteger(element, element.range.isValid() ? element.range : range, "an element", least);
    if (!integer)
      return std::nullopt;
    product *= std::max<double>(double(*integer), 1);
  }
  if (param.kind == ParamKind::Shape && product > double(maxElements)) {
    reporter.error(range, what + " asks for more than 2^40 elements");
    return std::nullopt;
  }
  return value;
}

std::optional<Value> Sema::coerceMask(const Param &param, Value value, SourceRange range, const std::string &what) {
  bool mask = param.kind == ParamKind::Mask;
  if (value.is(ValueKind::None) || value.is(mask ? ValueKind::Mask : ValueKind::Bias))
    return value;
  if (value.is(ValueKind::Tensor) && mask && value.type().isBool()) {
    MaskPart part;
    part.kind = MaskPart::Tensor;
    part.tensor = value.tensor;
    part.range = value.range;
    return Value::ofMask({part}, value.range);
  }
  if (value.is(ValueKind::Tensor) && !mask && value.type().isF32())
    return value;
  std::string wanted = mask ? "a mask, a bool tensor or none" : "a bias, an f32 tensor or none";
  reporter.error(range, what + " must be " + wanted + ", not " + value.describe());
  return std::nullopt;
}

std::optional<Value> Sema::coerce(const Param &param, Value value, SourceRange range, StringRef callee) {
  std::string what = paramText(param, callee);
  auto expect = [&](bool fits, StringRef wanted) -> std::optional<Value> {
    if (fits)
      return value;
    reporter.error(range, what + " must be " + wanted + ", not " + value.describe());
    return std::nullopt;
  };
  if (value.isError())
    return std::nullopt;
  switch (param.kind) {
  case ParamKind::F32:
  case ParamKind::I32:
  case ParamKind::Tensor:
    return coerceTensor(param, std::move(value), range, what);
  case ParamKind::Tensors:
    for (const Value &element : *value.elements)
      if (!coerceTensor(param, element, element.range, "an operand of '" + callee.str() + "'"))
        return std::nullopt;
    return value;
  case ParamKind::Count:
  case ParamKind::Size:
  case ParamKind::Int:
    return coerceInteger(param, std::move(value), range, what);
  case ParamKind::Offset:
    if (value.is(ValueKind::Dim) || (value.is(ValueKind::Tensor) && value.type().isI32()))
      return value;
    return coerceInteger(param, std::move(value), range, what);
  case ParamKind::Counts:
  case ParamKind::Sizes:
  case ParamKind::Ints:
  case ParamKind::Shape:
  case ParamKind::Pieces:
    return coerceList(param, std::move(value), range, what);
  case ParamKind::Number:
    return expect(value.asNumber(), "a number");
  case ParamKind::Amount:
    return expect(value.asNumber() && value.asNumber()->toDouble() >= 0, "a number of at least 0");
  case ParamKind::Flag:
    return expect(value.asBool(), "true or false");
  case ParamKind::Text:
    return expect(value.asString(), "a string");
  case ParamKind::Cap:
    return expect(value.is(ValueKind::None) || value.asNumber(), "a number or none");
  case ParamKind::Mask:
  case ParamKind::Bias:
    return coerceMask(param, std::move(value), range, what);
  case ParamKind::Value:
    return expect(!value.is(ValueKind::Layer), "a value");
  }
  llvm_unreachable("all kinds are checked");
}

} // namespace weft
