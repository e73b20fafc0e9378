// What tests of the dialect share: a context, single ops written as text, and their evaluation by the oracle.
#ifndef WEFT_TESTS_UNIT_IRTEXT_H
#define WEFT_TESTS_UNIT_IRTEXT_H

#include "Weft.h"
#include "mlir/AsmParser/AsmParser.h"
#include "mlir/IR/Diagnostics.h"
#include "mlir/Parser/Parser.h"
#include "reference/Interpreter.h"

#include <cmath>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <regex>

namespace weft::test {

/// A context with the dialect, which keeps diagnostics as text.
class Ir {
public:
  Ir() {
    context.loadDialect<WeftDialect>();
    context.printOpOnDiagnostic(false);
    context.getDiagEngine().registerHandler([this](mlir::Diagnostic &diagnostic) { errors += diagnostic.str() + "\n"; });
  }
  /// The module, verified; null on errors.
  mlir::OwningOpRef<mlir::ModuleOp> parse(llvm::StringRef text) {
    return mlir::parseSourceString<mlir::ModuleOp>(text, mlir::ParserConfig(&context));
  }
  NamedTensorType type(llvm::StringRef dims, llvm::StringRef element = "f32") {
    mlir::Type type = mlir::parseType(("!weft.tensor<[" + dims + "], " + element + ">").str(), &context);
    EXPECT_TRUE(type) << errors;
    return mlir::cast<NamedTensorType>(type);
  }

  mlir::MLIRContext context{mlir::MLIRContext::Threading::DISABLED};
  std::string errors;
};

/// Splits at commas outside brackets.
inline std::vector<std::string> splitTypes(llvm::StringRef text) {
  std::vector<std::string> parts;
  int depth = 0;
  std::string part;
  for (char c : text) {
    depth += c == '<' || c == '[' ? 1 : c == '>' || c == ']' ? -1 : 0;
    if (c == ',' && depth == 0) {
      parts.push_back(part);
      part.clear();
    } else {
      part += c;
    }
  }
  if (!llvm::StringRef(part).trim().empty())
    parts.push_back(part);
  return parts;
}

/// A model around lines of ops: values that no line defines become the graph's inputs, with the types that their first use gives.
inline std::string wrapOps(llvm::StringRef snippet) {
  llvm::SmallVector<llvm::StringRef> lines;
  snippet.split(lines, '\n');
  std::vector<std::string> known;
  std::string args, names;
  static const std::regex valueName("%[A-Za-z0-9_]+");
  for (llvm::StringRef line : lines) {
    size_t equals = line.find(" = "), colon = line.find(" : ");
    if (equals == llvm::StringRef::npos || colon == llvm::StringRef::npos)
      continue;
    std::string uses = line.slice(equals, colon).str(), results = line.take_front(equals).str();
    size_t open = line.find('(', colon), close = line.find(") ->", colon);
    std::vector<std::string> types;
    if (open != llvm::StringRef::npos && close != llvm::StringRef::npos)
      types = splitTypes(line.slice(open + 1, close));
    size_t i = 0;
    for (std::sregex_iterator it(uses.begin(), uses.end(), valueName), end; it != end; ++it, ++i) {
      std::string name = it->str();
      if (llvm::is_contained(known, name) || i >= types.size())
        continue;
      known.push_back(name);
      args += (args.empty() ? "" : ", ") + name + ": " + llvm::StringRef(types[i]).trim().str();
      names += (names.empty() ? "\"" : ", \"") + name.substr(1) + "\"";
    }
    for (std::sregex_iterator it(results.begin(), results.end(), valueName), end; it != end; ++it)
      known.push_back(it->str());
  }
  return "weft.model @m {\n weft.graph @g(" + args + ") inputs [" + names + "] {\n" + snippet.str() + "\n weft.output names []\n }\n}\n";
}

/// A tensor from its shape and numbers.
inline reference::Tensor tensor(std::vector<int64_t> dims, std::vector<double> values) {
  return {reference::Tensor::Element::F32, dims, std::move(values)};
}

/// Runs one op, written as text, on operands in the order of their first use.
class OpRun {
public:
  OpRun(llvm::StringRef text, std::vector<reference::Tensor> operands, const reference::Sizes &sizes = {}) {
    module = ir.parse(wrapOps(text));
    if (!module) {
      error = ir.errors;
      return;
    }
    mlir::Operation *op = nullptr;
    module->walk([&](GraphOp graph) { op = &graph.getBody().front().front(); });
    auto results = reference::evaluate(op, operands, sizes);
    if (!results)
      error = llvm::toString(results.takeError());
    else
      tensors = *results;
  }
  std::vector<double> values(unsigned result = 0) const {
    if (!error.empty() || result >= tensors.size())
      return {NAN};
    return tensors[result].values().vec();
  }

  Ir ir;
  mlir::OwningOpRef<mlir::ModuleOp> module;
  llvm::SmallVector<reference::Tensor> tensors;
  std::string error;
};

/// Numbers within 1e-12 of those given; infinities equal.
inline auto Numbers(std::vector<double> expected) {
  std::vector<testing::Matcher<double>> each;
  for (double value : expected)
    each.push_back(std::isinf(value) ? testing::Matcher<double>(testing::Eq(value))
                                     : testing::Matcher<double>(testing::DoubleNear(value, 1e-12 * std::max(1.0, std::abs(value)))));
  return testing::ElementsAreArray(each);
}

} // namespace weft::test

#endif
