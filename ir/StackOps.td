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
    `prefixes` are the checkpoint prefixes to try for each weight, in this order; none means the plain name.
    Example:
    ```mlir
    weft.model @twice attributes {prefixes = ["bert.", ""]} {
      weft.dim @n in 1 to 8
      weft.graph @forward(%x: !weft.tensor<[n], f32>) inputs ["x"] {
        %y = weft.add %x, %x : (!weft.tensor<[n], f32>, !weft.tensor<[n], f32>) -> !weft.tensor<[n], f32>
        weft.output %y : !weft.tensor<[n], f32> names ["y"]
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrArrayAttr>:$prefixes, OptionalAttr<StrAttr>:$doc);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "$sym_name attr-dict-with-keyword $body";
  let hasVerifier = 1;
}

def Weft_DimOp : Weft_Op<"dim", [HasParent<"ModelOp">]> {
  let summary = "a run-time dimension and its bounds, both included";
  let description = [{
    Types name it by its symbol. A size outside the bounds is a run-time error code.
    Example:
    ```mlir
    weft.model @m {
      weft.dim @seq in 1 to 512
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, I64Attr:$lower, I64Attr:$upper, OptionalAttr<StrAttr>:$doc);
  let assemblyFormat = "$sym_name `in` $lower `to` $upper attr-dict";
  let hasVerifier = 1;
}

