// Files: loading, imports, -D, and the check of blocks that nobody calls.
#include "Sema.h"

#include "Parser.h"

#include "llvm/Support/FileSystem.h"
#include "llvm/Support/Path.h"

using namespace llvm;

namespace weft {

constexpr size_t maxFiles = 256;

Sema::Sema(mlir::MLIRContext &context, SourceManager &sources, Diagnostics &diagnostics, const FrontendOptions &options)
    : context(context), sources(sources), reporter(diagnostics), options(options), gen(std::make_unique<IRGen>(context, reporter)) {
  for (const auto &[name, text] : options.defines)
    defines.push_back({name, parseDefine(text)});
}

/// What identifies a file however its path is written.
static std::string identify(StringRef path) {
  SmallString<256> real;
  return sys::fs::real_path(path, real) ? path.str() : real.str().str();
}

Sema::LoadedFile *Sema::load(StringRef path, SourceRange importedAt) {
  std::string identity = identify(path);
  for (auto &[other, file] : files) {
    if (other != identity)
      continue;
    if (file->loading) {
      reporter.error(importedAt, "'" + path + "' imports itself");
      return nullptr;
    }
    return file.get();
  }
  if (files.size() == maxFiles) {
    reporter.error(importedAt, "more than " + Twine(maxFiles) + " files are imported");
    return nullptr;
  }
  auto owned = std::make_unique<LoadedFile>();
  LoadedFile &file = *owned;
  file.tree = parseFile(path, sources, reporter.getDiagnostics(), importedAt);
  files.emplace_back(std::move(identity), std::move(owned));
  if (!file.tree) {
    namesUnknown = true;
    file.loading = false;
    file.scope = std::make_unique<Scope>(Scope::File, nullptr);
    return &file;
  }
  namesUnknown |= file.tree->declarationsUnknown;
  walkFile(file);
  file.loading = false;
  return &file;
}

void Sema::walkFile(LoadedFile &file) {
  file.scope = std::make_unique<Scope>(Scope::File, nullptr);
  declareBlocks(file.tree->items, *file.scope);
  Frame frame;
  frame.scope = file.scope.get();
  for (const ast::StmtPtr &stmt : file.tree->items) {
    if (auto *import = dyn_cast<ast::ImportStmt>(stmt.get()))
      importFile(*import, file);
    else if (auto *constant = dyn_cast<ast::ConstStmt>(stmt.get()))
      walkConst(*constant, frame);
  }
}

std::string Sema::findImport(const ast::ImportStmt &stmt) {
  if (sys::path::is_absolute(stmt.path))
    return stmt.path;
  SmallString<256> path(sys::path::parent_path(stmt.range.file->getName()));
  sys::path::append(path, stmt.path);
  if (sys::fs::exists(path))
    return path.str().str();
  for (const std::string &folder : options.includes) {
    SmallString<256> candidate(folder);
    sys::path::append(candidate, stmt.path);
    if (sys::fs::exists(candidate))
      return candidate.str().str();
  }
  return "";
}

void Sema::importFile(const ast::ImportStmt &stmt, LoadedFile &importer) {
  std::string path = findImport(stmt);
  if (path.empty()) {
    std::vector<Note> notes;
    StringRef folder = sys::path::parent_path(stmt.range.file->getName());
    notes.push_back({SourceRange(), ("looked in " + (folder.empty() ? "." : folder)).str()});
    for (const std::string &include : options.includes)
      notes.push_back({SourceRange(), "looked in " + include});
    reporter.error(stmt.pathRange, "there is no file '" + stmt.path + "'", std::move(notes));
    namesUnknown = true;
    return;
  }
  LoadedFile *file = load(path, stmt.pathRange);
  if (!file || !file->tree)
    return;
  for (const ast::StmtPtr &item : file->tree->items) {
    const ast::Ident *name = nullptr;
    if (auto *constant = dyn_cast<ast::ConstStmt>(item.get()))
      name = &constant->name;
    else if (auto *block = dyn_cast<ast::BlockStmt>(item.get()))
      name = &block->name;
    const Symbol *symbol = name ? file->scope->find(name->text) : nullptr;
    if (!symbol)
      continue;
    const Symbol *other = importer.scope->findConflict(name->text);
    if (!other)
      importer.scope->declare(name->text, *symbol);
    else if (!(other->declared == symbol->declared))
      reporter.error(stmt.pathRange, "'" + name->text + "' of '" + stmt.path + "' is already declared",
                     {{other->declared, "declared here"}, {symbol->declared, "and here"}});
  }
}

const ast::ModelStmt *Sema::findModel(const LoadedFile &file) {
  const ast::ModelStmt *model = nullptr;
  for (const ast::StmtPtr &stmt : file.tree->items) {
    auto *next = dyn_cast<ast::ModelStmt>(stmt.get());
    if (next && model)
      reporter.error(next->name.range, "a file holds one model", {{model->name.range, "the first is here"}});
    else if (next)
      model = next;
  }
  return model;
}

//===----------------------------------------------------------------------===//
// -D
//===----------------------------------------------------------------------===//

/// The names of all consts of files and models, those in branches of an `if` too.
static void collectConsts(const ast::Body &body, std::vector<StringRef> &names) {
  for (const ast::StmtPtr &stmt : body) {
    if (auto *constant = dyn_cast<ast::ConstStmt>(stmt.get()))
      names.push_back(constant->name.text);
    else if (auto *model = dyn_cast<ast::ModelStmt>(stmt.get()))
      collectConsts(model->body, names);
    else if (auto *choice = dyn_cast<ast::IfStmt>(stmt.get())) {
      collectConsts(choice->thenBody, names);
      collectConsts(choice->elseBody, names);
    }
  }
}

void Sema::checkDefines() {
  std::vector<StringRef> names;
  for (auto &[path, file] : files)
    if (file->tree)
      collectConsts(file->tree->items, names);
  for (const Define &define : defines) {
    if (define.used || namesUnknown || llvm::is_contained(names, define.name))
      continue;
    reporter.error(SourceRange(), "-D " + define.name + ": there is no const of this name", hintsFor(define.name, names));
  }
}

//===----------------------------------------------------------------------===//
// Blocks that nobody calls
//===----------------------------------------------------------------------===//

/// Expands them with parameters that nothing is known of: names and argument lists are checked, shapes are not.
void Sema::checkUncalledBlocks(const ast::Body &body, Scope &scope) {
  for (const ast::StmtPtr &stmt : body) {
    auto *block = dyn_cast<ast::BlockStmt>(stmt.get());
    if (!block || calledBlocks.count(block))
      continue;
    Scope inner(Scope::Body, &scope);
    for (const ast::Parameter &param : block->params)
      inner.declare(param.name.text, {Value::error(), param.name.range});
    Frame frame;
    frame.kind = Frame::Block;
    frame.scope = &inner;
    gen->enterCall(*block, SourceRange());
    walkBody(block->body, frame);
    gen->leaveCall();
  }
}

//===----------------------------------------------------------------------===//
// The whole
//===----------------------------------------------------------------------===//

mlir::OwningOpRef<mlir::ModuleOp> Sema::run(StringRef path, const Config *configFile) {
  config = configFile;
  LoadedFile *file = load(path, SourceRange());
  if (!file || !file->tree)
    return {};
  const ast::ModelStmt *model = findModel(*file);
  if (model)
    walkModel(*model, *file->scope);
  else if (options.needsModel && !file->tree->declarationsUnknown)
    reporter.error(SourceRange(), "'" + path + "' declares no model");
  if (unmet)
    return {};
  mlir::OwningOpRef<mlir::ModuleOp> module;
  if (model) {
    GraphOp graph = gen->getGraph();
    module = gen->finish();
    checkStreams(graph, decoders, generation, sources, reporter.getDiagnostics());
  }
  checkDefines();
  // What these blocks build goes into a model of its own, which nobody sees.
  if (!model) {
    ast::ModelStmt nobody(SourceRange(), {"nobody", SourceRange()});
    gen = std::make_unique<IRGen>(context, reporter);
    gen->beginModel(nobody);
    checkUncalledBlocks(file->tree->items, *file->scope);
  }
  return module;
}

} // namespace weft
