//===- Pipelines.h - Passes in order ----------------------------*- C++ -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// The one place that says in which order graph passes run. Passes built here
// use the context given, not the default one.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_PIPELINES_H
#define XGEN_PASSES_PIPELINES_H

#include "passes/Passes.h"
#include "mlir/Pass/PassManager.h"

namespace xgen {

/// Canonical form, constants folded, batch norm folded, transposes sunk.
void buildGraphPipeline(mlir::OpPassManager &manager,
                        const PassContext &context);
/// QDQ islands to integer ops; constants that are still float are folded.
void buildQuantizePipeline(mlir::OpPassManager &manager,
                           const PassContext &context);
/// Block pruning to `density` (the share kept) and the sparse encoding.
void buildPrunePipeline(mlir::OpPassManager &manager,
                        const PassContext &context, double density);
/// Transposes that earlier pipelines left or made; last before fusion.
void buildLayoutPipeline(mlir::OpPassManager &manager,
                         const PassContext &context);

/// Passes with the context given.
std::unique_ptr<mlir::Pass> createFoldConstants(const PassContext &context,
                                                bool quantized);
std::unique_ptr<mlir::Pass> createPrune(const PassContext &context,
                                        double density);
std::unique_ptr<mlir::Pass> createEncodeSparse(const PassContext &context);

/// The pipelines above by name, for xgen-opt: -xgen-graph-pipeline and so on.
void registerGraphPipelines();

} // namespace xgen

#endif // XGEN_PASSES_PIPELINES_H
