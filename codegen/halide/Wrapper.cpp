//===- Wrapper.cpp - Halide's bitcode as a kernel -------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Reads the bitcode that Halide wrote with LLVM 14, and makes of it what the
// rest of the compiler expects: one function of the kernel calling convention,
// no allocation, no runtime, IEEE arithmetic but for contraction.
//
// Allocation: every Halide allocation has a size known at compile time and is
// made at one place in the code. Each place gets a fixed offset into the
// context's scratch; so do stack variables above a limit. Bodies of parallel
// loops run with a context of their own, whose scratch is their thread's.
//
//===----------------------------------------------------------------------===//

#include "codegen/halide/KernelEmitter.h"
#include "codegen/halide/Outline.h"
#include "codegen/halide/Prefetches.h"
#include "llvm/Bitcode/BitcodeReader.h"
#include "llvm/IR/Constants.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/InstIterator.h"
#include "llvm/IR/Instructions.h"
#include "llvm/IR/IntrinsicInst.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"
#include "llvm/IR/Operator.h"
#include "llvm/Support/MathExtras.h"
#include "llvm/Support/MemoryBuffer.h"

using namespace llvm;
using namespace xgen;

/// Stack variables above this live in scratch (DESIGN 7.3).
static constexpr uint64_t maxStackBytes = 4096;

namespace {
/// xgen_ctx up to the members used here (runtime/include/xgen/kernel.h).
struct ContextType {
  StructType *type;
  enum { Scratch = 2, ParallelFor = 6 };
  explicit ContextType(LLVMContext &c) {
    Type *i32 = Type::getInt32Ty(c), *i64 = Type::getInt64Ty(c);
    Type *ptr = PointerType::getUnqual(c);
    type = StructType::get(c, {i32, i32, ptr, i64, i32, i32, ptr});
  }
};

/// Rewrites one module.
class KernelModule {
public:
  KernelModule(Module &module, int64_t &scratch)
      : module(module), c(module.getContext()), context(c), scratch(scratch) {}

  Error run(const KernelCode &code, StringRef symbol);

private:
  void stripTarget();
  void relaxFastMath(bool contractAll);
  Error removeAllocations(Function &f);
  Value *scratchAt(Function &f, uint64_t bytes);
  Error defineRuntime();
  void defineParallelFor(Function &f);
  void emitEntry(Function &halide, StringRef symbol, ArrayRef<KernelBuffer> parts);

  Module &module;
  LLVMContext &c;
  ContextType context;
  int64_t &scratch;
};
} // namespace

/// Halide's choice of cpu and features gives way to ours.
void KernelModule::stripTarget() {
  for (Function &f : module) {
    f.removeFnAttr("target-cpu");
    f.removeFnAttr("target-features");
    f.removeFnAttr("tune-cpu");
    f.removeFnAttr("frame-pointer");
    f.removeFnAttr("reciprocal-estimates");
    f.removeFnAttr("stack-protector-buffer-size");
    f.removeFnAttr("no-builtins");
  }
  // Halide's module flags carry its own ABI choices.
  if (NamedMDNode *flags = module.getModuleFlagsMetadata())
    module.eraseNamedMetadata(flags);
}

/// Whether `i` subtracts a square. Contracted, what is left of the mean of squares
/// and the square of the mean of equal numbers is a rounding error instead of 0,
/// and may be negative where a root is taken next.
static bool subtractsSquare(const Instruction &i) {
  if (i.getOpcode() != Instruction::FSub)
    return false;
  auto *product = dyn_cast<BinaryOperator>(i.getOperand(1));
  return product && product->getOpcode() == Instruction::FMul &&
         product->getOperand(0) == product->getOperand(1);
}

/// Halide marks all arithmetic `fast`, which makes a NaN undefined. Contraction
/// is the only freedom that we want.
void KernelModule::relaxFastMath(bool contractAll) {
  for (Function &f : module)
    for (Instruction &i : instructions(f))
      if (isa<FPMathOperator>(i)) {
        bool contract =
            (contractAll || i.hasAllowContract()) && !subtractsSquare(i);
        i.copyFastMathFlags(FastMathFlags());
        i.setHasAllowContract(contract);
      }
}

/// A pointer to a new region of scratch, made at the entry of `f`, whose first
/// argument is the context.
Value *KernelModule::scratchAt(Function &f, uint64_t bytes) {
  scratch = alignTo(scratch, 64);
  IRBuilder<> b(&f.getEntryBlock(), f.getEntryBlock().getFirstInsertionPt());
  Value *base = b.CreateLoad(
      b.getPtrTy(), b.CreateStructGEP(context.type, f.getArg(0),
                                      ContextType::Scratch));
  Value *at = b.CreateConstInBoundsGEP1_64(b.getInt8Ty(), base, scratch);
  scratch += bytes;
  return at;
}

