//===- KernelCodegen.h - One kernel to one object ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Generates code for a kernel in this process. Workers call this; everybody
// else calls compileKernels (KernelCompiler.h), which caches and survives
// crashes.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_KERNELCODEGEN_H
#define XGEN_CODEGEN_LLVM_KERNELCODEGEN_H

#include "codegen/llvm/ObjectEmitter.h"
#include "dialects/kernel/KernelOps.h"

namespace llvm {
class LLVMContext;
} // namespace llvm

namespace xgen {

/// The code of one kernel.
struct KernelObject {
  /// An ELF object that defines one hidden function; or text, for the other
  /// kinds of output.
  llvm::SmallVector<char, 0> bytes;
  /// Private memory that the kernel expects in its context.
  int64_t scratchBytes = 0;
  /// Whether it runs loops through the context's parallel_for. Its scratch is
  /// then one slot for each thread.
  bool parallel = false;
};

/// Compiles `kernel` for `target`; the function is called `symbol`.
llvm::Expected<KernelObject> generateKernel(kernel::FuncOp kernel,
                                            const Target &target,
                                            llvm::StringRef symbol,
                                            EmitKind kind = EmitKind::Object);

/// Name of the schedule template of `kernel`, "eval" without one.
llvm::StringRef scheduleName(kernel::FuncOp kernel);
inline bool isEval(kernel::FuncOp kernel) {
  return scheduleName(kernel) == "eval";
}

/// An LLVM module whose function `symbol` calls the reference kernel of the one
/// op in `kernel` with constant tables (docs/seams.md, "Reference kernels").
llvm::Expected<std::unique_ptr<llvm::Module>>
buildEvalWrapper(kernel::FuncOp kernel, llvm::StringRef symbol,
                 const llvm::DataLayout &layout, llvm::LLVMContext &context,
                 int64_t &scratchBytes);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_KERNELCODEGEN_H
