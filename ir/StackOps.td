// Models, graphs, encoder and decoder stacks, weights, checks.
#ifndef WEFT_STACKOPS_TD
#define WEFT_STACKOPS_TD

include "WeftTypes.td"
include "WeftEnums.td"
include "WeftInterfaces.td"
include "mlir/IR/OpAsmInterface.td"
include "mlir/IR/RegionKindInterface.td"
include "mlir/IR/SymbolInterfaces.td"
include "mlir/Interfaces/ControlFlowInterfaces.td"

def Weft_ModelOp : Weft_Op<"model", [Symbol, SymbolTable, IsolatedFromAbove, NoTerminator, SingleBlock, NoRegionArguments]> {
  let summary = "one model: dimensions, weights, graphs, kernels";
  let description = [{
    `prefixes` are the checkpoint prefixes to try for each weight, in this order. `sources` names the description's files with their hashes.
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrArrayAttr>:$prefixes, OptionalAttr<StrAttr>:$doc);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Weft_DimOp : Weft_Op<"dim", [HasParent<"ModelOp">]> {
  let summary = "a run-time dimension and its bounds, both included";
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$lower, I64Attr:$upper, OptionalAttr<StrAttr>:$doc);
  let assemblyFormat = "$sym_name `in` $lower `to` $upper attr-dict";
  let hasVerifier = 1;
}

def Weft_WeightOp : Weft_Op<"weight", [Symbol, HasParent<"ModelOp">]> {
  let summary = "a tensor of the checkpoint, or one computed from others at compile time";
  let description = [{
    `path` is the checkpoint name without prefix; `{i}` stands for the layer number when `layers` is given: the symbol is then one tensor a layer.
    With a region instead of a path, the weight is computed at compile time from other weights: the region ends in weft.yield, and `weft.weight_ref`s of weights with
    as many layers in it are read at the same layer (their index is the region's block argument).
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$path, OptionalAttr<I64Attr>:$layers, TypeAttrOf<Weft_Tensor>:$type);
  let regions = (region MaxSizedRegion<1>:$init);
  let assemblyFormat = "$sym_name ($path^)? (`layers` $layers^)? `:` $type attr-dict-with-keyword ($init^)?";
  let hasVerifier = 1;
}

def Weft_WeightRefOp : Weft_Op<"weight_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a weight's value, at a layer when it has layers";
  let description = [{
    Example: `%w = weft.weight_ref @layer.query.weight[%i] : !weft.tensor<[4, 4], f32>`.
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight, Optional<Index>:$layer);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$weight (`[` $layer^ `]`)? attr-dict `:` type($result)";
}

def Weft_GraphOp : Weft_Op<"graph", [Symbol, IsolatedFromAbove, HasParent<"ModelOp">, SingleBlock,
                                     DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "an entry point: named inputs to named outputs";
  let description = [{
    Example:
    ```mlir
    weft.graph @forward(%ids: !weft.tensor<[batch, seq], i32>) inputs ["ids"] {
      ...
      weft.output %y : !weft.tensor<[batch, 4], f32> names ["embedding"]
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, StrArrayAttr:$inputNames, OptionalAttr<StrArrayAttr>:$inputDocs);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::weft::OutputOp getOutputOp();
  }];
}

def Weft_OutputOp : Weft_Op<"output", [Terminator, HasParent<"GraphOp">]> {
  let summary = "the graph's named results";
  let arguments = (ins Variadic<Weft_Tensor>:$values, StrArrayAttr:$names, OptionalAttr<StrArrayAttr>:$docs);
  let assemblyFormat = "($values^ `:` type($values))? `names` $names attr-dict";
  let hasVerifier = 1;
}

class Weft_StackOp<string mnemonic> : Weft_Op<mnemonic, [SingleBlock, RecursiveMemoryEffects, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let description = [{
    The region's arguments are the layer number (index) and the carried values, the stream first; weft.yield ends a layer with their next
    values. With 0 layers the results are the start values. `streamName` and `layerName` are the description's.
    Example:
    ```mlir
    %h = weft.encoder "memory" layers 6 (%i, %x = %start) : (!weft.tensor<[batch, src, 4], f32>) {
      ...
      weft.yield %y : !weft.tensor<[batch, src, 4], f32>
    }
    ```
  }];
  let arguments = (ins Variadic<Weft_Tensor>:$starts, StrAttr:$name, I64Attr:$layers, OptionalAttr<DenseI64ArrayAttr>:$slots);
  let results = (outs Variadic<Weft_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::mlir::BlockArgument getLayerNumber() { return getBody().front().getArgument(0); }
    ::mlir::Block::BlockArgListType getCarried() { return getBody().front().getArguments().drop_front(); }
    ::weft::YieldOp getYield();
  }];
}

def Weft_EncoderOp : Weft_StackOp<"encoder"> { let summary = "a stack of layers whose positions may see all positions"; }
def Weft_DecoderOp : Weft_StackOp<"decoder"> {
  let summary = "a stack of layers in which position t of the stream never depends on a later one";
}

def Weft_YieldOp : Weft_Op<"yield", [Pure, Terminator]> {
  let summary = "ends a layer, a group, or a weight's initializer";
  let arguments = (ins Variadic<Weft_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Weft_GenerateOp : Weft_Op<"generate", [HasParent<"ModelOp">]> {
  let summary = "an input that grows one position at a time, chosen from an output";
  let arguments = (ins StrAttr:$input, StrAttr:$output, OptionalAttr<I64Attr>:$start, DenseI64ArrayAttr:$stop, I64Attr:$limit);
  let assemblyFormat = "$input `from` $output (`start` $start^)? `stop` $stop `limit` $limit attr-dict";
  let hasVerifier = 1;
}

def Weft_CheckOp : Weft_Op<"check"> {
  let summary = "a run-time error code unless every element lies in lower..upper";
  let description = [{
    Both bounds are included. `what` says what the values are, for the message: "token id", "length", "index".
  }];
  let arguments = (ins Weft_I32:$x, Weft_DimAttr:$lower, Weft_DimAttr:$upper, StrAttr:$what);
  let assemblyFormat = "$x `in` $lower `to` $upper `what` $what attr-dict `:` type($x)";
}

#endif
