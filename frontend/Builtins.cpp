// Reads the rows of Builtins.def.
#include "Builtins.h"
#include "IRGen.h"

#include "llvm/ADT/StringSwitch.h"

using namespace llvm;

namespace weft {

static ParamKind paramKind(StringRef word) {
  std::optional<ParamKind> kind = StringSwitch<std::optional<ParamKind>>(word)
                                      .Case("f32", ParamKind::F32)
                                      .Case("i32", ParamKind::I32)
                                      .Case("tensor", ParamKind::Tensor)
                                      .Case("tensors", ParamKind::Tensors)
                                      .Case("value", ParamKind::Value)
                                      .Case("count", ParamKind::Count)
                                      .Case("size", ParamKind::Size)
                                      .Case("int", ParamKind::Int)
                                      .Case("number", ParamKind::Number)
                                      .Case("amount", ParamKind::Amount)
                                      .Case("flag", ParamKind::Flag)
                                      .Case("text", ParamKind::Text)
                                      .Case("counts", ParamKind::Counts)
                                      .Case("sizes", ParamKind::Sizes)
                                      .Case("ints", ParamKind::Ints)
                                      .Case("shape", ParamKind::Shape)
                                      .Case("pieces", ParamKind::Pieces)
                                      .Case("offset", ParamKind::Offset)
                                      .Case("mask", ParamKind::Mask)
                                      .Case("bias", ParamKind::Bias)
                                      .Case("cap", ParamKind::Cap)
                                      .Default(std::nullopt);
  assert(kind && "Builtins.def names a kind that does not exist");
  return *kind;
}

/// "name: kind = default"
static Param readParam(StringRef text) {
  Param param;
  auto [head, defaultText] = text.split('=');
  auto [name, kind] = head.split(':');
  param.name = name.trim().str();
  param.kind = paramKind(kind.trim());
  defaultText = defaultText.trim();
  param.hasDefault = !defaultText.empty();
  if (!param.hasDefault)
    return param;
  if (defaultText == "none") {
    param.defaultValue = Value::none({});
    return param;
  }
  Const constant = parseDefine(defaultText);
  bool quoted = defaultText.front() == '"';
  if (quoted || !std::holds_alternative<std::string>(constant))
    param.defaultValue = Value::ofConst(std::move(constant), {});
  return param;
}

static Builtin readRow(StringRef name, StringRef params, bool readsWeights, Value (IRGen::*method)(const BoundCall &)) {
  Builtin row;
  row.name = name;
  row.readsWeights = readsWeights;
  row.method = method;
  row.signature = (name + "(").str();
  while (!params.empty()) {
    auto [text, rest] = params.split(", ");
    Param param = readParam(text);
    row.signature += (row.params.empty() ? "" : ", ") + param.name + (param.kind == ParamKind::Tensors ? ", ..." : "");
    if (param.hasDefault)
      row.signature += " = " + text.split('=').second.trim().str();
    row.params.push_back(std::move(param));
    params = rest;
  }
  row.signature += ")";
  return row;
}

Builtins::Builtins() {
#define WEFT_BUILTIN(name, params, method) rows.push_back(readRow(#name, params, false, &IRGen::method));
#define WEFT_BUILTIN_READS(name, params, method) rows.push_back(readRow(#name, params, true, &IRGen::method));
#include "Builtins.def"
  llvm::sort(rows, [](const Builtin &a, const Builtin &b) {
    return std::pair(a.name, a.params.size()) < std::pair(b.name, b.params.size());
  });
}

ArrayRef<Builtin> Builtins::find(StringRef name) const {
  auto begin = llvm::lower_bound(rows, name, [](const Builtin &row, StringRef wanted) { return row.name < wanted; });
  auto end = begin;
  while (end != rows.end() && end->name == name)
    ++end;
  return ArrayRef<Builtin>(rows).slice(begin - rows.begin(), end - begin);
}

std::vector<StringRef> Builtins::names() const {
  std::vector<StringRef> result;
  for (const Builtin &row : rows)
    if (result.empty() || result.back() != row.name)
      result.push_back(row.name);
  return result;
}

} // namespace weft
