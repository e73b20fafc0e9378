// Every pass of weft, in the order in which the pipelines run them. All work on one weft.model.
#ifndef WEFT_PASSES_TD
#define WEFT_PASSES_TD

include "mlir/Pass/PassBase.td"

class Weft_Pass<string flag> : Pass<flag, "::weft::ModelOp"> {
  let dependentDialects = ["::weft::WeftDialect"];
}

/// Fusion is a contract: each site says "fused ..." or "not fused: why", as a remark at its line.
class Weft_FusionPass<string flag> : Weft_Pass<flag> {
  let options = [Option<"requireFusion", "require-fusion", "bool", "false", "a missed fusion is an error">];
}

def Simplify : Weft_Pass<"weft-simplify"> {
  let summary = "constants, dead code, common subexpressions, shapes; products with weights become linear layers";
  let description = [{
    ```mlir
    %t = weft.transpose %w [1, 0]            %y = weft.linear %x, %w bias %b
    %p = weft.matmul %x, %t            -->
    %y = weft.add %p, %b
    %z = weft.div %y, 8.0                    %z = weft.mul %y, 0.125
    ```
  }];
}

def ComputeWeights : Weft_Pass<"weft-compute-weights"> {
  let summary = "what is computed from weights alone is computed at compile time";
  let description = [{
    ```mlir
    %w = weft.weight_ref @table                 weft.weight @table.slice {... weft.slice ...}
    %s = weft.slice %w axis 0 start <"0">       weft.weight @table.slice.transpose {... weft.transpose ...}
    %t = weft.transpose %s [1, 0]         -->   %t = weft.weight_ref @table.slice.transpose
    ```
    Not for results that are larger than what they are made of: those are cheaper to read as they are.
  }];
}

def FuseMaskSoftmax : Weft_FusionPass<"weft-fuse-mask-softmax"> {
  let summary = "softmax of masked scores becomes one masked softmax";
  let description = [{
    ```mlir
    %m = weft.masked %s, %mask
    %p = weft.softmax %m axis 3      -->     %p = weft.masked_softmax %s, %mask
    ```
    Not fused where the masked scores have another use.
  }];
}

def FuseAttention : Weft_FusionPass<"weft-fuse-attention"> {
  let summary = "scores, scale, softcap, bias, mask, softmax and value product become one attention";
  let description = [{
    ```mlir
    %q = weft.split_heads %query heads 12
    %k = weft.split_heads %key heads 12
    %v = weft.split_heads %value heads 12
    %t = weft.transpose %k [0, 1, 3, 2]
    %s = weft.matmul %q, %t                 -->    %y = weft.attention %query, %key, %value mask %mask
    %c = weft.mul %s, 0.125                                 heads 12 kv_heads 12 scale 0.125
    %p = weft.masked_softmax %c, %mask
    %o = weft.matmul %p, %v
    %y = weft.merge_heads %o
    ```
    Heads may be split and merged by reshape and transpose as well; repeat_heads gives kv_heads. Not fused where something else uses the
    scores or the probabilities, since they must then exist.
  }];
}

def FoldWeights : Weft_Pass<"weft-fold-weights"> {
  let summary = "folds numbers into weights where that is exact";
  let description = [{
    A scale of attention that is a power of two goes into the query's weight and bias: no bit of a result changes.
    ```mlir
    %q = weft.linear %x, @w bias @b                      %q = weft.linear %x, @w.scaled bias @b.scaled
    %y = weft.attention %q, %k, %v scale 0.125    -->    %y = weft.attention %q, %k, %v scale 1.0
    ```
  }];
}

def MergeProjections : Weft_Pass<"weft-merge-projections"> {
  let summary = "linear layers of one input that feed attention become one contraction and a split";
  let description = [{
    ```mlir
    %q = weft.linear %x, @wq bias @bq
    %k = weft.linear %x, @wk bias @bk       -->     %a = weft.linear %x, @merged bias @merged_1
    %v = weft.linear %x, @wv bias @bv               %q, %k, %v = weft.split %a axis 2
    ```
    The merged weight is a symbol with an initializer. Gate and up projections stay apart: the product of the two is an epilogue of the
    second, which costs less than a kernel over both halves.
  }];
}

def FuseResidualNorm : Weft_FusionPass<"weft-fuse-residual-norm"> {
  let summary = "a norm of a sum becomes one pass that gives the norm and the sum";
  let description = [{
    ```mlir
    %s = weft.add %x, %r
    %y = weft.layer_norm %s, %g, %b     -->     %y, %s = weft.residual_norm layer_norm %x, %r, %g bias %b
    ```
  }];
}

def RemovePadding : Weft_Pass<"weft-remove-padding"> {
  let summary = "what only padding would reach is not computed";
  let description = [{
    Where attention is masked by the lengths of its rows, ops that work row by row run over the rows that are left, and attention itself finds
    each in its place:
    ```mlir
    %m = weft.padding_mask %lengths             %p = weft.move_rows pack %x by %lengths
    %a = weft.linear %x, %w              -->    %a = weft.linear %p, %w
    %y = weft.attention %q, %a, ...             %k = weft.move_rows unpack %a by %lengths
             mask %m                            %y = weft.attention %q, %k, ... mask %m
    ```
    Not for what an output shows, or what reads positions without that mask.
  }];
}

