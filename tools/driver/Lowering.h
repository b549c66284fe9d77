//===- Lowering.h - From a file to the plan ---------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Inside of the driver: the steps that Driver.h's calls are made of.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_LOWERING_H
#define XGEN_TOOLS_DRIVER_LOWERING_H

#include "frontends/onnx/Legalize.h"
#include "passes/Passes.h"
#include "tools/driver/Driver.h"
#include "tools/driver/Progress.h"

namespace xgen {

/// Reads a model or module. Null after a diagnostic.
mlir::OwningOpRef<mlir::ModuleOp> readInput(const CompileOptions &options,
                                            mlir::MLIRContext &context);

/// Prepares a module that was just read: flags that cannot apply to its stage are
/// errors, and pruning is done here where it begins at the xgen stage.
mlir::LogicalResult startFrom(mlir::ModuleOp module,
                              const CompileOptions &options, int &exitCode);

/// The target that a module's kernels were made for, with processor and features;
/// empty before the kernel stage.
std::string targetOf(mlir::ModuleOp module);

onnx::LegalizeOptions
makeLegalizeOptions(std::vector<onnx::Unsupported> *unsupported = nullptr);

PassContext makePassContext(const CompileOptions &options);
KernelOptions makeKernelOptions(const CompileOptions &options,
                                ProgressFn progress);

/// Takes `module` to `stage`. The kernels compiled on the way go to `kernels`.
mlir::OwningOpRef<mlir::ModuleOp>
lowerModule(mlir::OwningOpRef<mlir::ModuleOp> module, Stage stage,
            const CompileOptions &options, KernelMap *kernels,
            Progress &progress, int &exitCode);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_LOWERING_H