Error KernelModule::removeAllocations(Function &f) {
  SmallVector<CallInst *> mallocs, frees;
  SmallVector<AllocaInst *> big;
  const DataLayout &dl = module.getDataLayout();
  for (Instruction &i : instructions(f)) {
    if (auto *call = dyn_cast<CallInst>(&i)) {
      Function *callee = call->getCalledFunction();
      if (callee && callee->getName() == "halide_malloc")
        mallocs.push_back(call);
      else if (callee && callee->getName() == "halide_free")
        frees.push_back(call);
    } else if (auto *alloca = dyn_cast<AllocaInst>(&i)) {
      std::optional<TypeSize> size = alloca->getAllocationSize(dl);
      if (!size)
        return createStringError("internal error: a buffer inside a kernel has no fixed size");
      if (size->getFixedValue() > maxStackBytes)
        big.push_back(alloca);
    }
  }
  for (CallInst *call : mallocs) {
    auto *size = dyn_cast<ConstantInt>(call->getArgOperand(1));
    if (!size)
      return createStringError("internal error: a buffer inside a kernel has no fixed size");
    // Slack for vector loads that Halide makes at the end of a buffer.
    call->replaceAllUsesWith(scratchAt(f, size->getZExtValue() + 64));
    call->eraseFromParent();
  }
  for (CallInst *call : frees)
    call->eraseFromParent();
  for (AllocaInst *alloca : big) {
    for (User *user : make_early_inc_range(alloca->users()))
      if (auto *i = dyn_cast<IntrinsicInst>(user); i && i->isLifetimeStartOrEnd())
        i->eraseFromParent();
    alloca->replaceAllUsesWith(
        scratchAt(f, alloca->getAllocationSize(dl)->getFixedValue()));
    alloca->eraseFromParent();
  }
  return Error::success();
}

/// halide_do_par_for(uctx, body, min, size, closure) through the context:
/// Halide's body is `int (uctx, int index, closure)`, ours takes an i64 index.
void KernelModule::defineParallelFor(Function &f) {
  Type *i32 = Type::getInt32Ty(c), *i64 = Type::getInt64Ty(c);
  Type *ptr = PointerType::getUnqual(c);
  auto *pairType = StructType::get(c, {ptr, ptr});
  auto *bodyType = FunctionType::get(i32, {ptr, i32, ptr}, false);

  auto *shimType = FunctionType::get(i32, {ptr, i64, ptr}, false);
  Function *shim = Function::Create(shimType, GlobalValue::InternalLinkage,
                                    "xgen_par_body", module);
  IRBuilder<> b(BasicBlock::Create(c, "", shim));
  Value *body = b.CreateLoad(
      ptr, b.CreateStructGEP(pairType, shim->getArg(2), 0));
  Value *closure = b.CreateLoad(
      ptr, b.CreateStructGEP(pairType, shim->getArg(2), 1));
  b.CreateRet(b.CreateCall(
      bodyType, body,
      {shim->getArg(0), b.CreateTrunc(shim->getArg(1), i32), closure}));

  b.SetInsertPoint(BasicBlock::Create(c, "", &f));
  Value *pair = b.CreateAlloca(pairType);
  b.CreateStore(f.getArg(1), b.CreateStructGEP(pairType, pair, 0));
  b.CreateStore(f.getArg(4), b.CreateStructGEP(pairType, pair, 1));
  Value *run = b.CreateLoad(
      ptr, b.CreateStructGEP(context.type, f.getArg(0),
                             ContextType::ParallelFor));
  auto *runType = FunctionType::get(i32, {ptr, ptr, i64, i64, ptr}, false);
  b.CreateRet(b.CreateCall(
      runType, run,
      {f.getArg(0), shim, b.CreateSExt(f.getArg(2), i64),
       b.CreateSExt(f.getArg(3), i64), pair}));
  f.setLinkage(GlobalValue::InternalLinkage);
}

Error KernelModule::defineRuntime() {
  for (Function &f : make_early_inc_range(module)) {
    if (!f.isDeclaration() || f.isIntrinsic())
      continue;
    StringRef name = f.getName();
    if (name == "halide_do_par_for") {
      defineParallelFor(f);
    } else if (f.use_empty()) {
      f.eraseFromParent();
    } else if (name != "memcpy" && name != "memset" && name != "memmove") {
      return createStringError("internal error: a kernel calls '%s'",
                               name.str().c_str());
    }
  }
  return Error::success();
}

