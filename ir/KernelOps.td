// Kernels: groups of ops, outlined kernels, and their launches.
#ifndef WEFT_KERNELOPS_TD
#define WEFT_KERNELOPS_TD

include "StackOps.td"

def Weft_LayoutAttr : AttrDef<Weft_Dialect, "Layout"> {
  let mnemonic = "layout";
  let summary = "how a kernel's argument or result lies in memory";
  let description = [{
    Row-major with `rowStride` elements from one row (the last dimension) to the next; further dimensions are dense over rows. `panel` is not 0 for a weight packed in
    panels of that many columns (`[ceil(N/panel)][K][panel]`, zero padded; N is dimension `panelDim` of the weight); of a state of keys `[rows, heads, positions, width]` it is the positions of a square, which holds as many features of each where the width allows. `padded` says that the buffer is the arena's or a packed weight: 64-byte aligned
    and readable and writable to the end of the last row's stride; else it is the caller's, only aligned to its element. 
    Example: `#weft.layout<rowStride = 400>`.
  }];
  let parameters = (ins "int64_t":$rowStride, DefaultValuedParameter<"int64_t", "0">:$panel, DefaultValuedParameter<"int64_t", "0">:$panelDim, DefaultValuedParameter<"bool", "true">:$padded);
  let assemblyFormat = "`<` struct(params) `>`";
}

def Weft_GroupOp : Weft_Op<"group", [SingleBlock, RecursiveMemoryEffects]> {
  let summary = "ops that become one kernel";
  let description = [{
    Formed by the fusion passes; the region may use values from outside. Its anchor is its strongest op's.
    Example:
    ```mlir
    weft.model @m {
      weft.graph @forward(%x: !weft.tensor<[batch, 4], f32>, %w: !weft.tensor<[8, 4], f32>) inputs ["x", "w"] {
        %z = weft.group contraction {
          %y = weft.linear %x, %w : (!weft.tensor<[batch, 4], f32>, !weft.tensor<[8, 4], f32>) -> !weft.tensor<[batch, 8], f32>
          %r = weft.unary relu %y : (!weft.tensor<[batch, 8], f32>) -> !weft.tensor<[batch, 8], f32>
          weft.yield %r : !weft.tensor<[batch, 8], f32>
        } : !weft.tensor<[batch, 8], f32>
        weft.output %z : !weft.tensor<[batch, 8], f32> names ["z"]
      }
    }
    ```
  }];
  let arguments = (ins Weft_AnchorKindAttr:$anchor);
  let results = (outs Variadic<Weft_Tensor>:$results);
  let regions = (region SizedRegion<1>:$body);
  let assemblyFormat = "`` $anchor $body attr-dict `:` type($results)";
  let hasVerifier = 1;
}

def Weft_KernelOp : Weft_Op<"kernel", [Symbol, IsolatedFromAbove, HasParent<"ModelOp">, SingleBlock]> {
  let summary = "one kernel: straight-line ops with dimension names of its own";
  let description = [{
    Arguments, then results of weft.yield, are what its launches pass. `argLayouts` and `resultLayouts` give for each a `#weft.layout`: how it lies in
    memory.
    Example:
    ```mlir
    weft.model @m {
      weft.kernel @contraction_0 contraction (%x: !weft.tensor<[m, 4], f32>, %w: !weft.tensor<[8, 4], f32>) {
        %y = weft.linear %x, %w : (!weft.tensor<[m, 4], f32>, !weft.tensor<[8, 4], f32>) -> !weft.tensor<[m, 8], f32>
        weft.yield %y : !weft.tensor<[m, 8], f32>
      }
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, Weft_AnchorKindAttr:$anchor, OptionalAttr<ArrayAttr>:$argLayouts,
                       OptionalAttr<ArrayAttr>:$resultLayouts);
  let regions = (region SizedRegion<1>:$body);
  let hasCustomAssemblyFormat = 1;
  let hasVerifier = 1;
  let extraClassDeclaration = [{
    ::weft::YieldOp getYield();
  }];
}

def Weft_LaunchOp : Weft_Op<"launch", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "runs a kernel";
  let description = [{
    `dims` gives the kernel's dimension names in terms of the graph's. An operand or result may have more leading dimensions than
    the kernel's argument where the kernel's first dimension is their product: [batch, seq, 384] passes as [m, 384]. After memory
    planning, `slots` gives the arena slot of each result (-1 - n: output n of the graph, written in place). `packed`: its rows lie side by side
    (weft.move_rows), and the kernel's first dimension is their number, whatever `dims` says.
    Example:
    ```mlir
    weft.model @m {
      weft.kernel @relu pointwise (%x: !weft.tensor<[m, 4], f32>) {
        %y = weft.unary relu %x : (!weft.tensor<[m, 4], f32>) -> !weft.tensor<[m, 4], f32>
        weft.yield %y : !weft.tensor<[m, 4], f32>
      }
      weft.graph @forward(%x: !weft.tensor<[batch, seq, 4], f32>) inputs ["x"] {
        %y = weft.launch @relu(%x) dims {m = #weft.dim<"batch*seq">} slots [-1] : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
        weft.output %y : !weft.tensor<[batch, seq, 4], f32> names ["y"]
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$kernel, Variadic<Weft_Tensor>:$operands, DictionaryAttr:$dims, OptionalAttr<DenseI64ArrayAttr>:$slots, UnitAttr:$packed);
  let results = (outs Variadic<Weft_Tensor>:$results);
  let assemblyFormat = "$kernel `(` $operands `)` `dims` $dims (`slots` $slots^)? (`packed` $packed^)? attr-dict `:` functional-type($operands, $results)";
}

def Weft_MoveRowsOp : Weft_Op<"move_rows", [Pure, DeclareOpInterfaceMethods<Weft_StreamOpInterface>]> {
  let summary = "brings the rows that are not padding together, or back to their places";
  let description = [{
    `y[b, t] = x[b, t]` for t < lengths[b], and 0 in the padding behind; both ways the same to a reader of values. What differs is memory: after `pack` the
    rows that are left lie side by side, in the order of the batch, and kernels between the two run over sum(lengths) rows. Lengths
    outside 0..time count as the nearest of the two; one row stays where all are 0. After memory planning, `slots` and `layout` say where the result lies.
    Example:
    ```mlir
    %p = weft.move_rows pack %x by %lengths : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_RowMoveAttr:$move, Weft_Tensor:$x, Weft_I32:$lengths, OptionalAttr<DenseI64ArrayAttr>:$slots, OptionalAttr<Weft_LayoutAttr>:$layout);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "`` $move $x `by` $lengths (`slots` $slots^)? (`layout` $layout^)? attr-dict `:` functional-type(operands, results)";
  let hasVerifier = 1;
}

#endif
