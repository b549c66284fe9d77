//===- Artefact.h - From plan to files --------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The last step of a compilation: a module with plan.program and kernel.funcs
// becomes archives, objects, shared libraries, programs and headers.
//
// Files appear all together, complete, at the end; after an error there are
// none. The same module, target and compiler give the same bytes.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_CODEGEN_LLVM_ARTEFACT_H
#define XGEN_CODEGEN_LLVM_ARTEFACT_H

#include "codegen/llvm/KernelCompiler.h"
#include "codegen/llvm/Report.h"

namespace xgen {

enum class ArtefactKind {
  /// Relocatable object: code, weights, and what the model needs of the
  /// runtime; local symbols but for the model's table and the runtime's weak
  /// public functions.
  Object,
  /// That object as an archive.
  Archive,
  SharedLibrary,
  /// Static program that reads inputs and writes outputs as raw files
  /// (runtime/runner/runner.c). Needs nothing of the machine.
  Executable,
  /// Kernels and entry as assembly.
  Assembly,
  /// The same as LLVM IR.
  LLVMIR,
  /// Kernels as Halide's loops.
  HalideText,
  Header,
  /// JSON of the report.
  Report
};

struct ArtefactOutput {
  ArtefactKind kind;
  std::string path;
};

struct ArtefactOptions {
  /// The model's table is xgen_<name>_model. Made an identifier.
  std::string name = "model";
  /// File name of the model, for the header's first line.
  std::string source;
  std::vector<ArtefactOutput> outputs;
  /// Weights go to this file instead of into the artefact, unless empty.
  std::string weightsFile;
  /// Include the thread pool (pool.h). Needs pthread_create at link time.
  bool pool = false;
  /// Folder with libxgen_eval.a and libxgen_rt.a of each target. Empty: found
  /// beside the executable (../lib/xgen), or in $XGEN_LIBRARY_DIR.
  std::string libraryDir;
  /// Keep names of local functions, for profilers.
  bool keepLocalSymbols = true;
  /// Called when all is done but for giving the files their names.
  std::function<void()> beforeCommit;
  KernelOptions kernels;
};

/// Emits `options.outputs`. `kernels` is what compileKernels returned for this
/// module's kernels; without it they are compiled here.
llvm::Expected<ArtefactReport> emitArtefact(mlir::ModuleOp module,
                                            const Target &target,
                                            const ArtefactOptions &options,
                                            const KernelMap *kernels = nullptr);

/// Kernels of a module that has no plan yet, as text.
llvm::Error emitKernelsAsText(mlir::ModuleOp module, const Target &target,
                              EmitKind kind, const KernelOptions &options,
                              llvm::raw_ostream &stream);

/// Where the libraries for `target` are: <libraryDir>/<support>.
llvm::Expected<std::string> supportFolder(llvm::StringRef libraryDir,
                                          const Target &target);

} // namespace xgen

#endif // XGEN_CODEGEN_LLVM_ARTEFACT_H
