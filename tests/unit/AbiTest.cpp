// Generated tables are laid out as runtime/Descriptor.h says.
// LINK: weft_codegen
#include "codegen/host/Abi.h"
#include "runtime/Descriptor.h"
#include "llvm/IR/DataLayout.h"
#include "llvm/IR/LLVMContext.h"
#include <gtest/gtest.h>

using namespace weft;

namespace {

struct AbiTest : testing::Test {
  llvm::LLVMContext context;
  Abi abi{context};
  llvm::DataLayout layout{"e-m:e-p270:32:32-p271:32:32-p272:64:64-i64:64-i128:128-f80:128-n8:16:32:64-S128"};

  uint64_t size(llvm::StructType *type) { return layout.getTypeAllocSize(type); }
  uint64_t offset(llvm::StructType *type, unsigned field) { return layout.getStructLayout(type)->getElementOffset(field); }
};

TEST_F(AbiTest, SizesAgree) {
  EXPECT_EQ(size(abi.term), sizeof(weft_term));
  EXPECT_EQ(size(abi.expr), sizeof(weft_expr));
  EXPECT_EQ(size(abi.dimInfo), sizeof(weft_dim_info));
  EXPECT_EQ(size(abi.tensorInfo), sizeof(weft_tensor_info));
  EXPECT_EQ(size(abi.launchInfo), sizeof(weft_launch_info));
  EXPECT_EQ(size(abi.checkInfo), sizeof(weft_check_info));
  EXPECT_EQ(size(abi.constraintInfo), sizeof(weft_constraint_info));
  EXPECT_EQ(size(abi.sourceInfo), sizeof(weft_source_info));
  EXPECT_EQ(size(abi.targetInfo), sizeof(weft_target_info));
  EXPECT_EQ(size(abi.weightsInfo), sizeof(weft_weights_info));
  EXPECT_EQ(size(abi.descriptor), sizeof(weft_model_descriptor));
  EXPECT_EQ(size(abi.frame), sizeof(weft_frame));
  EXPECT_EQ(size(abi.stateInfo), sizeof(weft_state_info));
  EXPECT_EQ(size(abi.argumentInfo), sizeof(weft_argument_info));
  EXPECT_EQ(size(abi.cacheDimInfo), sizeof(weft_cache_dim_info));
  EXPECT_EQ(size(abi.generateInfo), sizeof(weft_generate_info));
  EXPECT_EQ(size(abi.statePlace), sizeof(weft_state_place));
  EXPECT_EQ(size(abi.cacheWrite), sizeof(weft_cache_write));
  EXPECT_EQ(size(abi.rowMove), sizeof(weft_row_move));
}

TEST_F(AbiTest, OffsetsAgree) {
  EXPECT_EQ(offset(abi.tensorInfo, 4), offsetof(weft_tensor_info, shape));
  EXPECT_EQ(offset(abi.tensorInfo, 5), offsetof(weft_tensor_info, needs));
  EXPECT_EQ(offset(abi.launchInfo, 5), offsetof(weft_launch_info, flops));
  EXPECT_EQ(offset(abi.checkInfo, 5), offsetof(weft_check_info, file));
  EXPECT_EQ(offset(abi.checkInfo, 6), offsetof(weft_check_info, lo));
  EXPECT_EQ(offset(abi.targetInfo, 4), offsetof(weft_target_info, entries));
  EXPECT_EQ(offset(abi.descriptor, 7), offsetof(weft_model_descriptor, sources));
  EXPECT_EQ(offset(abi.descriptor, 15), offsetof(weft_model_descriptor, source_count));
  EXPECT_EQ(offset(abi.descriptor, 23), offsetof(weft_model_descriptor, weights));
  EXPECT_EQ(offset(abi.descriptor, 25), offsetof(weft_model_descriptor, arena_bytes));
  EXPECT_EQ(offset(abi.frame, unsigned(FrameField::Arena)), offsetof(weft_frame, arena));
  EXPECT_EQ(offset(abi.frame, unsigned(FrameField::Wanted)), offsetof(weft_frame, wanted));
  EXPECT_EQ(offset(abi.frame, unsigned(FrameField::Threads)), offsetof(weft_frame, threads));
  EXPECT_EQ(offset(abi.frame, unsigned(FrameField::States)), offsetof(weft_frame, states));
  EXPECT_EQ(offset(abi.generateInfo, 6), offsetof(weft_generate_info, vocabulary));
  EXPECT_EQ(offset(abi.generateInfo, 10), offsetof(weft_generate_info, stop));
  EXPECT_EQ(offset(abi.generateInfo, 15), offsetof(weft_generate_info, encode));
  EXPECT_EQ(offset(abi.generateInfo, 18), offsetof(weft_generate_info, stop_count));
  EXPECT_EQ(offset(abi.generateInfo, 23), offsetof(weft_generate_info, suppress_count));
  EXPECT_EQ(offset(abi.generateInfo, 26), offsetof(weft_generate_info, prefill_arena_bytes));
  EXPECT_EQ(offset(abi.stateInfo, 9), offsetof(weft_state_info, bytes));
  EXPECT_EQ(offset(abi.cacheWrite, 4), offsetof(weft_cache_write, state));
  EXPECT_EQ(offset(abi.generateInfo, 28), offsetof(weft_generate_info, encode_arena_bytes));
  EXPECT_EQ(offset(abi.cacheWrite, 13), offsetof(weft_cache_write, is_packed));
  EXPECT_EQ(offset(abi.rowMove, 3), offsetof(weft_row_move, batch));
}

} // namespace
