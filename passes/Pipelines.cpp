//===- Pipelines.cpp - Passes in order ------------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Order matters: constants first, so that patterns see numbers; transposes
// before batch norm, so that most scales stand directly behind their
// convolution; canonicalization after everything that leaves pieces.
//
//===----------------------------------------------------------------------===//

#include "passes/Pipelines.h"
#include "mlir/Pass/PassRegistry.h"

using namespace mlir;
using namespace xgen;

void xgen::buildGraphPipeline(OpPassManager &manager,
                              const PassContext &context) {
  manager.addPass(createWidenHalf());
  manager.addPass(createFoldConstants(context, false));
  manager.addPass(createCanonicalizeGraph());
  manager.addPass(createFoldConstants(context, false));
  manager.addPass(createSplitBatch());
  manager.addPass(createSinkTransposes());
  manager.addPass(createFoldBatchNorm());
  manager.addPass(createCanonicalizeGraph());
  // Activations that were recognized or scales that went make new pairs.
  manager.addPass(createSinkTransposes());
  manager.addPass(createFoldBatchNorm());
  manager.addPass(createFoldConstants(context, false));
  manager.addPass(createCanonicalizeGraph());
}

void xgen::buildQuantizePipeline(OpPassManager &manager,
                                 const PassContext &context) {
  manager.addPass(createFoldQdq());
  manager.addPass(createFoldConstants(context, true));
  manager.addPass(createCanonicalizeGraph());
}

void xgen::buildPrunePipeline(OpPassManager &manager,
                              const PassContext &context, double density) {
  manager.addPass(createPrune(context, density));
  manager.addPass(createEncodeSparse(context));
}

void xgen::buildLayoutPipeline(OpPassManager &manager,
                               const PassContext &context) {
  // Behind everything that folds into a transposed convolution.
  manager.addPass(createLowerConvTranspose());
  manager.addPass(createLowerRnn());
  manager.addPass(createFoldConstants(context, true));
  manager.addPass(createSplitGroupedConv());
  manager.addPass(createSinkTransposes());
  manager.addPass(createFoldBatchNorm());
  manager.addPass(createCanonicalizeGraph());
  // Behind the transposes: pools of one input are found by it.
  manager.addPass(createSplitPools());
  manager.addPass(createLowerLrn());
  manager.addPass(createFoldConstants(context, true));
}

void xgen::registerGraphPipelines() {
  PassPipelineRegistration<>(
      "xgen-graph-pipeline", "canonical form of a network",
      [](OpPassManager &m) { buildGraphPipeline(m, defaultPassContext()); });
  PassPipelineRegistration<>(
      "xgen-quantize-pipeline", "QDQ islands to integer ops",
      [](OpPassManager &m) { buildQuantizePipeline(m, defaultPassContext()); });
  PassPipelineRegistration<>(
      "xgen-layout-pipeline", "transposes sink, cancel and fold",
      [](OpPassManager &m) { buildLayoutPipeline(m, defaultPassContext()); });
}
