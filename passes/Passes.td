//===- Passes.td - Every pass of xgen ----------------------*- tablegen -*-===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// One record a pass. `xgen-fold-batchnorm` is FoldBatchNorm.cpp and
// test/passes/<folder>/fold-batchnorm.mlir.
//
//===----------------------------------------------------------------------===//

#ifndef XGEN_PASSES_TD
#define XGEN_PASSES_TD

include "mlir/Pass/PassBase.td"

// Sections by folder; each folder's passes stand together.

//===-- graph ---------------------------------------------------------------===//

//===-- layout --------------------------------------------------------------===//

//===-- quantization --------------------------------------------------------===//

//===-- pruning -------------------------------------------------------------===//

//===-- fusion --------------------------------------------------------------===//

//===-- planning ------------------------------------------------------------===//

#endif // XGEN_PASSES_TD
