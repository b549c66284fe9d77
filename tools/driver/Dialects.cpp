//===- Dialects.cpp - Everything that tools register ----------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Dialects, passes and the hooks between passes and code generation.
//
//===----------------------------------------------------------------------===//

#include "tools/driver/Dialects.h"
#include "dialects/kernel/KernelOps.h"
#include "dialects/onnx/OnnxOps.h"
#include "dialects/plan/PlanOps.h"
#include "dialects/xgen/XgenOps.h"
#include "passes/Passes.h"
#include "passes/Pipelines.h"
#include "tools/driver/Lowering.h"
#include "mlir/Dialect/Func/IR/FuncOps.h"
#include "mlir/Dialect/Quant/IR/Quant.h"

using namespace mlir;

void xgen::registerDialects(DialectRegistry &registry) {
  registry.insert<func::FuncDialect, quant::QuantDialect, onnx::OnnxDialect,
                  ir::XgenDialect, kernel::KernelDialect, plan::PlanDialect>();
}

void xgen::registerPasses() {
  registerXGenPasses();
  registerGraphPipelines();
  onnx::registerLegalizeOnnxPass(makeLegalizeOptions());
}
