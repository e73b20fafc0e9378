// Types and attributes: the tensor with named dimensions, and the dimension expression.
#ifndef WEFT_TYPES_TD
#define WEFT_TYPES_TD

include "WeftDialect.td"
include "mlir/IR/AttrTypeBase.td"

def Weft_DimAttr : AttrDef<Weft_Dialect, "Dim"> {
  let mnemonic = "dim";
  let summary = "a dimension: a number, a name, or an expression over names";
  let description = [{
    The canonical text of a `weft::DimExpr` (see Dim.h), so that two dimensions are equal exactly if their attributes are.
    Example: `#weft.dim<"batch*seq">`.
  }];
  let parameters = (ins StringRefParameter<"canonical text">:$text);
  let hasCustomAssemblyFormat = 1;
  let builders = [
    AttrBuilder<(ins "const ::weft::DimExpr &":$expr), [{ return $_get($_ctxt, expr.text()); }]>,
    AttrBuilder<(ins "int64_t":$size), [{ return $_get($_ctxt, std::to_string(size)); }]>];
  let extraClassDeclaration = [{
    ::weft::DimExpr getExpr() const;
    /// The size if it is a compile-time constant.
    std::optional<int64_t> getStatic() const;
  }];
  let skipDefaultBuilders = 1;
}

def Weft_TensorType : TypeDef<Weft_Dialect, "NamedTensor"> {
  let mnemonic = "tensor";
  let summary = "tensor with named dimensions";
  let description = [{
    Dimensions are numbers, names, or quoted expressions over names; the element type is `f32`, `i32` or `i1`.
    Example: `!weft.tensor<[batch, "frames/2", 384], f32>`. A scalar is `!weft.tensor<[], f32>`.
  }];
  let parameters = (ins ArrayRefParameter<"::weft::DimAttr">:$dims, "::mlir::Type":$elementType);
  let hasCustomAssemblyFormat = 1;
  let genVerifyDecl = 1;
  let builders = [TypeBuilder<(ins "::llvm::ArrayRef<::weft::DimExpr>":$dims, "::mlir::Type":$elementType), [{
    ::llvm::SmallVector<::weft::DimAttr> attrs;
    for (const ::weft::DimExpr &dim : dims)
      attrs.push_back(::weft::DimAttr::get($_ctxt, dim));
    return $_get($_ctxt, ::llvm::ArrayRef<::weft::DimAttr>(attrs), elementType);
  }]>];
  let extraClassDeclaration = [{
    int64_t getRank() const { return getDims().size(); }
    ::weft::DimAttr getDim(int64_t index) const { return getDims()[index < 0 ? index + getRank() : index]; }
    ::weft::DimExpr getExpr(int64_t index) const { return getDim(index).getExpr(); }
    ::llvm::SmallVector<::weft::DimExpr> getExprs() const;
    /// The number of elements as an expression over the named dimensions.
    ::weft::DimExpr getNumElements() const;
    bool isF32() const { return getElementType().isF32(); }
    bool isI32() const { return getElementType().isInteger(32); }
    bool isBool() const { return getElementType().isInteger(1); }
    /// "[batch, src, 512]", for messages.
    std::string shapeText() const;
    NamedTensorType withDims(::llvm::ArrayRef<::weft::DimExpr> dims) const;
    NamedTensorType withElementType(::mlir::Type element) const;
  }];
}

def Weft_Tensor : Type<CPred<"::llvm::isa<::weft::NamedTensorType>($_self)">, "tensor", "::weft::NamedTensorType">;
def Weft_F32 : Type<CPred<"::llvm::isa<::weft::NamedTensorType>($_self) && ::llvm::cast<::weft::NamedTensorType>($_self).isF32()">,
                    "f32 tensor", "::weft::NamedTensorType">;
def Weft_I32 : Type<CPred<"::llvm::isa<::weft::NamedTensorType>($_self) && ::llvm::cast<::weft::NamedTensorType>($_self).isI32()">,
                    "i32 tensor", "::weft::NamedTensorType">;
def Weft_Bool : Type<CPred<"::llvm::isa<::weft::NamedTensorType>($_self) && ::llvm::cast<::weft::NamedTensorType>($_self).isBool()">,
                     "bool tensor", "::weft::NamedTensorType">;

#endif
