// LLVM types of the ABI structs.
#include "codegen/host/Abi.h"
#include "runtime/Descriptor.h"
#include "llvm/IR/LLVMContext.h"

using namespace llvm;
using namespace weft;

Abi::Abi(LLVMContext &context) {
  pointer = PointerType::getUnqual(context);
  i8 = Type::getInt8Ty(context);
  i32 = Type::getInt32Ty(context);
  i64 = Type::getInt64Ty(context);
  auto make = [&](StringRef name, ArrayRef<Type *> fields) { return StructType::create(context, fields, name); };
  term = make("weft_term", {i64, i64, ArrayType::get(i8, WEFT_MAX_DIMS)});
  expr = make("weft_expr", {pointer, i64});
  dimInfo = make("weft_dim_info", {pointer, i64, i64});
  tensorInfo = make("weft_tensor_info", {pointer, pointer, i32, i32, pointer, i64, i32, i32});
  launchInfo = make("weft_launch_info", {pointer, pointer, pointer, i32, i32, expr, expr});
  checkInfo = make("weft_check_info", {pointer, i32, i32, i32, i32, pointer, expr, expr}); // ..., file, lo, hi
  constraintInfo = make("weft_constraint_info", {expr, pointer});
  sourceInfo = make("weft_source_info", {pointer, pointer, pointer});
  targetInfo = make("weft_target_info", {pointer, i32, i32, i64, ArrayType::get(pointer, WEFT_MAX_ENTRIES)});
  weightsInfo = make("weft_weights_info", {pointer, i64, pointer, ArrayType::get(i8, 32)});
  stateInfo = make("weft_state_info", {pointer, i32, i32, i32, i32, i32, i32, i32, i32, expr, expr});
  argumentInfo = make("weft_argument_info", {i32, i32});
  cacheDimInfo = make("weft_cache_dim_info", {pointer, i64, i64, expr});
  SmallVector<Type *> generate(6, i32); // input, output, batch, time, pages, rows
  generate.append({i64, i64, i32, i32});
  generate.append(8, pointer); // tables
  generate.append(8, i32);     // their counts
  generate.append(3, pointer); // bytes of the arenas
  generateInfo = make("weft_generate_info", generate);
  statePlace = make("weft_state_place", {pointer, i64, i64});
  SmallVector<Type *> write(4, pointer);
  write.append(10, i64);
  cacheWrite = make("weft_cache_write", write);
  SmallVector<Type *> move(3, pointer);
  move.append(6, i64);
  rowMove = make("weft_row_move", move);
  SmallVector<Type *> fields{i32, i32};
  fields.append(5, pointer); // name, doc, precision, compiler, command
  fields.append(8, pointer); // tables
  fields.append(8, i32);     // their counts
  fields.append({weightsInfo, i64, pointer, pointer, pointer, ArrayType::get(pointer, 8)});
  descriptor = make("weft_model_descriptor", fields);
  frame = make("weft_frame", {pointer, pointer, pointer, pointer, pointer, i64, i32, i32, pointer, pointer, pointer,
                              ArrayType::get(pointer, 4)});
}
