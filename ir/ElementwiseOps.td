// Element-wise ops, with NumPy broadcasting.
#ifndef WEFT_ELEMENTWISEOPS_TD
#define WEFT_ELEMENTWISEOPS_TD

include "LinearOps.td"

class Weft_BinaryOp<string mnemonic, list<Trait> traits = []> : Weft_TensorOp<mnemonic, traits> {
  let arguments = (ins Weft_F32:$lhs, Weft_F32:$rhs);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_AddOp : Weft_BinaryOp<"add", [Commutative]> {
  let summary = "x + y";
  let description = [{
    `y = a + b` with NumPy broadcasting of size-1 and missing leading dimensions.
    Example:
    ```mlir
    %y = weft.add %a, %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let hasFolder = 1;
}
def Weft_SubOp : Weft_BinaryOp<"sub"> {
  let summary = "x - y";
  let description = [{
    `y = a - b` with NumPy broadcasting of size-1 and missing leading dimensions.
    Example:
    ```mlir
    %y = weft.sub %a, %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let hasFolder = 1;
}
def Weft_MulOp : Weft_BinaryOp<"mul", [Commutative]> {
  let summary = "x * y";
  let description = [{
    `y = a * b` with NumPy broadcasting of size-1 and missing leading dimensions.
    Example:
    ```mlir
    %y = weft.mul %a, %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let hasFolder = 1;
}
def Weft_DivOp : Weft_BinaryOp<"div"> {
  let summary = "x / y";
  let description = [{
    `y = a / b` with NumPy broadcasting of size-1 and missing leading dimensions. Division by zero gives infinity or NaN.
    Example:
    ```mlir
    %y = weft.div %a, %b : (!weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let hasFolder = 1;
}

def Weft_UnaryOp : Weft_TensorOp<"unary"> {
  let summary = "an activation or another function of each element";
  let description = [{
    `relu` is max(x, 0); `gelu` is exact, x * Phi(x); `gelu_tanh` its tanh form; `quick_gelu` x * sigmoid(1.702 x); `silu` x * sigmoid(x); `log`
    and `sqrt` of a negative number are NaN.
    Example:
    ```mlir
    %y = weft.unary gelu %x : (!weft.tensor<[batch, seq, 4], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_ActivationAttr:$function, Weft_F32:$x);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "`` $function $x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

def Weft_ConstantOp : Weft_TensorOp<"constant", [ConstantLike]> {
  let summary = "one number as a scalar tensor";
  let description = [{
    The value is written as a float whatever the element type is (an i32 or a bool is exact in it). Mixes with any tensor by broadcasting.
    Example:
    ```mlir
    %two = weft.constant 2.0 : !weft.tensor<[], f32>
    ```
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Weft_WhereOp : Weft_TensorOp<"where"> {
  let summary = "x where the condition holds, else y";
  let description = [{
    `y = condition ? a : b`, all three broadcast; a and b have one element type, the result's.
    Example:
    ```mlir
    %y = weft.where %c, %a, %b : (!weft.tensor<[batch, seq, 1], i1>, !weft.tensor<[batch, seq, 4], f32>, !weft.tensor<[], f32>) -> !weft.tensor<[batch, seq, 4], f32>
    ```
  }];
  let arguments = (ins Weft_Bool:$condition, Weft_Tensor:$lhs, Weft_Tensor:$rhs);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$condition `,` $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_EqualOp : Weft_TensorOp<"equal", [Commutative]> {
  let summary = "x == y, element by element";
  let description = [{
    `y = a == b` with broadcasting; operands of one element type. NaN equals nothing.
    Example:
    ```mlir
    %y = weft.equal %a, %b : (!weft.tensor<[batch, seq], i32>, !weft.tensor<[], i32>) -> !weft.tensor<[batch, seq], i1>
    ```
  }];
  let arguments = (ins Weft_Tensor:$lhs, Weft_Tensor:$rhs);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_LessOp : Weft_TensorOp<"less"> {
  let summary = "x < y, element by element";
  let description = [{
    `y = a < b` with broadcasting; operands both f32 or both i32.
    Example:
    ```mlir
    %y = weft.less %a, %b : (!weft.tensor<[batch, seq], i32>, !weft.tensor<[], i32>) -> !weft.tensor<[batch, seq], i1>
    ```
  }];
  let arguments = (ins Weft_Tensor:$lhs, Weft_Tensor:$rhs);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_CastOp : Weft_TensorOp<"cast"> {
  let summary = "to f32 or i32; f32 to i32 cuts toward zero";
  let description = [{
    f32 to i32 cuts toward zero; beyond i32 it saturates, and NaN gives 0. bool gives 0 and 1.
    Example:
    ```mlir
    %y = weft.cast %x : (!weft.tensor<[batch, seq], i32>) -> !weft.tensor<[batch, seq], f32>
    ```
  }];
  let arguments = (ins Weft_Tensor:$x);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

#endif
