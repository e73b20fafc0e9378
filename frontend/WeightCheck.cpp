// Binds a model to a checkpoint: every tensor that the description reads, under one of its prefixes, with its shape and type.
#include "Frontend.h"

#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringSet.h"

using namespace llvm;

namespace weft {

/// Nearest names are searched for so many missing tensors only; each search looks at the whole checkpoint.
constexpr unsigned maxNearest = 64;

static std::string nameAt(WeightOp weight, std::optional<int64_t> layer) {
  std::string path = weight.getPath()->str();
  if (!layer)
    return path;
  std::string number = std::to_string(*layer);
  for (size_t at = path.find("{i}"); at != std::string::npos; at = path.find("{i}", at + number.size()))
    path.replace(at, 3, number);
  return path;
}

static SmallVector<std::string> prefixesOf(WeightOp weight) {
  SmallVector<std::string> prefixes;
  auto model = weight->getParentOfType<ModelOp>();
  if (mlir::ArrayAttr given = model ? model.getPrefixesAttr() : mlir::ArrayAttr())
    for (mlir::Attribute prefix : given)
      prefixes.push_back(cast<mlir::StringAttr>(prefix).getValue().str());
  if (prefixes.empty())
    prefixes.push_back("");
  return prefixes;
}

std::optional<std::string> findWeightName(WeightOp weight, std::optional<int64_t> layer, const WeightStore &weights) {
  std::string name = nameAt(weight, layer);
  for (const std::string &prefix : prefixesOf(weight))
    if (weights.find(prefix + name))
      return prefix + name;
  return std::nullopt;
}

static StringRef storedText(WeightType type) {
  switch (type) {
  case WeightType::F32:
    return "f32";
  case WeightType::F16:
    return "f16";
  case WeightType::BF16:
    return "bf16";
  case WeightType::F64:
    return "f64";
  case WeightType::I32:
    return "i32";
  case WeightType::I64:
    return "i64";
  case WeightType::Bool:
    return "bool";
  case WeightType::Other:
    return "another type";
  }
  llvm_unreachable("all types are named");
}

static bool widens(WeightType stored, NamedTensorType use) {
  if (use.isF32())
    return stored == WeightType::F32 || stored == WeightType::F16 || stored == WeightType::BF16 || stored == WeightType::F64;
  if (use.isI32())
    return stored == WeightType::I32 || stored == WeightType::I64;
  return stored == WeightType::Bool;
}

static std::string usedText(NamedTensorType type) {
  StringRef element = type.isF32() ? "f32" : type.isI32() ? "i32" : "bool";
  return element.str() + type.shapeText();
}

static std::string storedText(const WeightTensor &tensor) {
  std::string text = storedText(tensor.type).str() + "[";
  for (int64_t size : tensor.shape)
    text += (text.back() == '[' ? "" : ", ") + std::to_string(size);
  return text + "]";
}

/// The tensors of a checkpoint that a model has no use for.
static std::vector<std::string> unreadNames(ModelOp model, const WeightStore &weights) {
  StringSet<> read;
  for (WeightOp weight : model.getOps<WeightOp>()) {
    if (!weight.getPath())
      continue;
    std::optional<uint64_t> layers = weight.getLayers();
    for (int64_t i = 0, count = int64_t(layers.value_or(1)); i < count; ++i)
      if (std::optional<std::string> name = findWeightName(weight, layers ? std::optional<int64_t>(i) : std::nullopt, weights))
        read.insert(*name);
  }
  std::vector<std::string> names = weights.names();
  llvm::erase_if(names, [&](const std::string &name) { return read.contains(name); });
  return names;
}

namespace {

class WeightChecker {
public:
  WeightChecker(ModelOp model, const WeightStore &weights, const SourceManager &sources, Diagnostics &diagnostics)
      : model(model), weights(weights), sources(sources), diagnostics(diagnostics) {}
  void check(WeightOp weight);

private:
  void reportMissing(WeightOp weight, ArrayRef<std::optional<int64_t>> layers);
  bool checkTensor(WeightOp weight, const std::string &name);
  StringRef nearest(StringRef name);

