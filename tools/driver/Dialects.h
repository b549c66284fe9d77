//===- Dialects.h - Everything that tools register --------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One place that lists dialects and passes, so that every tool knows the same.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_TOOLS_DRIVER_DIALECTS_H
#define XGEN_TOOLS_DRIVER_DIALECTS_H

#include "codegen/halide/KernelEmitter.h"
#include "codegen/target/Target.h"
#include "mlir/IR/BuiltinAttributes.h"
#include "mlir/IR/DialectRegistry.h"

namespace xgen {

struct PassHooks;

/// Adds xgen's dialects and the upstream ones that it builds on.
void registerDialects(mlir::DialectRegistry &registry);

/// Registers every pass and pipeline by name (for xgen-opt and plugins).
void registerPasses();

/// The hooks through which passes reach code generation for `target`.
PassHooks makePassHooks(const Target &target,
                        ConvAlgorithm algorithm = ConvAlgorithm::Auto);

/// Carries out `op` on constants by its reference.
llvm::Expected<llvm::SmallVector<mlir::ElementsAttr>>
evaluateConstants(mlir::Operation *op,
                  llvm::ArrayRef<mlir::ElementsAttr> operands);

} // namespace xgen

#endif // XGEN_TOOLS_DRIVER_DIALECTS_H
