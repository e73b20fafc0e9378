//===- Dims.cpp - run-time dimensions from the shapes of inputs ----------------------------------------------===//
//
// Each axis of a given input is an equation expr(dims) = size. Equations with one unknown that stands in one term,
// to the first power, are solved until nothing new comes out; all are checked at the end.
//
//===------------------------------------------------------------------------------------------------------===//
#include "runtime/cli/Dims.h"

using namespace weft;
using namespace weft::cli;
using io::Error;

namespace {

constexpr int64_t kLargestSize = int64_t(1) << 40; // keeps products with an expression's constants in 64 bits

class Solver {
public:
  Solver(const weft_model_descriptor &model, BoundInputs &bound)
      : model(model), bound(bound), known(size_t(model.dim_count)), origin(size_t(model.dim_count)) {
    bound.dims.assign(size_t(model.dim_count), 0);
  }

  Error set(int32_t dim, int64_t size, const std::string &from) {
    const weft_dim_info &info = model.dims[dim];
    if (size < info.lo || size > info.hi)
      return from + ": dimension '" + info.name + "' is " + std::to_string(size) + ", expected " +
             std::to_string(info.lo) + ".." + std::to_string(info.hi);
    if (known[size_t(dim)] && bound.dims[size_t(dim)] != size)
      return from + ": dimension '" + info.name + "' is " + std::to_string(size) + ", but " +
             std::to_string(bound.dims[size_t(dim)]) + " in " + origin[size_t(dim)];
    bound.dims[size_t(dim)] = size;
    known[size_t(dim)] = true;
    origin[size_t(dim)] = from;
    return io::success();
  }

  Error solveFromInputs() {
    for (bool progress = true; progress;) {
      progress = false;
      for (int32_t i = 0; i < model.input_count; ++i)
        for (int32_t axis = 0; bound.tensors[size_t(i)] && axis < model.inputs[i].rank; ++axis)
          if (Error error = solveAxis(i, axis, progress))
            return error;
    }
    return io::success();
  }

  bool isKnown(int32_t dim) const { return known[size_t(dim)]; }

  std::string sourceOf(int32_t input) const {
    return bound.sources[size_t(input)] + ": input '" + model.inputs[input].name + "'";
  }

private:
  /// The dimension to solve for and the one term that holds it, if the equation is of that kind.
  std::optional<int32_t> unknownOf(const weft_expr &expr, const weft_term **holder) const {
    std::optional<int32_t> unknown;
    for (int64_t t = 0; t < expr.count; ++t)
      for (int32_t d = 0; d < model.dim_count; ++d) {
        if (expr.terms[t].power[d] == 0 || isKnown(d))
          continue;
        if (unknown || expr.terms[t].power[d] != 1)
          return std::nullopt;
        unknown = d;
        *holder = &expr.terms[t];
      }
    return unknown;
  }

  Error solveAxis(int32_t input, int32_t axis, bool &progress) {
    const weft_expr &expr = model.inputs[input].shape[axis];
    const weft_term *holder = nullptr;
    std::optional<int32_t> unknown = unknownOf(expr, &holder);
    if (!unknown)
      return io::success();
    // size = rest + coefficient * unknown, so unknown = (size - rest) / coefficient.
    int64_t size = bound.tensors[size_t(input)]->shape[size_t(axis)];
    if (size > kLargestSize)
      return sourceOf(input) + ": size " + std::to_string(size) + " of axis " + std::to_string(axis) + " is too large";
    std::vector<weft_term> rest{{size, 1, {}}};
    for (int64_t t = 0; t < expr.count; ++t)
      if (&expr.terms[t] != holder) {
        rest.push_back(expr.terms[t]);
        rest.back().num = -rest.back().num;
      }
    bool negative = holder->num < 0;
    for (weft_term &term : rest) {
      term.num *= negative ? -holder->den : holder->den;
      term.den *= negative ? -holder->num : holder->num;
      for (int32_t d = 0; d < model.dim_count; ++d)
        term.power[d] = int8_t(term.power[d] - (d == *unknown ? 0 : holder->power[d]));
    }
    int64_t dims[WEFT_MAX_DIMS] = {}, value;
    std::copy(bound.dims.begin(), bound.dims.end(), dims);
    weft_expr solved{rest.data(), int64_t(rest.size())};
    if (weft_expr_eval(&solved, dims, &value))
      return sourceOf(input) + ": size " + std::to_string(size) + " of axis " + std::to_string(axis) +
             " can't be " + exprText(model, expr);
    progress = true;
    return set(*unknown, value, sourceOf(input));
  }