  ModelOp model;
  const WeightStore &weights;
  const SourceManager &sources;
  Diagnostics &diagnostics;
  std::vector<std::string> names, unread;
  unsigned searches = 0;
};

} // namespace

StringRef WeightChecker::nearest(StringRef name) {
  if (searches++ >= maxNearest)
    return "";
  if (names.empty()) {
    names = weights.names();
    unread = unreadNames(model, weights);
  }
  // What the model reads elsewhere is the lesser guess.
  for (const std::vector<std::string> *known : {&unread, &names})
    if (StringRef near = findNearestName(name, SmallVector<StringRef>(known->begin(), known->end())); !near.empty())
      return near;
  return "";
}

void WeightChecker::reportMissing(WeightOp weight, ArrayRef<std::optional<int64_t>> layers) {
  SmallVector<std::string> prefixes = prefixesOf(weight);
  std::string name = nameAt(weight, layers.front());
  std::string others = layers.size() > 1 ? " (nor in " + std::to_string(layers.size() - 1) + " more of its layers)" : "";
  Diagnostic &diagnostic = diagnostics.error(rangeOf(weight.getLoc(), sources), "the weight '" + prefixes.front() + name +
                                                                                   "' is not in '" + weights.description() + "'" +
                                                                                   others);
  for (const std::string &prefix : ArrayRef(prefixes).drop_front())
    diagnostic.note("nor is '" + prefix + name + "'");
  for (const std::string &prefix : prefixes)
    if (StringRef near = nearest(prefix + name); !near.empty()) {
      diagnostic.note("the nearest name is '" + near + "'");
      break;
    }
  diagnostic.note("it is read as " + usedText(weight.getType()));
}

static bool isReadByLinear(ModelOp model, WeightOp weight) {
  return model.walk([&](LinearOp linear) {
                         auto read = linear.getWeight().getDefiningOp<WeightRefOp>();
                         bool isIt = read && read.getWeight() == weight.getSymName();
                         return isIt ? mlir::WalkResult::interrupt() : mlir::WalkResult::advance();
                       })
                      .wasInterrupted();
}

static SmallVector<int64_t, 4> usedShape(WeightOp weight) {
  SmallVector<int64_t, 4> shape;
  for (DimAttr dim : cast<NamedTensorType>(weight.getType()).getDims())
    shape.push_back(dim.getStatic().value_or(-1));
  return shape;
}

/// A matrix stored as [in, out] for [out, in], or the other way round.
static bool isSwapped(ArrayRef<int64_t> stored, ArrayRef<int64_t> used) {
  return used.size() == 2 && stored.size() == 2 && used[0] == stored[1] && used[1] == stored[0];
}

bool WeightChecker::checkTensor(WeightOp weight, const std::string &name) {
  std::optional<WeightTensor> tensor = weights.find(name);
  auto type = cast<NamedTensorType>(weight.getType());
  SmallVector<int64_t, 4> shape = usedShape(weight);
  bool sameShape = tensor->shape == shape, fits = widens(tensor->type, type);
  if (sameShape && fits)
    return true;
  std::string file = tensor->file.empty() ? weights.description() : tensor->file.str();
  Diagnostic &diagnostic =
      diagnostics.error(rangeOf(weight.getLoc(), sources), "the weight '" + name + "' is " + storedText(*tensor) + " in '" + file +
                                                              "', but " + usedText(type) + " here");
  if (isSwapped(tensor->shape, shape) && fits && isReadByLinear(model, weight))
    diagnostic.note("'transposed' of linear says that a checkpoint stores [in, out]");
  return false;
}

void WeightChecker::check(WeightOp weight) {
  if (!weight.getPath())
    return;
  SmallVector<std::optional<int64_t>> missing;
  bool layered = weight.getLayers().has_value();
  int64_t count = layered ? static_cast<int64_t>(*weight.getLayers()) : 1;
  bool fine = true;
  for (int64_t i = 0; i < count; ++i) {
    std::optional<int64_t> layer = layered ? std::optional<int64_t>(i) : std::nullopt;
    std::optional<std::string> name = findWeightName(weight, layer, weights);
    if (!name)
      missing.push_back(layer);
    else if (fine) // one layer's wrong shape stands for all
      fine = checkTensor(weight, *name);
  }
  if (!missing.empty())
    reportMissing(weight, missing);
}

void listUnusedTensors(ModelOp model, const WeightStore &weights, Diagnostics &diagnostics) {
  for (const std::string &name : unreadNames(model, weights))
    diagnostics.remark({}, "the description does not read '" + name + "', " + storedText(*weights.find(name)) + " of '" +
                               weights.description() + "'");
}

/// "'a', 'b' and 7 more"
static std::string listed(ArrayRef<std::string> names) {
  constexpr size_t shown = 6;
  std::string text;
  for (const std::string &name : names.take_front(shown))
    text += (text.empty() ? "'" : ", '") + name + "'";
  return names.size() > shown ? text + " and " + std::to_string(names.size() - shown) + " more" : text;
}

/// Where all names stand behind a prefix that the description does not say: one error that says it.
static bool hasAnotherPrefix(ModelOp model, ArrayRef<std::string> expected, const WeightStore &weights, const SourceManager &sources,
                             Diagnostics &diagnostics) {
  for (const std::string &name : weights.names())
    for (const std::string &wanted : expected.take_front(maxNearest))
      if (StringRef(name).ends_with("." + wanted)) {
        StringRef front = StringRef(name).drop_back(wanted.size());
        diagnostics.error(rangeOf(model.getLoc(), sources), "no weight of '" + model.getSymName() + "' is in '" + weights.description() + "'")
            .note("it holds '" + name + "', which 'prefix \"" + front + "\"' would find");
        return true;
      }
  return false;
}

namespace {

/// What a checkpoint has of a model's weights; the first layer stands for a stack's.
struct Survey {
  Survey(ModelOp model, const WeightStore &weights);
  /// Most of many: some names are common to several families.
  bool most(size_t count) const { return count >= 4 && 2 * count > all; }

