//===- KernelCompiler.h - All kernels of a module ---------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Every kernel.func of a module becomes a relocatable object: out of the cache,
// or compiled in worker processes. A kernel's symbol and cache key are made of
// its canonical text, so equal kernels are one object and one symbol.
//
// Planning needs the kernels' scratch bytes, so the driver calls this before
// the plan pipeline, and hands the result on to emitArtefact.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_KERNELCOMPILER_H
#define XGEN_CODEGEN_LLVM_KERNELCOMPILER_H

#include "codegen/llvm/Worker.h"
#include "mlir/IR/BuiltinOps.h"
#include "llvm/ADT/StringMap.h"
#include <functional>
#include <memory>

namespace xgen {

/// Called with a phase ("kernels", "weights", "link"), steps done, and steps in
/// all. Never from two threads at once.
using ProgressFn =
    std::function<void(llvm::StringRef phase, size_t done, size_t total)>;

struct KernelOptions {
  /// Empty: the user's cache folder.
  std::string cacheDir;
  bool useCache = true;
  /// Worker processes. 0: as many as there are processors.
  unsigned jobs = 0;
  WorkerLimits limits;
  /// Executable whose main calls kernelWorkerMain. Empty: this one.
  std::string workerExecutable;
  /// Generate code in this process and thread. For debuggers.
  bool inProcess = false;
  ProgressFn progress;
};

struct CompiledKernel {
  /// The function's name in the object: "xgk_conv_unary_0123456789abcdef".
  std::string symbol;
  std::string schedule;
  KernelObject object;
  bool fromCache = false;
  /// Time that a worker spent on it.
  double seconds = 0;

  bool eval() const { return schedule == "eval"; }
  /// Arena bytes that planning should reserve at each launch. A parallel kernel
  /// uses the threads' slots instead (xgen_model.scratch_bytes).
  int64_t planScratchBytes() const {
    return object.parallel ? 0 : object.scratchBytes;
  }
};

/// By name of the kernel.func.
using KernelMap = llvm::StringMap<std::shared_ptr<const CompiledKernel>>;

/// Compiles all kernels of `module`. The error names every kernel that failed.
llvm::Expected<KernelMap> compileKernels(mlir::ModuleOp module,
                                         const Target &target,
                                         const KernelOptions &options);

/// Code of one kernel as text (or as an object): for -emit=llvm and -emit=asm.
llvm::Expected<std::string> printKernel(kernel::FuncOp kernel,
                                        const Target &target, EmitKind kind,
                                        const KernelOptions &options);

/// The kernel as a module of its own, printed without locations, symbol name
/// and resources: what is compiled, and what the key is made of.
std::string canonicalKernelText(kernel::FuncOp kernel);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_KERNELCOMPILER_H
