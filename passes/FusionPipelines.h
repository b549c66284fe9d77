//===- FusionPipelines.h - From tensor ops to a plan ------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The last two phases before code generation: ops become kernels, kernels and
// tensors become launches and offsets.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_FUSIONPIPELINES_H
#define XGEN_PASSES_FUSIONPIPELINES_H

#include "mlir/Pass/PassManager.h"

namespace xgen {
struct PassContext;

/// The contexts must outlive the pass manager.
std::unique_ptr<mlir::Pass> createFormKernelsPass(const PassContext &context);
std::unique_ptr<mlir::Pass> createChooseThreadsPass(const PassContext &context);
std::unique_ptr<mlir::Pass> createChooseSchedulesPass(const PassContext &context);
std::unique_ptr<mlir::Pass>
createMaterializeWeightsPass(const PassContext &context);
std::unique_ptr<mlir::Pass> createPlanMemoryPass(const PassContext &context);

/// func.func @main of xgen ops to kernel.funcs with schedules and a @main of
/// launches and views.
void buildFusePipeline(mlir::OpPassManager &pm, const PassContext &context);
/// @main of launches to plan.program, verified.
void buildPlanPipeline(mlir::OpPassManager &pm, const PassContext &context);

} // namespace xgen

#endif // XGEN_PASSES_FUSIONPIPELINES_H
