// Everything of the dialect, for mlir-tblgen.
include "LinearOps.td"
include "AttentionOps.td"
include "NormOps.td"
include "ElementwiseOps.td"
include "ShapeOps.td"
include "StackOps.td"
include "KernelOps.td"
include "StateOps.td"
