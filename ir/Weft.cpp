// The weft dialect: registration, the tensor type and the dimension attribute.
#include "Weft.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/StringExtras.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace weft;

#include "WeftOpsDialect.cpp.inc"

#include "WeftOpsEnums.cpp.inc"

#define GET_ATTRDEF_CLASSES
#include "WeftOpsAttributes.cpp.inc"
#define GET_TYPEDEF_CLASSES
#include "WeftOpsTypes.cpp.inc"

#include "WeftInterfaces.cpp.inc"

void WeftDialect::initialize() {
  addAttributes<
#define GET_ATTRDEF_LIST
#include "WeftOpsAttributes.cpp.inc"
      >();
  addTypes<
#define GET_TYPEDEF_LIST
#include "WeftOpsTypes.cpp.inc"
      >();
  registerOps();
}

DimExpr DimAttr::getExpr() const {
  return DimExpr::parse(getText()).value_or(DimExpr::overflow());
}

std::optional<int64_t> DimAttr::getStatic() const {
  int64_t size;
  if (getText().getAsInteger(10, size))
    return std::nullopt;
  return size;
}

SmallVector<DimExpr> NamedTensorType::getExprs() const {
  return llvm::map_to_vector(getDims(), [](DimAttr dim) { return dim.getExpr(); });
}

DimExpr NamedTensorType::getNumElements() const {
  DimExpr product(1);
  for (DimAttr dim : getDims())
    product = product * dim.getExpr();
  return product;
}

std::string NamedTensorType::shapeText() const {
  std::string text = "[";
  for (DimAttr dim : getDims())
    text += (text.size() > 1 ? ", " : "") + dim.getText().str();
  return text + "]";
}

NamedTensorType NamedTensorType::withDims(ArrayRef<DimExpr> dims) const { return get(getContext(), dims, getElementType()); }

NamedTensorType NamedTensorType::withElementType(Type element) const { return get(getContext(), getDims(), element); }

LogicalResult NamedTensorType::verify(function_ref<InFlightDiagnostic()> emitError, ArrayRef<DimAttr> dims, Type element) {
  if (!element.isF32() && !element.isInteger(32) && !element.isInteger(1))
    return emitError() << "a tensor's elements are f32, i32 or i1, not " << element;
  for (DimAttr dim : dims)
    if (!dim || dim.getStatic().value_or(0) < 0)
      return emitError() << "a dimension's size can't be negative";
  return success();
}

/// A dimension as types write it: a number, a name, or a quoted expression.
static void printDim(AsmPrinter &printer, DimAttr dim) {
  StringRef text = dim.getText();
  bool name = !text.empty() && (llvm::isAlpha(text.front()) || text[0] == '_') &&
              llvm::all_of(text, [](char c) { return llvm::isAlnum(c) || c == '_'; });
  if (name || dim.getStatic())
    printer << text;
  else
    printer << '"' << text << '"';
}

static ParseResult parseDim(AsmParser &parser, DimAttr &dim) {
  int64_t size;
  OptionalParseResult number = parser.parseOptionalInteger(size);
  if (number.has_value()) {
    if (failed(*number))
      return failure();
    dim = DimAttr::get(parser.getContext(), size);
    return success();
  }
  SMLoc loc = parser.getCurrentLocation();
  std::string text;
  StringRef keyword;
  if (succeeded(parser.parseOptionalKeyword(&keyword)))
    text = keyword.str();
  else if (failed(parser.parseString(&text)))
    return failure();
  std::optional<DimExpr> expr = DimExpr::parse(text);
  if (!expr)
    return parser.emitError(loc) << "'" << text << "' is no dimension expression";
  dim = DimAttr::get(parser.getContext(), *expr);
  return success();
}

Type NamedTensorType::parse(AsmParser &parser) {
  SmallVector<DimAttr> dims;
  Type element;
  auto one = [&] { return parseDim(parser, dims.emplace_back()); };
  if (parser.parseLess() || parser.parseCommaSeparatedList(AsmParser::Delimiter::Square, one) || parser.parseComma() ||
      parser.parseType(element) || parser.parseGreater())
    return {};
  return parser.getChecked<NamedTensorType>(parser.getContext(), ArrayRef<DimAttr>(dims), element);
}

void NamedTensorType::print(AsmPrinter &printer) const {
  printer << "<[";
  llvm::interleaveComma(getDims(), printer, [&](DimAttr dim) { printDim(printer, dim); });
  printer << "], " << getElementType() << ">";
}

Attribute DimAttr::parse(AsmParser &parser, Type) {
  SMLoc loc = parser.getCurrentLocation();
  std::string text;
  if (parser.parseLess() || parser.parseString(&text) || parser.parseGreater())
    return {};
  std::optional<DimExpr> expr = DimExpr::parse(text);
  if (!expr) {
    parser.emitError(loc) << "'" << text << "' is no dimension expression";
    return {};
  }
  return DimAttr::get(parser.getContext(), *expr);
}

void DimAttr::print(AsmPrinter &printer) const { printer << "<\"" << getText() << "\">"; }