def Weft_WeightOp : Weft_Op<"weight", [Symbol, IsolatedFromAbove, HasParent<"ModelOp">]> {
  let summary = "a tensor of the checkpoint, or one computed from others at compile time";
  let description = [{
    `path` is the checkpoint name without prefix; `{i}` stands for the layer number when `layers` is given: the symbol is then one tensor a layer.
    With a region instead of a path, the weight is computed at compile time from other weights, in double precision, and rounded to f32 once: the region
    ends in weft.yield, and weights with as many layers are read in it at the same layer (the index is the region's block argument).
    Example:
    ```mlir
    weft.model @m {
      weft.weight @q "layer.{i}.query.weight" layers 6 : !weft.tensor<[4, 4], f32>
      weft.weight @k "layer.{i}.key.weight" layers 6 : !weft.tensor<[4, 4], f32>
      weft.weight @qk layers 6 : !weft.tensor<[8, 4], f32> {
      ^bb0(%i: index):
        %q = weft.weight_ref @q[%i] : !weft.tensor<[4, 4], f32>
        %k = weft.weight_ref @k[%i] : !weft.tensor<[4, 4], f32>
        %both = weft.concat %q, %k axis 0 : (!weft.tensor<[4, 4], f32>, !weft.tensor<[4, 4], f32>) -> !weft.tensor<[8, 4], f32>
        weft.yield %both : !weft.tensor<[8, 4], f32>
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<StrAttr>:$path, OptionalAttr<I64Attr>:$layers, TypeAttrOf<Weft_Tensor>:$type);
  let regions = (region MaxSizedRegion<1>:$init);
  let assemblyFormat = "$sym_name ($path^)? (`layers` $layers^)? `:` $type attr-dict-with-keyword ($init^)?";
  let hasVerifier = 1;
}

def Weft_WeightRefOp : Weft_Op<"weight_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a weight's value, at a layer when it has layers";
  let description = [{
    The type is the symbol's; a weight with layers needs the layer number of the stack around.
    Example:
    ```mlir
    weft.model @m {
      weft.weight @table "embeddings.weight" : !weft.tensor<[100, 4], f32>
      weft.graph @forward() inputs [] {
        %w = weft.weight_ref @table : !weft.tensor<[100, 4], f32>
        weft.output %w : !weft.tensor<[100, 4], f32> names ["table"]
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$weight, Optional<Index>:$layer);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$weight (`[` $layer^ `]`)? attr-dict `:` type($result)";
}

def Weft_GraphOp : Weft_Op<"graph", [Symbol, IsolatedFromAbove, HasParent<"ModelOp">, SingleBlock,
                                     DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
  let summary = "an entry point: named inputs to named outputs";
  let description = [{
    The block's arguments are the inputs in the order of `inputs`; it ends in weft.output. `docs` are the inputs' comments.
    Example:
    ```mlir
    weft.model @m {
      weft.graph @forward(%ids: !weft.tensor<[batch, seq], i32>) inputs ["ids"] docs ["token ids"] {
        %x = weft.cast %ids : (!weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, seq], f32>
        weft.output %x : !weft.tensor<[batch, seq], f32> names ["numbers"]
      }
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
  let description = [{
    Ends a graph. One value may stand under several names.
    Example:
    ```mlir
    weft.model @m {
      weft.graph @forward(%x: !weft.tensor<[n], f32>) inputs ["x"] {
        weft.output %x, %x : !weft.tensor<[n], f32>, !weft.tensor<[n], f32> names ["a", "b"]
      }
    }
    ```
  }];
  let arguments = (ins Variadic<Weft_Tensor>:$values, StrArrayAttr:$names, OptionalAttr<StrArrayAttr>:$docs);
  let assemblyFormat = "($values^ `:` type($values))? `names` $names attr-dict";
  let hasVerifier = 1;
}

class Weft_StackOp<string mnemonic> : Weft_Op<mnemonic, [SingleBlock, RecursiveMemoryEffects, DeclareOpInterfaceMethods<OpAsmOpInterface, ["getAsmBlockArgumentNames"]>]> {
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

def Weft_EncoderOp : Weft_StackOp<"encoder"> {
  let summary = "a stack of layers whose positions may see all positions";
  let description = [{
    The region's arguments are the layer number (index) and the carried values, the stream first; weft.yield ends a layer with their next
    values. A stack that only fills states carries none. With 0 layers the results are the start values. The name is the description's. Memory planning adds `slots`.
    Example:
    ```mlir
    weft.model @m {
      weft.weight @w "layer.{i}.weight" layers 6 : !weft.tensor<[4, 4], f32>
      weft.graph @forward(%start: !weft.tensor<[batch, src, 4], f32>) inputs ["start"] {
        %h = weft.encoder "memory" layers 6 (%i, %x = %start) : (!weft.tensor<[batch, src, 4], f32>) {
          %w = weft.weight_ref @w[%i] : !weft.tensor<[4, 4], f32>
          %y = weft.linear %x, %w : (!weft.tensor<[batch, src, 4], f32>, !weft.tensor<[4, 4], f32>) -> !weft.tensor<[batch, src, 4], f32>
          weft.yield %y : !weft.tensor<[batch, src, 4], f32>
        }
        weft.output %h : !weft.tensor<[batch, src, 4], f32> names ["memory"]
      }
    }
    ```
  }];
}
def Weft_DecoderOp : Weft_StackOp<"decoder"> {
  let summary = "a stack of layers in which position t of the stream never depends on a later one";
  let description = [{
    The region's arguments are the layer number (index) and the carried values, the stream first; weft.yield ends a layer with their next
    values. A stack that only fills states carries none. With 0 layers the results are the start values. The name is the description's. Memory planning adds `slots`.
    Example:
    ```mlir
    weft.model @m {
      weft.weight @w "layer.{i}.weight" layers 6 : !weft.tensor<[4, 4], f32>
      weft.graph @forward(%start: !weft.tensor<[batch, src, 4], f32>) inputs ["start"] {
        %h = weft.decoder "memory" layers 6 (%i, %x = %start) : (!weft.tensor<[batch, src, 4], f32>) {
          %w = weft.weight_ref @w[%i] : !weft.tensor<[4, 4], f32>
          %y = weft.linear %x, %w : (!weft.tensor<[batch, src, 4], f32>, !weft.tensor<[4, 4], f32>) -> !weft.tensor<[batch, src, 4], f32>
          weft.yield %y : !weft.tensor<[batch, src, 4], f32>
        }
        weft.output %h : !weft.tensor<[batch, src, 4], f32> names ["memory"]
      }
    }
    ```
  }];
}

def Weft_LayerNumberOp : Weft_Op<"layer_number", [Pure]> {
  let summary = "the number of a layer that stands outside of its stack";
  let description = [{
    Weights and states of layers take it as their index. Prompts of generation run their last layer outside of the stack, since most of it is needed
    for one position alone.
    Example:
    ```mlir
    weft.model @m {
      weft.weight @w "layer.{i}.weight" layers 6 : !weft.tensor<[4, 4], f32>
      weft.graph @forward() inputs [] {
        %i = weft.layer_number 5
        %w = weft.weight_ref @w[%i] : !weft.tensor<[4, 4], f32>
        weft.output %w : !weft.tensor<[4, 4], f32> names ["last"]
      }
    }
    ```
  }];
  let arguments = (ins I64Attr:$number);
  let results = (outs Index:$result);
  let assemblyFormat = "$number attr-dict";
  let hasVerifier = 1;
}

def Weft_YieldOp : Weft_Op<"yield", [Pure, Terminator]> {
  let summary = "ends a layer, a group, or a weight's initializer";
  let description = [{
    Its operands are the next carried values of a stack, the results of a group or kernel, or the one value of an initializer.
    Example:
    ```mlir
    weft.model @m {
      weft.kernel @copy index (%x: !weft.tensor<[m, 4], f32>) {
        weft.yield %x : !weft.tensor<[m, 4], f32>
      }
    }
    ```
  }];
  let arguments = (ins Variadic<Weft_Tensor>:$values);
  let assemblyFormat = "($values^ `:` type($values))? attr-dict";
}

def Weft_GenerateOp : Weft_Op<"generate", [HasParent<"ModelOp">]> {
  let summary = "an input that grows one position at a time, chosen from an output";
  let description = [{
    The tokens chosen from the last position of the output are appended to the input, from `start` on, until a `stop` token or `limit` positions.
    A `suppress` token is never chosen, a `suppress_first` token never as the first one after the prompt.
    Example:
    ```mlir
    weft.model @m {
      weft.generate "tokens" from "logits" start 0 stop [2] limit 256
    }
    ```
  }];
  let arguments = (ins StrAttr:$input, StrAttr:$output, OptionalAttr<I64Attr>:$start, DenseI64ArrayAttr:$stop, I64Attr:$limit,
                       OptionalAttr<DenseI64ArrayAttr>:$suppress, OptionalAttr<DenseI64ArrayAttr>:$suppress_first);
  let assemblyFormat = "$input `from` $output (`start` $start^)? `stop` $stop `limit` $limit (`suppress` $suppress^)? (`suppress_first` $suppress_first^)? attr-dict";
  let hasVerifier = 1;
}

def Weft_CheckOp : Weft_Op<"check"> {
  let summary = "a run-time error code unless every element lies in lower..upper";
  let description = [{
    Both bounds are included and may be expressions. `what` says what the values are, for the message: "token id", "length", "index". It stands
    before whatever relies on it, and has no result, so nothing removes it.
    Example:
    ```mlir
    weft.model @m {
      weft.graph @forward(%lengths: !weft.tensor<[batch], i32>, %x: !weft.tensor<[batch, seq], f32>) inputs ["lengths", "x"] {
        weft.check %lengths in <"0"> to <"seq"> what "length" : !weft.tensor<[batch], i32>
        weft.output %x : !weft.tensor<[batch, seq], f32> names ["y"]
      }
    }
    ```
  }];
  let arguments = (ins Weft_I32:$x, Weft_DimAttr:$lower, Weft_DimAttr:$upper, StrAttr:$what);
  let assemblyFormat = "$x `in` $lower `to` $upper `what` $what attr-dict `:` type($x)";
}

#endif
