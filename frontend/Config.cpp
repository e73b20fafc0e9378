// The config.json reader.
#include "Config.h"
#include "Json.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"
#include "llvm/Support/raw_ostream.h"

using namespace llvm;

namespace weft {

static constexpr StringLiteral generationPrefix = "generation_config.";

static std::optional<Config> openOne(StringRef path, SourceManager &sources, Diagnostics &diagnostics) {
  Expected<const SourceFile *> source = sources.open(path);
  if (source)
    return Config::parse(**source, diagnostics);
  diagnostics.error({}, toString(source.takeError()));
  return std::nullopt;
}

std::optional<Config> Config::open(StringRef path, SourceManager &sources, Diagnostics &diagnostics) {
  std::optional<Config> config = openOne(path, sources, diagnostics);
  SmallString<256> beside(path);
  sys::path::remove_filename(beside);
  sys::path::append(beside, generationPrefix + "json");
  if (!config || !sys::fs::exists(beside))
    return config;
  std::optional<Config> generation = openOne(beside, sources, diagnostics);
  if (!generation)
    return std::nullopt;
  config->generation = std::make_shared<Config>(std::move(*generation));
  return config;
}

std::optional<Config> Config::parse(const SourceFile &source, Diagnostics &diagnostics) {
  JsonError error;
  std::optional<json::Value> value = parseJson(source.getText(), error);
  if (!value) {
    uint32_t place = error.offset;
    diagnostics.error({&source, place, place}, error.message);
    return std::nullopt;
  }
  json::Object *object = value->getAsObject();
  if (!object) {
    diagnostics.error({&source, 0, 0}, "expected a JSON object, found " + describeJson(*value));
    return std::nullopt;
  }
  return Config(source.getName().str(), std::move(*object));
}

/// Follows `path` from `object`. At each object a prefix of the path is taken as a key, the shortest first.
static const json::Value *findIn(const json::Object &object, StringRef path);

static const json::Value *findBelow(const json::Value &value, StringRef path) {
  if (const json::Object *object = value.getAsObject())
    return findIn(*object, path);
  const json::Array *array = value.getAsArray();
  if (!array)
    return nullptr;
  auto [first, rest] = path.split('.');
  size_t index;
  if (first.getAsInteger(10, index) || index >= array->size())
    return nullptr;
  return rest.empty() ? &(*array)[index] : findBelow((*array)[index], rest);
}

static const json::Value *findIn(const json::Object &object, StringRef path) {
  if (const json::Value *value = object.get(path))
    return value;
  for (size_t dot = path.find('.'); dot != StringRef::npos; dot = path.find('.', dot + 1))
    if (const json::Value *value = object.get(path.take_front(dot)))
      if (const json::Value *found = findBelow(*value, path.drop_front(dot + 1)))
        return found;
  return nullptr;
}

const json::Value *Config::find(StringRef path) const {
  const json::Value *value = findIn(values, path);
  if (!value && generation && path.consume_front(generationPrefix))
    return generation->find(path);
  return value && value->kind() != json::Value::Null ? value : nullptr;
}

StringRef Config::nameOf(StringRef path) const {
  bool isBeside = generation && path.starts_with(generationPrefix) && !findIn(values, path);
  return isBeside ? generation->getName() : getName();
}

static void collectPaths(const json::Object &object, const std::string &prefix, std::vector<std::string> &paths) {
  // Enough for a hint; a config.json of millions of keys is none.
  constexpr size_t maxPaths = 10000;
  for (const auto &[key, value] : object) {
    if (paths.size() >= maxPaths)
      return;
    paths.push_back(prefix + key.str());
    if (const json::Object *nested = value.getAsObject())
      collectPaths(*nested, paths.back() + ".", paths);
  }
}

std::string Config::findNearest(StringRef path) const {
  std::vector<std::string> paths;
  collectPaths(values, "", paths);
  if (generation)
    collectPaths(generation->values, generationPrefix.str(), paths);
  llvm::sort(paths);
  return findNearestName(path, std::vector<StringRef>(paths.begin(), paths.end())).str();
}

std::string describeJson(const json::Value &value) {
  switch (value.kind()) {
  case json::Value::Object:
    return "an object";
  case json::Value::Array:
    return "a list";
  default:
    break;
  }
  std::string text;
  raw_string_ostream(text) << value;
  if (text.size() > 60)
    text = text.substr(0, 57) + "...";
  return value.kind() == json::Value::String ? "the string " + text : text;
}

} // namespace weft
