// Lookup of names along the chain of scopes.
#include "Scopes.h"

using namespace llvm;

namespace weft {

const Symbol *Scope::find(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent) {
    auto it = scope->symbols.find(name);
    if (it != scope->symbols.end())
      return &it->second;
  }
  return nullptr;
}

const Symbol *Scope::findConflict(StringRef name) const {
  for (const Scope *scope = this; scope; scope = scope->parent) {
    auto it = scope->symbols.find(name);
    if (it != scope->symbols.end())
      return &it->second;
    if (scope->kind == Body) // may hide what lies outside
      return nullptr;
  }
  return nullptr;
}

std::vector<StringRef> Scope::collect(function_ref<bool(const Symbol &)> wanted) const {
  std::vector<StringRef> names;
  for (const Scope *scope = this; scope; scope = scope->parent)
    for (const auto &entry : scope->symbols)
      if (wanted(entry.second))
        names.push_back(entry.first());
  return names;
}

} // namespace weft
