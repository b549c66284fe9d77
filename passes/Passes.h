//===- Passes.h - Every pass of xgen ----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Constructors and registration, generated from Passes.td. Passes must not know
// code generation (only codegen/target), so what they need from it comes as
// callbacks in PassHooks, which the driver fills.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PASSES_H
#define XGEN_PASSES_PASSES_H

#include "codegen/target/Target.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/plan/PlanOps.h"
#include "dialects/xgen/XgenOps.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Pass/Pass.h"
#include <functional>

namespace xgen {

/// What passes ask of code generation.
struct PassHooks {
  /// Evaluates `op` (any xgen op) on constants; nullptr attributes where it
  /// cannot. One entry a result.
  std::function<llvm::Expected<llvm::SmallVector<mlir::ElementsAttr>>(
      mlir::Operation *op, llvm::ArrayRef<mlir::ElementsAttr> operands)>
      evaluate;
  /// Whether an emitter generates code for `op` (then fusion may group it).
  std::function<bool(mlir::Operation *op)> canEmit;
  /// Whether anchors each of which alone reads what becomes of the result of the one
  /// before make a kernel that computes them in turn, row by row. See
  /// codegen/halide/RowFusion.h.
  std::function<bool(llvm::ArrayRef<mlir::Operation *> producers, mlir::Operation *consumer)>
      fusesByRows;
  /// The schedule of a kernel and the encodings that it wants for arguments
  /// which `constantArgs` says are known at compile time: (argument number,
  /// encoding). See codegen/halide/KernelEmitter.h.
  struct ScheduleChoice {
    kernel::ScheduleAttr schedule;
    llvm::SmallVector<std::pair<unsigned, mlir::Attribute>> encodings;
  };
  std::function<ScheduleChoice(kernel::FuncOp,
                               llvm::ArrayRef<bool> constantArgs)>
      chooseSchedule;
  /// Cycles that a kernel takes on one thread, by a coarse model.
  std::function<double(kernel::FuncOp)> serialCycles;
  /// Scratch bytes that a kernel needs at run time.
  std::function<llvm::Expected<int64_t>(kernel::FuncOp)> scratchBytes;
};

/// Passes find the target and the hooks here: set once by the driver or tool
/// before a pipeline runs, read-only afterwards.
struct PassContext {
  Target target;
  PassHooks hooks;
};

#define GEN_PASS_DECL
#include "passes/Passes.h.inc"


#define GEN_PASS_REGISTRATION
#include "passes/Passes.h.inc"

/// The context that passes created without one use (xgen-opt): host target,
/// hooks filled by the tool. Never written after the tool's start.
PassContext &defaultPassContext();

} // namespace xgen

#endif // XGEN_PASSES_PASSES_H
