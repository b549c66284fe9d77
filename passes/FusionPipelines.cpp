//===- FusionPipelines.cpp - From tensor ops to a plan --------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Order of the fusion and planning passes.
//
//===----------------------------------------------------------------------===//

#include "passes/FusionPipelines.h"
#include "passes/Passes.h"
#include "mlir/Transforms/Passes.h"

using namespace mlir;

void xgen::buildFusePipeline(OpPassManager &pm, const PassContext &context) {
  // Dead and repeated ops would become kernels.
  pm.addPass(createCSEPass());
  pm.addPass(createSinkReshapes());
  pm.addPass(createFormKernelsPass(context));
  // Once before schedules, so that each is chosen once; once after them, since
  // kernels of dynamic and constant operands may have become the same.
  pm.addPass(createDeduplicateKernels());
  pm.addPass(createChooseThreadsPass(context));
  pm.addPass(createChooseSchedulesPass(context));
  pm.addPass(createDeduplicateKernels());
}

void xgen::buildPlanPipeline(OpPassManager &pm, const PassContext &context) {
  pm.addPass(createMaterializeWeightsPass(context));
  pm.addPass(createPlanMemoryPass(context));
  pm.addPass(createVerifyPlan());
}
