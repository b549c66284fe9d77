//===- Outline.h - One group becomes a kernel -------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The rewriting behind xgen-form-kernels.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_FUSION_OUTLINE_H
#define XGEN_PASSES_FUSION_OUTLINE_H

#include "dialects/kernel/KernelOps.h"
#include "mlir/IR/BuiltinOps.h"
#include "passes/fusion/Grouping.h"
#include "passes/fusion/Views.h"

namespace xgen {

/// Moves the ops of `group` into a kernel.func `name` at the end of `module` and
/// launches it at the group's last op. `constants` are the constant expressions
/// of the block. A group that is not emitted gets schedule `eval`. The launch
/// may have to move: sort the block when all groups are done.
kernel::LaunchOp outlineGroup(mlir::ModuleOp module, const Group &group,
                              const llvm::DenseSet<mlir::Operation *> &constants,
                              llvm::StringRef name);

} // namespace xgen

#endif // XGEN_PASSES_FUSION_OUTLINE_H
