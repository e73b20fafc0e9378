// What ops say of themselves, so that passes ask questions and never list op names.
#ifndef WEFT_INTERFACES_TD
#define WEFT_INTERFACES_TD

include "mlir/IR/OpBase.td"

def Weft_StreamOpInterface : OpInterface<"StreamOpInterface"> {
  let cppNamespace = "::weft";
  let description = [{
    How an op behaves along one dimension of one operand. The decoder check and the derivation of caches ask this.
  }];
  let methods = [
    InterfaceMethod<[{
      Follows dimension `dim` of operand `operand` into result `result`: the relation says which positions of that dimension
      position t of the result depends on, `resultDim` where the dimension lies in the result (-1 when it is gone).
    }], "::weft::StreamRelation", "getStreamRelation", (ins "unsigned":$operand, "int64_t":$dim, "unsigned":$result)>];
}

def Weft_KernelOpInterface : OpInterface<"KernelOpInterface"> {
  let cppNamespace = "::weft";
  let description = [{
    How an op takes part in a kernel.
  }];
  let methods = [
    InterfaceMethod<[{
      The schedule that the op asks for. `Index` means that the result is computed from indices (a mask, a slice, a broadcast)
      and is always cheaper to compute at its use than to store.
    }], "::weft::AnchorKind", "getAnchorKind", (ins)>];
}

def Weft_CostOpInterface : OpInterface<"CostOpInterface"> {
  let cppNamespace = "::weft";
  let description = [{
    Cost as expressions over the named dimensions. An fma counts as two flops; transcendental functions count as one.
  }];
  let methods = [InterfaceMethod<"floating-point operations of one execution", "::weft::DimExpr", "getFlops", (ins)>];
}

#endif
