//===- PlanDialect.cpp - The plan dialect ---------------------------------===//
// Part of the xgen project, under the Apache License v2.0 with LLVM Exceptions.
// SPDX-License-Identifier: Apache-2.0 WITH LLVM-exception
//===----------------------------------------------------------------------===//
//
// Registration. The memory verifier is passes/planning/VerifyPlan.cpp.
//
//===----------------------------------------------------------------------===//

#include "dialects/plan/PlanOps.h"
#include "mlir/IR/DialectImplementation.h"
#include "llvm/ADT/TypeSwitch.h"

using namespace mlir;
using namespace xgen::plan;

#include "dialects/plan/PlanOpsDialect.cpp.inc"
#include "dialects/plan/PlanOpsEnums.cpp.inc"
#define GET_ATTRDEF_CLASSES
#include "dialects/plan/PlanOpsAttrs.cpp.inc"
#define GET_OP_CLASSES
#include "dialects/plan/PlanOps.cpp.inc"

void PlanDialect::initialize() {
  addOperations<
#define GET_OP_LIST
#include "dialects/plan/PlanOps.cpp.inc"
      >();
  addAttributes<
#define GET_ATTRDEF_LIST
#include "dialects/plan/PlanOpsAttrs.cpp.inc"
      >();
}