def DeriveIncremental : Weft_Pass<"weft-derive-incremental"> {
  let summary = "the graphs that generation runs: @prefill for prompts, @step for one position after them, @encode for the source alone";
  let description = [{
    Keys and values of attention over the stream are appended to states and read back with all earlier ones; what depends on the source
    alone is computed by @prefill and kept, or by @encode, behind which a prompt of one token is a step; position tables, rotations, masks and biases count on; only the last position of each prompt
    reaches the logits. What needs later positions, or earlier ones outside of weft.attention, is an error at the op.
    ```mlir
    %k = weft.linear %x, %wk                          %k = weft.linear %x, %wk    // [batch, 1, 64]
    %m = weft.causal_mask                             %m = weft.causal_mask offset %position
    %y = weft.attention %q, %k, %v mask %m    -->     %s = weft.state_ref @self_key[%i]
                                                      %w = weft.cache_write %s, %k rows %rows offset %position
                                                      %h = weft.cache_read %w rows %rows
                                                      %y = weft.attention %q, %h, ... mask %m
    ```
  }];
}

def LowerConvolutions : Weft_Pass<"weft-lower-convolutions"> {
  let summary = "convolutions become linear layers of their windows";
  let description = [{
    ```mlir
    %c = weft.conv1d %x, @w bias @b stride 2 pad 1          %r = weft.windows %x kernel [3] stride [2] pad [1]
    %y = weft.unary gelu %c                          -->    %l = weft.linear %r, @w.reshape bias @b
                                                            %g = weft.unary gelu %l
                                                            %y = weft.transpose %g [0, 2, 1]
    ```
    Where x holds many channels apart from each other, a group of its own first writes them side by side. Filters that are computed at run
    time stay as they are.
  }];
}

def CheckRuntimeValues : Weft_Pass<"weft-check-runtime-values"> {
  let summary = "inserts the checks of ids, lengths and indices that kernels rely on";
  let description = [{
    ```mlir
    %e = weft.lookup %table, %ids   -->   weft.check %ids in <"0"> to <"30521"> what "token id"
                                          %e = weft.lookup %table, %ids
    ```
    A check stands where its value is born, at the graph's start for inputs, once for each value and bounds. A position table that is
    shorter than the dimension's bound is an error at compile time.
  }];
}

def FuseEpilogues : Weft_FusionPass<"weft-fuse-epilogues"> {
  let summary = "groups element-wise ops with the contraction, norm or lookup whose elements they take";
  let description = [{
    ```mlir
    %a = weft.linear %x, %w bias %b            %z = weft.group contraction {
    %z = weft.unary gelu %a             -->      %a = weft.linear %x, %w bias %b
                                                 %g = weft.unary gelu %a
                                                 weft.yield %g
                                               }
    ```
    An epilogue has its producer's shape and is its only use. Element-wise ops and lookups that only a norm reads join the norm's group.
  }];
}

def FormKernels : Weft_Pass<"weft-form-kernels"> {
  let summary = "every computing op gets a group; ops computed from indices move into their users' groups";
  let description = [{
    After it, graphs and stacks hold nothing but groups, stacks, checks and weights. A value that must have a place of its own (a
    graph's output that is used elsewhere, a stack's start) gets a copy: a group that yields a value from outside.
  }];
}

def OutlineKernels : Weft_Pass<"weft-outline-kernels"> {
  let summary = "groups become kernels and launches; equal kernels become one";
  let description = [{
    A kernel sees all it needs as arguments, weights included, in order of first use, and has dimension names of its own: `m` alone
    where all its ops treat leading dimensions alike ([batch, seq, 384] passes as [m, 384]), else d0, d1, ... in order of appearance.
    Kernels with the same text are one, so 12 layers and 48 have the same kernels.
    ```mlir
    %z = weft.group contraction {...}   -->   %z = weft.launch @linear_gelu_384x1536(%x, %w, %b) dims {m = #weft.dim<"batch*seq">}
    ```
  }];
}

def UseStrassen : Weft_Pass<"weft-use-strassen"> {
  let summary = "contractions of many rows take seven products of half the size instead of eight";
  let description = [{
    ```mlir
    %y = weft.linear %x, %w bias %b   -->   %y = weft.strassen %x, %w, %sums bias %b rows 128
    ```
    in kernels whose weight has at least 256 inputs and 192 outputs, in whole panels on both halves, and whose launches may have that many rows. Each
    weight so read gets a second one as large beside it, computed at compile time: an option, for machines that have the memory.
  }];
  let options = [Option<"rows", "rows", "int64_t", "128", "from that many rows on">];
}

def PlanMemory : Weft_Pass<"weft-plan-memory"> {
  let summary = "gives every value a slot of the arena and a row stride";
  let description = [{
    Slots are shared by values that never live at once. The graph gets `weft.plan`: for each slot the sizes in bytes whose maximum it
    needs. Launches and stacks get `slots` (-1 - n: output n, written in place); kernels get layouts, and are copied where launches need
    different ones. The slot of a stack's carried value holds it before, in and after the stack.
  }];
}

def PackWeights : Weft_Pass<"weft-pack-weights"> {
  let summary = "chooses how weights lie: panels for contractions, rows otherwise; drops weights that nothing reads";
  let description = [{
    ```mlir
    argLayouts = [..., #weft.layout<rowStride = 384>]  -->  [..., #weft.layout<rowStride = 48, panel = 48>]
    ```
    Panels have 48 columns, or 32 where the last one of 48 would stay emptier: 128 columns are four of 32, not three of 48.
  }];
}

#endif
