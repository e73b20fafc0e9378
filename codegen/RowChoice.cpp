// The function that chooses between a kernel's two forms by its rows, and walks over blocks of them.
#include "codegen/RowChoice.h"
#include "codegen/ExprLowering.h"

using namespace llvm;
namespace weft {

namespace {
/// for (first = 0; first < rows; first += block) many(pointers at min(first, rows - block), rows := block)
class ChoiceBuilder {
public:
  ChoiceBuilder(Module &module, const ModuleSpec &spec, const RowChoice &choice)
      : module(module), spec(spec), choice(choice), few(module.getFunction(choice.few)), many(module.getFunction(choice.many)), builder(module.getContext()),
        exprs(builder) {}
  void build();

private:
  BasicBlock *block(const char *name) { return BasicBlock::Create(module.getContext(), name, function); }
  void call(Function *callee, Value *first, Value *rows);
  const BufferSpec *pointerSpec(size_t pointer) const {
    if (pointer < spec.arguments.size())
      return &spec.arguments[pointer];
    pointer -= spec.arguments.size();
    return pointer < spec.results.size() ? &spec.results[pointer] : nullptr;
  }

  Module &module;
  const ModuleSpec &spec;
  const RowChoice &choice;
  Function *few, *many, *function = nullptr;
  IRBuilder<> builder;
  ExprLowering exprs;
};
} // namespace

void ChoiceBuilder::call(Function *callee, Value *first, Value *rows) {
  SmallVector<Value *> arguments;
  size_t pointers = spec.pointers();
  for (Argument &argument : function->args()) {
    size_t number = argument.getArgNo();
    Value *value = &argument;
    const BufferSpec *buffer = first && number < pointers ? pointerSpec(number) : nullptr;
    if (buffer && buffer->dims.size() == 2 && buffer->dims[1].extent == choice.rows) {
      Value *stride = builder.CreateMul(exprs.lower(buffer->dims[1].stride), builder.getInt64((buffer->bits + 7) / 8));
      value = builder.CreateGEP(builder.getInt8Ty(), value, builder.CreateMul(first, stride));
    }
    bool isRows = rows && number >= pointers && number - pointers < spec.dims.size() && DimExpr::symbol(spec.dims[number - pointers]) == choice.rows;
    arguments.push_back(isRows ? rows : value);
  }
  builder.CreateCall(callee, arguments);
}

void ChoiceBuilder::build() {
  function = Function::Create(few->getFunctionType(), Function::ExternalLinkage, spec.name, module);
  function->setAttributes(few->getAttributes());
  for (Function *part : {few, many}) {
    part->setLinkage(GlobalValue::InternalLinkage);
    part->addFnAttr(Attribute::NoInline);
  }
  size_t pointers = spec.pointers();
  for (auto [i, dim] : llvm::enumerate(spec.dims))
    exprs.define(dim, function->getArg(pointers + i));
  BasicBlock *entry = block("entry"), *short_ = block("few"), *blocks = block("blocks"), *loop = block("loop"), *done = block("done");
  builder.SetInsertPoint(entry);
  Value *rows = exprs.lower(choice.rows), *most = builder.getInt64(choice.blockRows), *one = builder.getInt64(1);
  builder.CreateCondBr(builder.CreateICmpSLT(rows, builder.getInt64(choice.least)), short_, blocks);
  builder.SetInsertPoint(short_);
  call(few, nullptr, nullptr);
  builder.CreateRetVoid();
  builder.SetInsertPoint(blocks);
  auto ceilDivide = [&](Value *a, Value *b) { return builder.CreateSDiv(builder.CreateAdd(a, builder.CreateSub(b, one)), b); };
  bool movable = !choice.rows.isConstant(); // rows of a fixed number are one block
  Value *size = movable ? ceilDivide(rows, ceilDivide(rows, most)) : rows;
  builder.CreateBr(loop);
  builder.SetInsertPoint(loop);
  PHINode *from = builder.CreatePHI(builder.getInt64Ty(), 2);
  from->addIncoming(builder.getInt64(0), blocks);
  Value *first = builder.CreateBinaryIntrinsic(Intrinsic::smin, from, builder.CreateSub(rows, size));
  call(many, movable ? first : nullptr, movable ? size : nullptr);
  Value *next = builder.CreateAdd(from, size);
  from->addIncoming(next, loop);
  builder.CreateCondBr(builder.CreateICmpSLT(next, rows), loop, done);
  builder.SetInsertPoint(done);
  builder.CreateRetVoid();
}

Error addRowChoice(Module &module, const ModuleSpec &spec, const RowChoice &choice) {
  for (const std::string &name : {choice.few, choice.many})
    if (!module.getFunction(name))
      return createStringError("kernel " + spec.name + ": no function " + name);
  ChoiceBuilder(module, spec, choice).build();
  return Error::success();
}

} // namespace weft