/// int32_t symbol(const xgen_ctx *, void *const *ptr, const int64_t *dims)
void KernelModule::emitEntry(Function &halide, StringRef symbol,
                             ArrayRef<KernelBuffer> parts) {
  Type *i8 = Type::getInt8Ty(c), *i16 = Type::getInt16Ty(c);
  Type *i32 = Type::getInt32Ty(c), *i64 = Type::getInt64Ty(c);
  Type *ptr = PointerType::getUnqual(c);
  auto *bufferType = StructType::get(
      c, {i64, ptr, ptr, i64, StructType::get(c, {i8, i8, i16}), i32, ptr, ptr});

  auto *type = FunctionType::get(i32, {ptr, ptr, ptr}, false);
  Function *entry =
      Function::Create(type, GlobalValue::ExternalLinkage, symbol, module);
  entry->addFnAttr(Attribute::NoUnwind);
  IRBuilder<> b(BasicBlock::Create(c, "", entry));
  SmallVector<Value *> args{entry->getArg(0)}, buffers;
  for (size_t i = 0; i < parts.size(); ++i)
    buffers.push_back(b.CreateAlloca(bufferType));
  for (auto [i, part] : enumerate(parts)) {
    // Shapes and strides are constants of the code, so that `host` is the only
    // member that is read.
    b.CreateStore(Constant::getNullValue(bufferType), buffers[i]);
    auto *at = b.CreateConstInBoundsGEP1_64(ptr, entry->getArg(1), part.pointer);
    b.CreateStore(b.CreateConstInBoundsGEP1_64(i8, b.CreateLoad(ptr, at), part.offset),
                  b.CreateStructGEP(bufferType, buffers[i], 2));
    args.push_back(buffers[i]);
  }
  CallInst *call = b.CreateCall(halide.getFunctionType(), &halide, args);
  b.CreateRet(call);
  halide.setLinkage(GlobalValue::InternalLinkage);
  halide.removeFnAttr(Attribute::NoInline);
  halide.addFnAttr(Attribute::AlwaysInline);
}

Error KernelModule::run(const KernelCode &code, StringRef symbol) {
  for (StringRef suffix : {"_argv", "_metadata"})
    if (Function *f = module.getFunction(code.halideSymbol + suffix.str()))
      f->eraseFromParent();
  Function *halide = module.getFunction(code.halideSymbol);
  if (!halide || halide->isDeclaration())
    return createStringError("internal error: Halide made no function '%s'",
                             code.halideSymbol.c_str());
  if (halide->arg_size() != code.buffers.size() + 1)
    return createStringError("internal error: '%s' has %zu arguments",
                             code.halideSymbol.c_str(), halide->arg_size());
  stripTarget();
  relaxFastMath(code.contract);
  mendPrefetches(module, code.stream);
  for (Function &f : module)
    if (!f.isDeclaration()) {
      if (Error e = removeAllocations(f))
        return e;
      if (&f != halide && !f.hasLocalLinkage())
        f.setLinkage(GlobalValue::InternalLinkage);
    }
  outlineLinks(module);
  for (GlobalVariable &g : make_early_inc_range(module.globals())) {
    g.removeDeadConstantUsers();
    if (g.use_empty())
      g.eraseFromParent();
    else if (!g.isDeclaration()) {
      g.setLinkage(GlobalValue::InternalLinkage);
      // Tables are read as if they were aligned to a vector, which is longer
      // than what they are declared with.
      g.setAlignment(std::max(g.getAlign().valueOrOne(), Align(64)));
    }
  }
  if (Error e = defineRuntime())
    return e;
  emitEntry(*halide, symbol, code.buffers);
  scratch = alignTo(scratch, 64);
  return Error::success();
}

Expected<std::unique_ptr<Module>>
xgen::loadKernelModule(LLVMContext &context, const KernelCode &code,
                       StringRef symbol, const xgen::Target &target,
                       int64_t &scratchBytes) {
  auto buffer = MemoryBuffer::getMemBuffer(code.bitcode, "kernel",
                                           /*RequiresNullTerminator=*/false);
  auto module = parseBitcodeFile(buffer->getMemBufferRef(), context);
  if (!module)
    return module.takeError();
  scratchBytes = 0;
  if (Error e = KernelModule(**module, scratchBytes).run(code, symbol))
    return std::move(e);
  (*module)->setTargetTriple(Triple(target.triple));
  return std::move(*module);
}
