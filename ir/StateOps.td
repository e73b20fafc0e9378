// What a generated sequence remembers from one step to the next: states, and how graphs write and read them.
#ifndef WEFT_STATEOPS_TD
#define WEFT_STATEOPS_TD

include "StackOps.td"
include "LinearOps.td"

def Weft_StateOp : Weft_Op<"state", [Symbol, HasParent<"ModelOp">]> {
  let summary = "a tensor that outlives a run: cached keys and values, what depends on the source alone";
  let description = [{
    It belongs to a context or to its caller; graphs reach it with weft.state_ref. With `layers` it is one tensor a layer. `keys` says that it
    holds attention's keys, which decode kernels read several at a time: a layout of their own. Attention's keys and values are
    [rows, heads, positions, head width]; rows are places for sequences, which row tables choose. Where only a
    window of positions is ever read, there are fewer of them than a sequence has: page p lies in page p mod (positions / 16) then.
    Example:
    ```mlir
    weft.model @m {
      weft.state @self_key layers 6 keys : !weft.tensor<[cache_rows, 2, "16*time_pages", 4], f32>
    }
    ```
  }];
  let arguments = (ins SymbolNameAttr:$sym_name, OptionalAttr<I64Attr>:$layers, UnitAttr:$keys, TypeAttrOf<Weft_Tensor>:$type);
  let assemblyFormat = "$sym_name (`layers` $layers^)? (`keys` $keys^)? `:` $type attr-dict-with-keyword";
  let hasVerifier = 1;
}

def Weft_StateRefOp : Weft_Op<"state_ref", [Pure, DeclareOpInterfaceMethods<SymbolUserOpInterface>]> {
  let summary = "a state's value as the graph finds it, at a layer when it has layers";
  let description = [{
    A graph that writes a state reads it through the write's result only.
    Example:
    ```mlir
    weft.model @m {
      weft.state @memory : !weft.tensor<[cache_rows, src, 4], f32>
      weft.graph @step(%source: !weft.tensor<[batch], i32>) inputs ["source"] {
        %s = weft.state_ref @memory : !weft.tensor<[cache_rows, src, 4], f32>
        %m = weft.cache_read %s rows %source : (!weft.tensor<[cache_rows, src, 4], f32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[batch, src, 4], f32>
        weft.output %m : !weft.tensor<[batch, src, 4], f32> names ["memory"]
      }
    }
    ```
  }];
  let arguments = (ins FlatSymbolRefAttr:$state, Optional<Index>:$layer);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$state (`[` $layer^ `]`)? attr-dict `:` type($result)";
}

def Weft_CacheWriteOp : Weft_Op<"cache_write", [AttrSizedOperandSegments, MemoryEffects<[MemWrite]>]> {
  let summary = "writes new positions, or a whole value, into a state; gives the state after it";
  let description = [{
    `x` is [batch, ...] and goes to the rows that `rows` says: one row a batch row ([batch]), or one for each page of 16 positions
    ([batch, pages]). With pages x is [batch, time, heads*width], and its position t of batch row b becomes position offset[b] + t. Without
    rows the state becomes x. A state [rows, heads, positions, width] takes x as [batch, positions, heads*width] (with rows [batch], its first
    positions), of which those from lengths[b] on are left out (x may be packed by these lengths: weft.move_rows), or the columns from `first` on of a wider x (projections that were merged). The state must be a weft.state_ref that nothing else uses: it is written in place.
    Example:
    ```mlir
    weft.model @m {
      weft.state @k layers 2 keys : !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
      weft.graph @step(%start: !weft.tensor<[batch, 1, 8], f32>, %position: !weft.tensor<[batch], i32>, %rows: !weft.tensor<[batch, pages], i32>) inputs ["x", "position", "rows"] {
        %h = weft.decoder "hidden" layers 2 (%i, %x = %start) : (!weft.tensor<[batch, 1, 8], f32>) {
          %old = weft.state_ref @k[%i] : !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
          %new = weft.cache_write %old, %x rows %rows offset %position : (!weft.tensor<[cache_rows, 2, "16*pages", 4], f32>, !weft.tensor<[batch, 1, 8], f32>, !weft.tensor<[batch, pages], i32>, !weft.tensor<[batch], i32>) -> !weft.tensor<[cache_rows, 2, "16*pages", 4], f32>
          weft.yield %x : !weft.tensor<[batch, 1, 8], f32>
        }
        weft.output %h : !weft.tensor<[batch, 1, 8], f32> names ["h"]
      }
    }
    ```
  }];
  let arguments = (ins Weft_Tensor:$state, Weft_Tensor:$x, Optional<Weft_I32>:$rows, Optional<Weft_I32>:$offset, Optional<Weft_I32>:$lengths,
                       DefaultValuedAttr<I64Attr, "0">:$first);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = [{
    $state `,` $x (`rows` $rows^)? (`offset` $offset^)? (`lengths` $lengths^)? attr-dict `:` functional-type(operands, results)
  }];
  let hasVerifier = 1;
}

def Weft_CacheReadOp : Weft_TensorOp<"cache_read"> {
  let summary = "a state's rows in the order of the batch";
  let description = [{
    `y[b, ...] = state[rows[b], ...]`; with a table of pages [batch, pages], position t of y[b] lies in row rows[b, t / 16]. Without rows,
    the state as it is. A state [rows, heads, positions, width] gives [batch, positions, heads*width]: with rows [batch] as many of its
    positions as the result has.
    Example:
    ```mlir
    %y = weft.cache_read %state rows %rows : (!weft.tensor<[cache_rows, 2, "16*pages", 4], f32>, !weft.tensor<[batch, pages], i32>) -> !weft.tensor<[batch, "16*pages", 8], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$state, Optional<Weft_I32>:$rows);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$state (`rows` $rows^)? attr-dict `:` functional-type(operands, results)";
}

#endif