  size_t all = 0;
  std::vector<std::string> missing, otherShape;
  SmallVector<std::string> prefixes;
};

} // namespace

Survey::Survey(ModelOp model, const WeightStore &weights) {
  for (WeightOp weight : model.getOps<WeightOp>()) {
    std::optional<int64_t> layer = weight.getLayers() ? std::optional<int64_t>(0) : std::nullopt;
    if (!weight.getPath() || weight.getLayers() == 0)
      continue;
    ++all;
    prefixes = prefixesOf(weight);
    std::optional<std::string> name = findWeightName(weight, layer, weights);
    if (!name) {
      missing.push_back(nameAt(weight, layer));
      continue;
    }
    std::optional<WeightTensor> tensor = weights.find(*name);
    SmallVector<int64_t, 4> shape = usedShape(weight);
    if (tensor->shape != shape && !isSwapped(tensor->shape, shape))
      otherShape.push_back("'" + *name + "' is " + storedText(*tensor) + ", but " + usedText(weight.getType()) + " here");
  }
}

/// A checkpoint that lacks most weights, or has other shapes, is another model's, or a part: that is one error, not one a weight.
static bool isAnotherModels(ModelOp model, const WeightStore &weights, const SourceManager &sources, Diagnostics &diagnostics) {
  Survey survey(model, weights);
  size_t lacking = survey.missing.size(), unfit = lacking + survey.otherShape.size();
  bool lacks = survey.most(lacking), none = lacking == survey.all;
  if (!lacks && !survey.most(unfit))
    return false;
  if (lacks && none && hasAnotherPrefix(model, survey.missing, weights, sources, diagnostics))
    return true;
  std::string name = "'" + model.getSymName().str() + "' ", place = "in '" + weights.description() + "'";
  std::string share = "(" + std::to_string(lacks ? lacking : unfit) + " of " + std::to_string(survey.all) + ") ";
  std::string what = none    ? "no weight of " + name + "is " + place + ", which seems to be another model's"
                     : lacks ? "most weights of " + name + share + "are not " + place + ", which seems to be another model's, or a part of one"
                             : "most weights of " + name + share + "are not " + place +
                                   " with the shapes that they have here: it or the config.json is another model's";
  Diagnostic &diagnostic = diagnostics.error(rangeOf(model.getLoc(), sources), what);
  for (const std::string &shape : ArrayRef(survey.otherShape).take_front(lacks ? 0 : 4))
    diagnostic.note(shape);
  if (survey.missing.empty())
    return true;
  diagnostic.note("expected " + listed(survey.missing));
  if (survey.prefixes.size() > 1)
    diagnostic.note("each was looked for behind " + listed(survey.prefixes));
  std::vector<std::string> found = weights.names();
  diagnostic.note("found " + (found.empty() ? "nothing" : listed(found)));
  return true;
}

void checkWeights(ModelOp model, const WeightStore &weights, const SourceManager &sources, Diagnostics &diagnostics) {
  if (isAnotherModels(model, weights, sources, diagnostics))
    return;
  WeightChecker checker(model, weights, sources, diagnostics);
  for (WeightOp weight : model.getOps<WeightOp>())
    checker.check(weight);
}

} // namespace weft
