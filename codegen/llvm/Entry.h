//===- Entry.h - Run function and model table -------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// What builds the entry of an artefact: tables in Entry.cpp, code in
// EntryRun.cpp. Internal to codegen/llvm.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_ENTRY_H
#define XGEN_CODEGEN_LLVM_ENTRY_H

#include "codegen/llvm/Program.h"
#include "xgen/xgen.h"
#include "llvm/IR/IRBuilder.h"
#include "llvm/IR/LLVMContext.h"
#include "llvm/IR/Module.h"

namespace xgen {

/// Builds the module of the run function and the table.
class EntryBuilder {
public:
  EntryBuilder(const Program &program, const xgen::Target &target,
               llvm::Module &module)
      : program(program), target(target), module(module),
        c(module.getContext()), b(c), i32(b.getInt32Ty()), i64(b.getInt64Ty()),
        ptr(b.getPtrTy()),
        contextType(llvm::StructType::get(
            c, {i32, i32, ptr, i64, i32, i32, ptr, ptr, ptr, ptr, ptr, ptr,
                ptr})),
        kernelType(llvm::FunctionType::get(i32, {ptr, ptr, ptr}, false)) {}

  void build(uint64_t cpuFeatures);

private:
  /// Members of xgen_ctx.
  enum {
    Scratch = 2,
    ScratchBytes = 3,
    User = 8,
    Profile = 9,
    InputDims = 11,
    OutputDims = 12
  };

  llvm::Function *buildStep();
  llvm::Function *buildRun();
  void emitLaunch(const Layer &layer, unsigned index, llvm::Function *step);
  void check(llvm::Value *status);
  /// Ends the run with XGEN_E_SHAPE unless `good`.
  void require(llvm::Value *good);
  llvm::Value *least(llvm::Value *a, llvm::Value *b, llvm::CmpInst::Predicate predicate);
  /// The value of an expression of symbols that have values.
  llvm::Value *evaluate(mlir::AffineExpr expr);
  void define(unsigned symbol, llvm::Value *value);
  /// Gives values to derived symbols, and checks conditions, as soon as
  /// everything they need has a value.
  void defineDerived();
  bool isReady(mlir::AffineExpr expr);
  void emitSamples(llvm::Function *step);
  void readInputDims();
  void writeOutputDims();
  void emitBind(plan::BindOp op);
  void emitBlock(mlir::Block &block, llvm::Function *step);
  void emitCopy(plan::RefAttr from, llvm::Value *to,
                std::optional<mlir::AffineMap> count);
  void emitAppend(plan::AppendOp op);
  void emitIf(plan::IfOp op, llvm::Function *step);
  void emitLoop(plan::LoopOp op, llvm::Function *step);
  /// A piece of the program that may not run: what symbols it defines have
  /// values inside only.
  void emitScope(llvm::StringRef name, mlir::Block &block, llvm::Function *step);
  llvm::BasicBlock *newBlock(const char *name) {
    return llvm::BasicBlock::Create(c, name, run, failed);
  }
  llvm::Value *pointer(plan::RefAttr ref);
  llvm::Value *contextWithScratch(plan::RefAttr scratch);

  llvm::Constant *text(llvm::StringRef value);
  /// A constant array, null when empty.
  llvm::Constant *array(llvm::Type *element, llvm::ArrayRef<llvm::Constant *> values, llvm::StringRef name);
  llvm::Constant *tensorTable(llvm::ArrayRef<plan::TensorAttr> tensors, llvm::StringRef name);
  llvm::Constant *layerTable();
  llvm::ConstantInt *u32(uint64_t value) { return llvm::ConstantInt::get(i32, value); }
  llvm::ConstantInt *u64(uint64_t value) { return llvm::ConstantInt::get(i64, value); }

  const Program &program;
  const xgen::Target &target;
  llvm::Module &module;
  llvm::LLVMContext &c;
  llvm::IRBuilder<> b;
  llvm::IntegerType *i32, *i64;
  llvm::PointerType *ptr;
  llvm::StructType *contextType;
  llvm::FunctionType *kernelType;
  // Of the run function being built.
  llvm::Function *run = nullptr;
  llvm::Value *pointers = nullptr, *ownContext = nullptr;
  llvm::SmallVector<llvm::Value *> inputs, outputs;
  llvm::BasicBlock *failed = nullptr;
  llvm::PHINode *failure = nullptr;
  /// Values of the module's symbols, and of the kernel's that is launched.
  llvm::Value *symbols = nullptr, *launchDims = nullptr;
  llvm::SmallVector<bool> defined;
  /// Functions of the pieces that we are in, and the number of the iteration of
  /// the innermost loop.
  llvm::SmallVector<llvm::StringRef> scopes;
  llvm::Value *iteration = nullptr;
  unsigned nextLayer = 0;
  llvm::StringMap<llvm::Constant *> texts;
};

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_ENTRY_H