  const weft_model_descriptor &model;
  BoundInputs &bound;
  std::vector<bool> known;
  std::vector<std::string> origin;
};

/// The dimension that the expression is, alone; else -1.
int32_t bareDim(const weft_expr &expr) {
  if (expr.count != 1 || expr.terms[0].num != 1 || expr.terms[0].den != 1)
    return -1;
  int32_t found = -1;
  for (int32_t d = 0; d < WEFT_MAX_DIMS; ++d) {
    if (expr.terms[0].power[d] == 0)
      continue;
    if (found >= 0 || expr.terms[0].power[d] != 1)
      return -1;
    found = d;
  }
  return found;
}

/// An input's shape against the solved dimensions; a bare dimension that differs is named.
Error checkShape(const weft_model_descriptor &model, int32_t input, const BoundInputs &bound, Solver &solver) {
  const weft_tensor_info &info = model.inputs[input];
  const std::vector<int64_t> &given = bound.tensors[size_t(input)]->shape;
  for (int32_t axis = 0; axis < info.rank; ++axis)
    if (int32_t dim = bareDim(info.shape[axis]); dim >= 0)
      if (Error error = solver.set(dim, given[size_t(axis)], solver.sourceOf(input)))
        return error;
  std::vector<int64_t> expected;
  if (Error error = shapeAt(model, info, bound.dims, expected))
    return error;
  if (given == expected)
    return io::success();
  return solver.sourceOf(input) + " is " + typeText(model, info) + ", here " + io::shapeText(expected) +
         ", but the file has shape " + io::shapeText(given);
}

bool mentions(const weft_tensor_info &tensor, int32_t dim) {
  for (int32_t axis = 0; axis < tensor.rank; ++axis)
    for (int64_t t = 0; t < tensor.shape[axis].count; ++t)
      if (tensor.shape[axis].terms[t].power[dim])
        return true;
  return false;
}

bool matters(const weft_model_descriptor &model, uint64_t needs, uint64_t wanted, int32_t dim) {
  for (int32_t i = 0; i < model.input_count; ++i)
    if ((needs >> i & 1) && mentions(model.inputs[i], dim))
      return true;
  for (int32_t o = 0; o < model.output_count; ++o)
    if ((wanted >> o & 1) && mentions(model.outputs[o], dim))
      return true;
  return false;
}

Error takeDimOptions(const weft_model_descriptor &model, const RunOptions &options, Solver &solver) {
  for (const auto &[name, size] : options.dims) {
    int32_t dim = -1;
    std::string names;
    for (int32_t d = 0; d < model.dim_count; ++d) {
      dim = name == model.dims[d].name ? d : dim;
      names += (d ? ", " : "") + std::string(model.dims[d].name);
    }
    if (dim < 0)
      return "model '" + std::string(model.name) + "' has no dimension '" + name + "' (dimensions: " + names + ")";
    if (Error error = solver.set(dim, size, "--dim"))
      return error;
  }
  return io::success();
}

} // namespace

Error weft::cli::solveDims(const weft_model_descriptor &model, const RunOptions &options, uint64_t needs,
                           uint64_t wanted, BoundInputs &bound) {
  Solver solver(model, bound);
  if (Error error = takeDimOptions(model, options, solver))
    return error;
  if (Error error = solver.solveFromInputs())
    return error;
  for (int32_t d = 0; d < model.dim_count; ++d) {
    if (solver.isKnown(d))
      continue;
    if (matters(model, needs, wanted, d))
      return "dimension '" + std::string(model.dims[d].name) + "' can't be told from the inputs: give --dim " +
             model.dims[d].name + "=N";
    if (Error error = solver.set(d, model.dims[d].lo, "--dim"))
      return error;
  }
  for (int32_t i = 0; i < model.input_count; ++i)
    if (bound.tensors[size_t(i)])
      if (Error error = checkShape(model, i, bound, solver))
        return error;
  return io::success();
}
