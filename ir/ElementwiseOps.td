// Element-wise ops, with NumPy broadcasting.
#ifndef WEFT_ELEMENTWISEOPS_TD
#define WEFT_ELEMENTWISEOPS_TD

include "LinearOps.td"

class Weft_BinaryOp<string mnemonic, list<Trait> traits = []> : Weft_TensorOp<mnemonic, traits> {
  let arguments = (ins Weft_F32:$lhs, Weft_F32:$rhs);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_AddOp : Weft_BinaryOp<"add", [Commutative]> { let summary = "x + y"; }
def Weft_SubOp : Weft_BinaryOp<"sub"> { let summary = "x - y"; }
def Weft_MulOp : Weft_BinaryOp<"mul", [Commutative]> { let summary = "x * y"; }
def Weft_DivOp : Weft_BinaryOp<"div"> { let summary = "x / y"; }

def Weft_UnaryOp : Weft_TensorOp<"unary"> {
  let summary = "an activation or another function of each element";
  let description = [{
    gelu is exact (erf), gelu_tanh its tanh form, quick_gelu is x * sigmoid(1.702 x), silu is x * sigmoid(x).
  }];
  let arguments = (ins Weft_ActivationAttr:$function, Weft_F32:$x);
  let results = (outs Weft_F32:$result);
  let assemblyFormat = "$function $x attr-dict `:` functional-type(operands, results)";
}

def Weft_ConstantOp : Weft_TensorOp<"constant", [ConstantLike]> {
  let summary = "one number as a scalar tensor";
  let description = [{
    The value is written as a float whatever the element type is (an i32 or a bool is exact in it).
    Example: `%two = weft.constant 2.0 : !weft.tensor<[], f32>`.
  }];
  let arguments = (ins F64Attr:$value);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$value attr-dict `:` type($result)";
  let hasFolder = 1;
}

def Weft_WhereOp : Weft_TensorOp<"where"> {
  let summary = "x where the condition holds, else y";
  let arguments = (ins Weft_Bool:$condition, Weft_Tensor:$lhs, Weft_Tensor:$rhs);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$condition `,` $lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_EqualOp : Weft_TensorOp<"equal", [Commutative]> {
  let summary = "x == y, element by element";
  let arguments = (ins Weft_Tensor:$lhs, Weft_Tensor:$rhs);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_LessOp : Weft_TensorOp<"less"> {
  let summary = "x < y, element by element";
  let arguments = (ins Weft_Tensor:$lhs, Weft_Tensor:$rhs);
  let results = (outs Weft_Bool:$result);
  let assemblyFormat = "$lhs `,` $rhs attr-dict `:` functional-type(operands, results)";
}

def Weft_CastOp : Weft_TensorOp<"cast"> {
  let summary = "to f32 or i32; f32 to i32 cuts toward zero";
  let arguments = (ins Weft_Tensor:$x);
  let results = (outs Weft_Tensor:$result);
  let assemblyFormat = "$x attr-dict `:` functional-type(operands, results)";
  let hasFolder = 1;
}

#endif
